"""Keeps out what libraries import only because it is installed, and what nothing here uses of them."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Final

UNUSED: Final = ("rich", "cryptography", "attr", "attrs")
"""Pretty tracebacks for structlog, keys other than shared secrets for PyJWT, attrs classes for Litestar. Each of the
three does without when it is missing."""


@contextlib.contextmanager
def without(names: tuple[str, ...] = UNUSED) -> Iterator[None]:
    """Let imports within the block not find these packages; one imported already, and all afterwards, are found.

    To be used while the process has one thread.
    """
    hidden = [name for name in names if name not in sys.modules]
    # None in sys.modules is how the import system itself is told that a module cannot be had
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
