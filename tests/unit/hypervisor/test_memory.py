"""What the simulated host adds to the contract: latency, guests that act by themselves, a world that outlives users."""

import asyncio

import pytest

from berthline.domain.errors import Refused
from berthline.domain.hypervisor import HostFacts
from berthline.domain.ids import HostName, PortId, ServerId
from berthline.hypervisor.in_memory.terminal import CONSOLE_LINES
from berthline.hypervisor.latency import SimulatedLatency
from berthline.hypervisor.memory import SimulatedHost
from tests.contract.hypervisor.worlds import FACTS, SimulatedWorld, Taps, new_vif, prepared


async def test_a_new_user_finds_the_world_as_it_was() -> None:
    world = SimulatedWorld()
    spec = await prepared(world, new_vif())
    await world.host.start_paused(spec)
    await world.host.close()
    assert set(await world.host.guests()) == {spec.server_id}
    await world.host.resume(spec.server_id)
    assert await world.host.power(spec.server_id) == "running"


async def test_a_guest_that_crashes_leaves_its_port() -> None:
    world, vif = SimulatedWorld(), new_vif()
    spec = await prepared(world, vif)
    await world.host.start_paused(spec)
    hints: list[ServerId] = []
    world.host.on_change(hints.append)
    world.simulated.guest_crashes(spec.server_id)
    assert await world.host.power(spec.server_id) == "crashed"
    assert hints == [spec.server_id]
    assert world.taps.plugged == {}
    await world.host.start(spec.server_id)
    assert world.taps.plugged == {vif.id: "chassis-1"}


async def test_a_guest_may_vanish() -> None:
    world = SimulatedWorld()
    spec = await prepared(world, new_vif())
    await world.host.start_paused(spec)
    world.simulated.guest_vanishes(spec.server_id)
    assert await world.host.power(spec.server_id) == "absent"
    with pytest.raises(Refused):
        await world.host.start(spec.server_id)


async def test_the_console_shows_the_last_lines() -> None:
    world = SimulatedWorld()
    spec = await prepared(world, new_vif())
    await world.host.start_paused(spec)
    await world.host.resume(spec.server_id)
    everything = (await world.host.console_output(spec.server_id, None)).splitlines()
    assert spec.vifs[0].address.encode() in everything[1]
    assert (await world.host.console_output(spec.server_id, 1)) == b"", "nothing is behind the last newline"
    assert (await world.host.console_output(spec.server_id, 2)).splitlines() == everything[-1:]
    assert (await world.host.console_output(spec.server_id, 0)) == b""
    assert (await world.host.console_output(spec.server_id, 999)).splitlines() == everything


async def test_the_console_forgets_its_first_lines() -> None:
    world = SimulatedWorld()
    spec = await prepared(world)
    await world.host.start_paused(spec)
    await world.host.resume(spec.server_id)
    for _ in range(CONSOLE_LINES):
        await world.host.reboot(spec.server_id)
    everything = (await world.host.console_output(spec.server_id, None)).splitlines()
    assert len(everything) == CONSOLE_LINES
    assert everything[-1] == b"ready"


async def test_latency_lets_others_go_on() -> None:
    world = SimulatedWorld()
    world.simulated = SimulatedHost(HostName("slow"), FACTS, world.taps, latency=SimulatedLatency(start_paused=0.01))
    spec = await prepared(world)
    task = asyncio.create_task(world.host.start_paused(spec))
    await asyncio.sleep(0)
    assert await world.host.power(spec.server_id) == "absent"
    await task
    assert await world.host.power(spec.server_id) == "paused"


async def test_the_chassis_is_the_hosts_name_unless_told() -> None:
    taps = Taps()
    assert SimulatedHost(HostName("h1"), FACTS, taps).chassis == "h1"
    taps.unplug(PortId("never there"))
    assert isinstance(await SimulatedHost(HostName("h1"), FACTS, taps).facts(), HostFacts)
