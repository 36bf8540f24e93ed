"""What every workflow reaches through: the store, the clock, the networks, the hosts, the images."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from berthline.domain.clock import Clock
from berthline.domain.dataplane import Dataplane
from berthline.domain.errors import Refused
from berthline.domain.hosts.fencing import FenceKind
from berthline.domain.hosts.losing import Recovery
from berthline.domain.hypervisor import (
    Hypervisor,
)
from berthline.domain.hypervisor.moving import MoveWays
from berthline.domain.ids import HostName, ImageId, PortId, ServerId
from berthline.domain.image_store import ImageKeeper
from berthline.domain.tracing import Tracer
from berthline.network.service import NetworkService
from berthline.store import Store

DEFAULT_WAYS: Final = MoveWays()


@dataclass(frozen=True)
class Outside:
    """The seams, one of each, handed to the steps of every saga.

    In seconds: ``boot_deadline`` is how long a guest may take until its ports are up and it runs, ``stop_grace`` how
    long it may take to power off by itself, ``look_again`` how often a wait looks when no hint wakes it.
    """

    store: Store
    clock: Clock
    dataplane: Dataplane
    network: NetworkService
    hypervisors: Mapping[HostName, Hypervisor]
    images: ImageKeeper
    boot_deadline: float = 300.0
    stop_grace: float = 60.0
    soft_reboot_seconds: float = 120.0
    """How long a guest that is to reboot may take to power off by itself; then its power is cut."""
    look_again: float = 0.25
    reclaim_seconds: float = 0.0
    """How long a server that was deleted can be restored; 0: it is deleted for good at once."""
    offload_seconds: float = 0.0
    """How long a server that was shelved stays on its host; 0: not at all, below 0: until an admin says so."""
    move_ways: MoveWays = DEFAULT_WAYS
    """What hosts may do about guests that are hard to move while they run."""
    move_deadline: float = 86_400.0
    """How long a guest may take to move while it runs."""
    drain_at_once: int = 2
    """How many servers of a host are moved at a time while it is drained, where its drain does not say."""
    tracer: Tracer | None = None
    """What says where a packet would go; None where there is nothing to ask, as with simulated hosts."""
    fence: FenceKind = "person"
    """What takes the power of a lost host away."""
    lost_at_once: int = 8
    """How many servers of a lost host are made anew at a time, where nobody said it."""
    recovery: Recovery = "stay"
    """What becomes of those of which neither owner nor flavor says it."""
    rescue_image: ImageId | None = None
    """The operator's own image for rescues that name none; None: the server's image."""
    epoch_of: Callable[[str], int] = lambda _host: 0
    """The epoch under which this process may begin something at a host now; see ``saga.Worker.epoch_of``."""
    waiting_ports: dict[PortId, ServerId] = field(default_factory=dict)
    """Which server's saga a port's change notice wakes. A hint: without it the saga looks again on its timer."""

    def host(self, name: HostName) -> Hypervisor:
        """The host of this name, to begin something there: ask for it anew each time.

        Raises Refused when no host is or was called so, LeaseLost and NotHere when this process may not do it now.
        """
        found = self.seen(name)
        if name not in self.hypervisors:
            return found  # it was removed, and what is left to do there nobody else does
        epoch = self.epoch_of(name)
        return found.at_epoch(epoch) if epoch else found

    def seen(self, name: HostName) -> Hypervisor:
        """The host of this name, to look at and not to change: any process may. Raises Refused for one that is none."""
        if found := self.hypervisors.get(name):
            return found
        raise Refused(f"host {name} is not one of this cloud's hosts: {', '.join(sorted(self.hypervisors)) or 'none'}")
