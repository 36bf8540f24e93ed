"""What every host does with copies of disks, the simulated one and libvirt's alike; see `test_hypervisor`."""

import asyncio
from pathlib import Path

import pytest

from berthline.domain.errors import LeaseLost, Refused
from berthline.domain.hypervisor import DiskCopy, GuestSpec
from berthline.domain.ids import CopyId, ServerId, new_id
from berthline.domain.qcow2 import dangers, is_qcow2, virtual_size

from .libvirt_world import LibvirtWorld
from .worlds import World, by_socket_alone, new_source, new_spec, prepared, removed

SIZE = 4 * 1024**2


def new_copy() -> CopyId:
    return CopyId(new_id())


async def running(world: World) -> GuestSpec:
    spec = await prepared(world)
    await world.host.start_paused(spec)
    await world.host.resume(spec.server_id)
    return spec


async def bytes_of(world: World, server_id: ServerId, copy_id: CopyId) -> bytes:
    return b"".join([chunk async for chunk in world.host.read_copy(server_id, copy_id)])


def assert_whole(content: bytes, size: int) -> None:
    assert is_qcow2(content)
    assert dangers(content) == ()
    assert virtual_size(content) == size


@pytest.mark.parametrize("power", ["running", "paused", "shutoff"])
async def test_a_copy_is_a_disk_of_its_own(world: World, power: str) -> None:
    spec = await prepared(world)
    await world.host.start_paused(spec)
    if power == "running":
        await world.host.resume(spec.server_id)
    if power == "shutoff":
        await world.cut_power(spec.server_id)
    copy_id = new_copy()
    await world.host.copy_disk(spec.server_id, copy_id)
    assert await world.host.power(spec.server_id) == power
    assert await world.host.copies() == {DiskCopy(spec.server_id, copy_id)}
    assert_whole(await bytes_of(world, spec.server_id, copy_id), SIZE)
    await world.host.delete_copy(spec.server_id, copy_id)
    await world.host.delete_copy(spec.server_id, copy_id)
    assert not await world.host.copies()
    await removed(world, spec.server_id)


async def test_copied_again_there_is_one_copy(world: World) -> None:
    spec, copy_id = await running(world), new_copy()
    for _ in range(2):
        await world.host.copy_disk(spec.server_id, copy_id)
    assert await world.host.copies() == {DiskCopy(spec.server_id, copy_id)}
    assert_whole(await bytes_of(world, spec.server_id, copy_id), SIZE)


@by_socket_alone
async def test_a_server_without_disks_has_nothing_to_copy(world: World) -> None:
    with pytest.raises(Refused):
        await world.host.copy_disk(ServerId(new_id()), new_copy())
    assert not await world.host.copies()


@by_socket_alone
async def test_a_copy_that_is_not_there_is_not_read(world: World) -> None:
    spec = await prepared(world)
    with pytest.raises(Refused):
        await bytes_of(world, spec.server_id, new_copy())


@by_socket_alone
async def test_disks_take_their_copies_with_them(world: World) -> None:
    spec, other = await prepared(world), await prepared(world)
    for each in (spec, other):
        await world.host.copy_disk(each.server_id, new_copy())
    await world.host.delete_disks(spec.server_id)
    assert {copy.server_id for copy in await world.host.copies()} == {other.server_id}


@by_socket_alone
async def test_quiet_is_refused_where_no_agent_answers(world: World) -> None:
    spec = await running(world)
    with pytest.raises(Refused):
        await world.host.copy_disk(spec.server_id, new_copy(), require_quiesce=True)
    assert not await world.host.copies()
    await world.cut_power(spec.server_id)
    copy_id = new_copy()
    await world.host.copy_disk(spec.server_id, copy_id, require_quiesce=True)
    assert DiskCopy(spec.server_id, copy_id) in await world.host.copies()


@by_socket_alone
async def test_who_stops_reading_holds_nothing(world: World) -> None:
    source = new_source()
    source.content *= 4
    spec = new_spec(source.image())
    await world.host.cache_image(spec.image, source)
    await world.host.create_disks(spec)
    copy_id = new_copy()
    await world.host.copy_disk(spec.server_id, copy_id)
    reader = world.host.read_copy(spec.server_id, copy_id)
    assert await anext(reader)
    del reader
    await asyncio.sleep(0)
    await world.host.delete_copy(spec.server_id, copy_id)
    assert not await world.host.copies()


@pytest.mark.dataplane
@pytest.mark.parametrize("on", [True, False])
async def test_a_copy_holds_what_the_disk_holds_and_no_more(real: LibvirtWorld, tmp_path: Path, on: bool) -> None:
    source = new_source()
    source.content += bytes(32 * 1024**2)
    spec = new_spec(source.image())
    await real.host.cache_image(spec.image, source)
    await real.host.create_disks(spec)
    if on:
        await real.host.start_paused(spec)
    copy_id = new_copy()
    await real.host.copy_disk(spec.server_id, copy_id)
    copy, raw = tmp_path / "copy.qcow2", tmp_path / "copy.raw"
    copy.write_bytes(await bytes_of(real, spec.server_id, copy_id))
    await (await asyncio.create_subprocess_exec("qemu-img", "convert", "-O", "raw", str(copy), str(raw))).wait()
    assert raw.read_bytes() == source.content
    assert copy.stat().st_size < 4 * 1024**2, "the holes of the disk are not carried"


@by_socket_alone
async def test_an_owner_of_old_copies_nothing(world: World) -> None:
    spec = await prepared(world)
    await world.host.at_epoch(8).start_paused(spec)
    with pytest.raises(LeaseLost):
        await world.host.at_epoch(7).copy_disk(spec.server_id, new_copy())
    assert not await world.host.copies()
