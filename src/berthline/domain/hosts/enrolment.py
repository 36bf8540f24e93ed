"""Hosts as operators enrol them: how each is reached and used, which the database alone knows."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from berthline.domain.ids import HostName

HostKind = Literal["libvirt", "simulated"]
Fate = Literal["error", "delete"]
"""What becomes of the servers of a host that is removed: they are left in ERROR, in words, or deleted."""

CLOUDS_OWN: Final = None
"""A ratio that is the cloud's own, by its settings."""

Ratio = Annotated[float, Meta(gt=0, le=1000)]
Amount = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Size = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Word = Annotated[str, Meta(max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]


class HostOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a host is reached and used; memory in MiB, disk in GiB.

    ``reserved``: what of it no guest is to have. ``ratio``: how much more is promised than there is; None: as the
    settings say. ``vcpus``, ``memory_mb`` and ``disk_gb`` are the size of a simulated host; None: as the settings say.
    ``gateway``: routers' ways out may be there. ``migration_uri`` and ``migration_address``: by which other hosts'
    libvirts reach its own, and where it takes guests that move while they run; "": by ``uri``. ``fence_url``: its
    system at its own controller, by Redfish.
    """

    uri: Annotated[str, Meta(max_length=2048, pattern=r"^[^\x00-\x20\x7f]*$")] = ""
    chassis: Word = ""
    virt_type: Literal["auto", "kvm", "qemu"] = "auto"
    userspace_datapath: bool = False
    cpu_mode: Literal["", "host-passthrough", "host-model", "custom", "maximum"] = ""
    cpu_model: Annotated[str, Meta(max_length=255, pattern=r"^[A-Za-z0-9_.+-]*$")] = ""
    traits: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^CUSTOM_[A-Z0-9_]+$", max_length=255)], ...], Meta(max_length=100)
    ] = ()
    folder: Annotated[str, Meta(max_length=1024, pattern=r"^(/[^\x00-\x1f\x7f]*)?$")] = ""
    migration_uri: Annotated[str, Meta(max_length=2048, pattern=r"^[^\x00-\x20\x7f]*$")] = ""
    migration_address: Annotated[str, Meta(max_length=255, pattern=r"^[A-Za-z0-9._:-]*$")] = ""
    fence_url: Annotated[str, Meta(max_length=2048, pattern=r"^(https?://[^\x00-\x20\x7f@?#]+)?$")] = ""
    gateway: bool = True
    reserved_vcpus: Amount = 0
    reserved_memory_mb: Amount = 0
    reserved_disk_gb: Amount = 0
    vcpus_ratio: Ratio | None = CLOUDS_OWN
    memory_ratio: Ratio | None = CLOUDS_OWN
    disk_ratio: Ratio | None = CLOUDS_OWN
    vcpus: Size | None = None
    memory_mb: Size | None = None
    disk_gb: Size | None = None


class EnrolledHost(msgspec.Struct, frozen=True, kw_only=True):
    """A host that is, or was, one of the cloud's. Times in µs.

    ``fate``: that of its servers, while it is being removed. ``removed_at``: since when it is none of the cloud's.
    ``lost_at``: since when its guests are given to other hosts; it is the cloud's again once it is there and has
    none of them any more. ``revision`` is another one after each change.
    """

    name: HostName
    kind: HostKind
    options: HostOptions
    revision: int
    enrolled_at: int
    updated_at: int
    fate: Fate | None = None
    removed_at: int | None = None
    lost_at: int | None = None

    @property
    def gone(self) -> bool:
        """Whether nothing is to be asked of it any more."""
        return self.fate is not None or self.removed_at is not None

    @property
    def left_alone(self) -> bool:
        """Whether nothing is to be begun there now: to what is at work it holds nothing."""
        return self.gone or self.lost_at is not None

    @property
    def chassis(self) -> str:
        """Its OVN chassis."""
        return self.options.chassis or self.name
