"""How a process is told to end."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def told_to_end() -> Iterator[asyncio.Event]:
    """What SIGTERM or SIGINT sets while the block runs; a second one kills at once, as is the default."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()

    def restore() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    def end() -> None:
        told.set()
        restore()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    try:
        yield told
    finally:
        restore()
