"""POST /os-server-external-events: what other services tell of servers. Each event is a hint, and nothing relies on it.

Nova refuses a batch in which one event is malformed or unknown; here each event is answered for itself.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, post

from berthline.api.body import read_json
from berthline.api.compute.context import Context, forbid
from berthline.api.frame import ApiRequest
from berthline.domain.compute import Server
from berthline.domain.ids import ServerId
from berthline.store import Connection
from berthline.store.compute.servers import servers

RULE: Final = "os_compute_api:os-server-external-events:create"
NETWORK_EVENTS: Final = frozenset(
    {"network-changed", "network-vif-plugged", "network-vif-unplugged", "network-vif-deleted"}
)
NEED_A_TAG: Final = frozenset({"network-vif-deleted"})
"""Their tag is the port's id. Of other events it says which port, and all are looked at anyway."""

SHOWN: Final = 255
OK: Final = 200
SOME_FAILED: Final = 207
BAD: Final = 400
GONE: Final = 404
NO_HOST: Final = 422

Text = Annotated[str, msgspec.Meta(max_length=255)]


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event. ``status`` is the sender's, and "failed" is as much a reason to look as "completed"."""

    name: Text
    server_uuid: Annotated[str, msgspec.Meta(min_length=1, max_length=36)]
    status: Literal["failed", "completed", "in-progress"] = "completed"
    tag: Text | None = None


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    events: Annotated[list[dict[str, Any]], msgspec.Meta(min_length=1, max_length=10_000)]


@post("/v2.1/os-server-external-events", status_code=OK)
async def create_events(request: ApiRequest) -> Response[bytes]:
    """Answers each event with its code: 200 taken, 400 malformed or not supported, 404 no server, 422 no host yet."""
    context = Context.of(request)
    if not context.caller.is_service:
        forbid(RULE)
    sent = (await read_json(request, Body)).events
    events = [_parse(one) for one in sent]
    known = await context.services.store.read(lambda connection: _servers(connection, events))
    answers = [_answer(raw, event, known) for raw, event in zip(sent, events, strict=True)]
    hint = context.services.compute.network_events.hint
    for event, answer in zip(events, answers, strict=True):
        if event is not None and answer["code"] == OK:
            hint(ServerId(event.server_uuid))
    whole = OK if all(answer["code"] == OK for answer in answers) else SOME_FAILED
    return context.answer({"events": answers}, whole)


def _parse(raw: dict[str, Any]) -> Event | None:
    try:
        return msgspec.convert(raw, Event)
    except msgspec.ValidationError:
        return None


def _servers(connection: Connection, events: list[Event | None]) -> dict[str, Server]:
    wanted = {ServerId(event.server_uuid) for event in events if event is not None}
    return {server.id: server for server in servers.get_many(connection, wanted)}


def _answer(raw: dict[str, Any], event: Event | None, known: dict[str, Server]) -> dict[str, Any]:
    """The event as it came, with its code."""
    if event is None:
        told = {name: raw[name] for name in ("name", "server_uuid", "tag") if isinstance(raw.get(name), str)}
        return {name: text[:SHOWN] for name, text in told.items()} | {"status": "failed", "code": BAD}
    code = _code(event, known.get(event.server_uuid))
    answer: dict[str, Any] = {"name": event.name, "server_uuid": event.server_uuid}
    if event.tag is not None:
        answer["tag"] = event.tag
    return answer | {"status": event.status if code == OK else "failed", "code": code}


def _code(event: Event, server: Server | None) -> int:
    if event.name not in NETWORK_EVENTS or (event.name in NEED_A_TAG and not event.tag):
        return BAD
    if server is None:
        return GONE
    return NO_HOST if server.host is None else OK


HANDLERS: Final = (create_events,)
