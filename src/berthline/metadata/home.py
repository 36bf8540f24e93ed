"""The chassis at which the cloud's metadata is answered: the one beside the worker whose loop it is."""

from collections.abc import Awaitable, Callable

import structlog

from berthline.domain.clock import Clock
from berthline.store import Store
from berthline.store.network import metadata_ports

log = structlog.get_logger("berthline.metadata")


class Home:
    """Brings the metadata ports to this process's chassis, from wherever the last one answered."""

    def __init__(
        self, store: Store, clock: Clock, chassis: Callable[[], Awaitable[str]], epoch: Callable[[], int | None]
    ) -> None:
        """``epoch``: how often the loop was given away when this process got it; None when it has it no more."""
        self._store = store
        self._clock = clock
        self._chassis = chassis
        self._epoch = epoch

    async def take(self) -> bool:
        """Have the ports here, unless they are, or another process has the loop; whether they were elsewhere.

        May be repeated, and ended anywhere: what was not told is told by the next turn. Raises Transient.
        """
        epoch = self._epoch()
        if epoch is None:
            return False
        chassis = await self._chassis()
        if await self._store.read(lambda connection: metadata_ports.is_home(connection, chassis, epoch)):
            return False
        moved = await self._store.write(lambda connection: metadata_ports.move_home(connection, chassis, epoch))
        at = self._clock.now()
        told = await self._store.write(lambda connection: metadata_ports.tell_ports(connection, chassis, epoch, at))
        if moved or told:
            log.info("metadata is answered here from now on", chassis=chassis, ports=told)
        return moved
