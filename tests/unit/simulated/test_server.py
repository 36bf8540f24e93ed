"""What a world takes from whom, and what it keeps from everybody."""

import asyncio
import socket
from pathlib import Path

import msgspec
import pytest

from berthline.domain.dataplane import Row, Unit
from berthline.domain.errors import Refused, Transient
from berthline.domain.ids import HostName, ServerId
from berthline.domain.start import StartRefused
from berthline.hypervisor.kept_guests import KeptGuest
from berthline.simulated import messages
from berthline.simulated.address import Address
from berthline.simulated.dataplane import DistantDataplane
from berthline.simulated.frames import LENGTH_BYTES, MOST_BYTES, framed
from berthline.simulated.host import DistantHost
from berthline.simulated.link import Link
from berthline.simulated.server import CALLS_AT_ONCE, CONNECTIONS, WorldServer, listen
from berthline.simulated.verbs import AT_ONCE
from berthline.simulated.world import World
from tests.contract.hypervisor.worlds import FACTS, new_source
from tests.unit.simulated.serving import CLOUD, served

NAME = HostName("simulated-1")


async def raw(link: Link, *sent: bytes) -> list[messages.FromWorld]:
    """Send bytes on a connection of their own; all that is answered until its end."""
    reader, writer = await asyncio.open_unix_connection(link.address.path)
    writer.write(b"".join(sent))
    writer.write_eof()
    answered = await reader.read()
    writer.close()
    await writer.wait_closed()
    found = []
    while answered:
        length = int.from_bytes(answered[:LENGTH_BYTES], "big")
        found.append(messages.from_world.decode(answered[LENGTH_BYTES : LENGTH_BYTES + length]))
        answered = answered[LENGTH_BYTES + length :]
    return found


def sent(message: messages.FromClient) -> bytes:
    return framed(messages.encoder.encode(message))


HELLO = sent(messages.Hello(messages.VERSION, CLOUD))
GUESTS = sent(messages.Call(1, NAME, "guests", 0, msgspec.Raw(messages.encoder.encode(()))))


async def test_another_version_and_another_cloud_are_told_why_they_may_not_come_in() -> None:
    async with served(FACTS) as (_, link):
        (old,) = await raw(link, sent(messages.Hello(messages.VERSION + 1, CLOUD)), GUESTS)
        assert isinstance(old, messages.Failure)
        with pytest.raises(Refused):
            await Link(link.address, "another-cloud").open()
        looker = Link(link.address, "")
        await looker.open()
        with pytest.raises(Refused):
            await DistantHost(NAME, looker).guests()
        assert NAME in (await looker.call("content")).powers
        await looker.close()


@pytest.mark.parametrize(
    "nonsense",
    [b"GET / HTTP/1.1\r\n\r\n", (MOST_BYTES + 1).to_bytes(4, "big"), framed(b"\xc1"), framed(b"\x91\xa3abc"), GUESTS],
)
async def test_who_speaks_something_else_is_cut_off(nonsense: bytes) -> None:
    async with served(FACTS) as (_, link):
        assert await raw(link, nonsense) == []
        greeted = await raw(link, HELLO, nonsense)
        assert isinstance(greeted[0], messages.Welcome)
        assert await DistantHost(NAME, link).guests() == frozenset()


async def test_what_cannot_be_asked_is_refused_by_name_and_harms_nobody() -> None:
    async with served(FACTS) as (_, link):
        wrong = [("no_such_verb", NAME), ("guests", "no-such-host"), ("destroy", NAME), ("__class__", NAME)]
        for verb, host in [*wrong, ("cache_image", NAME)]:
            with pytest.raises(Refused):
                await link.call(verb, host=host)
        assert await DistantHost(NAME, link).guests() == frozenset()


async def test_who_makes_more_calls_than_are_done_at_once_gets_every_answer() -> None:
    async with served(FACTS) as (_, link):
        host = DistantHost(NAME, link)
        answers = await asyncio.gather(*(host.guests() for _ in range(CALLS_AT_ONCE * 3)))
        assert len(answers) == CALLS_AT_ONCE * 3


async def test_a_connection_too_many_is_closed_and_the_others_go_on() -> None:
    async with served(FACTS) as (_, link):
        others = [Link(link.address, CLOUD) for _ in range(CONNECTIONS - 1)]
        for other in others:
            await other.open()
        with pytest.raises(Transient):
            await Link(link.address, CLOUD).open()
        assert await DistantHost(NAME, link).guests() == frozenset()
        for other in others:
            await other.close()


