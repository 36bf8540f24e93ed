"""The server that a viewer talks to: what it is sent, and when; what it says, and what comes of nonsense."""

import asyncio
import struct

import pytest

from berthline.domain.errors import Refused, Transient
from berthline.hypervisor.screens.frames import Frame
from berthline.hypervisor.screens.viewer import PIECE, Looker, Viewer
from tests.rfb import DESKTOP_SIZE, EXTENDED_KEYS, RAW, ZLIB, Client, Rectangle

WIDTH, HEIGHT = 200, 40
BLACK, WHITE = b"\0\0\0", b"\xff\xff\xff"
HANDS_SHAKEN = b"RFB 003.008\n\x01\x01"


def plain(colour: bytes, width: int = WIDTH, height: int = HEIGHT) -> Frame:
    """A picture of one colour."""
    return Frame(width, height, colour * width * height)


class Still:
    """A scene that shows what it is told to. Fits ``Scene``."""

    name = "a guest"

    def __init__(self, frame: Frame) -> None:
        self.shown = frame
        self.left: list[Looker] = []

    def frame(self) -> Frame:
        return self.shown

    async def leave(self, looker: Looker) -> None:
        self.left.append(looker)


class Seen:
    """A scene, one who looks at it, and the keys that he pressed."""

    def __init__(self, frame: Frame, *encodings: int) -> None:
        self.scene = Still(frame)
        self.keys: list[tuple[bool, int, int]] = []
        self.viewer = Viewer(self.scene, self._key)
        self.client = Client(self.viewer.read, self.viewer.write, encodings or (RAW, DESKTOP_SIZE))

    async def _key(self, down: bool, keysym: int, number: int) -> None:
        self.keys.append((down, keysym, number))

    def show(self, frame: Frame) -> None:
        """Show another picture."""
        self.scene.shown = frame
        self.viewer.news()

    async def is_silent(self) -> bool:
        """Whether nothing comes, as far as can be seen."""
        reading = asyncio.ensure_future(self.viewer.read())
        done, _ = await asyncio.wait([reading], timeout=0.2)
        reading.cancel()
        return not done


async def test_a_viewer_is_told_the_size_and_the_name() -> None:
    seen = Seen(plain(BLACK))
    await seen.client.shake_hands()
    assert (seen.client.width, seen.client.height, seen.client.name) == (WIDTH, HEIGHT, "a guest")


@pytest.mark.parametrize("encoding", [RAW, ZLIB])
async def test_tiles_that_changed_are_sent_and_nothing_until_they_do(encoding: int) -> None:
    seen = Seen(plain(BLACK), encoding)
    await seen.client.shake_hands()
    assert (await seen.client.picture()).lit == 0
    await seen.client.ask(whole=False)
    assert await seen.is_silent(), "nothing changed"
    rgb = bytearray(seen.scene.shown.rgb)
    rgb[3 * (20 * WIDTH + 70) : 3 * (20 * WIDTH + 70) + 3] = WHITE
    seen.show(Frame(WIDTH, HEIGHT, bytes(rgb)))
    (tile,) = (came := await seen.client.update())
    assert tile == Rectangle(64, 16, 64, 16, encoding)
    assert came[tile].count(b"\xff") == 3
    seen.show(plain(WHITE))
    assert await seen.is_silent(), "it was not asked for"
    assert (await seen.client.picture()).lit == WIDTH * HEIGHT


async def test_what_changes_while_a_picture_goes_out_comes_with_the_next() -> None:
    seen = Seen(plain(BLACK, 1000, 300), RAW)
    await seen.client.shake_hands()
    await seen.client.ask(whole=True)
    first = await seen.viewer.read()
    assert PIECE <= len(first) < 2 * PIECE, "of a large picture no more is made than is taken"
    seen.show(plain(WHITE, 1000, 300))
    length = len(first)
    while length < 4 * 1000 * 300:
        length += len(await seen.viewer.read())
    await seen.client.ask(whole=False)
    assert sum(each.width * each.height for each in await seen.client.update()) == 1000 * 300


