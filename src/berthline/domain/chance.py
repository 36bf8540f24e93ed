"""Random bytes of the operating system, read many at a time: a system call for each few bytes cost 8 % of a request."""

import os
import threading
from typing import Final

_READ: Final = 4096
_lock = threading.Lock()
_waiting = b""
_used = 0


def random_bytes(count: int) -> bytes:
    """``count`` bytes (4,096 at most) that nobody had before, as unpredictable as those of ``os.urandom``."""
    global _waiting, _used  # noqa: PLW0603 - one store of bytes for all threads of the process
    with _lock:
        if _used + count > len(_waiting):
            _waiting, _used = os.urandom(_READ), 0
        found = _waiting[_used : _used + count]
        _used += count
    return found


def random_bits(count: int) -> int:
    """A number of ``count`` random bits."""
    return int.from_bytes(random_bytes((count + 7) // 8)) & (1 << count) - 1


def random_below(limit: int) -> int:
    """A number from 0 to ``limit`` - 1, each as likely: one too large is thrown away, as ``secrets.randbelow`` does."""
    bits = limit.bit_length()
    while True:
        if (found := random_bits(bits)) < limit:
            return found
