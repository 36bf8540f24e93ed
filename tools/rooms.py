"""Keeps a room for each noun: no folder that is a crowd, and no family of modules told apart by a prefix.

Run it as `python tools/rooms.py`; it prints what is wrong and exits 1, or prints nothing and exits 0.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

MODULES = 24
FAMILY = 3
PLACES = ("src", "tests", "tools", "bench")

ROOT = Path(__file__).resolve().parent.parent


def modules(folder: Path) -> list[str]:
    """The modules that lie in a folder itself, by name, the folder's own docstring left out."""
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def families(names: list[str]) -> Iterator[tuple[str, int]]:
    """Yields each first word that so many modules share that it should be a folder, and how many they are."""
    words = [name.removeprefix("test_").split("_") for name in names]
    shared = Counter(parts[0] for parts in words if len(parts) > 1)
    yield from ((word, count) for word, count in sorted(shared.items()) if count >= FAMILY)


def complaints(root: Path) -> Iterator[str]:
    """Yields one line for each folder below PLACES that holds too many modules or a family without a room."""
    for place in PLACES:
        for folder in sorted([root / place, *(root / place).rglob("*")]):
            names = modules(folder) if folder.is_dir() else []
            where = folder.relative_to(root).as_posix()
            if len(names) > MODULES:
                yield f"{where}: {len(names)} modules, over {MODULES}: give a noun of them a folder"
            for word, count in families(names):
                yield f"{where}: {count} modules begin with {word}_: give {word} a folder"


def main() -> int:
    """Prints what is wrong with the tree."""
    wrong = list(complaints(ROOT))
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
