"""A process of a cloud: what it does, and the parts that it stands on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from berthline.api.frame import Services
from berthline.bootstrap.data_folder import DataFolder
from berthline.bootstrap.watch import Watch
from berthline.config import Settings
from berthline.dataplane.projector import Projector
from berthline.reconcile.leaks import Report
from berthline.reconcile.stray_nics import StrayNics
from berthline.saga import Engine, Worker
from berthline.store import Connection
from berthline.store.control.leaks import Leak
from berthline.workflows.outside import Outside

if TYPE_CHECKING:
    from litestar import Litestar

Role = Literal["up", "api", "worker"]
"""What a process does: it answers requests (api), it does what was accepted (worker), or both (up)."""


@dataclass(frozen=True)
class Cloud:
    """A running cloud. ``url`` is its address when it listens, else the one its catalogue tells."""

    settings: Settings
    role: Role
    folder: DataFolder
    url: str
    app: "Litestar | None"
    """None of a worker, which answers nobody."""
    services: Services
    outside: Outside
    worker: Worker
    engine: Engine[Connection]
    projector: Projector
    stray_nics: StrayNics
    watch: Watch
    examine: Callable[[], Awaitable[Report]]
    """Every leak there is now, and what could not be looked at."""

    async def leaks(self) -> tuple[Leak, ...]:
        """Every leak there is now, as far as everything that can be asked answers."""
        return (await self.examine()).leaks
