"""The metadata service of a cloud that has an Open vSwitch beside its process."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Final

from berthline.bootstrap.loops import Loop
from berthline.bootstrap.plane import tls_of
from berthline.config import Settings
from berthline.domain.clock import Clock
from berthline.store import Store

if TYPE_CHECKING:
    from berthline.metadata.namespaces import MetadataNamespaces
    from berthline.metadata.service import MetadataService

LOOK_SECONDS: Final = 10.0


def answers_metadata(settings: Settings) -> bool:
    """Whether this process can: it has an Open vSwitch beside it."""
    return settings.dataplane.kind == "ovn" and bool(settings.dataplane.ovs_db)


class Answering(Loop):
    """Answers metadata while it runs, and nothing when it was cancelled: then another process does."""

    def __init__(self, service: "MetadataService", take: Callable[[], Awaitable[object]]) -> None:
        """``take`` brings the metadata ports to this machine."""

        async def turn() -> None:
            await take()
            await service.reconcile()

        super().__init__("metadata", turn, LOOK_SECONDS)
        self._service = service

    async def run(self) -> None:
        """See Loop.run."""
        try:
            await super().run()
        finally:
            await self._service.rest()


@contextlib.asynccontextmanager
async def metadata_loop(
    settings: Settings, store: Store, clock: Clock, epoch: Callable[[], int | None]
) -> AsyncIterator[Loop | None]:
    """The loop that answers metadata in each network; None where no switch is beside this process.

    ``epoch`` is that of its lease, None without. At the end it answers no more; the namespaces stay, for the next
    process to take over.
    """
    if not answers_metadata(settings):
        yield None
        return
    from berthline.metadata.app import create_metadata_app
    from berthline.metadata.home import Home
    from berthline.metadata.service import MetadataService

    places = _namespaces(settings)
    service = MetadataService(store, places, create_metadata_app)
    try:
        yield Answering(service, Home(store, clock, places.chassis, epoch).take)
    finally:
        await service.close()


async def remove_metadata(settings: Settings) -> int:
    """Remove the namespaces of all networks, for a cloud that will not run again; returns how many there were."""
    if not answers_metadata(settings):
        return 0
    places = _namespaces(settings)
    try:
        networks = await places.present()
        for network in networks:
            await places.remove(network)
        await places.remove_unknown_ports(())
    finally:
        await places.close()
    return len(networks)


def _namespaces(settings: Settings) -> "MetadataNamespaces":
    from berthline.dataplane.ovn.local_switch import LocalSwitch
    from berthline.metadata.namespaces import MetadataNamespaces

    remote = settings.dataplane.ovs_db
    switch = LocalSwitch(remote, tls=tls_of(settings.dataplane))
    return MetadataNamespaces(switch, settings.dataplane.network_namespace or None, remote)
