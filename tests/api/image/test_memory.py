"""Images go in and out by pieces: what they take of memory does not depend on their size, nor on who reads them."""

import asyncio
from pathlib import Path

import httpx

from tests.api.builder import Cloud
from tests.api.image.client import IMAGES, create, show
from tests.api.served import served

MIB = 1024 * 1024
SIZE = 160 * MIB
ROOM = 40 * MIB
"""What all of it may take together, the client's buffers too: a quarter of the image."""


def resident() -> int:
    """Bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


async def test_a_large_image_in_and_out(cloud: Cloud, member: httpx.AsyncClient) -> None:
    made, token = await create(member, disk_format="raw"), await cloud.token_for("red-member")
    head = f"Host: cloud.test\r\nX-Auth-Token: {token}\r\nContent-Type: application/octet-stream\r\n"
    path = f"{IMAGES}/{made['id']}/file"
    piece = bytes(MIB)
    async with served(cloud) as url:
        before = most = resident()
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
        writer.write(f"PUT {path} HTTP/1.1\r\n{head}Content-Length: {SIZE}\r\n\r\n".encode())
        for _ in range(SIZE // MIB):
            writer.write(piece)
            await writer.drain()
            most = max(most, resident())
        assert b" 204 " in await reader.readuntil(b"\r\n\r\n")
        silent, asking = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port, limit=1024)
        asking.write(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
        await asking.drain()
        assert (await show(member, made["id"]))["size"] == SIZE  # answered beside one that never reads
        writer.write(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        got = 0
        while got < SIZE:
            got += len(await reader.read(MIB))
            most = max(most, resident())
        assert b" 200 " in await silent.readuntil(b"\r\n")
        asking.close()
        writer.close()
    assert most - before < ROOM
