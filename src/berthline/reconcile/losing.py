"""Hosts that are lost: fenced first, and then their servers are made anew elsewhere, as long as too few are under way.

It takes no input: the rows of the losses say what was begun, and the servers' own what became of it. What it begins are
the sagas that an admin's ``evacuate`` would begin, each in the transaction that notes it; any process may at any time.
"""

import secrets
from functools import partial
from typing import Final

import structlog
from prometheus_client import Counter

from berthline.domain.errors import BerthlineError, NotFound, OutsideError, Unavailable
from berthline.domain.hosts.fencing import Fence
from berthline.domain.hosts.losing import AwaitingServer, HostLoss, LossStage
from berthline.domain.ids import HostName
from berthline.reconcile.asking import admin, anybody
from berthline.store import Connection
from berthline.store.compute import enrolled, hosts, losses, migrations
from berthline.store.compute.servers import servers
from berthline.workflows.loss import losing
from berthline.workflows.loss.evacuating import NO_HOST, Evacuation, claim_evacuation
from berthline.workflows.outside import Outside

log = structlog.get_logger("berthline.reconcile")

EVACUATED: Final = Counter("berthline_lost_servers", "Servers of lost hosts begun to be made anew elsewhere.")
FENCE_ATTEMPTS: Final = 5
PASSWORD_BYTES: Final = 9
BACK: Final = "the host is there again; its servers that were not brought elsewhere are on it"
CAME_BACK: Final = "the host answered again before it was fenced"


class Losing:
    """``run_once`` is a look at every loss that has not ended."""

    def __init__(self, outside: Outside, fence: Fence | None) -> None:
        self._outside = outside
        self._store = outside.store
        self._fence = fence
        self._usual = outside.recovery

    async def run_once(self) -> int:
        """Bring every loss as far as it goes by now; returns how many are under way."""
        found = await self._store.read(losses.under_way)
        for loss in found:
            if loss.stage == "fencing":
                await self._cut(loss)
            else:
                await self._store.write(partial(losses.follow, host=loss.host, at=self._outside.clock.now()))
                await self._begin_some(loss)
                await self._store.write(partial(self._end, host=loss.host))
        return len(found)

    async def _cut(self, loss: HostLoss) -> None:
        """Nothing is started elsewhere unless this says that the power is off."""
        host = await self._store.read_short(lambda connection: enrolled.get(connection, loss.host))
        known = await self._store.read_short(lambda connection: hosts.get(connection, loss.host))
        if host is None or known is None or self._fence is None:
            await self._store.write(
                partial(self._stage, loss=loss, stage="failed", reason="it cannot be fenced any more")
            )
            return
        if known.answers and not known.forced_down:
            await self._store.write(partial(self._stage, loss=loss, stage="ended", reason=CAME_BACK))
            return
        try:
            await self._fence.cut(host)
        except OutsideError as error:
            log.warning("a lost host could not be fenced", host=loss.host, fence=self._fence.kind, error=error.message)
            await self._store.write(partial(self._tried, loss=loss, reason=error.message))
            return
        log.warning("a lost host has no power", host=loss.host, fence=self._fence.kind)
        await self._store.write(partial(self._fenced, loss=loss))

    def _fenced(self, connection: Connection, loss: HostLoss) -> None:
        at = self._outside.clock.now()
        enrolled.lock(connection, [loss.host])
        now = losses.get(connection, loss.host)
        if now is not None and now.stage == "fencing" and now.started_at == loss.started_at:
            losing.declare(connection, loss.host, at)
            losses.set_stage(connection, now, "moving", at)

    def _tried(self, connection: Connection, loss: HostLoss, reason: str) -> None:
        if losses.note_tried(connection, loss, reason) >= FENCE_ATTEMPTS:
            now = losses.get(connection, loss.host)
            if now is not None and now.stage == "fencing":
                losses.set_stage(connection, now, "failed", self._outside.clock.now(), reason)

    def _stage(self, connection: Connection, loss: HostLoss, stage: LossStage, reason: str) -> None:
        losses.set_stage(connection, loss, stage, self._outside.clock.now(), reason)

    async def _begin_some(self, loss: HostLoss) -> None:
        for server in await self._store.read(lambda connection: losses.awaiting(connection, loss.host)):
            if losing.judged_by(server, self._usual).later:
                continue
            try:
                more = await self._store.write(partial(self._begin, host=loss.host, wanted=server))
            except (NotFound, Unavailable):
                continue  # it is otherwise by now: the next look sees it
            except BerthlineError as error:
                await self._store.write(partial(self._leave, host=loss.host, wanted=server, reason=error.message))
                continue
            if not more:
                return

    def _begin(self, connection: Connection, host: HostName, wanted: AwaitingServer) -> bool:
        """Begin one server, or leave it; False where as many as may be are under way, or the host is back."""
        at = self._outside.clock.now()
        servers.lock(connection, wanted.server_id)
        loss, known = losses.get(connection, host), enrolled.get(connection, host)
        if loss is None or loss.stage != "moving" or known is None or known.lost_at is None:
            return False
        server = servers.get(connection, wanted.server_id)
        if server is None or server.host != host or losses.tells(connection, host, server.id):
            return True
        held = migrations.held_by(connection, server.id) is not None
        verdict = losing.judged_by(losing.seen(server, held=held), self._usual)
        if verdict.later:
            return True
        if not verdict.anew:
            losing.leave(connection, server, host, verdict.reason, at)
            return True
        if losses.count_moving(connection, host) >= loss.at_once:
            return False
        asked = Evacuation(admin_password=secrets.token_urlsafe(PASSWORD_BYTES))
        saga = claim_evacuation(
            connection,
            self._outside,
            admin(loss.user_id, loss.project_id, loss.request_id),
            server,
            asked,
            holder_for=anybody,
            at=at,
        )
        if saga is None:
            losses.note_left(connection, host, server.id, NO_HOST, at)
            return True
        (evacuation,) = migrations.page(connection, {"server_id": server.id}, limit=1)
        losses.note_moving(connection, host, server.id, evacuation.id, at)
        losses.swap(connection, loss)
        EVACUATED.inc()
        return True

    def _leave(self, connection: Connection, host: HostName, wanted: AwaitingServer, reason: str) -> None:
        servers.lock(connection, wanted.server_id)
        server, loss = servers.get(connection, wanted.server_id), losses.get(connection, host)
        if server is not None and server.host == host and loss is not None and loss.ended_at is None:
            losing.leave(connection, server, host, reason, self._outside.clock.now())

    def _end(self, connection: Connection, host: HostName) -> None:
        """It has ended where nothing is under way and nothing is left to look at, or the host is back."""
        loss, known = losses.get(connection, host), enrolled.get(connection, host)
        if loss is None or loss.ended_at is not None or losses.count_moving(connection, host):
            return
        back = known is None or known.lost_at is None
        if back or not losses.awaiting(connection, host):
            losses.set_stage(connection, loss, "ended", self._outside.clock.now(), BACK if back else None)
