"""Bugs that the design rules out, each planted by replacing one real part by a broken one.

The last two need several engines to show.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import msgspec
from sqlalchemy import delete, update

from berthline.domain.auth import Caller
from berthline.domain.compute import Server
from berthline.domain.ids import PortId, SagaId
from berthline.network.service import Validated
from berthline.placement.choose import HostRequest
from berthline.reconcile.lost_guests import LostGuests
from berthline.reconcile.stray_nics import StrayNics
from berthline.saga import Definition, Engine, Holder, SagaRecord
from berthline.saga.log import StepTime
from berthline.store import Connection
from berthline.store.control.sagas import StoredSagaLog
from berthline.store.network.nics.ports import ports_by_id
from berthline.store.tables.compute import server_nics
from berthline.store.tables.control import sagas
from berthline.store.tables.network import ports
from berthline.workflows.compute import Compute
from berthline.workflows.outside import Outside
from berthline.workflows.requests import ServerRequest
from tests.sim.cloud import SimulationProcess


class _LateLog(StoredSagaLog):
    """Records that a step is begun only once it has been done: a process that dies between forgets that it was.

    So whoever takes a saga over believes that nothing was begun of what is not recorded as done.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._held: dict[SagaId, Callable[[], Any]] = {}

    async def move(
        self,
        before: SagaRecord,
        after: SagaRecord,
        *,
        timings: Sequence[StepTime] = (),
        inside: Callable[[Connection], None] | None = None,
    ) -> SagaRecord:
        if held := self._held.pop(before.id, None):
            await held()

        async def record() -> SagaRecord:
            return await super(_LateLog, self).move(before, after, timings=timings, inside=inside)

        if after.state == "forward" and after.position > before.position and inside is None:
            self._held[after.id] = record
            return after
        return await record()

    async def claim(self, holder: Holder, limit: int) -> Sequence[SagaRecord]:
        claimed = await super().claim(holder, limit)
        return [msgspec.structs.replace(record, resumed=False) for record in claimed]


class _ForgetfulEngine(Engine[Connection]):
    """Undoes the steps that are finished, and not the one that failed, though it may have happened."""

    async def _unwind(
        self, definition: Definition[Any, Connection], record: SagaRecord, place: Any, error: Exception
    ) -> SagaRecord:
        turned = await super()._unwind(definition, record, place, error)
        return await self._log.move(turned, msgspec.structs.replace(turned, position=turned.position - 1))


class _TrustingCompute(Compute):
    """Looks whether a port is free, and takes it later without looking again: the last one has it."""

    def __init__(self, outside: Outside, engine: Engine[Connection]) -> None:
        super().__init__(outside, engine)
        self._seen_free: dict[str, list[PortId]] = {}

    async def create(
        self,
        caller: Caller,
        request: ServerRequest,
        inside: Callable[[Connection, tuple[Server, ...]], None] | None = None,
    ) -> tuple[Server, ...]:
        items = request.networks if isinstance(request.networks, tuple) else ()
        wanted = [item.port_id for item in items if item.port_id]
        found = await self._outside.store.read(lambda connection: ports_by_id(connection, wanted))
        self._seen_free[caller.request_id] = [port.id for port in found.values() if not port.device_id]
        await asyncio.sleep(0.005)  # a request to another service takes longer
        return await super().create(caller, request, inside)

    def _claim(
        self,
        connection: Connection,
        caller: Caller,
        request: ServerRequest,
        validated: Validated,
        before_claims: Callable[[HostRequest], None] = lambda _wish: None,
    ) -> list[tuple[Server, SagaRecord | None]]:
        free = self._seen_free.pop(caller.request_id)
        connection.execute(delete(server_nics).where(server_nics.c.port_id.in_(free)))
        unowned = {"device_id": "", "device_owner": "", "binding_host": "", "dns_name": ""}
        connection.execute(update(ports).where(ports.c.id.in_(free)).values(**unowned))
        return super()._claim(connection, caller, request, validated, before_claims)


class _BlindToGuests(StrayNics):
    """Never looks at a guest: a port that is deleted while it is in use leaves its NIC there."""

    async def run_once(self) -> int:
        return 0


class _GreedyLog(StoredSagaLog):
    """Claims what living engines have, too, and moves it whoever has it: several drive one saga beside each other."""

    async def claim(self, holder: Holder, limit: int) -> Sequence[SagaRecord]:
        others = sagas.c.lease_owner != holder.id
        await self._store.write(
            lambda connection: connection.execute(update(sagas).where(others).values(lease_owner=None))
        )
        return await super().claim(holder, limit)

    async def move(
        self,
        before: SagaRecord,
        after: SagaRecord,
        *,
        timings: Sequence[StepTime] = (),
        inside: Callable[[Connection], None] | None = None,
    ) -> SagaRecord:
        owner, epoch = before.holder or (None, 0)
        believed = {"state": before.state, "position": before.position, "attempts": before.attempts}
        taken = update(sagas).where(sagas.c.id == before.id)
        taken = taken.values(**believed, lease_owner=owner, lease_epoch=epoch)
        await self._store.write(lambda connection: connection.execute(taken))
        return await super().move(before, after, timings=timings, inside=inside)


class _BlindToLostGuests(LostGuests):
    """Never looks for what was made by an engine that had lost its lease."""

    async def run_once(self) -> int:
        return 0


class NicsOutliveTheirPorts(SimulationProcess):
    stray_nics_type: ClassVar[type[StrayNics]] = _BlindToGuests


class IntentAfterEffect(SimulationProcess):
    """Nor does anybody look for what it forgets: the reconcilers would take that away before a check sees it."""

    log_type: ClassVar[type[StoredSagaLog]] = _LateLog
    lost_guests_type: ClassVar[type[LostGuests]] = _BlindToLostGuests
    patience: ClassVar[float] = 4.0


class UndoOfFinishedStepsOnly(SimulationProcess):
    engine_type: ClassVar[type[Engine[Connection]]] = _ForgetfulEngine
    patience: ClassVar[float] = 4.0


class ClaimWithoutCompareAndSwap(SimulationProcess):
    compute_type: ClassVar[type[Compute]] = _TrustingCompute
    patience: ClassVar[float] = 4.0


class ClaimWithoutLease(SimulationProcess):
    log_type: ClassVar[type[StoredSagaLog]] = _GreedyLog
    patience: ClassVar[float] = 4.0


class LostGuestsStay(SimulationProcess):
    lost_guests_type: ClassVar[type[LostGuests]] = _BlindToLostGuests
    patience: ClassVar[float] = 4.0
