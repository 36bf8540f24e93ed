"""Other processes that write the same file: that one has committed wakes those in this one who wait for it.

SQLite tells nobody of a commit, but it counts them, and to read the count takes some microseconds. So one thread looks,
often while things happen and seldom while nothing does. It cannot tell what was committed, nor by whom: all who wait
look. That is a hint, as PostgreSQL's are.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

QUICK_SECONDS: Final = 0.01
SLOW_SECONDS: Final = 0.05
QUICK_LOOKS: Final = 100
"""After a commit it is looked so many times at the quick pace: a second."""


class Neighbours:
    """One thread with one connection, begun by ``listen``."""

    def __init__(self, path: Path, committed: Callable[[], None]) -> None:
        """``committed`` is called, in the thread, after somebody has committed, this process or another."""
        self._path = path
        self._committed = committed
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def listen(self) -> None:
        """Look from now on. Idempotent; to be called from one thread."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="store-neighbours", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End. Idempotent."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        with contextlib.closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            seen: int | None = None
            quick = 0
            while not self._closing.wait(QUICK_SECONDS if quick else SLOW_SECONDS):
                quick = max(0, quick - 1)
                with contextlib.suppress(sqlite3.Error):  # what is wrong with the file is told by those who use it
                    found = int(connection.execute("PRAGMA data_version").fetchone()[0])
                    if found != seen:
                        quick = QUICK_LOOKS
                        seen = found
                        self._committed()
