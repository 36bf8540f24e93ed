"""The way to a world that ends, begins anew, or says nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from berthline.domain.errors import Refused, Transient
from berthline.domain.ids import HostName, PortId, ServerId
from berthline.hypervisor.kept_guests import KeptGuest, KeptNic
from berthline.simulated import messages
from berthline.simulated.address import Address
from berthline.simulated.faults import Condition
from berthline.simulated.frames import MOST_BYTES, framed
from berthline.simulated.host import DistantHost
from berthline.simulated.link import Link, Patience
from berthline.simulated.server import WorldServer
from berthline.simulated.world import World
from tests.contract.hypervisor.worlds import FACTS
from tests.unit.simulated.serving import CLOUD, served

NAME = HostName("simulated-1")
GUEST = KeptGuest(
    server_id=ServerId("s1"), name="s1", nics=(KeptNic(PortId("p1"), "fa:16:3e:00:00:01", "tap1"),), power="running"
)


async def test_nobody_there_is_transient(tmp_path: Path) -> None:
    link = Link(Address(str(tmp_path / "nothing")), CLOUD)
    with pytest.raises(Transient):
        await link.open()
    with pytest.raises(Transient):
        await link.call("content")
    await link.close()


async def test_calls_under_way_when_the_world_ends_are_transient_and_a_new_world_is_found(tmp_path: Path) -> None:
    address = Address(str(tmp_path / "w"))
    link = Link(address, CLOUD)
    again = asyncio.Event()
    link.on_connected(again.set)
    async with WorldServer(World(FACTS, [NAME])).serving(address):
        await link.open()
        await link.call("begin_fill", "hosts")
        await link.call("set_condition", NAME, Condition(kind="silent"))
        waiting = asyncio.create_task(DistantHost(NAME, link).guests())
        await link.call("content")
    with pytest.raises(Transient):
        await waiting
    with pytest.raises(Transient):
        await DistantHost(NAME, link).facts()
    async with WorldServer(World(FACTS, [NAME])).serving(address):
        await again.wait()
        told = await DistantHost(NAME, link).facts()
        assert msgspec.structs.replace(told, up_seconds=None) == FACTS
        assert await link.call("begin_fill", "hosts"), "it began anew, and is empty"
        await link.close()
        with pytest.raises(Transient):
            await link.call("content")


@contextlib.asynccontextmanager
async def deaf(path: Path, *answers: messages.FromWorld) -> AsyncIterator[Address]:
    """Something that says so much and then nothing, as a process that is stopped."""
    held: list[asyncio.StreamWriter] = []

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(framed(messages.encoder.encode(answer)) for answer in answers))
        held.append(writer)

    server = await asyncio.start_unix_server(serve, path)
    try:
        yield Address(str(path))
    finally:
        server.close()
        for writer in held:
            writer.close()


WELCOME = messages.Welcome(messages.VERSION, "w", ((NAME, FACTS),))


async def test_a_world_that_is_stopped_is_not_waited_for(tmp_path: Path) -> None:
    async with deaf(tmp_path / "w") as address:
        with pytest.raises(Transient):
            await Link(address, CLOUD, Patience(connect=0.05)).open()


async def test_one_that_falls_silent_is_lost_by_probes_and_by_each_calls_own_deadline(tmp_path: Path) -> None:
    async with deaf(tmp_path / "w", WELCOME) as address:
        probing = Link(address, CLOUD, Patience(probe=0.05))
        await probing.open()
        with pytest.raises(Transient, match="silent"):
            await probing.call("content")
        await probing.close()
        waiting = Link(address, CLOUD, Patience(call=0.05))
        await waiting.open()
        with pytest.raises(Transient, match="in time"):
            await waiting.call("content")
        await waiting.close()


async def test_one_that_speaks_nonsense_is_left(tmp_path: Path) -> None:
    async with deaf(tmp_path / "w", WELCOME, messages.Hello(1, "")) as address:  # type: ignore[arg-type]
        link = Link(address, CLOUD)
        await link.open()
        with pytest.raises(Transient):
            await link.call("content")
        await link.close()


async def test_hints_tell_of_guests_and_ports_until_nobody_listens() -> None:
    async with served(FACTS) as (world, link):
        host, told = DistantHost(NAME, link), asyncio.Event()
        guests: list[ServerId] = []
        ports: list[PortId] = []
        host.on_change(guests.append)
        host.on_change(lambda _server: told.set())
        link.on_port(ports.append)
        await world.put_back([(NAME, GUEST)])
        await told.wait()
        assert set(guests) == {"s1"}
        assert set(ports) == {"p1"}
        await host.close()
        link.forget(None)
        world.hosts[NAME].guest_powers_off(ServerId("s1"))
        await link.call("content")
        assert len(ports) == 1


async def test_what_cannot_be_sent_is_refused_and_the_link_goes_on() -> None:
    async with served(FACTS) as (_, link):
        host = DistantHost(NAME, link)
        with pytest.raises(Refused):
            await host.power(ServerId("\ud800"))
        with pytest.raises(Refused):
            await host.power(ServerId("x" * (MOST_BYTES + 1)))
        assert await host.guests() == frozenset()


async def test_a_caller_that_gives_up_leaves_the_link_as_it_was() -> None:
    async with served(FACTS) as (_, link):
        await link.call("set_condition", NAME, Condition(kind="silent"))
        waiting = asyncio.create_task(DistantHost(NAME, link).guests())
        await link.call("content")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await link.call("all_well")
        assert await DistantHost(NAME, link).guests() == frozenset()
