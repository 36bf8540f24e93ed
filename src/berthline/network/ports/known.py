"""Networks as a process has seen them last: by one, the next port there is all decided before the database is asked.

A note is never believed: the statement that writes a port holds the network, and writes nothing unless it and its
subnets are at the revisions of the note.
"""

from typing import Final, NamedTuple

from berthline.domain.auth import Caller
from berthline.domain.ids import ProjectId, SecurityGroupId
from berthline.domain.network import Network, Subnet
from berthline.network import policy
from berthline.store.network import one_port

MOST: Final = 4096
"""Notes that are kept; a network that hundreds of projects share has one for each of them."""


class Known(NamedTuple):
    """A network with its subnets, and the default group of the caller's project; ``seen`` as ``one_port.seen``."""

    network: Network
    subnets: list[Subnet]
    default_group: SecurityGroupId
    seen: str


class KnownNetworks:
    """Notes of one process, by network and by who looked. It belongs to the network service."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, ProjectId | None, ProjectId], Known] = {}

    def get(self, caller: Caller, network_id: str) -> Known | None:
        """What a caller with these rights has seen of the network."""
        return self._notes.get((network_id, policy.visible_to(caller), caller.project_id))

    def note(self, caller: Caller, network: Network, subnets: list[Subnet], default_group: SecurityGroupId) -> None:
        """Keep what was read in a transaction that held the network."""
        key = (network.id, policy.visible_to(caller), caller.project_id)
        if key not in self._notes and len(self._notes) >= MOST:
            del self._notes[next(iter(self._notes))]
        self._notes[key] = Known(network, subnets, default_group, one_port.seen(network, subnets))
