"""A console whose URL one process gave is opened by any, by one of them once, and all see one serial console."""

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from websockets.exceptions import ConnectionClosed, InvalidStatus

from berthline.domain.ids import ServerId, new_id
from berthline.store.compute.servers.serial_holds import SerialHold, claim
from tests.api.builder import Cloud
from tests.api.compute.conftest import Ground
from tests.api.compute.world import World
from tests.api.consoles.test_sockets import ask, opened, refusal, token_of, until
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


async def test_all_who_look_share_one_serial_console_by_whichever_process(
    ground: Ground, cloud: Cloud, world: World, late: Callable[[], Cloud]
) -> None:
    """Three processes: the first holds the stream; when nobody looks there any more, the others still do."""
    server = await ground.boot(world)
    clouds = (cloud, late(), late())
    async with served(clouds[0]) as first, served(clouds[1]) as second, served(clouds[2]) as third:
        tokens = [token_of(await ask(ground, first, server, "serial", "serial")) for _ in range(4)]
        async with opened(second, server, "serial", tokens[1]) as there:
            await there.send(b"echo zero\r")
            await until(there, b"\r\nzero\r\n")
            async with opened(first, server, "serial", tokens[0]) as here:
                assert b"\r\nzero\r\n" in await until(here, b"zero\r\n"), "who comes later sees what was said"
                async with (
                    opened(third, server, "serial", tokens[2]) as far,
                    opened(third, server, "serial", tokens[3]) as beside,
                ):
                    for speaker, word in ((here, b"one"), (there, b"two"), (far, b"three"), (beside, b"four")):
                        await speaker.send(b"echo " + word + b"\r")
                        for each in (here, there, far, beside):
                            await until(each, b"\r\n" + word + b"\r\n")
                    held = [one.services.compute.consoles.holds_serial(ServerId(server)) for one in clouds]
                    assert held == [False, True, False]
                await here.send(b"echo five\r")
                await until(there, b"\r\nfive\r\n")
    await let_go(cloud)


async def test_a_holder_that_is_gone_is_replaced(
    ground: Ground, cloud: Cloud, world: World, late: Callable[[], Cloud]
) -> None:
    """One that answers nobody, and one that others do not reach: the console is taken over, and its end is told."""
    server = await ground.boot(world)
    other, unreached = late(), late()
    async with served(cloud) as first, served(other) as second, served(unreached) as third:
        unreached.services.compute.consoles._holding.listens_at("http://127.0.0.1:1", everywhere=True)
        tokens = [token_of(await ask(ground, first, server, "serial", "serial")) for _ in range(3)]
        left = SerialHold(new_id(), third, "")
        cloud.services.store.write_now(lambda connection: claim(connection, ServerId(server), left, None))
        async with opened(third, server, "serial", tokens[0]) as before:
            await before.send(b"echo one\r")
            await until(before, b"\r\none\r\n")
            async with opened(second, server, "serial", tokens[1]) as after:
                await after.send(b"echo two\r")
                await until(after, b"\r\ntwo\r\n")
                with pytest.raises(ConnectionClosed) as closed:
                    await until(before, b"never said")
                async with opened(first, server, "serial", tokens[2]) as beside:
                    await after.send(b"echo three\r")
                    await until(beside, b"\r\nthree\r\n")
                assert other.services.compute.consoles.holds_serial(ServerId(server))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.reason == "the console ended"
    await let_go(cloud)


async def test_a_token_of_one_process_for_another_opens_nothing_that_is_not_held(
    ground: Ground, cloud: Cloud, world: World
) -> None:
    server = await ground.boot(world)
    async with served(cloud) as url:
        token = token_of(await ask(ground, url, server, "serial", "serial"))
        assert await refusal(url, server, "serial", f"{token}&held=1") == 404
        async with opened(url, server, "serial", token):
            pass  # it was not used up


async def let_go(cloud: Cloud) -> None:
    """Wait until no process says that it has a console: each does so after its client is gone."""
    count = text("SELECT count(*) FROM serial_holds")
    for _ in range(1000):
        if not await cloud.services.store.read(lambda connection: connection.execute(count).scalar_one()):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("a process says that it has a console, and nobody looks")
