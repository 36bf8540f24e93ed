"""What the process asks of the collector and of glibc, so that it holds little memory and starts quickly."""

import ctypes
import gc
from typing import Final

_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
"""Options of mallopt(3)."""

_LARGE: Final = 1024 * 1024
_ARENAS: Final = 2


def prepare() -> None:
    """To be called first: what a start makes stays, so nobody looks for garbage in it, which is an eighth of the start.

    Blocks of a MiB and more are given back to the system when they are freed. glibc would learn from the first of them,
    the 19 MiB in which a password is hashed, to keep such blocks, and give each thread an arena of its own.
    """
    gc.disable()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_ARENA_MAX, _ARENAS)


def settle() -> None:
    """To be called once all is ready: drop what the start left over, and never look at the rest of it again."""
    gc.collect()
    gc.freeze()
    gc.enable()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
