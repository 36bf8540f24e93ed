"""The WebSocket of a console: what opens it, what does not, and what goes through it."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from berthline.domain.errors import Transient
from berthline.domain.hypervisor import GuestStream
from berthline.domain.ids import ServerId, new_id
from berthline.testing.faults import FaultSchedule, FaultyHypervisor
from tests.api.builder import Cloud, HandClock
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World
from tests.rfb import Client

PATIENCE = 60.0
SERVERS = "/compute/v2.1/servers"


async def ask(ground: Ground, url: str, server: str, protocol: str, kind: str) -> str:
    """The URL of a console, as the API tells it to who came by this address."""
    body = {"remote_console": {"protocol": protocol, "type": kind}}
    path = f"{url}{SERVERS}/{server}/remote-consoles"
    headers = {**LATEST, "host": urlsplit(url).netloc}
    answer = await ground.red.post(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    told = answer.json()["remote_console"]
    assert (told["protocol"], told["type"]) == (protocol, kind)
    return str(told["url"])


def token_of(address: str) -> str:
    """The token in a console's URL."""
    asked = parse_qs(urlsplit(address).query)
    return asked["token"][0] if "token" in asked else asked["path"][0].partition("token=")[2]


@asynccontextmanager
async def opened(url: str, server: str, kind: str, token: str, **more: Any) -> AsyncIterator[ClientConnection]:
    """The console's WebSocket."""
    address = f"{url.replace('http', 'ws', 1)}/console/{server}/{kind}?token={token}"
    binary = [Subprotocol("binary")]
    async with connect(address, subprotocols=binary, proxy=None, compression=None, **more) as connection:
        yield connection


async def refusal(url: str, server: str, kind: str, token: str, **more: Any) -> int:
    """The status with which it is not opened."""
    with pytest.raises(InvalidStatus) as refused:
        async with opened(url, server, kind, token, **more):
            pass
    assert refused.value.response.body == b""
    return refused.value.response.status_code


async def until(connection: ClientConnection, wanted: bytes) -> bytes:
    """What comes up to these bytes."""
    came = b""
    async with asyncio.timeout(PATIENCE):
        while wanted not in came:
            data = await connection.recv(decode=False)
            came += data
    return came


async def test_a_screen_comes_through(ground: Ground, world: World, url: str) -> None:
    server = await ground.boot(world)
    address = await ask(ground, url, server, "vnc", "novnc")
    async with opened(url, server, "vnc", token_of(address)) as connection:
        assert connection.subprotocol == "binary"
        client = Client(lambda: connection.recv(decode=False), connection.send)
        await client.shake_hands()
        assert client.name.startswith("simulated ")
        before = (await client.picture()).lit
        await client.type("echo hello\n")
        assert (await client.picture()).lit > before > 0


async def test_several_look_at_one_serial_console(ground: Ground, world: World, url: str) -> None:
    server = await ground.boot(world)
    tokens = [token_of(await ask(ground, url, server, "serial", "serial")) for _ in range(2)]
    async with opened(url, server, "serial", tokens[0]) as first:
        await first.send(b"echo one\r")
        await until(first, b"\r\none\r\n")
        async with opened(url, server, "serial", tokens[1]) as second:
            assert b"\r\none\r\n" in await until(second, b"one\r\n"), "who comes later sees what was said"
            await second.send("echo two\r")
            for each in (first, second):
                await until(each, b"\r\ntwo\r\n")
        await first.send(b"echo three\r")
        await until(first, b"\r\nthree\r\n")


async def test_it_ends_with_the_guests_power(ground: Ground, world: World, url: str) -> None:
    server = await ground.boot(world)
    token = token_of(await ask(ground, url, server, "serial", "serial"))
    async with opened(url, server, "serial", token) as connection:
        await ground.red.post(f"{SERVERS}/{server}/action", json={"os-stop": None})
        with pytest.raises(ConnectionClosed) as closed:
            await until(connection, b"never said")
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1000, "the console ended")


class Breaking(FaultyHypervisor):
    """A host whose screens break off. Fits ``GuestStream`` too: it is what it opens."""

    async def open_screen(self, server_id: ServerId) -> GuestStream:
        return self

    async def read(self) -> bytes:
        raise Transient("The host does not answer.")

    async def write(self, data: bytes) -> None:
        """It breaks first."""


async def test_why_a_console_breaks_off_is_told(ground: Ground, world: World, url: str) -> None:
    server = await ground.boot(world)
    known = world.outside.hypervisors
    assert isinstance(known, dict)
    known |= {name: Breaking(host, FaultSchedule()) for name, host in known.items()}
    token = token_of(await ask(ground, url, server, "vnc", "novnc"))
    async with opened(url, server, "vnc", token) as connection:
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4410, "The host does not answer.")


async def test_a_guest_that_is_off_is_told_of(ground: Ground, world: World, url: str) -> None:
    server = await ground.boot(world)
    token = token_of(await ask(ground, url, server, "vnc", "novnc"))
    await ground.red.post(f"{SERVERS}/{server}/action", json={"os-stop": None})
    await world.settle()
    async with opened(url, server, "vnc", token) as connection:
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4409
    assert "Start it" in closed.value.rcvd.reason


