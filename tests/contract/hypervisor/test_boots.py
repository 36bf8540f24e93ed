"""Guests that really boot from each kind of disk, and are seen to end as they end."""

import asyncio
import time

import msgspec
import pytest

from berthline.domain.disks import AskedDisk, lay_out
from berthline.domain.hardware import DiskBus, Hardware, Tpm, VideoModel
from berthline.domain.hypervisor import GuestPower, GuestSpec
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt.xml import domain_name
from berthline.placement.conditions import TPM_TRAITS

from . import programs
from .libvirt_world import LibvirtWorld, virsh
from .worlds import Source, new_spec

pytestmark = pytest.mark.dataplane


async def running(real: LibvirtWorld, spec: GuestSpec, source: Source) -> GuestSpec:
    """The guest, made and let run."""
    await real.host.cache_image(spec.image, source)
    await real.host.create_disks(spec)
    await real.host.start_paused(spec)
    await real.host.resume(spec.server_id)
    return spec


async def says(real: LibvirtWorld, server_id: ServerId, wanted: bytes) -> None:
    limit = time.monotonic() + 60
    while wanted not in await real.host.console_output(server_id, None):
        assert time.monotonic() < limit, await real.host.console_output(server_id, None)
        await asyncio.sleep(0.05)


async def becomes(real: LibvirtWorld, server_id: ServerId, power: GuestPower) -> None:
    limit = time.monotonic() + 60
    while (now := await real.host.power(server_id)) != power:
        assert time.monotonic() < limit, now
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("bus", ["virtio", "scsi", "sata", "ide", "usb"])
async def test_a_guest_boots_from_its_disk_on_each_bus(real: LibvirtWorld, bus: DiskBus) -> None:
    source = Source(programs.disk(f"from {bus}"))
    spec = new_spec(source.image(), hardware=Hardware(disk_bus=bus), swap_mb=8)
    await running(real, spec, source)
    await says(real, spec.server_id, f"from {bus}".encode())
    await real.host.destroy(spec.server_id)


@pytest.mark.parametrize("bus", [None, "scsi", "ide"])
async def test_a_guest_boots_from_a_cd_rom_beside_its_blank_disk(real: LibvirtWorld, bus: DiskBus | None) -> None:
    source = Source(programs.cd_rom("from a CD-ROM"))
    image, hardware = source.image(), Hardware(config_drive_bus=bus)
    disks = lay_out(hardware, image.id, root_gb=9, ephemeral_gb=1, is_iso=True)
    spec = msgspec.structs.replace(new_spec(image, hardware=hardware, config_drive=None), disks=disks)
    await running(real, spec, source)
    await says(real, spec.server_id, b"from a CD-ROM")
    await real.host.destroy(spec.server_id)


async def test_what_has_no_program_boots_nothing(real: LibvirtWorld) -> None:
    """The control: a disk that is all the same but for its last two bytes of code is not started."""
    source = Source(programs.disk("never").replace(b"\x55\xaa", b"\0\0"))
    spec = await running(real, new_spec(source.image()), source)
    mark = Source(programs.disk("the other one"))
    other = await running(real, new_spec(mark.image()), mark)
    await says(real, other.server_id, b"the other one")
    assert b"never" not in await real.host.console_output(spec.server_id, None)
    await real.host.destroy(spec.server_id)
    await real.host.destroy(other.server_id)


async def test_a_disk_on_a_bus_of_its_own_is_there(real: LibvirtWorld) -> None:
    source = Source(programs.disk("from virtio"))
    image = source.image()
    asked = (AskedDisk(source="image", boot_index=0), AskedDisk(source="blank", bus="scsi", boot_index=1))
    disks = lay_out(Hardware(), image.id, root_gb=0, ephemeral_gb=1, asked=asked)
    spec = await running(real, msgspec.structs.replace(new_spec(image), disks=disks), source)
    await says(real, spec.server_id, b"from virtio")
    used = await real.host.diagnostics(spec.server_id)
    assert {disk.device for disk in used.disks} >= {"vda", "sda"}
    await real.host.destroy(spec.server_id)


