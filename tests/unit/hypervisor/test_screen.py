"""The simulated screen: what it shows, in which pixels, and what it does with clients that say nonsense or much."""

import struct

import pytest

from berthline.hypervisor.in_memory.screen import HEIGHT, WIDTH, PixelFormat, Screen
from berthline.hypervisor.in_memory.terminal import CONSOLE_LINES, LONGEST, PROMPT, Terminal
from tests.rfb import Client

UPDATE = struct.pack(">BBHHHH", 3, 0, 0, 0, WIDTH, HEIGHT)
FULL = 4 * WIDTH * HEIGHT


async def ready(terminal: Terminal, *, on: bool = True) -> tuple[Screen, Client]:
    """A screen whose client has shaken hands."""
    screen = Screen(terminal, "simulated x", lambda: on)
    client = Client(screen.read, screen.write)
    await client.shake_hands()
    return screen, client


async def test_what_is_said_and_typed_is_seen() -> None:
    terminal = Terminal()
    _, client = await ready(terminal)
    assert (client.width, client.height, client.name) == (WIDTH, HEIGHT, "simulated x")
    empty = (await client.picture()).lit
    terminal.say("hello")
    said = (await client.picture()).lit
    assert said > empty
    await client.type("echo Typed!\n")
    assert terminal.lines[-2:] == [f"{PROMPT}echo Typed!", "Typed!"]
    assert (await client.picture()).lit > said


async def test_keys_of_a_guest_that_does_not_run_go_nowhere() -> None:
    terminal = Terminal()
    _, client = await ready(terminal, on=False)
    await client.type("echo x\n")
    assert terminal.lines == []


async def test_who_asks_without_reading_is_sent_one_picture() -> None:
    screen, _ = await ready(Terminal())
    for _ in range(1000):
        await screen.write(UPDATE)
    assert FULL < len(await screen.read()) < FULL + 10_000, "one, not a thousand"


async def test_only_rows_that_changed_are_sent_again() -> None:
    terminal = Terminal()
    screen, client = await ready(terminal)
    await client.picture()
    await screen.write(struct.pack(">BBHHHH", 3, 1, 0, 0, WIDTH, HEIGHT))
    terminal.say("one line")
    assert len(await screen.read()) < FULL / 10


@pytest.mark.parametrize(
    "nonsense",
    [b"\xff", struct.pack(">BxH", 2, 65535), struct.pack(">BxxxI", 6, 1 << 31), struct.pack(">Bxxx16x", 0)],
)
async def test_nonsense_is_the_end(nonsense: bytes) -> None:
    screen, _ = await ready(Terminal())
    await screen.write(nonsense)
    assert await screen.read() == b""


async def test_another_version_or_a_password_is_the_end() -> None:
    for said in (b"RFB 003.003\n", b"RFB 003.008\n\x02"):
        screen = Screen(Terminal(), "x", lambda: True)
        await screen.write(said)
        while await screen.read():
            pass


@pytest.mark.parametrize(
    ("bits", "big", "most", "shifts", "white"),
    [
        (32, 0, (255, 255, 255), (0, 8, 16), b"\xff\xff\xff\x00"),
        (32, 1, (255, 255, 255), (16, 8, 0), b"\x00\xff\xff\xff"),
        (16, 0, (31, 63, 31), (11, 5, 0), b"\xff\xff"),
        (8, 0, (7, 7, 3), (0, 3, 6), b"\xff"),
    ],
)
def test_pixels_are_as_the_client_wants_them(
    bits: int, big: int, most: tuple[int, ...], shifts: tuple[int, ...], white: bytes
) -> None:
    packed = struct.pack(">BBBBHHHBBB3x", bits, bits, big, 1, *most, *shifts)
    assert PixelFormat(packed).pixel((255, 255, 255)) == white


def test_a_line_is_erased_bounded_and_ended_once() -> None:
    terminal = Terminal()
    terminal.type("ab\x7fc\r\n")
    assert terminal.lines == [f"{PROMPT}ac", "ac: not found in a simulated guest"]
    terminal.type("x" * (LONGEST + 5) + "\x1b\x00")
    assert terminal.typed == "x" * LONGEST
    terminal.say(*map(str, range(CONSOLE_LINES + 5)))
    assert len(terminal.lines) == CONSOLE_LINES
