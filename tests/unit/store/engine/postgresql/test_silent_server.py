"""A server that answers nothing: the event loop goes on."""

import asyncio
import os
import signal
import threading

import pytest

from berthline.store import Connection
from berthline.store.engine.prepared import Prepared

from .conftest import Open

pytestmark = pytest.mark.postgresql
SILENT_SECONDS = 3.0
"""So long the server stands still; a loop that waited for it would take its next turn after that only."""

_FIRST = Prepared("SELECT 1")
_SECOND = Prepared("SELECT 2")


async def test_a_statement_that_is_to_be_prepared_holds_up_nobody(opened: Open) -> None:
    store = opened()

    def server(connection: Connection) -> int:
        _FIRST.first(connection)
        return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())

    pid = await store.read_short(server)
    told: list[str] = []

    def go_on() -> None:
        told.append("the server goes on")
        os.kill(pid, signal.SIGCONT)

    os.kill(pid, signal.SIGSTOP)
    timer = threading.Timer(SILENT_SECONDS, go_on)
    timer.start()
    reading = asyncio.ensure_future(store.read_short(_SECOND.first))
    for _ in range(5):
        await asyncio.sleep(0.01)
    told.append("the loop went on")
    assert await asyncio.wait_for(reading, 60) == (2,)
    timer.join()
    assert told == ["the loop went on", "the server goes on"]
