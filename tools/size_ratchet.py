"""Keeps files and functions short: what is over the limit must be recorded with its size, and may only shrink.

Run it as `python tools/size_ratchet.py`; it prints what is wrong and exits 1, or prints nothing and exits 0. With
`--shrink` it lowers the record (tools/sizes.json) to what is measured and drops what is under the limit; it never
raises or adds an entry. Whoever needs a longer file or function adds its line by hand, and says why in the commit.
"""

import argparse
import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 50
PLACES = ("src", "tests", "tools", "bench", "scripts")
# A migration is history: it is written once and never edited.
EXEMPT = ("src/berthline/store/migrations/versions/",)

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "tools" / "sizes.json"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def function_lines(function: Function) -> int:
    """Counts the lines of a function from `def` to its end, without its docstring and its decorators."""
    last = function.end_lineno or function.lineno
    lines = last - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def functions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, int]]:
    """Yields the qualified name and the lines of each function under a node, nested ones too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield prefix + child.name, function_lines(child)
            yield from functions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.ClassDef):
            yield from functions(child, f"{prefix}{child.name}.")
        else:
            yield from functions(child, prefix)


def sources(root: Path) -> Iterator[Path]:
    """Yields Berthline's own source files: Python anywhere under PLACES, and shell in scripts."""
    for place in PLACES:
        for path in sorted((root / place).rglob("*")):
            name = path.relative_to(root).as_posix()
            is_source = path.suffix == ".py" or (place == "scripts" and path.is_file())
            if is_source and "__pycache__" not in path.parts and not name.startswith(EXEMPT):
                yield path


def oversized(root: Path) -> dict[str, int]:
    """Measures the tree: what is over a limit, as {"path" or "path::function": lines}."""
    found: dict[str, int] = {}
    for path in sources(root):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        if (lines := text.count("\n")) > FILE_LINES:
            found[name] = lines
        if path.suffix == ".py":
            found |= {
                f"{name}::{function}": size for function, size in functions(ast.parse(text)) if size > FUNCTION_LINES
            }
    return found


def complaints(found: dict[str, int], recorded: dict[str, int]) -> Iterator[str]:
    """Yields one line for each thing that is longer than allowed, or shorter than its record says."""
    for name, lines in sorted(found.items()):
        if name not in recorded:
            limit = FUNCTION_LINES if "::" in name else FILE_LINES
            yield f"{name}: {lines} lines, over {limit}: split it"
        elif lines > recorded[name]:
            yield f"{name}: {lines} lines, recorded at {recorded[name]}: it may only shrink"
    for name, lines in sorted(recorded.items()):
        if found.get(name, 0) < lines:
            yield f"{name}: shorter than its record of {lines}: run python tools/size_ratchet.py --shrink"


def shrunk(found: dict[str, int], recorded: dict[str, int]) -> dict[str, int]:
    """Returns the record lowered to what is measured."""
    return {name: min(lines, found[name]) for name, lines in sorted(recorded.items()) if name in found}


def main() -> int:
    """Checks the tree against the record, or lowers the record."""
    parser = argparse.ArgumentParser(description="Keep files and functions short.")
    parser.add_argument("--shrink", action="store_true", help="lower the record to what is measured")
    arguments = parser.parse_args()
    recorded: dict[str, int] = json.loads(RECORD.read_text(encoding="utf-8"))
    found = oversized(ROOT)
    if arguments.shrink:
        recorded = shrunk(found, recorded)
        RECORD.write_text(json.dumps(recorded, indent=2) + "\n", encoding="utf-8")
    wrong = list(complaints(found, recorded))
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
