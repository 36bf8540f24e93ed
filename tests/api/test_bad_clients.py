"""Clients that say nothing, little at a time, or never listen: all others are answered while they hang on."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from tests.api.builder import Cloud
from tests.api.served import served, served_room

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: cloud.test\r\n\r\n"


async def connect(url: str) -> Connection:
    return await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)


@asynccontextmanager
async def connections(url: str, count: int) -> AsyncIterator[list[Connection]]:
    """So many connections, closed at the end."""
    made = [await connect(url) for _ in range(count)]
    yield made
    for _, writer in made:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """Status line, headers and body of the next answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    status, *lines = head.rstrip().split(b"\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines)}
    return status, headers, await reader.readexactly(int(headers[b"content-length"]))


async def is_answered(url: str) -> bool:
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        return (await client.get("/healthz")).status_code == 200


async def test_a_thousand_idle_connections(cloud: Cloud) -> None:
    async with served(cloud) as url, connections(url, 1000) as idle:
        for reader, writer in idle:
            writer.write(REQUEST)
            assert b" 200 " in (await answer(reader))[0]
        assert await is_answered(url)
        for reader, writer in idle[::100]:  # they may go on where they were
            writer.write(REQUEST)
            assert b" 200 " in (await answer(reader))[0]


async def test_two_hundred_clients_that_send_byte_by_byte(cloud: Cloud) -> None:
    async with served(cloud) as url, connections(url, 200) as slow:
        for place in range(len(REQUEST)):
            for _, writer in slow:
                writer.write(REQUEST[place : place + 1])
            if place % 10 == 0:
                assert await is_answered(url)
            else:
                await asyncio.sleep(0)
        for reader, _ in slow:
            assert b" 200 " in (await answer(reader))[0]


async def test_bodies_that_come_byte_by_byte(cloud: Cloud) -> None:
    body = b'{"auth": {}}'
    head = b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: cloud.test\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with served(cloud) as url, connections(url, 50) as slow:
        for part in (head, *(body[place : place + 1] for place in range(len(body)))):
            for _, writer in slow:
                writer.write(part)
            assert await is_answered(url)
        for reader, _ in slow:
            assert b" 400 " in (await answer(reader))[0]


async def test_thousands_of_silent_connections_keep_nobody_from_being_answered(cloud: Cloud) -> None:
    async with served_room(cloud, connections=400, connections_per_address=200) as (url, room):
        async with connections(url, 200) as silent:
            for _ in range(5):
                async with connections(url, 200):
                    assert room.count <= 200
                    assert await is_answered(url)
            for reader, _ in silent:
                assert await reader.read() == b""
        assert room.gave_way >= 200


async def test_a_header_of_64_mib_is_refused_and_holds_nothing(cloud: Cloud) -> None:
    async with served_room(cloud) as (url, room), connections(url, 1) as [(reader, writer)]:
        writer.write(b"GET /compute/v2.1/servers HTTP/1.1\r\nHost: cloud.test\r\nX-Auth-Token: ")
        for part in range(64):
            writer.write(bytes([120]) * (1 << 20))
            await writer.drain()
            assert room.held < 1 << 20
            if part % 16 == 0:
                assert await is_answered(url)
        status, headers, body = await answer(reader)
        assert status.startswith(b"HTTP/1.1 431 ")
        assert b"X-Auth-Token" not in body
        assert headers[b"x-openstack-request-id"].startswith(b"req-")


SHAPES = {"network/v2.0/ports": "NeutronError", "compute/v2.1/servers": "computeFault", "image/v2/images": "error"}
SHAPES |= {"identity/v3/users": "error", "": "error"}


@pytest.mark.parametrize("path", SHAPES)
@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /%b?tags=" + b"x," * 60_000 + b" HTTP/1.1\r\nHost: cloud.test\r\n\r\n", 414),
        (b"GET /%b HTTP/1.1\r\nHost: cloud.test\r\nA: " + b"x" * 20_000 + b"\r\n\r\n", 431),
        (b"GET /%b HTTP/1.1\r\nHost: cloud.test\r\nnonsense\r\n\r\n", 400),
        (b"GET /%b HTTP/1.1\r\n\r\n", 400),
        (b"POST /%b HTTP/1.1\r\nHost: cloud.test\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
        (b"POST /%b HTTP/1.1\r\nHost: cloud.test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET http://cloud.test/%b HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ],
    ids=["uri", "header", "colon", "host", "length", "chunk", "hosts"],
)
async def test_what_is_no_request_is_answered_in_the_shape_of_the_service_with_a_request_id(
    cloud: Cloud, path: str, request_line: bytes, status: int
) -> None:
    async with served(cloud) as url, connections(url, 1) as [(reader, writer)]:
        writer.write(request_line % path.encode())
        line, headers, body = await answer(reader)
        assert line.startswith(b"HTTP/1.1 %d " % status)
        assert headers[b"content-type"] == b"application/json"
        assert headers[b"x-openstack-request-id"].startswith(b"req-")
        assert (b"x-compute-request-id" in headers) == path.startswith("compute")
        shown = json.loads(body)
        key = "badRequest" if path.startswith("compute") and status == 400 else SHAPES[path]
        assert shown[key]["message"]
        assert await reader.read() == b""


async def test_who_goes_away_in_the_middle_of_a_body_is_no_failure(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    token = (await cloud.token_for("admin")).encode()
    head = b"POST /identity/v3/projects HTTP/1.1\r\nHost: cloud.test\r\nX-Auth-Token: %b\r\nContent-Length: 100\r\n\r\n"
    async with served(cloud) as url:
        async with connections(url, 1) as [(_, writer)]:
            writer.write(head % token + b'{"project"')
            await writer.drain()
            assert await is_answered(url)
        assert await is_answered(url)
    assert "Traceback" not in capsys.readouterr().out
