"""How Berthline uses a libvirt host."""

from typing import Literal

import msgspec

VirtType = Literal["auto", "kvm", "qemu"]
CpuMode = Literal["host-passthrough", "host-model", "custom", "maximum"]
MachineType = Literal["q35", "pc"]


class LibvirtSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What hosts may differ in. Times are in seconds."""

    folder: str = "/var/lib/berthline"
    """On the host: holds the storage pools of images, disks and consoles; made when missing."""

    virt_type: VirtType = "auto"
    """``kvm`` or ``qemu`` as given; ``auto`` is kvm on bare metal where libvirt offers it, else qemu."""

    machine: MachineType = "q35"
    """The chipset that guests see."""

    cpu_mode: CpuMode | None = None
    """The processor that guests see, as libvirt names it; None: the host's own with KVM, else QEMU's."""

    cpu_model: str | None = None
    """Its model, where the mode is ``custom``."""

    bridge: str = "br-int"
    """OVN's integration bridge, to which taps are plugged."""

    userspace_datapath: bool = False
    """The bridge's datapath is in userspace (``netdev``): guest NICs get no offloads, without which TCP would
    die silently there while ping works."""

    migration_uri: str = ""
    """By which the libvirts of other hosts reach this one; "": by the URI that we use, without keys of ours."""

    migration_address: str = ""
    """Where its QEMUs take guests from others; "": at the machine that the URI names, or where its libvirt says."""

    keepalive_seconds: int = 5
    """A host that leaves three of these unanswered is lost."""

    connect_seconds: float = 30.0
    """A host that has not answered an attempt to connect after that long counts as not reached for now."""

    call_seconds: float = 120.0
    """A call to libvirt that takes longer counts as failed for now, and is tried again."""

    copy_seconds: float = 14_400.0
    """How long the copy of a guest's disk may take: 500 GiB from one slow disk to itself."""

    detach_seconds: float = 10.0
    """How long a guest may take to let a NIC go."""
