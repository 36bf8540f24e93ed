"""The data plane of a simulated world in another process. Fits ``Dataplane``."""

from collections.abc import Callable, Collection, Mapping
from typing import cast

from berthline.domain.dataplane import Applied, PortState, Row, Unit
from berthline.domain.ids import PortId
from berthline.simulated.link import Link
from berthline.simulated.messages import sent_row


class DistantDataplane:
    """By the link that all of its process share; the link is closed by who opened it."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def apply(self, desired: Mapping[Unit, Collection[Row]], epoch: int = 0) -> Applied:
        """See Dataplane.apply."""
        units = tuple((unit, tuple(map(sent_row, rows))) for unit, rows in desired.items())
        return cast("Applied", await self._link.call("apply", units, epoch=epoch))

    async def observe(self) -> Mapping[Unit, frozenset[str]]:
        """See Dataplane.observe."""
        return {unit: names for part in await self._link.call("observe") for unit, names in part}

    async def port_states(self, ports: Collection[PortId]) -> Mapping[PortId, PortState]:
        """See Dataplane.port_states."""
        return cast("Mapping[PortId, PortState]", await self._link.call("port_states", tuple(ports)))

    def on_change(self, callback: Callable[[PortId], None]) -> None:
        """See Dataplane.on_change."""
        self._link.on_port(callback)

    def on_connected(self, callback: Callable[[], None]) -> None:
        """Call back whenever the world was out of reach and is reached again."""
        self._link.on_connected(callback)

    async def close(self) -> None:
        """Forget who listens. The content stays."""
        self._link.forget(None)
