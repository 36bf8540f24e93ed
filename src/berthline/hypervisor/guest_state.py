"""What a simulated host has of a guest and of its disks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from berthline.domain.errors import LeaseLost
from berthline.domain.hardware import HOT_PLUG_NICS
from berthline.domain.hypervisor import GuestPower
from berthline.domain.ids import new_id
from berthline.hypervisor.image_format import GIB
from berthline.hypervisor.kept_guests import KeptNic

NONE: Final[Mapping[str, str]] = MappingProxyType({})
"""Shared by all guests whose agents were told nothing."""


@dataclass(slots=True)
class Disks:
    """The disks of a server: of which image, and with which config drive."""

    sha512: str
    config_drive: bytes | None
    capacity: int = GIB
    """Bytes of the root disk, as its guest sees it; of a disk that was put back it is not known, and small."""
    written: bytes = b""
    """What guests wrote on the root disk, and on the one that its image was made of."""
    empty_ones: str = field(default_factory=new_id)
    """A name for what is on the disks that began empty."""
    firmware: bytes = b""
    """What the guest's firmware remembers, where that is UEFI and has run."""
    rescue: "Disks | None" = None
    """The rescue disk and its config drive, while there are some."""
    kept: "Disks | None" = None
    """A copy of them as they were before a resize."""


@dataclass(slots=True)
class Guest:
    """A guest that is defined."""

    name: str
    power: GuestPower
    nics: tuple[KeptNic, ...] = ()
    room: int = HOT_PLUG_NICS
    saved: bool = False
    """Its memory lies on the host's disk, and it goes on from there when it starts."""
    devices: tuple[str, ...] = ("vda",)
    """What it calls its disks."""
    memory_mb: int | None = None
    """MiB; of a guest of an earlier process it is not known."""
    rescues: bool = False
    """Whether it boots from the rescue disk."""
    agent: bool = False
    """Whether an agent in it answers."""
    hangs: bool = False
    """Whether what is asked of it is not answered; its end is the end of that."""
    listens: bool = True
    """Whether it powers off when it is asked to."""
    passwords: Mapping[str, str] = field(default_factory=lambda: NONE)
    """By user: those that its agent was told."""
    epoch: int = 0
    """That of the newest owner of its host who changed it."""

    def own(self, epoch: int) -> None:
        """Have it carry this epoch; 0 looks at nothing. Raises LeaseLost where it carries a newer one."""
        if epoch and self.epoch > epoch:
            raise LeaseLost(f"guest {self.name} is of its host's owner of epoch {self.epoch}, not of {epoch}")
        self.epoch = epoch or self.epoch
