"""docs/reference/allocation.md: every point of allocation has a file that does it and a test that shows it."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "allocation.md"
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
NAMED = re.compile(r"`([^`]+)`")
POINTS = frozenset({*range(1, 63), *range(63, 71), *range(81, 88)})


@cache
def names_in(path: Path) -> frozenset[str]:
    """Functions, methods and classes of a file."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, kinds))


def complaint(point: str, named: str) -> str | None:
    """What is wrong with ``FILE`` or ``FILE::NAME``; None when it exists."""
    file, _, name = named.partition("::")
    if not (ROOT / file).is_file():
        return f"point {point}: there is no {file}"
    if name and name not in names_in(ROOT / file):
        return f"point {point}: {file} has no {name}"
    return None


def complaints(text: str) -> list[str]:
    """Everything that is wrong with the page."""
    found = []
    rows = ROW.findall(text)
    for point, said, where, shown in rows:
        files, tests = NAMED.findall(where), NAMED.findall(shown)
        found += [each for named in (*files, *tests) if (each := complaint(point, named))]
        found += [
            f"point {point}: {each} is no file of ours" for each in files if not each.startswith("src/berthline/")
        ]
        found += [f"point {point}: {each} names no test" for each in tests if not re.match(r"tests/.*::test_", each)]
        if not (said.strip() and files and tests):
            found.append(f"point {point}: it needs words, a file and a test")
    numbers = [int(point) for point, *_ in rows]
    found += [f"point {number} is missing" for number in sorted(POINTS - set(numbers))]
    found += [f"point {number} is there twice or is none" for number in sorted({*numbers} - POINTS)]
    return found + ([] if len(numbers) == len(set(numbers)) else ["a point has two rows"])


def test_every_point_has_a_file_and_a_test() -> None:
    assert complaints(PAGE.read_text("utf-8")) == []


def test_what_is_wrong_is_found() -> None:
    text = PAGE.read_text("utf-8")
    rows = ROW.findall(text)
    point, said, where, shown = rows[0]
    row = f"| {point} | {said} | {where} | {shown} |"
    assert row in text
    wrong = {
        "": f"point {point} is missing",
        f"| {point} | {said} | – | {shown} |": f"point {point}: it needs words, a file and a test",
        f"| {point} | {said} | {where} | – |": f"point {point}: it needs words, a file and a test",
        f"| {point} | {said} | `src/berthline/no.py` | {shown} |": f"point {point}: there is no src/berthline/no.py",
        f"| {point} | {said} | {where} | `tests/style/test_tree.py::test_no` |": (
            f"point {point}: tests/style/test_tree.py has no test_no"
        ),
        f"| {point} | {said} | {where} | `tests/style/test_tree.py` |": (
            f"point {point}: tests/style/test_tree.py names no test"
        ),
        f"{row}\n{row}": "a point has two rows",
    }
    for replacement, expected in wrong.items():
        assert complaints(text.replace(row, replacement)) == [expected], replacement
