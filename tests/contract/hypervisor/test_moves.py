"""Disks that are kept aside, grown, brought back and had from elsewhere, by every host alike; see `test_hypervisor`."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from berthline.domain.disks import FIRMWARE, resized
from berthline.domain.errors import Refused
from berthline.domain.hardware import Hardware
from berthline.domain.hypervisor import GuestSpec
from berthline.domain.ids import ServerId

from .worlds import World, by_socket_alone, new_source, new_spec, new_vif, prepared, removed

GIB = 1024**3
OLD, NEW = b"what was there before", b"what came after"


class Carried:
    """Disks on their way: what was read of one host, for another one."""

    def __init__(self, content: dict[str, bytes], broken: bool = False) -> None:
        self._content = content
        self._broken = broken

    async def read_disk(self, server_id: ServerId, name: str) -> AsyncIterator[bytes]:
        content = self._content[name]
        yield content[: len(content) // 2]
        if self._broken:
            raise Refused("the host that it is to leave is gone")
        yield content[len(content) // 2 :]


async def carried(world: World, spec: GuestSpec) -> Carried:
    """The guest's disks, read as another host reads them."""
    root = b"".join([chunk async for chunk in world.host.read_disk(spec.server_id, "root")])
    ephemeral = b"".join([chunk async for chunk in world.host.read_disk(spec.server_id, "ephemeral")])
    return Carried({"root": root, "ephemeral": ephemeral, FIRMWARE: await remembered(world, spec)})


async def remembered(world: World, spec: GuestSpec) -> bytes:
    """What the guest's firmware remembers."""
    return b"".join([chunk async for chunk in world.host.read_disk(spec.server_id, FIRMWARE)])


def larger(spec: GuestSpec) -> GuestSpec:
    """The same guest by a larger flavor."""
    disks = resized(spec.disks, spec.hardware, root_gb=2, ephemeral_gb=1, swap_mb=16)
    return msgspec.structs.replace(spec, vcpus=2, memory_mb=48, disks=disks, config_drive=b"\2" * 4096)


@by_socket_alone
async def test_kept_disks_come_back_as_they_were(world: World) -> None:
    host, spec = world.host, await prepared(world, new_vif())
    large = larger(spec)
    await host.define(spec)
    await world.write(spec.server_id, OLD)
    before = await world.capacity(spec.server_id)
    for _ in range(2):
        await host.keep_disks(spec.server_id)
    for _ in range(2):
        await host.grow_disks(large)
    assert await world.capacity(spec.server_id) == 2 * GIB
    assert await world.written(spec.server_id) == OLD
    await host.define(large)
    await world.write(spec.server_id, NEW)
    for _ in range(2):
        await host.restore_disks(spec.server_id)
    assert await world.written(spec.server_id) == OLD
    assert await world.capacity(spec.server_id) == before
    for _ in range(2):
        await host.forget_kept_disks(spec.server_id)
    with pytest.raises(Refused):
        await host.restore_disks(spec.server_id)
    assert await world.written(spec.server_id) == OLD
    await host.define(spec)
    await host.start_paused(spec)
    assert await host.power(spec.server_id) == "paused"
    await removed(world, spec.server_id)
    assert spec.server_id not in await host.disks()


@by_socket_alone
async def test_what_was_kept_goes_with_the_servers_disks(world: World) -> None:
    spec = await prepared(world)
    await world.host.keep_disks(spec.server_id)
    await removed(world, spec.server_id)
    assert spec.server_id not in await world.host.disks()


@by_socket_alone
async def test_disks_of_a_guest_that_is_on_are_left_alone(world: World) -> None:
    host, spec = world.host, await prepared(world)
    await host.start_paused(spec)
    for verb in (host.keep_disks(spec.server_id), host.grow_disks(larger(spec)), host.define(larger(spec))):
        with pytest.raises(Refused):
            await verb
    with pytest.raises(Refused):
        await host.restore_disks(spec.server_id)
    with pytest.raises(Refused):
        await carried(world, spec)
    assert await host.power(spec.server_id) == "paused"
    await removed(world, spec.server_id)


@by_socket_alone
async def test_nothing_is_kept_of_a_server_without_disks(world: World) -> None:
    spec = new_spec(new_source().image())
    for verb in (world.host.keep_disks(spec.server_id), world.host.define(spec), world.host.grow_disks(spec)):
        with pytest.raises(Refused):
            await verb
    assert spec.server_id not in await world.host.guests()
    assert spec.server_id not in await world.host.disks()


@by_socket_alone
async def test_disks_from_elsewhere_hold_what_they_held_there(world: World) -> None:
    host, source = world.host, new_source()
    image = source.image()
    await host.cache_image(image, source)
    spec = new_spec(image, ephemeral_gb=1)
    await host.create_disks(spec)
    await host.define(spec)
    await world.write(spec.server_id, OLD)
    there = await carried(world, spec)
    await removed(world, spec.server_id)
    await world.forget_image(image)
    with pytest.raises(Refused):
        await host.receive_disks(larger(spec), there)
    await host.cache_image(image, source)
    broken = Carried(there._content, broken=True)
    with pytest.raises(Refused):
        await host.receive_disks(larger(spec), broken)
    for _ in range(2):
        await host.receive_disks(larger(spec), there)
    assert await world.written(spec.server_id) == OLD
    assert await world.capacity(spec.server_id) == 2 * GIB
    await host.define(larger(spec))
    await host.receive_disks(larger(spec), broken)  # the guest is there: nothing is done any more
    await host.start_paused(larger(spec))
    assert await host.power(spec.server_id) == "paused"
    await removed(world, spec.server_id)


@by_socket_alone
async def test_what_firmware_remembers_is_carried_and_stays_with_a_new_definition(world: World) -> None:
    host, source = world.host, new_source()
    image = source.image()
    await host.cache_image(image, source)
    spec = new_spec(image, ephemeral_gb=1, hardware=Hardware(firmware="uefi"))
    await host.create_disks(spec)
    assert await remembered(world, spec) == b""
    await host.start_paused(spec)
    with pytest.raises(Refused):
        await remembered(world, spec)
    await host.shutdown(spec.server_id, 0)
    there = await carried(world, spec)
    # the guest boots from another entry by now
    mark = b"and then the network"
    there._content[FIRMWARE] = noted = there._content[FIRMWARE][: -len(mark)] + mark
    await removed(world, spec.server_id)
    await host.receive_disks(spec, there)
    assert await remembered(world, spec) == noted
    await host.define(spec)
    await host.start_paused(msgspec.structs.replace(spec, memory_mb=48))
    await host.shutdown(spec.server_id, 0)
    assert await remembered(world, spec) == noted
    await host.keep_disks(spec.server_id)
    await host.restore_disks(spec.server_id)
    assert await remembered(world, spec) == noted
    await host.destroy(spec.server_id)
    assert await remembered(world, spec) == b""
    await removed(world, spec.server_id)


@by_socket_alone
async def test_a_defined_guest_starts_by_its_newest_definition(world: World) -> None:
    first, second = new_vif(), new_vif()
    host, spec = world.host, await prepared(world, first)
    await host.define(spec)
    assert await host.power(spec.server_id) == "cut"
    assert not await world.plugged(first)
    await host.define(msgspec.structs.replace(spec, vifs=(second,)))
    await host.start(spec.server_id)
    assert await world.plugged(second)
    assert not await world.plugged(first)
    await removed(world, spec.server_id)
