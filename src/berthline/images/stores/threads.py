"""Threads of one image store, so that a slow disk or network holds up neither the event loop nor other work."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar, TypeVarTuple

THREADS: Final = 4

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")


class Threads:
    """At most ``count`` calls at once; more wait."""

    def __init__(self, name: str, count: int = THREADS) -> None:
        self._threads = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Do it in a thread; its result, or what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
