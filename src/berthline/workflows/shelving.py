"""The verbs that put a server away and bring it back: shelve, shelveOffload, unshelve."""

from typing import Final, NamedTuple

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import Fault, Host, Server
from berthline.domain.errors import BadRequest, Conflict
from berthline.domain.ids import HostName, ServerId
from berthline.saga import SagaRecord
from berthline.store import Connection
from berthline.store.compute import hosts
from berthline.store.compute.servers import servers
from berthline.workflows.accepting import (
    Accepting,
    check_may_write,
    check_state,
    check_unlocked,
    check_without_tpm,
    note_actions,
    owned_for_change,
    wrong_state,
)
from berthline.workflows.server import earlier_work
from berthline.workflows.server.placing import explained, move, request_for
from berthline.workflows.server.shelving import shelve, unshelve
from berthline.workflows.server.snapshots.queued import count, queue

NAME_LENGTH: Final = 255


class Wanted(NamedTuple):
    """Where an offloaded server is to come back.

    ``zone``: one that it is bound to from now on, None for any; UNSET as it is bound. ``host``: that one or none.
    """

    zone: str | msgspec.UnsetType | None = msgspec.UNSET
    host: HostName | None = None

    @property
    def says_nothing(self) -> bool:
        return self.zone is msgspec.UNSET and self.host is None


ANYWHERE: Final = Wanted()


class Shelving(Accepting):
    """What the compute API calls. Every method raises NotFound, Conflict for a locked server, InstanceInvalidState."""

    async def shelve(self, caller: Caller, server_id: ServerId) -> None:
        """Begin to shelve a server. Raises QuotaExceeded when the project has as many images as it may."""
        check_may_write(caller)

        def work(connection: Connection) -> SagaRecord:
            at = self._outside.clock.now()
            server = self._usable(connection, caller, server_id, "shelve", at)
            if server.host is None:
                raise wrong_state(server_id, "shelve", "host", "None")
            name = f"{server.name[: NAME_LENGTH - len('-shelved')]}-shelved"
            image_id = queue(connection, caller, server, name=name, image_type="snapshot", extra={}, at=at)
            saga_input = shelve.ServerShelve(
                server_id=server_id,
                host=server.host,
                image_id=image_id,
                before=server.vm_state,
                power_before=server.power_state,
                offload=self._outside.offload_seconds == 0,
                after=earlier_work.earlier(connection, server_id),
            )
            saga = self._begin(connection, caller, server, "shelve", shelve.SHELVE, saga_input, at)
            count(connection, caller.project_id)
            return saga

        self._engine.adopt(await self._outside.store.write(work))

    async def offload(self, caller: Caller, server_id: ServerId) -> None:
        """Begin to have a shelved server leave its host."""
        check_may_write(caller)

        def work(connection: Connection) -> SagaRecord:
            at = self._outside.clock.now()
            server = self._usable(connection, caller, server_id, "shelveOffload", at)
            if server.host is None:
                raise wrong_state(server_id, "shelveOffload", "host", "None")
            saga_input = shelve.ServerOffload(server_id, server.host)
            return self._begin(connection, caller, server, "shelveOffload", shelve.OFFLOAD, saga_input, at)

        self._engine.adopt(await self._outside.store.write(work))

    async def unshelve(self, caller: Caller, server_id: ServerId, wanted: Wanted = ANYWHERE) -> None:
        """Begin to bring a shelved server back.

        Where no host can take it nothing changes, and its action says so, as in Nova. Raises BadRequest for a zone or
        a host that there is not, Conflict for a host outside the zone, and for either of a server still on its host.
        """
        check_may_write(caller)

        def work(connection: Connection) -> SagaRecord | None:
            at = self._outside.clock.now()
            server = self._usable(connection, caller, server_id, "unshelve", at)
            if not wanted.says_nothing and server.vm_state != "shelved_offloaded":
                raise Conflict(
                    f'Specifying an availability zone or a host when unshelving server "{server_id}" with status '
                    f'"{server.vm_state}" is not supported. The server status must be SHELVED_OFFLOADED.'
                )
            if server.host is not None:
                saga_input = unshelve.ServerUnshelve(server_id, server.host)
                return self._begin(connection, caller, server, "unshelve", unshelve.HERE, saga_input, at)
            return self._place(connection, caller, server, wanted, at)

        saga = await self._outside.store.write(work)
        if saga is not None:
            self._engine.adopt(saga)

    def _place(
        self, connection: Connection, caller: Caller, server: Server, wanted: Wanted, at: int
    ) -> SagaRecord | None:
        """Claim a host for a server that is on none, and write the saga that builds it there; None without a host."""
        pinned = server.pinned_availability_zone if wanted.zone is msgspec.UNSET else wanted.zone
        _check_wanted(connection, wanted, pinned)
        server = msgspec.structs.replace(server, pinned_availability_zone=pinned)
        name = move(connection, self._outside.network, server, (), at, wanted.host)
        if name is None:
            why = explained(connection, request_for(connection, server, wanted_host=wanted.host))
            message = "No valid host was found. There are not enough hosts available."
            fault = Fault(code=500, message=message, details=why, created_at=at)
            servers.set_states(connection, server.id, task_state=None, fault=fault, at=at)
            note_actions(connection, caller, [(server, None)], "unshelve", at, [fault])
            return None
        servers.set_pinned_zone(connection, server.id, pinned, at)
        placed = msgspec.structs.replace(server, host=name)
        saga_input = unshelve.ServerUnshelve(server.id, name)
        return self._begin(connection, caller, placed, "unshelve", unshelve.ANEW, saga_input, at)

    def _usable(self, connection: Connection, caller: Caller, server_id: ServerId, action: str, at: int) -> Server:
        """The server, which shows from now on what is done to it."""
        server = owned_for_change(connection, caller, server_id)
        if action == "shelve":
            check_without_tpm(server, action)
        check_unlocked(caller, server)
        rule = check_state(server, action)
        servers.set_states(connection, server_id, task_state=rule.meanwhile, wanted=rule.wants, at=at)
        return server


def _check_wanted(connection: Connection, wanted: Wanted, pinned: str | None) -> None:
    if isinstance(wanted.zone, str) and not hosts.has_zone(connection, wanted.zone):
        raise BadRequest("The requested availability zone is not available")
    if wanted.host is None:
        return
    host: Host | None = hosts.get(connection, wanted.host)
    if host is None:
        raise BadRequest(f"Compute host {wanted.host} could not be found.")
    if pinned is not None and host.availability_zone != pinned:
        raise Conflict(f'Host "{wanted.host}" is not in the availability zone "{pinned}".')
