"""A connection in the event loop, and what the loop hears of its socket."""

import asyncio
import os
import socket
from collections.abc import Callable

import pytest

from berthline.store.engine.postgresql.connections import connect
from berthline.store.engine.postgresql.switching import Line

pytestmark = pytest.mark.postgresql
PATIENCE = 20.0


async def test_the_next_one_with_the_number_of_a_lost_socket_is_heard(url: str, cut: Callable[[str], int]) -> None:
    """The library closes the socket of a connection that was ended at rest; another gets its number before it goes."""
    loop = asyncio.get_running_loop()
    here, there = socket.socketpair()
    with here, there:
        lost = connect(url)
        lost.line = Line(lost.pgconn, loop)
        number = lost.pgconn.socket
        assert cut("") >= 1
        async with asyncio.timeout(PATIENCE):
            while not lost.broken:  # noqa: ASYNC110 - it is the loop that finds it out
                await asyncio.sleep(0)
        with pytest.raises(OSError, match="descriptor"):
            os.fstat(number)
        os.dup2(here.fileno(), number)
        heard = asyncio.Event()
        loop.add_reader(number, heard.set)
        lost.close()
        there.send(b"x")
        await asyncio.wait_for(heard.wait(), PATIENCE)
        loop.remove_reader(number)
        os.close(number)
