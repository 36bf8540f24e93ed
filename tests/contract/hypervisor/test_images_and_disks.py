"""What every host does with images and disks, the simulated one and libvirt's alike; see `test_hypervisor`."""

import asyncio

import msgspec
import pytest

from berthline.domain.disks import for_rescue
from berthline.domain.errors import DisksInUse, NoBaseImage, Refused
from berthline.domain.hypervisor import BaseImage, CachedImage

from .worlds import (
    World,
    by_socket_alone,
    new_source,
    new_spec,
    new_vif,
    prepared,
    qcow2_source,
    removed,
    with_flavors_disks,
)


@by_socket_alone
async def test_a_guest_without_disks_is_refused_and_not_defined(world: World) -> None:
    spec = new_spec(new_source().image())
    with pytest.raises(Refused):
        await world.host.start_paused(spec)
    assert await world.host.power(spec.server_id) == "absent"


@by_socket_alone
async def test_disks_without_their_image_are_refused(world: World) -> None:
    spec = new_spec(new_source().image())
    with pytest.raises(Refused):
        await world.host.create_disks(spec)
    assert spec.server_id not in await world.host.disks()


def of_image(image: BaseImage, *, in_use: bool) -> CachedImage:
    return CachedImage(image.sha512, image.disk_format, in_use)


@by_socket_alone
async def test_a_cached_image_goes_when_no_disk_is_made_of_it(world: World) -> None:
    source, kept = new_source(), await prepared(world)
    image = source.image()
    await world.host.cache_image(image, source)
    cached = {each.sha512: each for each in await world.host.cached_images()}
    assert (cached[image.sha512].in_use, cached[kept.image.sha512].in_use) == (False, True)
    assert all(cached[each.sha512].bytes_held > 0 for each in (image, kept.image))
    assert not await world.host.remove_cached_image(of_image(kept.image, in_use=False))
    assert await world.host.remove_cached_image(of_image(image, in_use=False))
    assert await world.host.remove_cached_image(of_image(image, in_use=False))
    left = {each.sha512 for each in await world.host.cached_images()}
    assert (image.sha512 in left, kept.image.sha512 in left) == (False, True)
    # what is made of the one that stayed starts, and the other one has to come again
    await world.host.start_paused(kept)
    await world.host.resume(kept.server_id)
    spec = new_spec(image)
    with pytest.raises(NoBaseImage):
        await world.host.create_disks(spec)
    await world.host.cache_image(image, source)
    assert source.reads == 2
    await world.host.create_disks(spec)
    await removed(world, spec.server_id)
    await removed(world, kept.server_id)
    assert await world.host.remove_cached_image(of_image(kept.image, in_use=False))


@by_socket_alone
async def test_an_image_taken_away_while_disks_are_made_is_used_by_none_of_them(world: World) -> None:
    """Both at once, again and again: a disk is made of an image that is there, or refused."""
    for _ in range(5):
        source = new_source()
        image = source.image()
        await world.host.cache_image(image, source)
        specs = [new_spec(image) for _ in range(3)]
        took, *made = await asyncio.gather(
            world.host.remove_cached_image(of_image(image, in_use=False)),
            *(world.host.create_disks(spec) for spec in specs),
            return_exceptions=True,
        )
        assert took is True or took is False, took
        there = image.sha512 in {each.sha512 for each in await world.host.cached_images()}
        assert all(error is None or isinstance(error, NoBaseImage) for error in made), made
        assert there or not [error for error in made if error is None]
        for spec, error in zip(specs, made, strict=True):
            if error is None:
                await world.host.start_paused(spec)
            await removed(world, spec.server_id)


@by_socket_alone
async def test_a_disk_smaller_than_the_images_is_refused(world: World) -> None:
    source = qcow2_source(capacity=3 * 1024**3)
    image = msgspec.structs.replace(source.image(), disk_format="qcow2")
    await world.host.cache_image(image, source)
    too_small, large_enough = new_spec(image, disk_gb=2), new_spec(image, disk_gb=3)
    with pytest.raises(Refused):
        await world.host.create_disks(too_small)
    await world.host.create_disks(large_enough)
    assert set(await world.host.disks()) == {large_enough.server_id}


@by_socket_alone
async def test_an_image_of_another_format_than_it_says_is_refused(world: World) -> None:
    source = new_source()
    image = msgspec.structs.replace(source.image(), disk_format="qcow2")
    with pytest.raises(Refused):
        await world.host.cache_image(image, source)


async def test_one_upload_serves_servers_that_boot_at_once(world: World) -> None:
    source = new_source()
    image = source.image()
    await asyncio.gather(*(world.host.cache_image(image, source) for _ in range(5)))
    assert source.reads == 1
    await world.host.create_disks(new_spec(image))


@pytest.mark.parametrize("damage", ["changed", "short", "long"])
async def test_an_image_that_is_not_what_it_should_be_is_refused_and_not_kept(world: World, damage: str) -> None:
    source = new_source()
    image, whole = source.image(), source.content
    source.content = {"changed": b"x" + whole[1:], "short": whole[:-1], "long": whole + b"x"}[damage]
    with pytest.raises(Refused):
        await world.host.cache_image(image, source)
    with pytest.raises(Refused):
        await world.host.create_disks(new_spec(image))
    source.content = whole
    await world.host.cache_image(image, source)
    await world.host.create_disks(new_spec(image))


