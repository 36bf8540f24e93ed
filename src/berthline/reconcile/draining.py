"""Hosts that are being drained: what is under way is followed, and more is begun as long as there are too few.

It takes no input: the rows of the drains say what was begun, and the servers' own what became of it. What it begins are
the sagas that an admin's requests would begin, each in the transaction that notes it; any process may at any time.
"""

from typing import Final

import msgspec
from prometheus_client import Counter

from berthline.domain.clock import Clock
from berthline.domain.compute import Migration
from berthline.domain.errors import BerthlineError, Conflict, InstanceInvalidState, NotFound, Unavailable
from berthline.domain.hosts.draining import HostDrain, MovingServer, StayingServer
from berthline.domain.ids import HostName, ServerId
from berthline.reconcile.asking import admin, anybody
from berthline.reconcile.confirming import begin_confirmation
from berthline.saga import SagaRecord
from berthline.store import Connection, Store
from berthline.store.compute import drains, hosts, migrations
from berthline.store.compute.servers import servers
from berthline.store.control.postponements import postpone
from berthline.workflows.enrolment.draining import judged_by
from berthline.workflows.live_moves import begin_live
from berthline.workflows.moves import Wanted, begin_move

DRAINED: Final = Counter("berthline_drained_servers", "Servers begun to be moved off hosts that are drained.")
TPM: Final = "it has a TPM, and what is in that stays on its host: delete it, or keep the host"


class Draining:
    """``run_once`` is a look at every drain that has not ended."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def run_once(self) -> int:
        """Bring every drain as far as it goes by now; returns how many are under way."""
        found = await self._store.read(drains.under_way)
        for drain in found:
            await self._follow(drain.host)
            if drain.begins_more:
                await self._begin_some(drain)
            await self._end(drain.host)
        return len(found)

    async def _follow(self, host: HostName) -> None:
        """Note what became of those that were under way, and confirm what waits for it."""
        at = self._clock.now()
        for moving in await self._store.read(lambda connection: drains.moving(connection, host, at)):
            await self._store.write(lambda connection, moving=moving: self._note(connection, host, moving))  # type: ignore[misc]  # bound now

    def _note(self, connection: Connection, host: HostName, moving: MovingServer) -> None:
        at = self._clock.now()
        if moving.deleted:
            drains.forget(connection, host, moving)
        elif moving.held:
            if moving.vm_state == "error" and moving.task_state is None:
                said = _of_the_move(moving) or "its move failed half way"
                drains.note_end(connection, host, moving, "left", f"{said} Revert its resize, or delete it.", at)
            elif moving.status == "finished" and not moving.postponed:
                begun = begin_confirmation(connection, moving.migration_id, at)
                postpone(connection, moving.migration_id, at, tried=begun)
        elif moving.host != host:
            drains.note_end(connection, host, moving, "moved", None, at)
        else:
            why = _of_the_move(moving)
            said = f"its move ended as {moving.status}" + (f": {why}" if why else "")
            drains.note_end(connection, host, moving, "left", said, at)

    async def _begin_some(self, drain: HostDrain) -> None:
        """Begin to move servers until as many are under way as may be; each that cannot be moved is noted."""
        known = await self._store.read(lambda connection: hosts.get(connection, drain.host))
        if known is None or not known.up:
            return  # it is waited for
        for server in await self._store.read(lambda connection: drains.staying(connection, drain.host)):
            verdict = judged_by(server, drain.host)
            if verdict.later or server.vm_state == "shelved":
                continue
            try:
                more = await self._store.write(
                    lambda connection, server=server: self._begin(connection, drain.host, server)  # type: ignore[misc]  # bound now
                )
            except (Conflict, InstanceInvalidState, NotFound, Unavailable):
                continue  # it is otherwise by now, or the host went: the next look sees it
            except BerthlineError as error:
                await self._leave(drain.host, server.server_id, _said(error))
                continue
            if not more:
                return

    def _begin(self, connection: Connection, host: HostName, seen: StayingServer) -> bool:
        """Begin to move one server, or note that it is left; False where as many as may be are under way."""
        at = self._clock.now()
        servers.lock(connection, seen.server_id)
        drain = drains.get(connection, host)
        if drain is None or not drain.begins_more:
            return False
        server = servers.get(connection, seen.server_id)
        if server is None or server.vm_state == "shelved" or drains.tells(connection, host, server.id):
            return True
        verdict = judged_by(
            StayingServer(
                server_id=server.id,
                name=server.name,
                host=server.host,
                vm_state=server.vm_state,
                task_state=server.task_state,
                held=migrations.held_by(connection, server.id) is not None,
            ),
            host,
        )
        if verdict.later or (server.host != host and server.vm_state != "resized"):
            return True
        if verdict.way is not None and server.hardware is not None and server.hardware.tpm is not None:
            verdict = msgspec.structs.replace(verdict, way=None, reason=TPM)
        if verdict.way is None:
            drains.note_left(connection, host, server.id, verdict.reason, at)
            return True
        if drains.count_moving(connection, host) >= drain.at_once:
            return False
        _saga, migration = self._moved(connection, drain, server.id, live=verdict.way == "live", at=at)
        drains.note_moving(connection, host, server.id, migration.id, at)
        drains.swap(connection, drain)
        DRAINED.inc()
        return True

    def _moved(
        self, connection: Connection, drain: HostDrain, server_id: ServerId, *, live: bool, at: int
    ) -> tuple[SagaRecord, Migration]:
        caller = admin(drain.user_id, drain.project_id, drain.request_id)
        if live:
            return begin_live(connection, caller, server_id, None, holder_for=anybody, at=at)
        return begin_move(connection, caller, server_id, Wanted("migration"), holder_for=anybody, at=at)

    async def _leave(self, host: HostName, server_id: ServerId, reason: str) -> None:
        def work(connection: Connection) -> None:
            drain = drains.get(connection, host)
            if drain is not None and drain.begins_more:
                drains.note_left(connection, host, server_id, reason, self._clock.now())

        await self._store.write(work)

    async def _end(self, host: HostName) -> None:
        """The drain has ended where nothing is under way, and nothing is left to look at unless it was cancelled."""

        def work(connection: Connection) -> None:
            drain = drains.get(connection, host)
            if drain is None or drain.ended_at is not None or drains.count_moving(connection, host):
                return
            staying = () if drain.cancelled_at is not None else drains.staying(connection, host)
            if all(server.vm_state == "shelved" for server in staying):
                drains.end(connection, drain, self._clock.now())

        await self._store.write(work)


def _of_the_move(moving: MovingServer) -> str | None:
    """The server's fault, in words; an older one is not this move's."""
    return moving.fault.message if moving.fault is not None and moving.fault.created_at >= moving.begun_at else None


def _said(error: BerthlineError) -> str:
    why = error.details.get("hosts")
    return f"{error.message} ({why})" if why else error.message
