"""Guests that move while they run: between two hosts in memory, near and afar; what any host says of none that does.

Between two real hosts they move in tests/dataplane: it takes two libvirts that reach each other.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
import pytest

from berthline.domain.errors import NoBaseImage, Refused
from berthline.domain.hypervisor import (
    GuestSpec,
    Hypervisor,
)
from berthline.domain.hypervisor.moving import MoveWays
from berthline.domain.ids import HostName
from berthline.hypervisor.memory import SimulatedHost
from berthline.simulated.host import DistantHost
from tests.unit.simulated.serving import served

from .worlds import FACTS, Source, Taps, World, by_socket_alone, new_source, new_spec, new_vif, prepared, removed

WAYS = MoveWays()
WRITTEN = b"what a guest wrote"


@dataclass
class Pair:
    """Two hosts, and what is behind each."""

    here: Hypervisor
    there: Hypervisor
    behind: tuple[SimulatedHost, SimulatedHost]


@pytest.fixture(params=["simulated", "distant"])
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    if request.param == "simulated":
        names = (HostName("simulated-1"), HostName("simulated-2"))
        taps = Taps()
        one, other = (SimulatedHost(name, FACTS, taps) for name in names)
        yield Pair(one, other, (one, other))
        return
    async with served(FACTS, 2) as (world, link):
        one, other = (world.host(f"simulated-{number}") for number in (1, 2))
        yield Pair(DistantHost(one.host, link), DistantHost(other.host, link), (one, other))


async def awaited(pair: Pair) -> GuestSpec:
    """A guest that runs here, and whose disks are awaited there."""
    source = new_source()
    spec = new_spec(source.image(), new_vif())
    await pair.here.cache_image(spec.image, source)
    await pair.here.create_disks(spec)
    await pair.here.start_paused(spec)
    await pair.here.resume(spec.server_id)
    pair.behind[0].guest_writes(spec.server_id, WRITTEN)
    await await_there(pair, spec, source)
    return spec


async def await_there(pair: Pair, spec: GuestSpec, source: Source) -> None:
    disks = await pair.here.moving_disks(spec.server_id)
    assert (disks.base, disks.config_drive) == (spec.image.sha512, spec.config_drive)
    renewed = msgspec.structs.replace(spec, config_drive=b"\3" * 4096)
    with pytest.raises(NoBaseImage):
        await pair.there.await_disks(renewed, disks)
    await pair.there.cache_image(spec.image, source)
    for _ in range(2):
        await pair.there.await_disks(renewed, disks)


async def powers(pair: Pair, spec: GuestSpec) -> tuple[str, str]:
    return await pair.here.power(spec.server_id), await pair.there.power(spec.server_id)


async def test_a_guest_arrives_with_what_it_wrote(pair: Pair) -> None:
    spec = await awaited(pair)
    here, there = pair.here.at_epoch(7), pair.there.at_epoch(3)
    for _ in range(2):
        await here.begin_move(spec.server_id, there, WAYS)
    assert await powers(pair, spec) == ("absent", "running")
    assert await here.move_progress(spec.server_id) is None
    for _ in range(2):
        await here.abort_move(spec.server_id)
        await here.finish_move(spec.server_id)
    assert await powers(pair, spec) == ("absent", "running")
    found = pair.behind[1].disks_of(spec.server_id)
    assert found is not None
    assert (found.written, found.config_drive) == (WRITTEN, spec.config_drive)
    assert {nic.id for nic in (await there.interfaces([spec.server_id]))[spec.server_id]} == {spec.vifs[0].id}
    await there.pause(spec.server_id)  # the epoch that it had was another host's
    await here.delete_disks(spec.server_id)
    await there.destroy(spec.server_id)
    await there.delete_disks(spec.server_id)


async def test_a_move_is_ended_before_it_arrives(pair: Pair) -> None:
    spec = await awaited(pair)
    pair.behind[0].hold_moves()
    await pair.here.begin_move(spec.server_id, pair.there, WAYS)
    await pair.here.begin_move(spec.server_id, pair.there, WAYS)
    assert await pair.here.move_progress(spec.server_id) is not None
    assert await pair.there.move_progress(spec.server_id) is None
    assert await powers(pair, spec) == ("running", "absent")
    for _ in range(2):
        await pair.here.abort_move(spec.server_id)
    pair.behind[0].let_moves_end()
    assert await powers(pair, spec) == ("running", "absent")
    pair.behind[0].hold_moves()
    await pair.here.begin_move(spec.server_id, pair.there, WAYS)
    for _ in range(2):
        await pair.here.finish_move(spec.server_id)
    assert await powers(pair, spec) == ("absent", "running")
    pair.behind[0].let_moves_end()


async def test_nobody_awaits_it(pair: Pair) -> None:
    spec = await awaited(pair)
    await pair.there.delete_disks(spec.server_id)
    with pytest.raises(Refused):
        await pair.here.begin_move(spec.server_id, pair.there, WAYS)
    assert await powers(pair, spec) == ("running", "absent")


@by_socket_alone
async def test_a_guest_that_does_not_move(world: World) -> None:
    spec = await prepared(world)
    host = world.host
    with pytest.raises(Refused):
        await host.begin_move(spec.server_id, host, WAYS)
    await host.define(spec)
    with pytest.raises(Refused):
        await host.begin_move(spec.server_id, host, WAYS)
    assert await host.move_progress(spec.server_id) is None
    disks = await host.moving_disks(spec.server_id)
    assert (disks.base, disks.config_drive) == (spec.image.sha512, spec.config_drive)
    assert disks.capacity == await world.capacity(spec.server_id)
    await host.start_paused(spec)
    await host.await_disks(spec, disks)  # the guest is here: nothing is done
    for _ in range(2):
        await host.abort_move(spec.server_id)
        await host.finish_move(spec.server_id)
    assert await host.power(spec.server_id) == "paused"
    await removed(world, spec.server_id)
    with pytest.raises(Refused):
        await host.moving_disks(spec.server_id)
    await host.abort_move(spec.server_id)
    await host.finish_move(spec.server_id)
