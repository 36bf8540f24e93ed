"""One source of pictures for all who look, while they do; and what they type, in one row."""

import asyncio
from collections.abc import Callable

import pytest

from berthline.domain.errors import OutsideError, Refused, Transient
from berthline.hypervisor.screens.frames import Frame
from berthline.hypervisor.screens.viewer import Viewer
from berthline.hypervisor.screens.watched import AFTER_A_KEY, CHANGING, STILL, Pace, WatchedScreen
from tests.rfb import Client

PATIENCE = 60


class Guest:
    """Shows how often it was looked at, which is another picture each time."""

    def __init__(self) -> None:
        self.looks = 0
        self.is_on = True
        self.fault: OutsideError | None = None
        self.pressed: list[tuple[int, ...]] = []
        self.holds = asyncio.Event()
        self.holds.set()
        self.missing: tuple[int, ...] = ()

    async def take(self) -> Frame | None:
        await self.holds.wait()
        if self.fault is not None:
            raise self.fault
        self.looks += 1
        return Frame(1, 1, self.looks.to_bytes(3)) if self.is_on else None

    async def press(self, numbers: tuple[int, ...]) -> None:
        if self.fault is not None:
            raise self.fault
        if numbers == self.missing:
            raise Refused("no such key")
        self.pressed.append(numbers)


@pytest.fixture
def guest() -> Guest:
    return Guest()


@pytest.fixture
def screen(guest: Guest) -> WatchedScreen:
    return WatchedScreen("a guest", guest.take, guest.press)


async def joined(screen: WatchedScreen) -> tuple[Viewer, Client]:
    """One who looks, and has shaken hands."""
    viewer = await screen.join()
    client = Client(viewer.read, viewer.write)
    await client.shake_hands()
    return viewer, client


async def until(happened: Callable[[], bool]) -> None:
    """Wait for it."""
    async with asyncio.timeout(PATIENCE):
        while not happened():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


def is_idle(screen: WatchedScreen) -> bool:
    """As it is now; a type checker believes that it stays so."""
    return screen.is_idle


async def to_the_end(viewer: Viewer) -> None:
    """Read until there is no more."""
    async with asyncio.timeout(PATIENCE):
        while await viewer.read():
            pass


async def test_all_who_look_see_the_same_pictures(guest: Guest, screen: WatchedScreen) -> None:
    viewers, clients = zip(*[await joined(screen) for _ in range(3)], strict=True)
    assert guest.looks == 1, "the first is shown to who comes later too"
    await until(lambda: guest.looks > 1)
    guest.holds.clear()
    await asyncio.sleep(0)
    assert len({(await client.picture()).pixels for client in clients}) == 1
    for viewer in viewers:
        await viewer.close()


async def test_a_picture_comes_by_itself_when_there_is_another(screen: WatchedScreen) -> None:
    viewer, client = await joined(screen)
    before = await client.picture()
    await client.ask(whole=False)
    (after,) = (await client.update()).values()
    assert after != before.pixels
    await viewer.close()


async def test_nobody_looks_when_nobody_is_there(guest: Guest, screen: WatchedScreen) -> None:
    first, _ = await joined(screen)
    second, _ = await joined(screen)
    await first.close()
    looks = guest.looks
    await until(lambda: guest.looks > looks)
    assert not is_idle(screen)
    for _ in range(2):
        await second.close()
    assert is_idle(screen)
    looks = guest.looks
    await asyncio.sleep(4 * AFTER_A_KEY)
    assert guest.looks == looks
    again, _ = await joined(screen)
    assert guest.looks == looks + 1
    await again.close()


async def test_keys_of_all_come_in_one_row_and_one_that_the_guest_has_not_is_left_out(
    guest: Guest, screen: WatchedScreen
) -> None:
    viewers, (one, other) = zip(*[await joined(screen) for _ in range(2)], strict=True)
    await one.key(1, 0xFFE3)
    await other.type("ab")
    await one.type("c")
    await until(lambda: len(guest.pressed) == 3)
    assert guest.pressed == [(0x1E,), (0x30,), (0x1D, 0x2E)], "what one holds is not held for the other"
    guest.missing = (0x1D, 0x1E)
    await one.type("a")
    await other.type("d")
    await until(lambda: guest.pressed[-1] == (0x20,))
    assert len(guest.pressed) == 4
    for viewer in viewers:
        await viewer.close()


async def test_it_ends_with_the_guests_power(guest: Guest, screen: WatchedScreen) -> None:
    viewer, _ = await joined(screen)
    guest.is_on = False
    await to_the_end(viewer)
    with pytest.raises(Refused, match="Start it"):
        await screen.join()
    guest.is_on = True
    again, client = await joined(screen)
    assert (await client.picture()).pixels
    await viewer.close()
    await client.picture()
    assert not screen.is_idle
    await again.close()


@pytest.mark.parametrize("typing", [False, True])
async def test_a_host_that_does_not_answer_ends_it_for_all_in_words(
    guest: Guest, screen: WatchedScreen, typing: bool
) -> None:
    viewers, clients = zip(*[await joined(screen) for _ in range(2)], strict=True)
    if typing:
        guest.holds.clear()
        await clients[0].key(1, 0x61)
    guest.fault = Transient("The host does not answer.")
    for viewer in viewers:
        with pytest.raises(Transient, match="does not answer"):
            await to_the_end(viewer)
    await clients[0].key(1, 0x61)
    for viewer in viewers:
        await viewer.close()
    assert screen.is_idle


async def test_who_opens_and_is_refused_leaves_nothing(guest: Guest, screen: WatchedScreen) -> None:
    guest.fault = Transient("The host does not answer.")
    with pytest.raises(Transient):
        await screen.join()
    assert screen.is_idle
    guest.fault = None
    viewer, _ = await joined(screen)
    await viewer.close()


def test_pictures_are_quick_after_a_key_and_slower_the_less_comes_of_it() -> None:
    pace = Pace()
    for differs, slowest in ((True, CHANGING), (False, STILL), (True, CHANGING)):
        for _ in range(20):
            pace.taken(0.001, differs=differs)
        assert pace.seconds == slowest
    pace.typed()
    assert pace.seconds == AFTER_A_KEY
    pace.taken(7.0, differs=True)
    assert pace.seconds == 7.0, "a slow host has half of the time for others"