async def test_a_token_is_good_once_for_its_server_its_kind_and_its_time(
    ground: Ground, world: World, url: str, clock: HandClock
) -> None:
    server, other = await ground.boot(world), await ground.boot(world)
    token = token_of(await ask(ground, url, server, "serial", "serial"))
    for wrong in ((other, "serial", token), (server, "vnc", token), (server, "serial", "nonsense"),
                  (server, "serial", ""), (new_id(), "serial", token)):  # fmt: skip
        assert await refusal(url, *wrong) == 403
    async with opened(url, server, "serial", token):
        pass
    assert await refusal(url, server, "serial", token) == 403, "it was used"
    late = token_of(await ask(ground, url, server, "serial", "serial"))
    clock.advance(601)
    assert await refusal(url, server, "serial", late) == 403, "it has expired"
    assert await refusal(url, server, "other", late) == 404


async def test_of_many_who_use_a_token_at_once_one_comes_in(ground: Ground, world: World, url: str) -> None:
    server = await ground.boot(world)
    token = token_of(await ask(ground, url, server, "serial", "serial"))

    async def come() -> int:
        try:
            async with opened(url, server, "serial", token):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    assert sorted(await asyncio.gather(*(come() for _ in range(8)))) == [101, *[403] * 7]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://HOST:1", "http://[", "HOST"])
async def test_a_page_from_elsewhere_does_not_open_it(ground: Ground, world: World, url: str, origin: str) -> None:
    server = await ground.boot(world)
    token = token_of(await ask(ground, url, server, "serial", "serial"))
    host = urlsplit(url).netloc
    sent = origin.replace("HOST", host if origin.endswith("HOST") else host.partition(":")[0])
    assert await refusal(url, server, "serial", token, origin=Origin(sent)) == 403
    async with opened(url, server, "serial", token, origin=Origin(url)):
        pass  # its own page does, with the same token: it was not used up


async def test_a_deleted_server_has_no_console(ground: Ground, world: World, url: str) -> None:
    server = await ground.boot(world)
    token = token_of(await ask(ground, url, server, "serial", "serial"))
    assert (await ground.red.delete(f"{SERVERS}/{server}")).status_code == 204
    await world.settle()
    assert await refusal(url, server, "serial", token) == 403


async def test_consoles_of_a_server_are_counted(ground: Ground, world: World, url: str, cloud: Cloud) -> None:
    server = await ground.boot(world)
    most = cloud.services.compute.consoles.settings.sessions_per_server
    tokens = [token_of(await ask(ground, url, server, "vnc", "novnc")) for _ in range(most + 2)]
    async with asyncio.TaskGroup() as group:
        done = asyncio.Event()

        async def hold(token: str, is_open: asyncio.Event) -> None:
            async with opened(url, server, "vnc", token):
                is_open.set()
                await done.wait()

        for token in tokens[:most]:
            is_open = asyncio.Event()
            group.create_task(hold(token, is_open))
            await is_open.wait()
        assert await refusal(url, server, "vnc", tokens[most]) == 503
        done.set()
    for _ in range(100):
        if not cloud.services.compute.consoles.sessions:
            break
        await asyncio.sleep(0.02)
    async with opened(url, server, "vnc", tokens[most + 1]):
        pass


async def test_a_message_that_is_too_large_ends_it(ground: Ground, world: World, url: str) -> None:
    server = await ground.boot(world)
    token = token_of(await ask(ground, url, server, "serial", "serial"))
    async with opened(url, server, "serial", token) as connection:
        await connection.send(bytes((1 << 20) + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await until(connection, b"never said")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_no_token_is_in_a_log(
    ground: Ground, world: World, url: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    server = await ground.boot(world)
    address = await ask(ground, url, server, "serial", "serial")
    token = token_of(address)
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as entries:
        await ground.red.get(address)
        async with opened(url, server, "serial", token):
            pass
        await refusal(url, server, "serial", token)
    ours = [record for record in caplog.records if not record.name.startswith(("websockets", "httpx", "httpcore"))]
    told = " ".join(record.getMessage() for record in ours) + str(entries) + capsys.readouterr().err
    assert f"/console/{server}/serial" in told, "the console itself is told of"
    assert token not in told


async def test_a_page_says_what_it_may_do_and_serves_no_other_file(ground: Ground, cloud: Cloud) -> None:
    client = cloud.anonymous()
    page = await client.get(f"/console/{new_id()}/vnc", params={"path": "x?token=y"})
    assert page.status_code == 200
    assert "noVNC" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'self';" in policy
    nonces = {re.search("nonce-([^']+)", (await client.get(f"/console/{new_id()}/serial")).headers[
        "content-security-policy"])[1] for _ in range(3)}  # type: ignore[index]  # fmt: skip
    assert len(nonces) == 3
    script = await client.get("/console/assets/novnc/core/rfb.js")
    assert (script.status_code, script.headers["content-type"].partition(";")[0]) == (200, "text/javascript")
    for name in ("libraries.json", "vnc.html", "../sockets.py", "%2e%2e/sockets.py", "novnc", "novnc/LICENSE.txt", "x"):
        assert (await client.get(f"/console/assets/{name}")).status_code == 404, name