async def test_an_observation_larger_than_one_answer_comes_whole() -> None:
    async with served(FACTS) as (_, link):
        plane = DistantDataplane(link)
        assert await plane.observe() == {}
        count = AT_ONCE * 2 + 1
        units = {
            Unit("network", f"n{number}"): (Row(table="Logical_Switch", key=f"n{number}", columns={"name": "n"}),)
            for number in range(count)
        }
        await plane.apply(units)
        assert set(await plane.observe()) == set(units)


async def test_only_one_fills_and_the_next_when_that_one_is_gone(tmp_path: Path) -> None:
    world = World(FACTS, [NAME])
    async with WorldServer(world).serving(Address(str(tmp_path / "w"))) as address:
        first, second = Link(address, CLOUD), Link(address, CLOUD)
        await first.open()
        await second.open()
        with pytest.raises(Transient):
            await DistantHost(NAME, second).guests()
        told = await DistantHost(NAME, second).facts()
        assert msgspec.structs.replace(told, up_seconds=None) == FACTS
        assert await first.call("begin_fill", "hosts")
        waiting = asyncio.create_task(second.call("begin_fill", "hosts"))
        await first.call("begin_fill", "hosts")  # its own answer comes after the other's question was read
        assert not waiting.done()
        await first.close()
        assert await waiting
        kept = KeptGuest(server_id=ServerId("s1"), name="s1", nics=(), power="running")
        for _ in range(2):
            await second.call("put_back", ((NAME, kept),))
        await second.call("end_fill", "hosts")
        assert not await second.call("begin_fill", "hosts")
        assert await DistantHost(NAME, second).powers() == {"s1": "running"}
        with pytest.raises(Transient):
            await DistantDataplane(second).observe()
        for part in ("hosts", "dataplane"):
            assert await second.call("begin_fill", part) == (part == "dataplane")
        await second.call("end_fill", "hosts")  # of one part says nothing of the other
        assert await second.call("begin_fill", "dataplane")
        await second.close()
    assert not (tmp_path / "w").exists()


async def test_a_guest_that_is_there_is_not_put_back_over() -> None:
    world = World(FACTS, [NAME])
    kept = KeptGuest(server_id=ServerId("s1"), name="s1", nics=(), power="running")
    await world.put_back([(NAME, kept)])
    await world.hosts[NAME].shutdown(ServerId("s1"), 0)
    await world.put_back([(NAME, kept)])
    assert await world.hosts[NAME].power(ServerId("s1")) == "shutoff"


async def test_an_upload_whose_source_fails_raises_what_it_raised_and_the_next_succeeds() -> None:
    async with served(FACTS) as (world, link):
        host, source = DistantHost(NAME, link), new_source()

        def fail(number: int) -> None:
            if number == 1:
                raise RuntimeError("the disk is gone")

        source.on_chunk = fail
        with pytest.raises(RuntimeError):
            await host.cache_image(source.image(), source)
        source.on_chunk = lambda _number: None
        await host.cache_image(source.image(), source)
        assert len(await world.hosts[NAME].cached_images()) == 1


async def test_an_upload_whose_sender_dies_holds_nobody_up() -> None:
    async with served(FACTS) as (world, link):
        other, source = Link(link.address, CLOUD), new_source()
        await other.open()
        image, begun = source.image(), asyncio.Event()
        source.on_chunk = lambda _number: begun.set()
        upload = asyncio.create_task(DistantHost(NAME, other).cache_image(image, source))
        await begun.wait()
        await other.close()
        with pytest.raises(Transient):
            await upload
        await DistantHost(NAME, link).cache_image(image, source)
        assert len(await world.hosts[NAME].cached_images()) == 1


def test_one_address_serves_one_world(tmp_path: Path) -> None:
    address = Address(str(tmp_path / "w"))
    first = listen(address)
    try:
        assert Path(address.path).stat().st_mode & 0o777 == 0o600
        with pytest.raises(StartRefused, match="another world"):
            listen(address)
    finally:
        first.close()
    listen(address).close()  # what a world that was killed has left is taken away


def test_a_file_is_not_taken_away(tmp_path: Path) -> None:
    (tmp_path / "w").write_text("precious")
    with pytest.raises(StartRefused):
        listen(Address(str(tmp_path / "w")))
    with pytest.raises(StartRefused):
        listen(Address(str(tmp_path / "no-folder" / "w")))
    assert (tmp_path / "w").read_text() == "precious"


def test_a_port_in_use_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(StartRefused):
        listen(Address("", "127.0.0.1", other.getsockname()[1]))
