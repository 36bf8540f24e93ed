"""The load generator: wrk, run with a Lua script, and what it says."""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bench.api import Failed

SCRIPTS = Path(__file__).parent / "lua"
MARK = "BENCH "


class Run(msgspec.Struct, frozen=True):
    """One run of the load generator; latencies in milliseconds. ``told`` are the numbers of the script itself."""

    requests: int
    seconds: float
    bytes: int
    wrong: int
    broken: int
    first_wrong: str
    p50_ms: float
    p90_ms: float
    p99_ms: float
    most_ms: float
    mean_ms: float
    told: str

    @property
    def right(self) -> int:
        """Answers that were not errors."""
        return max(0, self.requests - self.wrong)

    @property
    def errors(self) -> int:
        """Answers that were errors, and requests that had none."""
        return self.wrong + self.broken

    @property
    def rate(self) -> float:
        """Answers a second, errors left out."""
        return self.right / self.seconds

    @property
    def numbers(self) -> list[float]:
        """``told`` as numbers."""
        return [float(word) for word in self.told.split(",") if word]


def run(
    url: str,
    *,
    clients: int,
    seconds: float,
    script: str = "same",
    threads: int = 1,
    parameters: Mapping[str, str] | None = None,
    tolerant: bool = False,
) -> Run:
    """Have so many clients ask for so long, each waiting for its answer.

    Raises Failed when any answer was an error, unless ``tolerant``.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as program:
        for name in ("common", script):
            program.write((SCRIPTS / f"{name}.lua").read_text(encoding="utf-8"))
        program.flush()
        words = ["wrk", f"-t{threads}", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout", "120s"]
        words += ["-s", program.name, url, "--", *(f"{name}={value}" for name, value in (parameters or {}).items())]
        said = subprocess.run(words, capture_output=True, text=True, check=False)
    line = next((line for line in said.stdout.splitlines() if line.startswith(MARK)), None)
    if line is None:
        raise Failed(f"wrk said nothing: {said.stdout[-500:]} {said.stderr[-500:]}")
    result = msgspec.json.decode(line.removeprefix(MARK), type=Run)
    if result.errors and not tolerant:
        raise Failed(f"{url}: {result.wrong} wrong answers, {result.broken} broken: {result.first_wrong}")
    return result
