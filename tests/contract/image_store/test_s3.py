"""What only an S3 service does: bytes that are changed on their way, keys, buckets, the size of parts."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
import structlog

from berthline.domain.errors import Unavailable
from berthline.domain.ids import ImageId, new_id
from berthline.domain.image_store import CHUNK, new_name
from berthline.images.stores.s3 import MOST_PARTS, PART_BYTES, S3Store, part_bytes
from tests.contract.image_store.places import Bucket
from tests.contract.image_store.s3_service import SECRET_KEY

MARKED = b"these bytes are to be changed on their way"


class Line:
    """A TCP proxy that changes MARKED wherever it passes."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.changed = 0
        self._serving: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.create_task(self.serve(reader, writer)))

    async def close(self) -> None:
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        out_reader, out_writer = await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.gather(self._pass(reader, out_writer), self._pass(out_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(2 * len(MARKED) + CHUNK):
                self.changed += piece.count(MARKED)
                writer.write(piece.replace(MARKED, MARKED.upper()))
                await writer.drain()
        finally:
            writer.close()


@pytest.fixture
async def line(bucket: Bucket) -> AsyncIterator[tuple[S3Store, Line]]:
    made = Line(bucket.swift.port)
    server = await asyncio.start_server(made.accept, "127.0.0.1", 0)
    endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    # The signature is of the address that was asked, and Swift asks for no certain one.
    store = S3Store(bucket.access(endpoint=endpoint))
    yield store, made
    store.close()
    server.close()
    await made.close()


@pytest.mark.parametrize("size", [0, PART_BYTES])
async def test_bytes_that_are_changed_on_their_way_are_refused(
    line: tuple[S3Store, Line], bucket: Bucket, size: int
) -> None:
    store, proxy = line
    writer = await store.begin(new_name(ImageId(new_id())), 2 * PART_BYTES)
    for content in (bytes(size), MARKED):
        await writer.write(content)
    with pytest.raises(Unavailable):
        await writer.finish()
    assert proxy.changed > 0
    await writer.discard()
    assert bucket.left() == []


async def test_keys_are_told_to_nobody(bucket: Bucket) -> None:
    wrong = "a-very-secret-key"
    store = S3Store(bucket.access(secret_key=wrong))
    with structlog.testing.capture_logs() as logs:
        with pytest.raises(Unavailable) as refused:
            await store.size(new_name(ImageId(new_id())))
        with pytest.raises(Unavailable):
            await store.check()
    told = f"{logs} {refused.value} {store.place} {bucket.access(secret_key=wrong)!r}"
    assert wrong not in told
    assert SECRET_KEY not in told
    assert {line["event"] for line in logs} == {"the image store refuses"}
    store.close()


async def test_a_bucket_that_is_missing_is_named(bucket: Bucket) -> None:
    store = S3Store(msgspec.structs.replace(bucket.access(), bucket="another"))
    with pytest.raises(Unavailable, match="another is not there"):
        await store.check()
    store.close()


async def test_a_service_that_does_not_answer(bucket: Bucket) -> None:
    store = S3Store(bucket.access(endpoint="http://127.0.0.1:9"))
    with pytest.raises(Unavailable, match="cannot be used now"):
        await store.check()
    store.close()


async def test_clouds_share_a_bucket_by_prefixes(bucket: Bucket) -> None:
    one, other = S3Store(bucket.access()), S3Store(msgspec.structs.replace(bucket.access(), prefix="other/"))
    name = new_name(ImageId(new_id()))
    writer = await one.begin(name, 5)
    await writer.finish()
    assert (await one.look()).whole == {name}
    assert (await other.look()).whole == frozenset()
    await other.delete(name)
    assert (await one.look()).whole == {name}
    one.close()
    other.close()


def test_parts_are_as_large_as_the_image_needs() -> None:
    assert part_bytes(0) == part_bytes(64 * 1024**3) == PART_BYTES
    for most in (100 * 1024**3, 1024**4, 16 * 1024**4):
        size = part_bytes(most)
        assert size % CHUNK == 0
        assert -(-most // size) <= MOST_PARTS
