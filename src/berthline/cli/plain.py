"""Reads the usual command line of `berthline up` without the library that reads all others.

That library and what it imports are an eighth of a start. Only what has one meaning is read here: options of `up` in
full, each followed by its value. All else, and all that is wrong, is left to the library, which knows what to say.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

SINGLE: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "--listen": ("listen", str),
    "--data": ("data", Path),
    "--database": ("database", str),
    "--simulated": ("simulated", int),
    "--network-endpoint": ("network_endpoint", str),
    "--config": ("config", Path),
    "--seed": ("seed", str),
}
WORLDS: Final = ("unix:", "tcp:")
"""How the address of a world apart begins, in the place of a number of simulated hosts."""
REPEATED: Final = {"--set": "setting"}


def options_of_up(words: Sequence[str]) -> dict[str, Any] | None:
    """The arguments for ``foreground.start``; None when the words are not of the plain kind."""
    if not words or words[0] != "up" or len(words) % 2 == 0:
        return None
    found: dict[str, Any] = {}
    repeated: dict[str, list[str]] = {}
    for name, value in zip(words[1::2], words[2::2], strict=True):
        if not value or value.startswith("-"):
            return None
        if name in REPEATED:
            repeated.setdefault(REPEATED[name], []).append(value)
        elif name in SINGLE and SINGLE[name][0] not in found:
            key, kind = SINGLE[name]
            if kind is int and value.startswith(WORLDS):
                kind = str
            elif kind is int and not (value.isascii() and value.isdigit()):
                return None
            found[key] = kind(value)
        else:
            return None
    return {**found, **{key: tuple(values) for key, values in repeated.items()}}
