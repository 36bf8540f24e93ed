"""What is shipped for Prometheus and Grafana: rules that fire on what they are for, each with its page, and panels that
show metrics which are there.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from berthline.cli.tree import app
from tools.packages import MONITORING
from tools.reference import metric_names

ROOT: Final = Path(__file__).resolve().parents[2]
RULES: Final = ROOT / "packaging" / "prometheus" / "berthline.rules.yml"
DASHBOARD: Final = ROOT / "packaging" / "grafana" / "berthline.json"
PAGES: Final = ROOT / "docs" / "howto" / "alerts"
ALERT: Final = re.compile(
    r"^      - alert: (\w+)\n        expr: (.+)\n(?:        .*\n)*?          runbook: (\S+)$", re.MULTILINE
)
NAME: Final = re.compile(r"\bberthline_\w+")
OF_PROMETHEUS: Final = {"up"}

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="there is no promtool here: install Debian's package prometheus"
)


def alerts() -> dict[str, tuple[str, str]]:
    """The expression and the page of each alert."""
    text = RULES.read_text("utf-8")
    found = {name: (expression, page) for name, expression, page in ALERT.findall(text)}
    assert len(found) == text.count("alert:"), "this test reads rules that are laid out like the others"
    return found


def panels() -> list[dict[str, Any]]:
    """The panels of the dashboard, without its rows."""
    return [panel for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"] if panel["type"] != "row"]


def promtool(*words: str | Path) -> str:
    """What promtool says. It has to find nothing wrong."""
    done = subprocess.run(
        ["promtool", *map(str, words)], capture_output=True, text=True, check=False, cwd=Path(__file__).parent
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_promtool
def test_each_rule_fires_on_what_it_is_for_and_none_in_a_sound_cloud() -> None:
    assert f"{len(alerts())} rules found" in promtool("check", "rules", RULES)
    promtool("test", "rules", "alerts.yml")


def test_each_rule_is_tried_in_a_sound_cloud_and_in_one_that_is_not() -> None:
    tried = (Path(__file__).parent / "alerts.yml").read_text("utf-8")
    sound, _, _ = tried.partition(f"  - name: {next(iter(alerts()))}")
    assert {name for name in alerts() if f"alertname: {name}, eval_time: 100m" in sound} == set(alerts())
    assert {name for name in alerts() if f"      - alertname: {name}\n" in tried} == set(alerts())


def test_each_rule_has_its_page_and_each_page_its_rule() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} - {"README"} == set(alerts())
    for name, (_, page) in alerts().items():
        text = (ROOT / page).read_text("utf-8")
        assert page == f"docs/howto/alerts/{name}.md"
        assert re.findall(r"^#+ (.*)$", text.partition("```sh")[0], re.MULTILINE) == [
            name, "Symptom", "Cause", "Command",
        ]  # fmt: skip


def test_commands_of_ours_that_a_page_names_are_there() -> None:
    named = {
        words
        for page in PAGES.glob("*.md")
        for block in re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        for words in re.findall(r"^berthline ([a-z-]+)(?: ([a-z]+))?", block, re.MULTILINE)
    }
    assert named
    for command, below in named:
        found = app[command]
        if below:
            assert found[below] is not None


def test_rules_and_panels_name_metrics_that_are_there() -> None:
    known = metric_names()
    shown = {target["expr"] for panel in panels() for target in panel["targets"]}
    named = {name for one in (*shown, *(each for each, _ in alerts().values())) for name in NAME.findall(one)}
    assert len(named) > 20
    assert named - known == set()


@needs_promtool
def test_what_panels_ask_can_be_asked(tmp_path: Path) -> None:
    asked = [target["expr"].replace("$job", "berthline") for panel in panels() for target in panel["targets"]]
    rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(asked)]
    file = tmp_path / "panels.json"  # which is YAML too
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(asked)} rules found" in promtool("check", "rules", file)


def test_panels_lie_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_package_has_both() -> None:
    assert {RULES, DASHBOARD} == set(MONITORING)
