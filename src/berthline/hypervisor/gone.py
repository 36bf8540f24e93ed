"""A host that is none of the cloud's any more, or is lost, as what was begun there before sees it: nothing is on it.

So whatever takes away finds it taken away, and whatever makes, reads or changes is refused, in words.
"""

from typing import Final, NoReturn

from berthline.domain.errors import Refused
from berthline.domain.hypervisor import BaseImage, DiskReader, GuestSpec, HostFacts, ImageSource
from berthline.domain.ids import HostName, PortId
from berthline.hypervisor.memory import SimulatedHost

NOTHING: Final = HostFacts(hypervisor_type="gone", hypervisor_version=0, vcpus=0, memory_mb=0, disk_gb=0, cpu_info="{}")


class _NoPlug:
    """There is nothing that could be plugged in."""

    def plug(self, port_id: PortId, chassis: str) -> None: ...

    def unplug(self, port_id: PortId, chassis: str | None = None) -> None: ...


class GoneHost(SimulatedHost):
    """See the module. It is nobody's, so its epoch is looked at by nobody."""

    def __init__(self, name: HostName, *, lost: bool = False) -> None:
        """``lost``: it is the cloud's still, and may come back."""
        super().__init__(name, NOTHING, _NoPlug())
        self._lost = lost

    def at_epoch(self, epoch: int) -> "GoneHost":
        return self

    async def facts(self) -> HostFacts:
        self._refuse()

    async def cache_image(self, image: BaseImage, source: ImageSource) -> None:
        self._refuse()

    async def create_disks(self, spec: GuestSpec) -> None:
        self._refuse()

    async def create_rescue_disks(self, spec: GuestSpec) -> None:
        self._refuse()

    async def renew_disks(self, spec: GuestSpec, *, keep_empty: bool) -> None:
        self._refuse()

    async def receive_disks(self, spec: GuestSpec, source: DiskReader) -> None:
        self._refuse()

    async def define(self, spec: GuestSpec) -> None:
        self._refuse()

    async def start_paused(self, spec: GuestSpec) -> None:
        self._refuse()

    def _refuse(self) -> NoReturn:
        if self._lost:
            raise Refused(f"Host {self._name} was lost: its servers are given to other hosts.")
        raise Refused(f"Host {self._name} was removed from this cloud, with all that was on it.")