@pytest.mark.parametrize(
    ("then", "power"), [(programs.PANIC, "crashed"), (programs.POWER_OFF, "shutoff"), (b"", "running")]
)
async def test_how_a_guest_ended_is_seen(real: LibvirtWorld, then: bytes, power: GuestPower) -> None:
    source = Source(programs.disk("here", then))
    spec = await running(real, new_spec(source.image()), source)
    await says(real, spec.server_id, b"here")
    await becomes(real, spec.server_id, power)
    assert (await real.host.powers())[spec.server_id] == power
    await real.host.destroy(spec.server_id)


@pytest.mark.parametrize("secure", [False, True])
async def test_uefi_looks_for_something_to_start(real: LibvirtWorld, secure: bool) -> None:
    """Its firmware tells on the serial port what it does; with secure boot, it is the one that looks at signatures."""
    source = Source(programs.disk("by the BIOS"))
    hardware = Hardware(firmware="uefi", secure_boot=secure)
    spec = msgspec.structs.replace(new_spec(source.image(), hardware=hardware), memory_mb=512)
    await running(real, spec, source)
    await says(real, spec.server_id, b"BdsDxe")
    assert b"by the BIOS" not in await real.host.console_output(spec.server_id, None)
    description = virsh(real.endpoints, "dumpxml", domain_name(spec.server_id))
    assert ("secure='yes'" in description) is secure
    await real.host.destroy(spec.server_id)


@pytest.mark.parametrize(("tpm", "power"), [(Tpm("2.0", "tpm-crb"), "shutoff"), (None, "crashed")])
async def test_a_guest_finds_its_tpm_which_is_the_same_when_it_starts_again(
    real: LibvirtWorld, tpm: Tpm | None, power: GuestPower
) -> None:
    """The guest without one is the control. What is in a TPM, by which it is known, ends with the guest alone."""
    states = real.endpoints.instances.parent / "private/var/lib/libvirt/swtpm"
    source = Source(programs.disk("looks for a TPM", programs.LOOK_FOR_A_TPM))
    spec = await running(real, new_spec(source.image(), hardware=Hardware(tpm=tpm)), source)
    await becomes(real, spec.server_id, power)
    if tpm is not None:
        found = {one: one in (await real.host.facts()).traits for one in TPM_TRAITS.values()}
        assert found == dict.fromkeys(TPM_TRAITS.values(), True)
        (state,) = (states / spec.server_id).glob("*/*.permall")
        before = state.read_bytes()
        await real.host.start_paused(msgspec.structs.replace(spec, memory_mb=64))
        await real.host.resume(spec.server_id)
        await becomes(real, spec.server_id, power)
        assert shared(before, state.read_bytes()) > 0.9
        await real.host.destroy(spec.server_id)
        assert not (states / spec.server_id).exists()
        await running(real, spec, source)
        assert shared(before, state.read_bytes()) < 0.9
    await real.host.destroy(spec.server_id)
    assert not (states / spec.server_id).exists()


def shared(before: bytes, after: bytes) -> float:
    """How much of what looks random in the one is in the other, too."""
    pieces = [piece for at in range(0, len(before), 8) if len(set(piece := before[at : at + 16])) > 13]
    return sum(piece in after for piece in pieces) / len(pieces)


@pytest.mark.parametrize("video", ["vga", "virtio", "cirrus", "bochs", "none"])
async def test_each_screen_and_a_pointer_are_there(real: LibvirtWorld, video: VideoModel) -> None:
    source = Source(programs.disk("with a screen"))
    spec = new_spec(source.image(), hardware=Hardware(video=video, tablet=True))
    await running(real, spec, source)
    await says(real, spec.server_id, b"with a screen")
    await real.host.destroy(spec.server_id)
