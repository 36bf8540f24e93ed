"""Which tests each suite has, read from suites.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Suite:
    """One suite: its tests as a regular expression over their ids, and those of the short choice."""

    name: str
    tests: str
    short: tuple[str, ...]


def _read() -> dict[str, Suite]:
    tables = tomllib.loads((Path(__file__).parent / "suites.toml").read_text(encoding="utf-8"))
    return {name: Suite(name, lines["tests"], tuple(lines["short"])) for name, lines in tables.items()}


SUITES = _read()
