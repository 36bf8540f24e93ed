"""A process that only accepts, beside one that drives: how a request hears of work that another process does."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from berthline.domain.ids import new_id
from berthline.saga import Engine, Worker
from berthline.store.control.workers import StoredWorkers
from tests.workflows.world import Process, World

T = TypeVar("T")
PATIENCE = 7.0
"""Seconds: less than any request waits for work of which it hears nothing."""


class Accepting(Process):
    """An API process: what it accepts another worker claims."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        worker = Worker(StoredWorkers(self.store), new_id(), drives=False)
        self.engine = Engine(self.log_type(self.store), (), self.clock, worker=worker)
        self.compute = self.compute_type(self.outside, self.engine)


async def driven_by(driver: Process, asked: Awaitable[T]) -> T:
    """What is answered to a request that another process has, while this one looks for what it may do."""
    answer = asyncio.ensure_future(asked)
    async with asyncio.timeout(PATIENCE):
        while not answer.done():
            await driver.engine.look()
            await asyncio.wait({answer}, timeout=0.01)
    return await answer
