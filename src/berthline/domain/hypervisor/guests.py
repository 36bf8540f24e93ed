"""What hosts and their guests are: values that pass the seam."""

from typing import Final, Literal, Protocol

import msgspec

from berthline.domain.disks import Disk, root_of
from berthline.domain.hardware import Hardware
from berthline.domain.ids import ImageId, PortId, ServerId
from berthline.domain.network_info import VIF

GuestPower = Literal["absent", "paused", "stalled", "running", "shutoff", "cut", "crashed"]
"""``stalled``: its host paused it, since what it writes finds no room. ``cut``: it is off, and its host did not see it
end: the host has come up since, or the guest was only defined."""

ON: Final[frozenset[GuestPower]] = frozenset({"running", "paused", "stalled"})
"""It has its memory and its taps."""
OFF: Final[frozenset[GuestPower]] = frozenset({"shutoff", "cut", "crashed"})
HELD: Final[frozenset[GuestPower]] = frozenset({"paused", "stalled"})
"""It is on, and its processors do not run."""


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Physical size of a host: ``memory_mb`` MiB, ``disk_gb`` GiB of the instance store, ``vcpus`` logical CPUs."""

    hypervisor_type: str
    hypervisor_version: int
    vcpus: int
    memory_mb: int
    disk_gb: int
    cpu_info: str
    traits: tuple[str, ...] = ()
    """What it can do, in the words of OpenStack's os-traits, sorted."""
    up_seconds: int | None = None
    """For how long the host itself has been up; None where it cannot be told."""
    free_disk_gb: int | None = None
    """GiB that nothing is written to yet, whatever was promised of them; None where it cannot be told."""


class BaseImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image as a host needs it. ``sha512`` names the cached copy; ``size`` in bytes."""

    id: ImageId
    disk_format: Literal["qcow2", "raw"]
    size: int
    sha512: str
    properties: dict[str, str] = {}
    """What the image asks of the guest's hardware; see ``placement.guest_hardware``."""


class CachedImage(msgspec.Struct, frozen=True):
    """A copy of an image on a host; ``in_use``: a disk there is made of it, as far as was seen.

    ``bytes_held``: the room that it takes on the host.
    """

    sha512: str
    disk_format: Literal["qcow2", "raw"]
    in_use: bool = False
    bytes_held: int = 0


class GuestSpec(msgspec.Struct, frozen=True, kw_only=True):
    """All that is needed to define a guest; ids were chosen before.

    ``memory_mb`` MiB. One of ``disks`` is booted from, and ``image`` is what that is made of.
    """

    server_id: ServerId
    name: str
    vcpus: int
    memory_mb: int
    disks: tuple[Disk, ...]
    hardware: Hardware = Hardware()
    image: BaseImage
    vifs: tuple[VIF, ...]
    config_drive: bytes | None
    """The ISO image of the config drive (label config-2), or None."""
    rescues: bool = False
    """Whether it boots from a rescue disk, with a config drive beside the server's own; see ``create_rescue_disks``."""

    @property
    def root(self) -> Disk:
        """The disk that is booted from. Raises ValueError where there is none."""
        root = root_of(self.disks)
        if root is None:
            raise ValueError(f"guest {self.server_id} has no disk to boot from")
        return root


class DiskUse(msgspec.Struct, frozen=True, kw_only=True):
    """What a guest read from and wrote to a disk; ``device`` is the guest's name of it."""

    device: str
    read_bytes: int
    read_requests: int
    write_bytes: int
    write_requests: int
    errors: int | None = None


class NicUse(msgspec.Struct, frozen=True, kw_only=True):
    """What a guest received and sent by a NIC; ``device`` is the host's name of its tap."""

    device: str
    mac_address: str
    rx_octets: int = 0
    rx_packets: int = 0
    rx_errors: int = 0
    rx_drop: int = 0
    tx_octets: int = 0
    tx_packets: int = 0
    tx_errors: int = 0
    tx_drop: int = 0


class GuestDiagnostics(msgspec.Struct, frozen=True, kw_only=True):
    """``cpu_times`` ns of each virtual CPU; memory in MiB, None where the host does not know."""

    power: GuestPower
    hypervisor: str
    cpu_times: tuple[int, ...]
    memory_maximum: int | None
    memory_used: int | None
    disks: tuple[DiskUse, ...]
    nics: tuple[NicUse, ...]


class NicOfPort(Protocol):
    """What names a NIC by its port: a ``VIF``, or a NIC that was found in a guest."""

    @property
    def id(self) -> PortId: ...


class FoundNic(msgspec.Struct, frozen=True):
    """A NIC that a guest has, of which only the port is known."""

    id: PortId
