"""Screens and serial consoles of guests: one contract for all hosts; text is asked of real guests."""

import asyncio
from typing import cast

import pytest

from berthline.domain.errors import Refused
from berthline.domain.hypervisor import BaseImage, GuestSpec, GuestStream
from berthline.domain.ids import ServerId, new_id
from tests.rfb import Client, Picture

from .libvirt_world import LibvirtWorld
from .test_libvirt import booted, says
from .test_libvirt import tiny_image as tiny_image
from .worlds import Source, World, prepared, removed

WAIT_SECONDS = 120


async def started(world: World) -> GuestSpec:
    """A guest that runs."""
    spec = await prepared(world)
    await world.host.start_paused(spec)
    await world.host.resume(spec.server_id)
    return spec


async def until(stream: GuestStream, wanted: bytes) -> bytes:
    """What the stream gives up to these bytes. Raises EOFError when they do not come."""
    came = b""
    async with asyncio.timeout(WAIT_SECONDS):
        while wanted not in came:
            more = await stream.read()
            if not more:
                raise EOFError(came)
            came += more
    return came


async def end_of(stream: GuestStream) -> None:
    """Read to the end."""
    async with asyncio.timeout(WAIT_SECONDS):
        while await stream.read():
            pass


async def test_screens_are_several_and_end_with_the_guests_power(world: World) -> None:
    host, spec = world.host, await started(world)
    streams = [await host.open_screen(spec.server_id) for _ in range(2)]
    pictures: list[Picture] = []
    for stream in streams:
        client = Client(stream.read, stream.write)
        await client.shake_hands()
        pictures.append(await client.picture())
    assert {picture.width > 0 and picture.height > 0 for picture in pictures} == {True}
    await world.cut_power(spec.server_id)
    for stream in streams:
        await end_of(stream)
        assert await stream.read() == b"", "and it stays ended"
        await stream.write(b"to nobody")
        await stream.close()
    await removed(world, spec.server_id)


async def test_a_screen_that_is_let_go_leaves_the_others(world: World) -> None:
    host, spec = world.host, await started(world)
    first, second = await host.open_screen(spec.server_id), await host.open_screen(spec.server_id)
    for _ in range(2):
        await first.close()
    await end_of(first)
    await Client(second.read, second.write).shake_hands()
    await second.close()
    await removed(world, spec.server_id)


async def test_a_serial_console_goes_to_who_opened_it_last(world: World) -> None:
    host, spec = world.host, await started(world)
    first = await host.open_serial(spec.server_id)
    second = await host.open_serial(spec.server_id)
    await end_of(first)
    await first.close()
    reading = asyncio.ensure_future(end_of(second))
    await asyncio.sleep(0)
    assert not reading.done()
    await world.cut_power(spec.server_id)
    await reading
    await second.write(b"to nobody")
    for _ in range(2):
        await second.close()
    await removed(world, spec.server_id)


async def test_a_guest_that_is_off_or_absent_has_no_consoles(world: World) -> None:
    host, spec = world.host, await prepared(world)
    absent = ServerId(new_id())
    for server_id in (absent, spec.server_id):
        with pytest.raises(Refused):
            await host.open_screen(server_id)
        with pytest.raises(Refused):
            await host.open_serial(server_id)
    await host.start_paused(spec)
    await world.cut_power(spec.server_id)
    with pytest.raises(Refused):
        await host.open_screen(spec.server_id)
    with pytest.raises(Refused):
        await host.open_serial(spec.server_id)
    await removed(world, spec.server_id)


@pytest.mark.dataplane
async def test_a_real_guests_serial_console_takes_a_line_and_answers(
    each_way: LibvirtWorld, tiny_image: tuple[BaseImage, Source]
) -> None:
    spec = await booted(each_way, tiny_image)
    await says(each_way, spec.server_id, b"ready host=tester")
    stream = await each_way.host.open_serial(spec.server_id)
    await stream.write(b"echo six times seven is $((6*7))\r")
    await until(stream, b"six times seven is 42")
    await stream.close()
    again = await each_way.host.open_serial(spec.server_id)
    await again.write(b"seq 1 20000; echo all of th''em\r")
    said = await until(again, b"all of them")
    assert b"\r\n1\r\n2\r\n" in said
    assert b"\r\n19999\r\n20000\r\n" in said, "and nothing of it is lost"
    await again.close()


@pytest.mark.dataplane
async def test_a_screen_elsewhere_leaves_what_comes_by_the_same_connection(elsewhere: LibvirtWorld) -> None:
    host, spec = elsewhere.host, await started(elsewhere)
    serial, screen = await host.open_serial(spec.server_id), await host.open_screen(spec.server_id)
    reading = asyncio.ensure_future(end_of(serial))
    client = Client(screen.read, screen.write)
    await client.shake_hands()
    assert "no pointer" in client.name
    await client.picture()
    assert await host.power(spec.server_id) == "running"
    assert not reading.done(), "what came by the same connection goes on"
    await removed(elsewhere, spec.server_id)
    await asyncio.gather(reading, end_of(screen))
    await screen.close()


@pytest.fixture(params=["real", "by_tls"])
def one_or_other(request: pytest.FixtureRequest) -> LibvirtWorld:
    """The real host by its socket, and from afar."""
    return cast("LibvirtWorld", request.getfixturevalue(request.param))


@pytest.mark.dataplane
async def test_a_real_guests_screen_shows_text_and_takes_keys(
    one_or_other: LibvirtWorld, tiny_image: tuple[BaseImage, Source]
) -> None:
    world, spec = one_or_other, await booted(one_or_other, tiny_image)
    await says(world, spec.server_id, b"ready host=tester")
    stream = await world.host.open_screen(spec.server_id)
    client = Client(stream.read, stream.write)
    await client.shake_hands()
    before = (await client.picture()).lit
    await client.type("echo by the keyboard >/dev/ttyS0\n")
    await says(world, spec.server_id, b"by the keyboard")
    async with asyncio.timeout(WAIT_SECONDS):
        while (await client.picture()).lit <= before:  # noqa: ASYNC110 - a guest tells nobody
            await asyncio.sleep(0.1)
    assert before > 0
    await stream.close()
