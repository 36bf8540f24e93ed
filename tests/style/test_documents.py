"""The documents: links lead somewhere, commands exist, and what the code knows is not behind it."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tools import reference

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
SCRIPT = re.compile(r"\bscripts/[a-z-]+")
TARGET = re.compile(r"\bmake ([a-z-]+)\b")
PARTS = "|".join(sorted(path.name for path in (ROOT / "src" / "berthline").iterdir() if path.is_dir()))
CODE = re.compile(rf"`((?:src/berthline/)?(?:{PARTS})/[a-z0-9_/]+)(?:\.py)?(?:(?:\.|::)([A-Za-z_]+))?`")
"""A module of ours as a page names it, and what may be named in it: `store/network/info`, `workflows/compute.py`."""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = [link for link in LINK.findall(document.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_script_that_is_named_exists_and_can_be_run(document: Path) -> None:
    scripts = set(SCRIPT.findall(document.read_text(encoding="utf-8")))
    assert {script for script in scripts if not os.access(ROOT / script, os.X_OK)} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        target for span in re.findall(r"`([^`]+)`", document.read_text("utf-8")) for target in TARGET.findall(span)
    }
    assert named <= targets


def test_code_that_the_explanation_names_is_there() -> None:
    missing = []
    for document in (ROOT / "docs" / "explanation").glob("*.md"):
        for place, named in CODE.findall(document.read_text(encoding="utf-8")):
            path = ROOT / "src" / "berthline" / place.removeprefix("src/berthline/")
            module = path.with_suffix(".py")
            if not module.exists() and not path.is_dir():
                missing.append(f"{name(document)}: {place}")
            elif named and not re.search(rf"^(async )?(def|class) {named}\b", module.read_text("utf-8"), re.MULTILINE):
                missing.append(f"{name(document)}: {named} in {place}")
    assert missing == []


@pytest.mark.parametrize("page", reference.PAGES, ids=lambda page: page.path)
def test_generated_parts_say_what_the_code_says(page: reference.Page) -> None:
    if not page.is_ready():
        pytest.skip(f"{page.module} does not exist yet")
    assert page.is_current(), f"{page.path} is behind: run scripts/docs"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md" and page.exists():
            reached.add(page)
            links = LINK.findall(page.read_text(encoding="utf-8"))
            waiting += [(page.parent / link).resolve() for link in links if "://" not in link]
    assert [name(page) for page in DOCUMENTS if page not in reached] == []


def test_decisions_are_numbered_once_and_say_their_reasons() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = [decision.name[:4] for decision in decisions]
    assert numbers == sorted(set(numbers))
    for decision in decisions:
        text = decision.read_text(encoding="utf-8")
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", decision.name)
        assert text.startswith("# "), f"{decision.name} begins with its title"
        assert text[2:6] != decision.name[:4], f"{decision.name} repeats its number, which the index writes before it"
        assert re.search(r"reason|why|because", text, re.IGNORECASE), f"{decision.name} says why"


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"


def test_every_script_names_its_use_and_is_sound_shell() -> None:
    for script in sorted((ROOT / "scripts").iterdir()):
        text = script.read_text(encoding="utf-8")
        if "bash" in text.splitlines()[0]:
            subprocess.run(["/bin/bash", "-n", str(script)], check=True)
            assert f"scripts/{script.name}" in text, f"{script.name} has a line that says how it is used"
