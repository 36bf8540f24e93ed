"""os-instance-actions: which requests changed a server, and how each of their steps went."""

from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.compute import times
from berthline.api.compute.context import Context, visible_server
from berthline.api.compute.queries import Query, QuerySchema, read_query
from berthline.api.compute.servers import view as server_view
from berthline.api.frame import ApiRequest
from berthline.api.listing import next_url
from berthline.api.query import READS_ITS_QUERY
from berthline.domain.compute import Server, ToldAction
from berthline.domain.errors import BadRequest, NotFound
from berthline.domain.ids import RequestId, ServerId
from berthline.saga.log import StepTime
from berthline.store import Connection
from berthline.store.compute.servers import actions as server_actions
from berthline.store.compute.servers import listing as server_list
from berthline.store.control.sagas import timeline

PAGES_SINCE: Final = 58
LIST: Final = QuerySchema(
    known={"limit": PAGES_SINCE, "marker": PAGES_SINCE, "changes-since": PAGES_SINCE, "changes-before": 66},
    strict_since=PAGES_SINCE,
    once_since=PAGES_SINCE,
)


@get("/v2.1/servers/{server_id:str}/os-instance-actions", opt=dict(READS_ITS_QUERY))
async def list_actions(request: ApiRequest, server_id: FromPath[str]) -> Response[Any]:
    """GET /servers/ID/os-instance-actions, newest first; from 2.58 in pages and by time."""
    context = Context.of(request)
    query = read_query(context, LIST)
    since, before = _time(query, "changes-since"), _time(query, "changes-before")
    if since is not None and before is not None and before < since:
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    after = None if query.marker is None else RequestId(query.marker)

    def read(connection: Connection) -> tuple[ToldAction, ...]:
        server = _server(connection, context, server_id)
        found = server_actions.page(
            connection, server.id, after=after, changes_since=since, changes_before=before, limit=query.limit
        )
        if found is None:
            raise BadRequest(f"Marker {query.marker} could not be found.")
        return found

    actions = await context.services.store.read(read)
    body: dict[str, Any] = {"instanceActions": [_action(context, action) for action in actions]}
    if context.since(PAGES_SINCE) and actions and len(actions) == query.limit:
        body["links"] = [{"rel": "next", "href": next_url(request, actions[-1].request_id, query.limit)}]
    return context.answer(body)


def _time(query: Query, name: str) -> int | None:
    text = query.get(name)
    return None if text is None else times.parse(text, name)


@get("/v2.1/servers/{server_id:str}/os-instance-actions/{request_id:str}")
async def show_action(request: ApiRequest, server_id: FromPath[str], request_id: FromPath[str]) -> Response[bytes]:
    """GET /servers/ID/os-instance-actions/REQUEST, with the steps of its saga."""
    context = Context.of(request)

    def read(connection: Connection) -> tuple[Server, ToldAction, tuple[StepTime, ...]]:
        server = _server(connection, context, server_id)
        action = server_actions.get(connection, server.id, RequestId(request_id))
        if action is None:
            raise NotFound(f"Action {request_id[:64]} not found")
        return server, action, timeline(connection, action.saga_id) if action.saga_id else ()

    server, action, steps = await context.services.store.read(read)
    view = _action(context, action)
    if context.since(51) or context.caller.is_admin:
        view["events"] = [_event(context, server, action, step) for step in steps]
    return context.answer({"instanceAction": view})


def _server(connection: Connection, context: Context, server_id: str) -> Server:
    """The server, when the caller may see the server; from 2.21 on also when it was deleted."""
    gone = server_list.deleted(connection, ServerId(server_id)) if context.since(21) else None
    if gone is not None and (context.caller.is_admin or gone.project_id == context.caller.project_id):
        return gone
    return visible_server(connection, context.caller, server_id)


def _action(context: Context, action: ToldAction) -> dict[str, Any]:
    view: dict[str, Any] = {
        "action": action.action,
        "instance_uuid": action.server_id,
        "request_id": action.request_id,
        "user_id": action.user_id,
        "project_id": action.project_id,
        "start_time": times.microsecond(action.started_at),
        "message": _message(context, action),
    }
    if context.since(58):
        view["updated_at"] = times.microsecond(action.updated_at)
    return view


def _message(context: Context, action: ToldAction) -> str | None:
    """Nova's word for one that failed; also what it waits for. Names of hosts are for admins."""
    if action.waits_for is None:
        return action.message
    which = f"host {action.waits_for}" if context.caller.is_admin else "its host"
    return f"Waiting for {which}, which does not answer: it is done once that is back."


def _event(context: Context, server: Server, action: ToldAction, step: StepTime) -> dict[str, Any]:
    """One step. Nova's traceback is for admins; what a step says when it fails is the nearest that is here."""
    name = f"{action.action}: {step.name}"
    view: dict[str, Any] = {
        "event": f"undo of {name}" if step.direction == "undo" else name,
        "start_time": times.microsecond(step.started_at),
        "finish_time": times.microsecond(step.finished_at),
        "result": "Success" if step.outcome == "done" else "Error",
    }
    if context.caller.is_admin or not context.since(51):
        view["traceback"] = step.message
    if context.since(62):
        view["hostId"] = server_view.host_id(server)
        if context.caller.is_admin:
            view["host"] = server.host
    if context.since(84):
        view["details"] = step.message if context.caller.is_admin else None
    return view


HANDLERS: Final = (list_actions, show_action)
