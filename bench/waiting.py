"""Waiting for what another does, up to a limit."""

import time
from collections.abc import Callable

from bench.api import Failed


def until(is_done: Callable[[], object], what: str, limit_seconds: float, look_seconds: float) -> None:
    """Look until it is done. Raises Failed where it is not by the limit."""
    deadline = time.perf_counter() + limit_seconds
    while not is_done():
        if time.perf_counter() > deadline:
            raise Failed(f"not seen within {limit_seconds:g} s: {what}")
        time.sleep(look_seconds)
