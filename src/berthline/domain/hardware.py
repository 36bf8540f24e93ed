"""What of a guest's hardware its image may choose; the words are those of OpenStack's image properties."""

from typing import Final, Literal

import msgspec

DiskBus = Literal["virtio", "scsi", "sata", "ide", "usb"]
VifModel = Literal["virtio", "e1000", "e1000e", "rtl8139", "vmxnet3"]
Firmware = Literal["bios", "uefi"]
VideoModel = Literal["vga", "virtio", "cirrus", "bochs", "none"]
WatchdogAction = Literal["reset", "poweroff", "pause", "none"]
TpmVersion = Literal["1.2", "2.0"]
TpmModel = Literal["tpm-tis", "tpm-crb"]

HOT_PLUG_NICS: Final = 24
"""A guest can have so many NICs, of which all but those that it starts with may come while it runs."""
MORE_NICS: Final = 8
"""And one that starts with many can get so many more."""


class Topology(msgspec.Struct, frozen=True):
    """How a guest's virtual CPUs lie; their product is the number of them."""

    sockets: int
    cores: int
    threads: int


class Tpm(msgspec.Struct, frozen=True):
    """A trusted platform module, emulated by the guest's host, which keeps what is in it."""

    version: TpmVersion
    model: TpmModel = "tpm-tis"


class Hardware(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The choice; None is the host's own.

    ``machine`` is "pc", "q35" or one of their versions, as QEMU names it. ``config_drive_bus``: as a CD-ROM there.
    ``video_mb``: the memory of the screen, in MiB. ``tablet``: a pointer that knows where it is, by USB.
    ``local_time``: the hardware clock shows local time, not UTC, as Windows has it. ``admin_user``: whose password the
    guest's agent changes.
    """

    machine: str | None = None
    firmware: Firmware = "bios"
    disk_bus: DiskBus = "virtio"
    config_drive_bus: DiskBus | None = None
    vif_model: VifModel = "virtio"
    guest_agent: bool = False
    boot_menu: bool = False
    hpet: bool = False
    pmu: bool | None = None
    local_time: bool = False
    admin_user: str | None = None
    watchdog: WatchdogAction | None = None
    topology: Topology | None = None
    secure_boot: bool = False
    video: VideoModel = "vga"
    video_mb: int | None = None
    tablet: bool = False
    tpm: Tpm | None = None

    @property
    def administrator(self) -> str:
        """The name of the guest's administrator: the one that the image says, else that of its kind of system."""
        return self.admin_user or ("Administrator" if self.local_time else "root")

    @property
    def cdrom_bus(self) -> DiskBus:
        """That of a CD-ROM: the one that the image asks for, else one that the machine has."""
        if self.config_drive_bus is not None:
            return self.config_drive_bus
        return "ide" if self.machine is not None and "q35" not in self.machine else "sata"


def most_nics(at_start: int) -> int:
    """How many NICs a guest that starts with ``at_start`` of them can have."""
    return max(HOT_PLUG_NICS, at_start + MORE_NICS)
