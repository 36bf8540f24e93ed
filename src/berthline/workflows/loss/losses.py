"""What admins say and are told of lost hosts; what is done about them is in ``losing``."""

from berthline.domain.auth import Caller
from berthline.domain.errors import Forbidden
from berthline.domain.ids import HostName
from berthline.store import Connection
from berthline.workflows.loss import losing
from berthline.workflows.loss.losing import Progress
from berthline.workflows.outside import Outside


class HostLosses:
    """What the API calls. Every method is for admins: it raises Forbidden for others."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def begin(self, caller: Caller, name: HostName, *, confirmed: bool, at_once: int | None) -> Progress:
        """Have the host be lost; raises as ``losing.begin``. ``at_once`` None: as the settings say."""
        _check(caller)

        def write(connection: Connection) -> Progress:
            losing.begin(
                connection,
                caller,
                name,
                fence=self._outside.fence,
                confirmed=confirmed,
                at_once=at_once or self._outside.lost_at_once,
                at=self._outside.clock.now(),
            )
            return losing.progress(connection, name, self._outside.recovery)

        return await self._outside.store.write(write)

    async def progress(self, caller: Caller, name: HostName) -> Progress:
        """How far the host's last loss is. Raises NotFound where there was none."""
        _check(caller)
        return await self._outside.store.read(
            lambda connection: losing.progress(connection, name, self._outside.recovery)
        )


def _check(caller: Caller) -> None:
    if not caller.is_admin:
        raise Forbidden("only an admin may do this")
