"""Run in Tempest's environment: reads subunit v2 from standard input, writes one JSON object a line for each test.

``unoffered``: a request of the test was answered that the thing is not offered; Tempest's log of the test says so.
"""

import json
import re
import sys
from typing import Any

import subunit
from testtools import StreamToDict

UNOFFERED = re.compile(r"(?:is|are) not (?:offered|supported) by this cloud")
FINAL = {"success": "passed", "fail": "failed", "skip": "skipped", "xfail": "passed", "uxsuccess": "failed"}


def told(test: dict[str, Any]) -> None:
    """Write one test down."""
    if test["status"] not in FINAL:
        return
    texts = {name: content.as_text() for name, content in test["details"].items() if not name.startswith("stdout")}
    started, ended = test["timestamps"]
    traceback = next((text for name, text in texts.items() if "traceback" in name), "")
    lines = [line.strip() for line in traceback.strip().splitlines() if line and not line.startswith(" ")]
    print(
        json.dumps(
            {
                "id": test["id"],
                "outcome": FINAL[test["status"]],
                "seconds": (ended - started).total_seconds() if started and ended else 0.0,
                "reason": texts.get("reason", "") or " ".join(lines[-2:]),
                "unoffered": any(UNOFFERED.search(text) for text in texts.values()),
            }
        ),
        flush=True,
    )


def main() -> None:
    """Read to the end."""
    result = StreamToDict(told)
    result.startTestRun()
    subunit.ByteStreamToStreamResult(sys.stdin.buffer, non_subunit_name="stdout").run(result)
    result.stopTestRun()


if __name__ == "__main__":
    main()
