"""Work that is done again and again while a cloud runs: on a timer, and sooner when something hints at it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import structlog

from berthline.domain.errors import BerthlineError, StoreClosed
from berthline.saga import Worker

log = structlog.get_logger(__name__)

AGAIN_SECONDS: Final = 1.0


class Loop:
    """Runs ``work`` every ``seconds``, and soon after each ``poke``; a failure is logged and the next turn comes.

    What is in the way of many turns in a row, such as a database that is away, is logged once, and its end too.
    ``pause`` is the least time between two turns that were poked, in seconds.
    """

    def __init__(self, name: str, work: Callable[[], Awaitable[object]], seconds: float, pause: float = 0.05) -> None:
        self.name = name
        self._work = work
        self._seconds = seconds
        self._pause = pause
        self._poked = asyncio.Event()

    def poke(self) -> None:
        """Have the next turn soon. A hint: many of them are one turn."""
        self._poked.set()

    async def run(self) -> None:
        """Take turns for ever, the first at once; see ``running``."""
        failed, kind = 0, ""
        while True:
            self._poked.clear()
            try:
                await self._work()
            except BerthlineError as error:
                failed += 1
                if kind != (kind := type(error).__name__):
                    log.warning("loop failed", loop=self.name, error=error.message)
            except Exception:
                log.exception("loop failed", loop=self.name)
            else:
                if failed:
                    log.warning("loop goes on", loop=self.name, failed_turns=failed)
                failed, kind = 0, ""
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._poked.wait()
                await asyncio.sleep(self._pause)


@contextlib.asynccontextmanager
async def running(**loops: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run each loop, by its name, while the block runs. One that ends with an error is logged and begun anew."""
    tasks = [asyncio.create_task(_forever(name, run), name=f"loop-{name}") for name, run in loops.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def while_held(worker: Worker, name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a loop of which a cloud has one, for ever, as long as this worker has its lease."""
    while True:
        while worker.loop(name) is None:
            await worker.next_turn()
        task = asyncio.ensure_future(run())
        try:
            while worker.loop(name) is not None and not task.done():
                turned = asyncio.create_task(worker.next_turn())
                await asyncio.wait({task, turned}, return_when=asyncio.FIRST_COMPLETED)
                turned.cancel()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled() and task.done():
            task.result()


async def _forever(name: str, run: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await run()
        except StoreClosed:
            return
        except Exception:
            log.exception("loop ended; it begins anew", loop=name)
        await asyncio.sleep(AGAIN_SECONDS)
