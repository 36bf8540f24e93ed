"""The checklists of docs/contributing: there is one for each kind of change, and what they point at exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "contributing"
KINDS = {"route", "action", "setting", "table", "workflow", "network-family", "reconciler"}
PLACE = re.compile(r"`((?:src/berthline|tests|tools|docs|scripts)/[a-z0-9_/.-]+|[a-z_]+/[a-z0-9_/]+\.py)`")
LONGEST = 40


def test_each_kind_of_change_has_a_checklist() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} - {"README"} == KINDS


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_a_checklist_names_exists_and_it_is_short(kind: str) -> None:
    text = (FOLDER / f"{kind}.md").read_text(encoding="utf-8")
    places = PLACE.findall(text)
    assert places
    assert [name for name in places if not ((ROOT / name).exists() or (ROOT / "src/berthline" / name).exists())] == []
    assert text.count("\n") <= LONGEST
    assert text.count("- [ ]") >= 5
