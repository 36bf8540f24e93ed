"""What only a real host can show: lost connections, torn uploads, others' guests, a guest that really runs."""

import asyncio
import hashlib
import os
import signal
import time
from pathlib import Path

import msgspec
import pytest
from lxml import etree

from berthline.domain.errors import Refused, Transient
from berthline.domain.hardware import Hardware
from berthline.domain.hypervisor import BaseImage, GuestSpec
from berthline.domain.ids import HostName, ImageId, ServerId, new_id
from berthline.domain.network_info import VIF
from berthline.hypervisor.config_drive import build_config_drive
from berthline.hypervisor.image_format import MIB, swap_header
from berthline.hypervisor.libvirt.settings import LibvirtSettings
from berthline.hypervisor.traits import EMULATION
from berthline.localhost.commands import run
from berthline.localhost.guest_image import build, default_cache
from berthline.placement.conditions import KVM

from .libvirt_world import LibvirtWorld, connect, reached, virsh, volumes
from .worlds import Source, eventually, new_source, new_spec, new_vif, prepared, with_flavors_disks

pytestmark = pytest.mark.dataplane


async def test_a_host_tells_what_it_can_do(real: LibvirtWorld) -> None:
    facts = await real.host.facts()
    # SSE2 is part of every x86-64 processor, and of no list of what one has beyond its model
    assert {"HW_ARCH_X86_64", "HW_CPU_X86_SSE2", EMULATION} <= set(facts.traits)
    assert KVM not in facts.traits
    up = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])  # its host is this machine
    assert facts.up_seconds is not None
    assert 0.5 * up < facts.up_seconds <= up + 10
    room = os.statvfs(real.endpoints.instances)
    assert facts.disk_gb == room.f_blocks * room.f_frsize // 2**30
    assert facts.free_disk_gb is not None
    assert abs(facts.free_disk_gb - room.f_bfree * room.f_frsize / 2**30) < 3, "others write there meanwhile"


async def test_guests_and_disks_of_others_are_neither_told_nor_touched(real: LibvirtWorld, tmp_path: Path) -> None:
    spec = await prepared(real)
    foreign = ServerId(new_id())
    definition = tmp_path / "foreign.xml"
    definition.write_text(
        f"<domain type='qemu'><name>foreign</name><uuid>{foreign}</uuid><memory>1024</memory>"
        "<os><type>hvm</type></os></domain>"
    )
    virsh(real.endpoints, "define", str(definition))
    try:
        for pool in ("disks", "consoles"):
            virsh(real.endpoints, "vol-create-as", f"berthline-{pool}", "foreign.root", "1M")
        assert set(await real.host.guests()) == set()
        assert set(await real.host.disks()) == {spec.server_id}
        assert await real.host.power(foreign) == "absent"
        assert foreign not in await real.host.powers()
        await real.host.destroy(foreign)
        await real.host.delete_disks(foreign)
        assert "foreign" in virsh(real.endpoints, "list", "--all", "--name").split()
        assert "foreign.root" in volumes(real.endpoints, "disks")
    finally:
        virsh(real.endpoints, "undefine", "foreign")
        for pool in ("disks", "consoles"):
            virsh(real.endpoints, "vol-delete", "foreign.root", "--pool", f"berthline-{pool}")


async def test_nothing_is_left_on_the_host_but_the_image(real: LibvirtWorld) -> None:
    source = new_source()
    spec = new_spec(source.image(), new_vif())
    await real.host.cache_image(spec.image, source)
    await real.host.create_disks(spec)
    await real.host.start_paused(spec)
    folder = real.endpoints.instances / "consoles"
    # What virtlogd leaves when a console grows large.
    (folder / f"{spec.server_id}.console.0").write_text("older")
    await real.host.destroy(spec.server_id)
    await real.host.delete_disks(spec.server_id)
    found = [path for pool in ("disks", "consoles") for path in (real.endpoints.instances / pool).iterdir()]
    assert found == []
    kept = {name for name in volumes(real.endpoints, "base") if name.startswith(spec.image.sha512)}
    assert len(kept) == 2, "the upload and the volume that calls it complete"


