"""The verbs on a server that change its flavor or its host, and that end such a change."""

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import Migration, MigrationStatus, MigrationType, Server
from berthline.domain.errors import BadRequest
from berthline.domain.ids import FlavorId, HostName, ServerId
from berthline.saga import SagaRecord
from berthline.store import Connection
from berthline.store.compute import migrations
from berthline.store.compute.servers import servers
from berthline.workflows.accepting import (
    Accepting,
    begin,
    check_may_write,
    check_state,
    check_unlocked,
    check_without_tpm,
    owned_for_change,
    wrong_state,
)
from berthline.workflows.server import earlier_work
from berthline.workflows.server.create import HolderFor
from berthline.workflows.server.resize import claim, confirm, move, revert
from berthline.workflows.server.resize.verbs import ServerMove

ACTION_NAMES: Final[dict[MigrationType, str]] = {"resize": "resize", "migration": "migrate"}


class Wanted(msgspec.Struct, frozen=True):
    """A move that is asked for: to which flavor, with which ``disk_config``, to which host; None: not said."""

    type: MigrationType
    flavor_id: FlavorId | None = None
    disk_config: Literal["AUTO", "MANUAL"] | None = None
    host: HostName | None = None


class ServerMoves(Accepting):
    """What the compute API calls. Every method checks that the caller may, before anything changes."""

    async def resize(
        self,
        caller: Caller,
        server_id: ServerId,
        flavor_id: FlavorId,
        disk_config: Literal["AUTO", "MANUAL"] | None = None,
    ) -> None:
        """Begin to give the server another flavor; ``disk_config``, where it is given, is shown of it from now on.

        Raises NotFound, Forbidden, Conflict for a locked server or a host that does not answer, InstanceInvalidState,
        QuotaExceeded, and BadRequest for a flavor that it cannot have or that no host has room for.
        """
        await self._move(caller, server_id, "resize", flavor_id=flavor_id, disk_config=disk_config)

    async def migrate(self, caller: Caller, server_id: ServerId, host: HostName | None) -> None:
        """Begin to bring the server to ``host``, or to the best other one. Raises as ``resize``."""
        await self._move(caller, server_id, "migration", host=host)

    async def confirm(self, caller: Caller, server_id: ServerId) -> None:
        """Begin to end a move where it led to. Raises as ``resize``, and BadRequest where there is none to confirm."""

        def work(connection: Connection) -> SagaRecord:
            at = self._outside.clock.now()
            server, migration = self._resized(connection, caller, server_id, "confirmResize")
            if not migrations.set_status(connection, migration.id, "confirming", at, expected=["finished"]):
                raise BadRequest("Instance has not been resized.")
            place = migration.source
            return self._saga(connection, caller, server, migration, "confirmResize", confirm.KIND, place, at)

        await self._write(caller, server_id, work)

    async def revert(self, caller: Caller, server_id: ServerId) -> None:
        """Begin to go back from a move, or again when that failed half way. Raises as ``confirm``."""

        def work(connection: Connection) -> SagaRecord:
            at = self._outside.clock.now()
            server, migration = self._resized(connection, caller, server_id, "revertResize")
            expected: list[MigrationStatus] = ["finished", "reverting"] if server.vm_state == "error" else ["finished"]
            if not migrations.set_status(connection, migration.id, "reverting", at, expected=expected):
                raise BadRequest("Instance has not been resized.")
            servers.set_states(connection, server_id, task_state="resize_reverting", at=at)
            place = migration.destination
            return self._saga(connection, caller, server, migration, "revertResize", revert.KIND, place, at)

        await self._write(caller, server_id, work)

    async def _move(
        self,
        caller: Caller,
        server_id: ServerId,
        move_type: MigrationType,
        *,
        flavor_id: FlavorId | None = None,
        disk_config: Literal["AUTO", "MANUAL"] | None = None,
        host: HostName | None = None,
    ) -> None:
        def work(connection: Connection) -> SagaRecord:
            at, holder_for = self._outside.clock.now(), self._engine.holder_for
            wanted = Wanted(move_type, flavor_id, disk_config, host)
            return begin_move(connection, caller, server_id, wanted, holder_for=holder_for, at=at)[0]

        await self._write(caller, server_id, work)

    async def _write(self, caller: Caller, server_id: ServerId, work: Callable[[Connection], SagaRecord]) -> None:
        check_may_write(caller)
        saga = await self._outside.store.write(work)
        self._engine.wake_subject(server_id)
        self._engine.adopt(saga)

    def _resized(
        self, connection: Connection, caller: Caller, server_id: ServerId, name: str
    ) -> tuple[Server, Migration]:
        """The server, whose state allows the action, and its move."""
        server = owned_for_change(connection, caller, server_id)
        check_unlocked(caller, server)
        check_state(server, name)
        migration = migrations.held_by(connection, server_id)
        if migration is None and server.vm_state == "error":
            raise wrong_state(server_id, name, "vm_state", "error")
        if migration is None:
            raise BadRequest("Instance has not been resized.")
        return server, migration

    def _saga(
        self,
        connection: Connection,
        caller: Caller,
        server: Server,
        migration: Migration,
        action: str,
        kind: str,
        place: HostName,
        at: int,
    ) -> SagaRecord:
        return self._begin(
            connection,
            caller,
            server,
            action=action,
            kind=kind,
            saga_input=ServerMove.of(migration),
            at=at,
            place=place,
        )


def begin_move(
    connection: Connection,
    caller: Caller,
    server_id: ServerId,
    wanted: Wanted,
    *,
    holder_for: HolderFor,
    at: int,
) -> tuple[SagaRecord, Migration]:
    """Begin to move a server, in the transaction that accepts it. Raises as ``ServerMoves.resize``."""
    name = ACTION_NAMES[wanted.type]
    server = owned_for_change(connection, caller, server_id)
    if wanted.type == "migration":
        check_without_tpm(server, name)
    check_unlocked(caller, server)
    check_state(server, name)
    if server.host is None:
        raise wrong_state(server_id, name, "host", "None")
    if wanted.host is not None:
        claim.check_host(connection, server, wanted.host)
    flavor = server.flavor
    if wanted.flavor_id is not None:
        flavor = claim.new_flavor(connection, caller, server, wanted.flavor_id)
    servers.set_states(connection, server_id, task_state="resize_prep", at=at)
    if wanted.disk_config is not None:
        servers.set_attributes(connection, server_id, at=at, disk_config=wanted.disk_config)
    migration = claim.claim(connection, caller, server, flavor, move_type=wanted.type, wanted_host=wanted.host, at=at)
    saga = begin(
        connection,
        caller,
        server,
        action=name,
        kind=move.kind(stays=migration.stays),
        saga_input=ServerMove.of(migration, earlier_work.earlier(connection, server_id)),
        holder_for=holder_for,
        at=at,
        place=migration.source,
    )
    return saga, migration