async def test_who_gives_up_waiting_loses_nothing_of_a_picture() -> None:
    seen = Seen(plain(WHITE, 1000, 300), RAW)
    await seen.client.shake_hands()
    await seen.client.ask(whole=True)
    for _ in range(3):
        reading = asyncio.ensure_future(seen.viewer.read())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    content = (await seen.client.update()).values()
    assert b"".join(content) == b"\xff\xff\xff\x00" * 1000 * 300


async def test_another_size_is_told_before_its_picture() -> None:
    seen = Seen(plain(BLACK))
    await seen.client.shake_hands()
    await seen.client.picture()
    seen.show(plain(WHITE, 64, 16))
    await seen.client.ask(whole=False)
    assert list(await seen.client.update()) == [Rectangle(0, 0, 64, 16, DESKTOP_SIZE)]
    assert (await seen.client.picture()).lit == 64 * 16


async def test_a_viewer_that_follows_no_other_size_is_told_why_it_ends() -> None:
    seen = Seen(plain(BLACK), RAW)
    await seen.client.shake_hands()
    seen.show(plain(WHITE, 64, 16))
    await seen.client.ask(whole=False)
    with pytest.raises(Refused, match="another size"):
        await seen.client.update()


async def test_keys_come_in_order_and_with_their_numbers_from_who_is_told_of_them() -> None:
    seen = Seen(plain(BLACK), RAW, EXTENDED_KEYS)
    await seen.client.shake_hands()
    await seen.client.ask(whole=True)
    assert Rectangle(0, 0, 0, 0, EXTENDED_KEYS) in await seen.client.update()
    for number, keysym in enumerate(b"abc", start=0x1E):
        await seen.client.key(1, keysym, number)
        await seen.client.key(0, keysym)
    await seen.viewer.write(struct.pack(">BBHH", 5, 1, 10, 10))
    await seen.client.key(1, 0xFF0D)
    expected = [(bool(down), key, 0x1E + key - 0x61 if down else 0) for key in b"abc" for down in (1, 0)]
    assert seen.keys == [*expected, (True, 0xFF0D, 0)]
    await seen.client.ask(whole=True)
    assert Rectangle(0, 0, 0, 0, EXTENDED_KEYS) not in await seen.client.update(), "that is told once"


async def test_messages_may_come_byte_by_byte() -> None:
    seen = Seen(plain(BLACK))
    text = struct.pack(">BxxxI", 6, 3) + b"cut"
    said = HANDS_SHAKEN + struct.pack(">BxHi", 2, 1, RAW) + text + struct.pack(">BBxxI", 4, 1, 0x61)
    for byte in said:
        await seen.viewer.write(bytes([byte]))
    assert seen.keys == [(True, 0x61, 0)]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\xfe",
        b"\xff\x01" + bytes(10),
        struct.pack(">BxH", 2, 65535),
        struct.pack(">BxxxI", 6, 1 << 31),
        struct.pack(">Bxxx16x", 0),
    ],
)
async def test_nonsense_is_the_end_and_nothing_behind_it_is_done(nonsense: bytes) -> None:
    seen = Seen(plain(BLACK))
    await seen.client.shake_hands()
    await seen.viewer.write(nonsense + struct.pack(">BBxxI", 4, 1, 0x61))
    assert await seen.viewer.read() == b""
    assert seen.keys == []


@pytest.mark.parametrize("said", [b"RFB 003.003\n", b"RFB 003.008\n\x02"])
async def test_another_version_or_a_password_is_the_end(said: bytes) -> None:
    seen = Seen(plain(BLACK))
    await seen.viewer.write(said)
    async with asyncio.timeout(20):
        while await seen.viewer.read():
            pass


async def test_the_end_is_told_with_its_reason_to_who_waits() -> None:
    seen = Seen(plain(BLACK))
    await seen.client.shake_hands()
    reading = asyncio.ensure_future(seen.viewer.read())
    await asyncio.sleep(0)
    seen.viewer.end(Transient("The host does not answer."))
    for _ in range(2):
        with pytest.raises(Transient, match="does not answer"):
            await reading
        reading = asyncio.ensure_future(seen.viewer.read())
    reading.cancel()
    await seen.viewer.write(b"to nobody")
    await seen.viewer.close()
    assert seen.scene.left == [seen.viewer]
