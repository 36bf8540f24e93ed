"""Clients that say nothing, little at a time, or never listen: all others are answered while they hang on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from tests.api.builder import Cloud
from tests.api.served import served

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


async def test_connections_over_the_limit_are_told_to_come_again(cloud: Cloud) -> None:
    async with served(cloud, connections=3) as url:
        async with connections(url, 3) as first:
            for reader, writer in first:
                writer.write(REQUEST)
                await answer(reader)
            reader, refused = await connect(url)
            status, headers, body = await answer(reader)
            assert status == b"HTTP/1.1 503 Service Unavailable"
            assert headers[b"retry-after"] == b"1"
            assert b"too many connections" in body
            assert await reader.read() == b""
            refused.close()
            reader, writer = first[0]
            writer.write(REQUEST)
            assert b" 200 " in (await answer(reader))[0]
        while not await _lets_in(url):  # noqa: ASYNC110 - the server hears of the closed ones in its own time
            await asyncio.sleep(0.01)


async def _lets_in(url: str) -> bool:
    reader, writer = await connect(url)
    writer.write(REQUEST)
    status, _, _ = await answer(reader)
    writer.close()
    return b" 200 " in status


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
