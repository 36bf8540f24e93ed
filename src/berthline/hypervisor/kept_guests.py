"""What a simulated host remembers of guests: thousands of them may be in one process."""

from typing import Literal, NamedTuple

import msgspec

from berthline.domain.ids import PortId, ServerId
from berthline.domain.network_info import VIF


class KeptNic(NamedTuple):
    """What a host remembers of a VIF."""

    id: PortId
    address: str
    devname: str


KeptPower = Literal["shutoff", "saved", "paused", "running"]
"""``saved``: it is off, and its memory lies on the host's disk."""


class KeptGuest(msgspec.Struct, frozen=True, kw_only=True):
    """A guest that a host had before its process ended. ``power`` None: its disks alone.

    ``has_copy``: of its disks there is a copy from before a resize.
    """

    server_id: ServerId
    name: str
    nics: tuple[KeptNic, ...]
    power: KeptPower | None
    has_copy: bool = False


def kept_nic(vif: VIF) -> KeptNic:
    """What a host keeps of it."""
    return KeptNic(vif.id, vif.address, vif.devname)
