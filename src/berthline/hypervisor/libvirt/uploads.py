"""Bytes on their way to a host: a volume and the stream into it. All but ``blocks`` run in `Host.run`'s thread."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from berthline.hypervisor.libvirt import binding
from berthline.hypervisor.libvirt.binding import Connection, Pool, Stream, Volume
from berthline.hypervisor.libvirt.xml import volume_xml

BLOCK = 1024**2
"""Bytes sent by one hop to a thread; zeros are skipped in pieces of this size."""

PIECE = 256 * 1024 - 24
"""Bytes that one message of libvirt's protocol carries."""


class Upload(NamedTuple):
    """A volume that is being written, and the stream that its bytes go by."""

    volume: Volume
    stream: Stream


async def blocks(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in blocks of one size, the last one shorter."""
    gathered = bytearray()
    async for chunk in chunks:
        gathered += chunk
        while len(gathered) >= BLOCK:
            yield bytes(gathered[:BLOCK])
            del gathered[:BLOCK]
    if gathered:
        yield bytes(gathered)


def begin(pool: Pool, connection: Connection, name: str, sparse: bool) -> Upload:
    """A new volume, to be written from its start; ``sparse``: holes may be sent."""
    volume = pool.createXML(volume_xml(name, 0, "raw"))
    stream = connection.newStream()
    volume.upload(stream, 0, 0, binding.UPLOAD_SPARSE if sparse else 0)
    return Upload(volume, stream)


def send_block(stream: Stream, block: bytes, *, sparse: bool) -> None:
    """Send the block; one of zeros as a hole, where that may be."""
    if sparse and not block.strip(b"\0"):
        stream.sendHole(len(block))
        return
    rest = memoryview(block)
    while rest:
        rest = rest[stream.send(bytes(rest[:PIECE])) :]
