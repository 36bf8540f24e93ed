"""What every host does: the simulated one, here and in another process, and libvirt's, by socket, TLS and SSH.

By all ways run every verb, the streams of images, whole and torn, events, and calls at once. What is judged on the host
and comes back like any other answer (verbs that do not fit a state, variants of one definition) runs by the socket
alone: each way would cost 15 to 30 seconds more, on two cores, and show nothing of itself.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from berthline.domain.errors import Refused
from berthline.domain.hardware import Hardware, Topology, most_nics
from berthline.domain.hypervisor import FoundNic, GuestPower, Hypervisor
from berthline.domain.ids import ServerId, new_id

from .worlds import World, by_socket_alone, eventually, new_source, new_spec, new_vif, prepared, removed


async def test_a_host_tells_its_size(world: World) -> None:
    facts = await world.host.facts()
    assert min(facts.vcpus, facts.memory_mb, facts.disk_gb, facts.hypervisor_version) > 0
    again = await world.host.facts()
    assert facts.up_seconds is not None
    assert again.up_seconds is not None
    assert 0 <= facts.up_seconds <= again.up_seconds
    since = {"up_seconds": facts.up_seconds, "free_disk_gb": facts.free_disk_gb}
    assert msgspec.structs.replace(again, **since) == facts


async def test_a_life_with_every_verb_done_twice(world: World) -> None:
    host, source, vif = world.host, new_source(), new_vif()
    spec = new_spec(source.image(), vif, new_vif())
    steps: list[tuple[Callable[[], Awaitable[None]], GuestPower]] = [
        (lambda: host.cache_image(spec.image, source), "absent"),
        (lambda: host.create_disks(spec), "absent"),
        (lambda: host.start_paused(spec), "paused"),
        (lambda: host.resume(spec.server_id), "running"),
        (lambda: host.shutdown(spec.server_id, 0), "shutoff"),
        (lambda: host.start(spec.server_id), "running"),
        (lambda: host.reboot(spec.server_id), "running"),
        (lambda: host.pause(spec.server_id), "paused"),
        (lambda: host.inject_nmi(spec.server_id), "paused"),
        (lambda: host.resume(spec.server_id), "running"),
        (lambda: host.suspend(spec.server_id), "shutoff"),
        (lambda: host.start(spec.server_id), "running"),
        (lambda: host.suspend(spec.server_id), "shutoff"),
        (lambda: host.reboot(spec.server_id), "running"),
        (lambda: host.destroy(spec.server_id), "absent"),
        (lambda: host.delete_disks(spec.server_id), "absent"),
    ]
    for step, power in steps:
        for _ in range(2):
            await step()
            assert await host.power(spec.server_id) == power
            assert (await host.powers()).get(spec.server_id, "absent") == power
        assert await world.plugged(vif) == (power in {"paused", "running"})
    assert source.reads == 1
    assert spec.server_id not in await host.guests()
    assert spec.server_id not in await host.disks()


async def test_an_absent_guest_can_be_removed_and_nothing_else(world: World) -> None:
    host, absent, vif = world.host, ServerId(new_id()), new_vif()
    assert await host.power(absent) == "absent"
    await host.destroy(absent)
    await host.delete_disks(absent)
    await host.detach_interface(absent, vif)
    assert await host.interfaces([absent]) == {}
    assert await host.console_output(absent, None) == b""
    needing: list[Callable[[], Awaitable[None]]] = [
        lambda: host.resume(absent),
        lambda: host.pause(absent),
        lambda: host.suspend(absent),
        lambda: host.inject_nmi(absent),
        lambda: host.start(absent),
        lambda: host.shutdown(absent, 0),
        lambda: host.ask_to_power_off(absent),
        lambda: host.reboot(absent),
        lambda: host.attach_interface(absent, vif),
    ]
    for verb in needing:
        with pytest.raises(Refused):
            await verb()
    assert absent not in await host.guests()


@by_socket_alone
async def test_what_a_guest_that_is_off_cannot_do_is_refused(world: World) -> None:
    host, vif = world.host, new_vif()
    spec = await prepared(world, vif)
    await host.start_paused(spec)
    await host.resume(spec.server_id)
    used = await host.diagnostics(spec.server_id)
    assert (used.power, [nic.mac_address for nic in used.nics]) == ("running", [vif.address])
    assert [nic.device for nic in used.nics] == [vif.devname]
    assert (used.disks[0].device, used.memory_maximum) == ("vda", spec.memory_mb)
    await host.shutdown(spec.server_id, 0)
    needing: list[Callable[[], Awaitable[object]]] = [
        lambda: host.pause(spec.server_id),
        lambda: host.suspend(spec.server_id),
        lambda: host.inject_nmi(spec.server_id),
        lambda: host.diagnostics(spec.server_id),
    ]
    for verb in needing:
        with pytest.raises(Refused):
            await verb()
    assert await host.power(spec.server_id) == "shutoff"
    await removed(world, spec.server_id)


@by_socket_alone
async def test_a_guest_goes_with_its_saved_memory(world: World) -> None:
    host, spec = world.host, await prepared(world, new_vif())
    await host.start_paused(spec)
    await host.resume(spec.server_id)
    await host.suspend(spec.server_id)
    await host.destroy(spec.server_id)
    assert await host.power(spec.server_id) == "absent"
    await host.start_paused(spec)
    await host.resume(spec.server_id)
    assert await host.power(spec.server_id) == "running"
    await removed(world, spec.server_id)


async def test_what_is_there_is_listed(world: World) -> None:
    with_guest, with_disks = await prepared(world), await prepared(world)
    await world.host.start_paused(with_guest)
    assert set(await world.host.guests()) == {with_guest.server_id}
    assert set(await world.host.disks()) == {with_guest.server_id, with_disks.server_id}
    await removed(world, with_guest.server_id)
    assert set(await world.host.guests()) == set()
    assert set(await world.host.disks()) == {with_disks.server_id}


@by_socket_alone
async def test_starting_a_guest_that_runs_leaves_it_running(world: World) -> None:
    spec = await prepared(world)
    await world.host.start_paused(spec)
    await world.host.resume(spec.server_id)
    await world.host.start_paused(spec)
    await world.host.create_disks(spec)
    assert await world.host.power(spec.server_id) == "running"


async def refused(verb: Awaitable[None]) -> None:
    with pytest.raises(Refused):
        await verb


@by_socket_alone
async def test_verbs_that_do_not_fit_the_state_are_refused(world: World) -> None:
    host, spec = world.host, await prepared(world)
    await host.start_paused(spec)
    await refused(host.start(spec.server_id))
    await host.ask_to_power_off(spec.server_id)
    assert await host.power(spec.server_id) == "paused", "it cannot hear"
    await host.resume(spec.server_id)
    await world.cut_power(spec.server_id)
    assert await host.power(spec.server_id) == "shutoff"
    await refused(host.resume(spec.server_id))
    await host.ask_to_power_off(spec.server_id)
    assert await host.power(spec.server_id) == "shutoff"
    await host.reboot(spec.server_id)
    assert await host.power(spec.server_id) == "running"


@by_socket_alone
async def test_a_paused_guest_is_shut_down_without_waiting(world: World) -> None:
    spec = await prepared(world)
    await world.host.start_paused(spec)
    await world.host.shutdown(spec.server_id, 3600)
    assert await world.host.power(spec.server_id) == "shutoff"


async def test_nics_are_attached_once_and_detached_once(world: World) -> None:
    vif, spec = new_vif(), await prepared(world, new_vif())
    await world.host.start_paused(spec)
    for _ in range(2):
        await world.host.attach_interface(spec.server_id, vif)
        assert await world.plugged(vif)
    await world.cut_power(spec.server_id)
    assert not await world.plugged(vif)
    await world.host.start(spec.server_id)
    assert await world.plugged(vif), "the NIC belongs to the definition, not to one run"
    await world.cut_power(spec.server_id)
    for _ in range(2):
        await world.host.detach_interface(spec.server_id, vif)
    await world.host.start(spec.server_id)
    assert not await world.plugged(vif)
    assert await world.plugged(spec.vifs[0])


async def test_nics_are_told_and_detached_by_their_ports_alone(world: World) -> None:
    first, second, late = new_vif(), new_vif(), new_vif()
    spec, other = await prepared(world, first, second), await prepared(world)
    await world.host.start_paused(spec)
    await world.host.start_paused(other)
    await world.host.attach_interface(spec.server_id, late)

    async def told() -> dict[ServerId, set[str]]:
        found = await world.host.interfaces([spec.server_id, other.server_id, ServerId(new_id())])
        return {server_id: {nic.id for nic in nics} for server_id, nics in found.items()}

    assert await told() == {spec.server_id: {first.id, second.id, late.id}, other.server_id: set()}
    await world.cut_power(spec.server_id)
    assert (await told())[spec.server_id] == {first.id, second.id, late.id}
    await world.host.detach_interface(spec.server_id, FoundNic(second.id))
    assert (await told())[spec.server_id] == {first.id, late.id}
    await world.host.start(spec.server_id)
    assert not await world.plugged(second)
    assert await world.plugged(first)
    assert await world.plugged(late)


@by_socket_alone
async def test_a_port_has_one_guest(world: World) -> None:
    vif = new_vif()
    first, second = await prepared(world, vif), await prepared(world, vif)
    await world.host.start_paused(first)
    with pytest.raises(Refused):
        await world.host.start_paused(second)
    assert await world.host.power(second.server_id) != "running"
    powers = await world.host.powers()
    assert powers[first.server_id] == "paused"
    assert powers.get(second.server_id) != "running"


async def test_a_change_behind_our_back_is_hinted_at(world: World) -> None:
    hints: list[ServerId] = []
    world.host.on_change(hints.append)
    spec = await prepared(world)
    await world.host.start_paused(spec)
    await eventually(lambda: spec.server_id in hints, "the start")
    await world.host.resume(spec.server_id)
    # What the resume itself hints at may still come: the guest's stop is seen by asking, as reconcilers do.
    powers: list[str] = []

    async def ask() -> None:
        powers.append(await world.host.power(spec.server_id))

    tasks: list[asyncio.Task[None]] = []
    world.host.on_change(lambda _server: tasks.append(asyncio.ensure_future(ask())))
    await world.cut_power(spec.server_id)
    await eventually(lambda: "shutoff" in powers, "the stop")
    await asyncio.gather(*tasks)


async def test_guests_live_side_by_side(world: World) -> None:
    async def live(host: Hypervisor) -> None:
        spec = await prepared(world, new_vif())
        await host.start_paused(spec)
        await host.resume(spec.server_id)
        assert await host.power(spec.server_id) == "running"
        await removed(world, spec.server_id)

    await asyncio.gather(*(live(world.host) for _ in range(4)))
    assert set(await world.host.guests()) == set()
    assert set(await world.host.disks()) == set()


@by_socket_alone
@pytest.mark.parametrize("name", ["</name>", "a & b", "\x00\x1b[31m\r\n", "\ud800", "", "é" * 255])
async def test_any_name_may_be_given(world: World, name: str) -> None:
    spec = msgspec.structs.replace(await prepared(world), name=name)
    await world.host.start_paused(spec)
    await world.host.resume(spec.server_id)
    assert await world.host.power(spec.server_id) == "running"


@by_socket_alone
async def test_nics_come_one_by_one_until_there_is_no_room(world: World) -> None:
    host, spec = world.host, await prepared(world, new_vif())
    await host.start_paused(spec)
    await host.resume(spec.server_id)
    for _ in range(most_nics(1) - 1):
        await host.attach_interface(spec.server_id, new_vif())
    assert len((await host.interfaces([spec.server_id]))[spec.server_id]) == most_nics(1) >= 20
    with pytest.raises(Refused, match="no room for one more"):
        await host.attach_interface(spec.server_id, new_vif())
    await removed(world, spec.server_id)


@by_socket_alone
@pytest.mark.parametrize(
    "hardware",
    [
        Hardware(disk_bus="scsi", vif_model="e1000", guest_agent=True, watchdog="reset", hpet=True),
        Hardware(disk_bus="sata", vif_model="e1000e", pmu=False, boot_menu=True, video_mb=32),
        Hardware(machine="pc", disk_bus="ide", vif_model="rtl8139", topology=Topology(1, 1, 1)),
        Hardware(config_drive_bus="sata", vif_model="vmxnet3"),
    ],
    ids=["scsi", "sata", "ide", "cdrom"],
)
async def test_hardware_that_images_ask_for_starts_and_takes_a_nic(world: World, hardware: Hardware) -> None:
    source = new_source()
    spec = new_spec(source.image(), new_vif(), hardware=hardware, swap_mb=8)
    await world.host.cache_image(spec.image, source)
    await world.host.create_disks(spec)
    await world.host.start_paused(spec)
    await world.host.attach_interface(spec.server_id, vif := new_vif())
    assert await world.plugged(vif)
    await removed(world, spec.server_id)
