"""A client that hangs up in the middle of an upload, over a real connection."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.api.builder import Cloud
from tests.api.image.client import IMAGES, create, put, show
from tests.api.served import served


@pytest.mark.parametrize("chunked", [False, True])
async def test_it_leaves_a_queued_image_and_no_file(
    cloud: Cloud, member: httpx.AsyncClient, folder: Path, chunked: bool
) -> None:
    made, token = await create(member), await cloud.token_for("red-member")
    length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 10000000"
    head = (
        f"PUT {IMAGES}/{made['id']}/file HTTP/1.1\r\nHost: cloud.test\r\nX-Auth-Token: {token}\r\n"
        f"Content-Type: application/octet-stream\r\n{length}\r\n\r\n"
    )
    part = b"z" * 3_000_000
    async with served(cloud) as url:
        _, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
        writer.write(head.encode() + (b"%x\r\n" % len(part) if chunked else b"") + part)
        await writer.drain()
        while not list(folder.glob("*.part")):  # noqa: ASYNC110 - seen from outside, as a client sees it
            await asyncio.sleep(0.01)
        assert (await show(member, made["id"]))["status"] == "saving"
        writer.close()
        await writer.wait_closed()
        while (await show(member, made["id"]))["status"] == "saving":  # noqa: ASYNC110 - seen from outside, as a client sees it
            await asyncio.sleep(0.01)
    assert (await show(member, made["id"]))["status"] == "queued"
    assert list(folder.iterdir()) == []
    assert (await put(member, made["id"], b"whole")).status_code == 204
