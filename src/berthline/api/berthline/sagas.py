"""Sagas as operators see them."""

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from berthline.api.auth import require_admin
from berthline.api.frame import ApiRequest, current_caller, reply, services
from berthline.api.listing import parse_boolean, parse_filters
from berthline.api.query import query
from berthline.domain.errors import NotFound
from berthline.domain.ids import SagaId
from berthline.saga import Failure, SagaRecord, StepTime
from berthline.store import Connection
from berthline.store.control.sagas import get_saga, list_sagas, timeline

LIMIT = 1000


class SagaView(msgspec.Struct, frozen=True, kw_only=True):
    """A saga without its input, which may hold what a user gave. Times in microseconds since the epoch."""

    id: str
    kind: str
    subject_id: str
    project_id: str
    state: str
    step: str
    attempts: int
    cancel_requested: bool
    failure: Failure | None
    undo_error: str | None
    created_at: int
    updated_at: int
    steps: tuple[StepTime, ...] = ()


@get("/sagas", opt=query("unfinished", "subject"))
async def list_all_sagas(request: ApiRequest) -> Response[bytes]:
    """The newest sagas, 1000 at most; ``unfinished=true`` and ``subject=ID`` choose among them. Admins only."""
    require_admin(current_caller(request))
    filters = parse_filters(request, ("unfinished", "subject"))
    unfinished = parse_boolean(filters["unfinished"][-1]) if "unfinished" in filters else False
    subject = filters["subject"][-1] if "subject" in filters else None
    held = services(request)
    records = await held.store.read(
        lambda connection: list_sagas(connection, unfinished_only=unfinished, subject_id=subject, limit=LIMIT)
    )
    return reply({"sagas": [_view(record, held.saga_steps) for record in records]})


@get("/sagas/{saga_id:str}")
async def show_saga(request: ApiRequest, saga_id: FromPath[str]) -> Response[bytes]:
    """One saga with its timeline. Admins only."""
    require_admin(current_caller(request))
    held = services(request)

    def look(connection: Connection) -> tuple[SagaRecord | None, tuple[StepTime, ...]]:
        return get_saga(connection, SagaId(saga_id)), timeline(connection, SagaId(saga_id))

    record, steps = await held.store.read(look)
    if record is None:
        raise NotFound(f"Saga {saga_id} could not be found.")
    return reply({"saga": _view(record, held.saga_steps, steps)})


def _view(record: SagaRecord, names: dict[str, tuple[str, ...]], steps: tuple[StepTime, ...] = ()) -> SagaView:
    of_kind = names.get(record.kind, ())
    standing = record.state in {"forward", "unwinding"} and 0 <= record.position < len(of_kind)
    return SagaView(
        id=record.id,
        kind=record.kind,
        subject_id=record.subject_id,
        project_id=record.project_id,
        state=record.state,
        step=of_kind[record.position] if standing else "",
        attempts=record.attempts,
        cancel_requested=record.cancel_requested,
        failure=record.failure,
        undo_error=record.undo_error,
        created_at=record.created_at,
        updated_at=record.updated_at,
        steps=steps,
    )