async def test_an_upload_that_breaks_off_is_begun_again(world: World) -> None:
    source = new_source()
    image = source.image()

    def break_off(number: int) -> None:
        if number == 40:
            raise OSError("the image's file cannot be read")

    source.on_chunk = break_off
    with pytest.raises(OSError, match="cannot be read"):
        await world.host.cache_image(image, source)
    source.on_chunk = lambda _number: None
    await world.host.cache_image(image, source)
    await world.host.create_disks(new_spec(image))
    assert source.reads == 2


async def test_a_cancelled_upload_is_begun_again(world: World) -> None:
    source = new_source()
    image = source.image()
    half = asyncio.Event()
    source.on_chunk = lambda number: half.set() if number == 40 else None
    task = asyncio.create_task(world.host.cache_image(image, source))
    await half.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await world.host.cache_image(image, source)
    await world.host.create_disks(new_spec(image))


@by_socket_alone
async def test_disks_of_a_guest_are_not_pulled_away_from_it(world: World) -> None:
    spec = await prepared(world)
    await world.host.start_paused(spec)
    with pytest.raises(Refused):
        await world.host.delete_disks(spec.server_id)
    assert spec.server_id in await world.host.disks()
    await world.host.resume(spec.server_id)


@by_socket_alone
async def test_a_guest_that_was_shut_off_can_be_prepared_again(world: World) -> None:
    spec = await prepared(world)
    await world.host.start_paused(spec)
    await world.cut_power(spec.server_id)
    await world.host.start_paused(spec)
    assert await world.host.power(spec.server_id) == "paused"


@by_socket_alone
async def test_disks_of_the_flavor_come_and_go_with_the_guest(world: World) -> None:
    source = new_source()
    spec = new_spec(source.image(), ephemeral_gb=1, swap_mb=8)
    await world.host.cache_image(spec.image, source)
    for _ in range(2):
        await world.host.create_disks(spec)
    await world.host.start_paused(spec)
    assert await world.host.power(spec.server_id) == "paused"
    await removed(world, spec.server_id)
    assert spec.server_id not in await world.host.disks()


@by_socket_alone
async def test_disks_are_made_anew_of_another_image_when_no_guest_uses_them(world: World) -> None:
    other = new_source()
    spec = with_flavors_disks(await prepared(world))
    await world.host.renew_disks(spec, keep_empty=False)
    anew = msgspec.structs.replace(spec, image=other.image())
    await world.host.start_paused(spec)
    with pytest.raises(Refused):
        await world.host.renew_disks(spec, keep_empty=True)
    assert await world.host.power(spec.server_id) == "paused"
    await world.host.destroy(spec.server_id)
    with pytest.raises(Refused, match="Cache the image first"):
        await world.host.renew_disks(anew, keep_empty=True)
    await world.host.start_paused(spec)
    await world.host.destroy(spec.server_id)
    await world.host.cache_image(anew.image, other)
    for keep_empty in (True, True, False, False):
        await world.host.renew_disks(anew, keep_empty=keep_empty)
        assert set(await world.host.disks()) == {spec.server_id}
    await world.host.start_paused(anew)
    assert await world.host.power(spec.server_id) == "paused"
    await removed(world, spec.server_id)
    assert spec.server_id not in await world.host.disks()


@by_socket_alone
async def test_a_guest_boots_from_a_rescue_disk_and_from_its_own_again(world: World) -> None:
    host, other = world.host, new_source()
    spec = await prepared(world, new_vif())
    image = other.image()
    disks = for_rescue(spec.disks, image.id, bus="virtio", device_type="disk", stable=False)
    rescue = msgspec.structs.replace(spec, image=image, disks=disks, config_drive=b"\2" * 4096, rescues=True)
    await host.start_paused(spec)
    await host.resume(spec.server_id)
    with pytest.raises(Refused):
        await host.create_rescue_disks(rescue)
    await host.cache_image(image, other)
    for _ in range(2):
        await host.create_rescue_disks(rescue)
    await host.delete_rescue_disks(spec.server_id)
    await host.delete_rescue_disks(spec.server_id)
    await host.create_rescue_disks(rescue)
    for here, there in ((rescue, spec), (spec, rescue)):
        await host.shutdown(spec.server_id, 0)
        for _ in range(2):
            await host.start_paused(here)
            assert await host.power(spec.server_id) == "paused"
        await host.resume(spec.server_id)
        used = await host.diagnostics(spec.server_id)
        devices = [disk.device for disk in used.disks]
        assert devices[: len(here.disks)] == [disk.device for disk in here.disks], there
        if here.rescues:
            await host.create_rescue_disks(rescue)
            with pytest.raises(DisksInUse):
                await host.delete_rescue_disks(spec.server_id)
    await host.delete_rescue_disks(spec.server_id)
    assert await world.plugged(spec.vifs[0])
    await host.shutdown(spec.server_id, 0)
    with pytest.raises(Refused):
        await host.start_paused(rescue)
    await removed(world, spec.server_id)
    assert spec.server_id not in await host.disks()


@by_socket_alone
async def test_disks_are_made_anew_where_there_were_none(world: World) -> None:
    source = new_source()
    spec = new_spec(source.image())
    await world.host.cache_image(spec.image, source)
    await world.host.renew_disks(spec, keep_empty=True)
    await world.host.start_paused(spec)
    assert await world.host.power(spec.server_id) == "paused"
    await removed(world, spec.server_id)
