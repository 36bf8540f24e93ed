"""A console whose URL one process gave is opened by any, by one of them once; a serial console goes to the last."""

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.api.builder import Cloud
from tests.api.compute.conftest import Ground
from tests.api.compute.world import World
from tests.api.consoles.test_sockets import ask, opened, token_of, until
from tests.api.processes.test_answers import late as late
from tests.api.served import served


async def test_any_process_opens_what_another_gave_once(
    ground: Ground, cloud: Cloud, world: World, late: Callable[[], Cloud]
) -> None:
    server = await ground.boot(world)
    async with served(cloud) as first, served(late()) as other:
        token = token_of(await ask(ground, first, server, "serial", "serial"))

        async def come(url: str) -> int:
            try:
                async with opened(url, server, "serial", token) as connection:
                    await connection.send(b"echo here\r")
                    await until(connection, b"\r\nhere\r\n")
                    return 101
            except InvalidStatus as refused:
                return refused.response.status_code

        assert urlsplit(first).port != urlsplit(other).port
        assert sorted(await asyncio.gather(*(come(url) for url in (other, first) * 4))) == [101, *[403] * 7]


async def test_who_comes_by_another_process_has_the_serial_console(
    ground: Ground, cloud: Cloud, world: World, late: Callable[[], Cloud]
) -> None:
    server = await ground.boot(world)
    async with served(cloud) as first, served(late()) as other:
        tokens = [token_of(await ask(ground, first, server, "serial", "serial")) for _ in range(2)]
        async with opened(first, server, "serial", tokens[0]) as before:
            await before.send(b"echo one\r")
            await until(before, b"\r\none\r\n")
            async with opened(other, server, "serial", tokens[1]) as after:
                await after.send(b"echo two\r")
                await until(after, b"\r\ntwo\r\n")
                with pytest.raises(ConnectionClosed) as closed:
                    await until(before, b"never said")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.reason == "the console ended"
