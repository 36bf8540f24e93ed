"""One serial console for several who look: all see all, a slow one is let go, and the last one closes it."""

import asyncio

import pytest

from berthline.domain.errors import Refused, Transient
from berthline.domain.hypervisor import GuestStream
from berthline.workflows.consoles.watching import MOST_UNREAD, RECENT, SharedSerial


class Line:
    """A guest's console. Fits GuestStream."""

    def __init__(self) -> None:
        self.says: asyncio.Queue[bytes | Exception] = asyncio.Queue()
        self.got = b""
        self.closed = 0

    async def read(self) -> bytes:
        said = await self.says.get()
        if isinstance(said, Exception):
            raise said
        return said

    async def write(self, data: bytes) -> None:
        self.got += data

    async def close(self) -> None:
        self.closed += 1
        self.says.put_nowait(b"")


class Host:
    """Opens a line each time."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    async def open(self) -> GuestStream:
        await asyncio.sleep(0)
        self.lines.append(Line())
        return self.lines[-1]


async def test_all_see_all_by_one_stream() -> None:
    host = Host()
    shared = SharedSerial(host.open)
    first, second = await asyncio.gather(shared.join(), shared.join())
    (line,) = host.lines
    line.says.put_nowait(b"said")
    assert (await first.read(), await second.read()) == (b"said", b"said")
    await first.write(b"a")
    await second.write(b"b")
    assert line.got == b"ab"
    late = await shared.join()
    assert await late.read() == b"said"
    for watcher in (first, second):
        await watcher.close()
        await watcher.close()
    assert line.closed == 0
    await late.close()
    assert [opened.closed > 0 for opened in host.lines] == [True]
    assert shared.is_idle
    again = await shared.join()
    assert len(host.lines) == 2
    await again.close()


async def test_a_slow_one_is_let_go_and_the_others_see_on() -> None:
    host = Host()
    shared = SharedSerial(host.open)
    slow, quick = await shared.join(), await shared.join()
    part = bytes(MOST_UNREAD // 4)
    for _ in range(6):
        host.lines[0].says.put_nowait(part)
        assert await quick.read() == part
    assert await slow.read() == b""
    late = await shared.join()
    assert len(await late.read()) == RECENT
    for watcher in (slow, quick, late):
        await watcher.close()


@pytest.mark.parametrize("end", [b"", Transient("the wire broke")])
async def test_its_end_is_everybodys_and_it_opens_anew(end: bytes | Exception) -> None:
    host = Host()
    shared = SharedSerial(host.open)
    watchers = [await shared.join() for _ in range(3)]
    host.lines[0].says.put_nowait(end)
    for watcher in watchers:
        assert await watcher.read() == b""
    again = await shared.join()
    assert len(host.lines) == 2
    for watcher in (*watchers, again):
        await watcher.close()


async def test_one_that_is_refused_leaves_nothing() -> None:
    async def refuse() -> GuestStream:
        raise Refused("the guest is off")

    shared = SharedSerial(refuse)
    for _ in range(2):
        with pytest.raises(Refused):
            await shared.join()
    assert shared.is_idle