@pytest.mark.parametrize("keep_empty", [True, False])
async def test_what_is_on_the_flavors_disks_is_kept_or_lost_as_asked(real: LibvirtWorld, keep_empty: bool) -> None:
    other = new_source()
    spec = with_flavors_disks(await prepared(real))
    await real.host.create_disks(spec)
    folder = real.endpoints.instances / "disks"
    marks = {kind: f"written to {kind}".encode() for kind in ("root", "ephemeral", "swap")}
    for kind, mark in marks.items():
        with (folder / f"{spec.server_id}.{kind}").open("ab") as volume:
            volume.write(mark)
    anew = msgspec.structs.replace(spec, image=other.image(), config_drive=None)
    await real.host.cache_image(anew.image, other)
    for _ in range(2):
        await real.host.renew_disks(anew, keep_empty=keep_empty)
    kept = {kind for kind, mark in marks.items() if (folder / f"{spec.server_id}.{kind}").read_bytes().endswith(mark)}
    assert kept == ({"ephemeral", "swap"} if keep_empty else set())
    assert not (folder / f"{spec.server_id}.config").exists()
    backing = xml_of(real, f"{spec.server_id}.root").findtext("backingStore/path") or ""
    assert anew.image.sha512 in backing


async def test_raw_disks_are_brought_back_for_what_they_are_and_not_for_what_they_look_like(
    real: LibvirtWorld, tmp_path: Path
) -> None:
    drive = build_config_drive({"openstack/latest/meta_data.json": b"{}"})
    spec = msgspec.structs.replace(with_flavors_disks(await prepared(real)), config_drive=drive)
    await real.host.create_disks(spec)
    folder = real.endpoints.instances / "disks"
    config, swap = (folder / f"{spec.server_id}.{kind}" for kind in ("config", "swap"))
    secret = tmp_path / "secret"
    secret.write_bytes(b"nobody's but the host's".ljust(MIB))
    overlay = tmp_path / "overlay"
    run(("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(secret), str(overlay)))
    with swap.open("r+b") as volume:
        volume.write(overlay.read_bytes())
    virsh(real.endpoints, "pool-refresh", "berthline-disks")
    await real.host.keep_disks(spec.server_id)
    await real.host.restore_disks(spec.server_id)
    assert config.read_bytes() == drive
    assert swap.read_bytes() == swap_header(8 * MIB).ljust(8 * MIB, b"\0")


def xml_of(real: LibvirtWorld, volume: str) -> etree._Element:
    return etree.fromstring(virsh(real.endpoints, "vol-dumpxml", volume, "berthline-disks"))


async def test_holes_of_a_raw_image_take_no_room(real: LibvirtWorld) -> None:
    source = new_source()
    source.content += bytes(64 * 1024**2)
    await real.host.cache_image(image := source.image(), source)
    files = list((real.endpoints.instances / "base").glob(f"{image.sha512}.raw.*"))
    assert [path.stat().st_size for path in files] == [len(source.content)]
    assert files[0].stat().st_blocks * 512 < 8 * 1024**2
    assert hashlib.sha512(files[0].read_bytes()).hexdigest() == image.sha512


async def test_a_host_whose_libvirt_died_is_tried_again_and_its_guests_lived_on(real: LibvirtWorld) -> None:
    spec = await prepared(real, new_vif())
    await real.host.start_paused(spec)
    await real.host.resume(spec.server_id)
    real.kill_libvirt()
    with pytest.raises(Transient):
        await real.host.power(spec.server_id)
    with pytest.raises(Transient):
        await real.host.start_paused(spec)
    real.start_libvirt()
    assert await real.host.power(spec.server_id) == "running"
    assert await real.plugged(spec.vifs[0])
    await real.host.destroy(spec.server_id)
    assert await real.host.power(spec.server_id) == "absent"


async def test_hints_come_again_after_libvirt_died(real: LibvirtWorld) -> None:
    spec = await prepared(real)
    await real.host.start_paused(spec)
    hints: list[ServerId] = []
    real.host.on_change(hints.append)
    await eventually(lambda: spec.server_id in hints, "the guest that was there")
    real.kill_libvirt()
    real.start_libvirt()
    hints.clear()
    await eventually(lambda: spec.server_id in hints, "the guest, after the new connection")
    hints.clear()
    await real.cut_power(spec.server_id)
    await eventually(lambda: spec.server_id in hints, "the stop")


async def test_a_host_that_went_silent_is_given_up(real: LibvirtWorld) -> None:
    await real.host.guests()
    real.services.signal_daemon("libvirtd", signal.SIGSTOP)
    try:
        with pytest.raises(Transient):
            await real.host.guests()
    finally:
        real.services.signal_daemon("libvirtd", signal.SIGCONT)
    assert set(await reached(real.host)) == set()


async def test_an_upload_torn_by_libvirts_death_is_done_again(real: LibvirtWorld) -> None:
    source = new_source()
    source.content *= 4
    image = source.image()

    def kill(number: int) -> None:
        if number == 100:
            real.kill_libvirt()

    source.on_chunk = kill
    with pytest.raises(Transient):
        await real.host.cache_image(image, source)
    real.start_libvirt()
    torn = {name for name in volumes(real.endpoints, "base") if name.startswith(image.sha512)}
    assert len(torn) == 1
    with pytest.raises(Refused):
        await real.host.create_disks(new_spec(image))
    source.on_chunk = lambda _number: None
    await real.host.cache_image(image, source)
    await real.host.create_disks(new_spec(image))
    whole = {name for name in volumes(real.endpoints, "base") if name.startswith(image.sha512)}
    assert len(whole) == 2
    assert not torn & whole


async def test_two_workers_may_upload_one_image_at_once(real: LibvirtWorld) -> None:
    source = new_source()
    image = source.image()
    other = connect(real.endpoints)
    try:
        await asyncio.gather(real.host.cache_image(image, source), other.cache_image(image, source))
        specs = new_spec(image), new_spec(image)
        await asyncio.gather(real.host.create_disks(specs[0]), other.create_disks(specs[1]))
        await asyncio.gather(*(real.host.start_paused(spec) for spec in specs))
    finally:
        await other.close()
    assert len({name for name in volumes(real.endpoints, "base") if name.startswith(image.sha512)}) == 2


async def test_a_cached_image_that_was_cut_short_is_replaced(real: LibvirtWorld) -> None:
    source = new_source()
    image = source.image()
    await real.host.cache_image(image, source)
    (file,) = (real.endpoints.instances / "base").glob(f"{image.sha512}.raw.*")
    os.truncate(file, 1024)
    with pytest.raises(Refused):
        await real.host.create_disks(new_spec(image))
    await real.host.cache_image(image, source)
    await real.host.create_disks(new_spec(image))
    assert source.reads == 2


async def test_a_pool_that_lies_elsewhere_is_not_used(real: LibvirtWorld) -> None:
    await real.host.guests()
    other = connect(real.endpoints, LibvirtSettings(folder="/elsewhere"))
    try:
        with pytest.raises(Refused):
            await other.guests()
    finally:
        await other.close()


async def test_a_host_that_is_not_there_may_come() -> None:
    from berthline.hypervisor.libvirt.driver import LibvirtHost

    absent = LibvirtHost(HostName("absent"), "qemu+unix:///system?socket=/nowhere", "none")
    try:
        with pytest.raises(Transient):
            await absent.facts()
    finally:
        await absent.close()


# A guest that boots.


@pytest.fixture(scope="session")
def tiny_image() -> tuple[BaseImage, Source]:
    """The tiny guest image, built once for the machine."""
    source = Source(build(default_cache() / "image").read_bytes())
    return msgspec.structs.replace(source.image(), id=ImageId("tiny"), disk_format="qcow2"), source


async def booted(real: LibvirtWorld, tiny: tuple[BaseImage, Source], *vifs: VIF, user_data: str = "") -> GuestSpec:
    """The tiny guest, running, with a config drive."""
    image, source = tiny
    meta_data = msgspec.json.encode({"uuid": new_id(), "hostname": "tester"})
    files = {"openstack/latest/meta_data.json": meta_data, "openstack/latest/user_data": user_data.encode()}
    spec = msgspec.structs.replace(new_spec(image, *vifs, config_drive=build_config_drive(files)), memory_mb=128)
    await real.host.cache_image(image, source)
    await real.host.create_disks(spec)
    await real.host.start_paused(spec)
    await real.host.resume(spec.server_id)
    return spec


async def says(real: LibvirtWorld, server_id: ServerId, wanted: bytes) -> None:
    """Wait until the guest's console shows it."""
    limit = time.monotonic() + 120
    while wanted not in await real.host.console_output(server_id, None):
        assert time.monotonic() < limit, f"the console never showed {wanted!r}"
        await asyncio.sleep(0.1)


async def tail(real: LibvirtWorld, server_id: ServerId, lines: int) -> tuple[bytes, bytes]:
    """All of the console and its last lines, read while the guest said nothing."""
    async with asyncio.timeout(120):
        while True:
            before = await real.host.console_output(server_id, None)
            last = await real.host.console_output(server_id, lines)
            if await real.host.console_output(server_id, None) == before:
                return before, last


async def test_a_guest_boots_reads_its_drive_takes_a_nic_and_shuts_down(
    each_way: LibvirtWorld, tiny_image: tuple[BaseImage, Source]
) -> None:
    """By each way: the image goes there in a stream, the console comes back in one, events tell of the end."""
    real = each_way
    spec = await booted(real, tiny_image)
    await says(real, spec.server_id, b"ready host=tester")
    everything, last = await tail(real, spec.server_id, 2)
    assert everything.split(b"\n")[-2:] == last.split(b"\n")

    vif = new_vif()
    for _ in range(2):
        await real.host.attach_interface(spec.server_id, vif)
    for _ in range(2):
        await real.host.detach_interface(spec.server_id, vif)
    assert not await real.plugged(vif)
    described = etree.fromstring(virsh(real.endpoints, "dumpxml", f"berthline-{spec.server_id}"))
    assert described.findall("devices/interface") == []

    await real.host.shutdown(spec.server_id, 3600)
    assert await real.host.power(spec.server_id) == "shutoff"
    assert b"power button" in await real.host.console_output(spec.server_id, None)
    assert b"ready host=tester" in await real.host.console_output(spec.server_id, None)


async def test_twenty_nics_come_and_go_one_by_one_while_a_guest_runs(
    real: LibvirtWorld, tiny_image: tuple[BaseImage, Source]
) -> None:
    spec = await booted(real, tiny_image)
    await says(real, spec.server_id, b"ready host=tester")
    vifs = [new_vif() for _ in range(20)]
    for vif in vifs:
        await real.host.attach_interface(spec.server_id, vif)
    assert [await real.plugged(vif) for vif in vifs] == [True] * 20
    for vif in vifs:
        await real.host.detach_interface(spec.server_id, vif)
    assert await real.host.interfaces([spec.server_id]) == {spec.server_id: frozenset()}


@pytest.mark.parametrize(
    ("hardware", "name"),
    [
        (Hardware(machine="pc-q35-99.9"), "hw_machine_type"),
        (Hardware(machine="isapc", firmware="uefi"), "hw_firmware_type"),
    ],
)
async def test_hardware_that_this_host_lacks_is_refused_by_name(
    real: LibvirtWorld, hardware: Hardware, name: str
) -> None:
    spec = msgspec.structs.replace(await prepared(real), hardware=hardware)
    with pytest.raises(Refused, match=name):
        await real.host.start_paused(spec)
    assert spec.server_id not in await real.host.guests()


async def test_a_guest_finds_swap_on_its_disk(real: LibvirtWorld) -> None:
    source = new_source()
    spec = new_spec(source.image(), ephemeral_gb=1, swap_mb=8)
    await real.host.cache_image(spec.image, source)
    await real.host.create_disks(spec)
    disks = real.endpoints.instances / "disks"
    assert (disks / f"{spec.server_id}.swap").read_bytes() == swap_header(8 * MIB).ljust(8 * MIB, b"\0")
    assert {f"{spec.server_id}.{kind}" for kind in ("root", "ephemeral", "swap", "config")} <= volumes(
        real.endpoints, "disks"
    )


async def test_a_guest_that_powers_itself_off_is_seen(real: LibvirtWorld, tiny_image: tuple[BaseImage, Source]) -> None:
    stopped = asyncio.Event()
    spec = await booted(real, tiny_image, user_data="#!/bin/sh\npoweroff -f\n")

    async def look(server_id: ServerId) -> None:
        if await real.host.power(server_id) == "shutoff":
            stopped.set()

    looks: list[asyncio.Task[None]] = []
    real.host.on_change(lambda server_id: looks.append(asyncio.create_task(look(server_id))))
    async with asyncio.timeout(120):
        await stopped.wait()
    await asyncio.gather(*looks)
    await real.host.start(spec.server_id)
    assert await real.host.power(spec.server_id) == "running"
    await says(real, spec.server_id, b"user-data ran before")
