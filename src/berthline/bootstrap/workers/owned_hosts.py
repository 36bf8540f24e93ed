"""The hosts that this process drives now, as a mapping that follows the leases."""

from collections.abc import Iterator, Mapping

from berthline.domain.errors import LeaseLost
from berthline.domain.hypervisor import Hypervisor
from berthline.domain.ids import HostName
from berthline.saga import Worker


class OwnedHosts(Mapping[HostName, Hypervisor]):
    """Of all hosts those at which this worker may begin something now, each for the epoch in which it has it."""

    def __init__(self, hypervisors: Mapping[HostName, Hypervisor], worker: Worker) -> None:
        self._hypervisors = hypervisors
        self._worker = worker

    def __getitem__(self, name: HostName) -> Hypervisor:
        """Raises KeyError for a host that is not this worker's, or may soon be another one's, and for one that is
        removed or lost: who looks at hosts is not to take nothing for all that is there.
        """
        if name not in self._hypervisors:
            raise KeyError(name)
        try:
            return self._hypervisors[name].at_epoch(self._worker.epoch_of(name))
        except LeaseLost:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[HostName]:
        return (HostName(name) for name in tuple(self._worker.places) if HostName(name) in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        try:
            return bool(self[HostName(str(name))])
        except KeyError:
            return False
