"""The simulated screen: what it shows, in which pixels, and what it does with clients that say nonsense or much."""

import asyncio
import struct

import pytest

from berthline.hypervisor.in_memory.screen import HEIGHT, WIDTH, Screen
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


async def everything(screen: Screen) -> bytes:
    """What it has to say until it waits for its client."""
    came = b""
    while True:
        try:
            async with asyncio.timeout(0.5):
                came += await screen.read()
        except TimeoutError:
            return came


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
    came = await everything(screen)
    assert FULL < len(came) < FULL + 10_000, "one, not a thousand"


async def test_only_rows_that_changed_are_sent_again() -> None:
    terminal = Terminal()
    screen, client = await ready(terminal)
    await client.picture()
    await screen.write(struct.pack(">BBHHHH", 3, 1, 0, 0, WIDTH, HEIGHT))
    terminal.say("one line")
    assert len(await screen.read()) < FULL / 10


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


def test_a_line_is_erased_bounded_and_ended_once() -> None:
    terminal = Terminal()
    terminal.type("ab\x7fc\r\n")
    assert terminal.lines == [f"{PROMPT}ac", "ac: not found in a simulated guest"]
    terminal.type("x" * (LONGEST + 5) + "\x1b\x00")
    assert terminal.typed == "x" * LONGEST
    terminal.say(*map(str, range(CONSOLE_LINES + 5)))
    assert len(terminal.lines) == CONSOLE_LINES
