"""Where the time of an action on a server went: its steps, and what none of them accounts for."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, current_caller, reply, services
from berthline.api.listing import parse_filters
from berthline.api.query import query
from berthline.domain.compute import ServerAction
from berthline.domain.errors import BadRequest, NotFound
from berthline.domain.ids import RequestId, ServerId
from berthline.saga import SagaRecord, StepTime
from berthline.store import Connection
from berthline.store.compute.servers import actions, servers
from berthline.store.control.sagas import get_saga, timeline

BOOT: Final = "create"


class WaterfallStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step; offset from the request and duration in milliseconds."""

    name: str
    direction: Literal["do", "undo"]
    offset_ms: float
    duration_ms: float
    outcome: str


@get("/servers/{server_id:str}/waterfall", opt=query("action", "request_id"))
async def show_waterfall(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """How an action on a server went, step by step: its newest boot, or as chosen by ``action=NAME``, the newest of
    that name among the server's instance actions, or by ``request_id=ID``. For its project, and for admins.
    """
    caller = current_caller(request)
    filters = parse_filters(request, ("action", "request_id"))
    if len(filters) == 2:
        raise BadRequest("action and request_id each choose one action: send one of them.")

    def look(connection: Connection) -> tuple[ServerAction, SagaRecord, tuple[StepTime, ...]]:
        server = servers.get(connection, ServerId(server_id))
        if server is None or not (caller.is_admin or server.project_id == caller.project_id):
            raise NotFound(f"Instance {server_id} could not be found.")
        if "request_id" in filters:
            request_id = filters["request_id"][-1]
            action = actions.get(connection, server.id, RequestId(request_id))
            wanted = f"Action for request_id {request_id} on instance {server_id}"
        else:
            name = filters["action"][-1] if "action" in filters else BOOT
            action = actions.newest(connection, server.id, name)
            wanted = f"Action {name} on instance {server_id}"
        if action is None:
            raise NotFound(f"{wanted} not found")
        record = get_saga(connection, action.saga_id) if action.saga_id is not None else None
        if record is None:
            raise NotFound(f"{wanted} has no steps: it was done within its request, or its steps are no longer kept.")
        return action, record, timeline(connection, record.id)

    return reply({"waterfall": _waterfall(*await services(request).store.read(look))})


def _waterfall(action: ServerAction, record: SagaRecord, steps: tuple[StepTime, ...]) -> dict[str, object]:
    """Times in microseconds since the epoch, durations in milliseconds."""
    end = max((step.finished_at for step in steps), default=record.updated_at)
    total = end - record.created_at
    return {
        "server_id": action.server_id,
        "action": action.action,
        "request_id": action.request_id,
        "saga_id": record.id,
        "state": record.state,
        "started_at": record.created_at,
        "total_ms": total / 1000,
        "unaccounted_ms": unaccounted(record.created_at, end, steps) / 1000,
        "steps": [
            WaterfallStep(
                name=step.name,
                direction=step.direction,
                offset_ms=(step.started_at - record.created_at) / 1000,
                duration_ms=(step.finished_at - step.started_at) / 1000,
                outcome=step.outcome,
            )
            for step in steps
        ],
    }


def unaccounted(begin: int, end: int, steps: Sequence[StepTime]) -> int:
    """Of the time from ``begin`` to ``end``, that in which no step was at work; all in microseconds."""
    left, seen = 0, begin
    for step in sorted(steps, key=lambda step: step.started_at):
        left += max(0, step.started_at - seen)
        seen = max(seen, step.finished_at)
    return left + max(0, end - seen)
