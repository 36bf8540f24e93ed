"""Copies of disks on a real host that are torn: by libvirt's death, by that of who asked for them, by a guest's end."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from berthline.domain.chance import random_bytes
from berthline.domain.errors import OutsideError, Transient
from berthline.domain.hypervisor import OFF, GuestSpec
from berthline.domain.ids import CopyId, ServerId, new_id

from .libvirt_world import LibvirtWorld, brisk_settings, connect, reached
from .worlds import Source, new_spec

pytestmark = pytest.mark.dataplane
LOOKS = 1000
SIZE = 192 * 1024**2


async def running(real: LibvirtWorld) -> tuple[GuestSpec, Source]:
    """A guest with so much on its disk that a copy of it takes a while."""
    source = Source(random_bytes(SIZE))
    spec = new_spec(source.image())
    await real.host.cache_image(spec.image, source)
    await real.host.create_disks(spec)
    await real.host.start_paused(spec)
    await real.host.resume(spec.server_id)
    return spec, source


async def begun(real: LibvirtWorld, copying: "asyncio.Task[None]") -> None:
    """Wait until the copy is on the host, whole or not."""
    for _ in range(LOOKS):
        if await real.host.copies() or copying.done():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("nothing was begun")


async def persistently(act: Callable[[], Awaitable[None]]) -> None:
    """Do it as a saga does: what the host cannot do just now is tried again."""
    for _ in range(LOOKS):
        with suppress(Transient):
            return await act()
        await asyncio.sleep(0.05)
    raise AssertionError("the host was never ready for it")


async def check_whole(real: LibvirtWorld, server_id: ServerId, copy_id: CopyId, source: Source, folder: Path) -> None:
    copy, raw = folder / "copy.qcow2", folder / "copy.raw"
    with copy.open("wb") as file:
        async for chunk in real.host.read_copy(server_id, copy_id):
            file.write(chunk)
    await (await asyncio.create_subprocess_exec("qemu-img", "convert", "-O", "raw", str(copy), str(raw))).wait()
    assert raw.read_bytes() == source.content
    copy.unlink()
    raw.unlink()


@pytest.mark.parametrize("on", [True, False])
async def test_libvirts_death_leaves_a_guest_as_it_was_and_the_copy_is_made_again(
    real: LibvirtWorld, tmp_path: Path, on: bool
) -> None:
    spec, source = await running(real)
    if not on:
        await real.cut_power(spec.server_id)
    copy_id = CopyId(new_id())
    copying = asyncio.create_task(real.host.copy_disk(spec.server_id, copy_id))
    await begun(real, copying)
    real.kill_libvirt()
    with suppress(OutsideError):
        await copying
    real.start_libvirt()
    await reached(real.host)
    assert await real.host.power(spec.server_id) in ({"running"} if on else OFF)
    await persistently(partial(real.host.copy_disk, spec.server_id, copy_id))
    await check_whole(real, spec.server_id, copy_id, source, tmp_path)
    await real.host.delete_copy(spec.server_id, copy_id)
    assert not await real.host.copies()
    assert await real.host.power(spec.server_id) in ({"running"} if on else OFF)


async def test_who_comes_after_one_that_died_makes_it_anew_or_leaves_nothing(
    real: LibvirtWorld, tmp_path: Path
) -> None:
    spec, source = await running(real)
    first = connect(real.endpoints, settings=brisk_settings(real.endpoints))
    for again in (True, False):
        copy_id = CopyId(new_id())
        copying = asyncio.create_task(first.copy_disk(spec.server_id, copy_id))
        await begun(real, copying)
        copying.cancel()
        with suppress(asyncio.CancelledError):
            await copying
        if again:
            await persistently(partial(real.host.copy_disk, spec.server_id, copy_id))
            await check_whole(real, spec.server_id, copy_id, source, tmp_path)
        await persistently(partial(real.host.delete_copy, spec.server_id, copy_id))
        assert not await real.host.copies()
        assert await real.host.power(spec.server_id) == "running"
    await first.close()


async def test_a_guest_that_ends_meanwhile_is_copied_as_one_that_is_off(real: LibvirtWorld, tmp_path: Path) -> None:
    spec, source = await running(real)
    copy_id = CopyId(new_id())
    copying = asyncio.create_task(real.host.copy_disk(spec.server_id, copy_id))
    await begun(real, copying)
    await real.cut_power(spec.server_id)
    with suppress(OutsideError):
        await copying
    await persistently(partial(real.host.copy_disk, spec.server_id, copy_id))
    await check_whole(real, spec.server_id, copy_id, source, tmp_path)


async def test_a_copying_that_has_ended_by_itself_is_as_good_as_one_that_was_ended(real: LibvirtWorld) -> None:
    from berthline.hypervisor.libvirt import binding, copies, guests

    spec, _ = await running(real)

    def end() -> None:
        connection = binding.open_connection(real.endpoints.libvirt_uri, 1)
        try:
            domain = guests.guest(connection, spec.server_id)
            assert domain.jobStats().get("type", binding.JOB_NONE) == binding.JOB_NONE
            copies.end_job(domain)
        finally:
            connection.close()

    await asyncio.to_thread(end)
    assert await real.host.power(spec.server_id) == "running"
