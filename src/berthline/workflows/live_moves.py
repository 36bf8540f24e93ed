"""The verbs on a server that moves while it runs: begin, end soon, abort."""

from collections.abc import Callable, Collection
from typing import Final

from berthline.domain.auth import Caller
from berthline.domain.compute import Migration, MigrationStatus, Server
from berthline.domain.errors import BadRequest, NotFound
from berthline.domain.ids import HostName, ServerId
from berthline.saga import SagaRecord
from berthline.store import Connection
from berthline.store.compute import hosts, migrations
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import request_cancel
from berthline.workflows.accepting import (
    Accepting,
    begin,
    check_may_write,
    check_state,
    check_unlocked,
    check_without_tpm,
    note_action,
    owned_for_change,
    wrong_state,
)
from berthline.workflows.server import earlier_work
from berthline.workflows.server.create import HolderFor
from berthline.workflows.server.live import finish, migrate
from berthline.workflows.server.resize import claim
from berthline.workflows.server.resize.verbs import ServerMove

BEGIN: Final = "os-migrateLive"
IN_PROGRESS: Final[frozenset[MigrationStatus]] = frozenset({"queued", "preparing", "running", "post-migrating"})
"""How a live migration stands that is under way."""
QUEUED: Final[frozenset[MigrationStatus]] = frozenset({"queued", "preparing"})
RUNNING: Final[frozenset[MigrationStatus]] = frozenset({"running"})


class LiveMoves(Accepting):
    """What the compute API calls. Every method checks that the caller may, before anything changes."""

    async def begin(self, caller: Caller, server_id: ServerId, host: HostName | None) -> None:
        """Begin to move the server to ``host``, or to the best other one, while it runs.

        Raises NotFound, Forbidden, Conflict for a locked server or a host that does not answer, InstanceInvalidState,
        and BadRequest for a host that it cannot be sent to, or where no host has room for it.
        """

        def work(connection: Connection) -> SagaRecord:
            at, holder_for = self._outside.clock.now(), self._engine.holder_for
            return begin_live(connection, caller, server_id, host, holder_for=holder_for, at=at)[0]

        await self._write(caller, server_id, work)

    async def finish(self, caller: Caller, server_id: ServerId, number: int) -> None:
        """Have the live migration of this number end soon. Raises as ``begin``, and as ``abort``."""

        def work(connection: Connection) -> SagaRecord:
            at = self._outside.clock.now()
            server = owned_for_change(connection, caller, server_id)
            check_unlocked(caller, server)
            if server.vm_state != "active":
                raise wrong_state(server_id, "force_complete", "vm_state", server.vm_state)
            _check_migrating(server, "force_complete")
            migration = _migration(connection, server_id, number, BadRequest)
            _check_status(migration, RUNNING, "force complete")
            action, moved = "live_migration_force_complete", ServerMove.of(migration)
            return self._begin(connection, caller, server, action, finish.KIND, moved, at, place=migration.source)

        await self._write(caller, server_id, work)

    async def abort(self, caller: Caller, server_id: ServerId, number: int, *, queued: bool) -> None:
        """Have the live migration of this number undone; ``queued``: also one that has not begun to run.

        Raises InstanceInvalidState for a server that is in none, NotFound for another number, and BadRequest for one
        that has come too far.
        """
        check_may_write(caller)

        def work(connection: Connection) -> None:
            at = self._outside.clock.now()
            server = owned_for_change(connection, caller, server_id)
            check_unlocked(caller, server)
            _check_migrating(server, "abort live migration")
            migration = _migration(connection, server_id, number, NotFound)
            _check_status(migration, RUNNING | QUEUED if queued else RUNNING, "abort live migration")
            request_cancel(connection, server_id, migrate.KIND)
            note_action(connection, caller, server, "live_migration_cancel", None, at)

        await self._outside.store.write(work)
        self._engine.wake_subject(server_id)

    async def _write(self, caller: Caller, server_id: ServerId, work: Callable[[Connection], SagaRecord]) -> None:
        check_may_write(caller)
        saga = await self._outside.store.write(work)
        self._engine.wake_subject(server_id)
        self._engine.adopt(saga)


def begin_live(
    connection: Connection,
    caller: Caller,
    server_id: ServerId,
    host: HostName | None,
    *,
    holder_for: HolderFor,
    at: int,
) -> tuple[SagaRecord, Migration]:
    """Begin to move a server while it runs, in the transaction that accepts it. Raises as ``LiveMoves.begin``."""
    server = owned_for_change(connection, caller, server_id)
    check_without_tpm(server, "live-migration")  # what is in a TPM stays on its host
    check_unlocked(caller, server)
    check_state(server, BEGIN)
    if server.host is None:
        raise wrong_state(server_id, BEGIN, "host", "None")
    if host is not None:
        _check_host(connection, server, host)
    servers.set_states(connection, server_id, task_state="migrating", at=at)
    migration = claim.claim(
        connection, caller, server, server.flavor, move_type="live-migration", wanted_host=host, at=at
    )
    moved = ServerMove.of(migration, earlier_work.earlier(connection, server_id))
    saga = begin(
        connection,
        caller,
        server,
        action="live-migration",
        kind=migrate.KIND,
        saga_input=moved,
        holder_for=holder_for,
        at=at,
        place=migration.source,
    )
    return saga, migration


def _check_host(connection: Connection, server: Server, wanted: HostName) -> None:
    """Raise BadRequest for a host that the server cannot be sent to by name."""
    if hosts.get(connection, wanted) is None:
        raise BadRequest(f"Compute host {wanted} could not be found.")
    if wanted == server.host:
        raise BadRequest(f"Unable to migrate instance ({server.id}) to current host ({wanted}).")


def _check_migrating(server: Server, verb: str) -> None:
    if server.task_state != "migrating":
        raise wrong_state(server.id, verb, "task_state", str(server.task_state))


def _migration(
    connection: Connection, server_id: ServerId, number: int, missing: type[BadRequest] | type[NotFound]
) -> Migration:
    """The server's live migration of this number. Raises ``missing`` where it is none of its."""
    found = migrations.of_server(connection, server_id, number)
    if found is None or found.type != "live-migration":
        raise missing(f"Migration {number} not found for instance {server_id}")
    return found


def _check_status(migration: Migration, allowed: Collection[MigrationStatus], verb: str) -> None:
    if migration.status not in allowed:
        raise BadRequest(
            f"Migration {migration.number} state of instance {migration.server_id} is {migration.status}. "
            f"Cannot {verb} while the migration is in this state."
        )
