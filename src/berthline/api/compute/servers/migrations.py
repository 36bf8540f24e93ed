"""os-migrations: moves of servers; and the live ones that are under way of one server: there are none."""

import zlib
from typing import Any, Final, NoReturn

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute import times
from berthline.api.compute.context import Context, no_such_route
from berthline.api.compute.queries import Query, QuerySchema, read_query
from berthline.api.compute.rights import may
from berthline.api.frame import ApiRequest
from berthline.api.listing import next_url
from berthline.api.query import READS_ITS_QUERY, query
from berthline.domain.compute import Flavor, Migration, Server
from berthline.domain.errors import BadRequest, NotFound
from berthline.domain.ids import MigrationId
from berthline.store import Connection
from berthline.store.compute import migrations
from berthline.workflows.accepting import wrong_state

TYPES_SINCE: Final = 23
PAGES_SINCE: Final = 59
OWNERS_SINCE: Final = 80
OF_SERVERS_SINCE: Final = 23
ABORT_SINCE: Final = 24
FORCE_SINCE: Final = 22

_COLUMNS: Final = {
    "host": "host",
    "instance_uuid": "server_id",
    "source_compute": "source",
    "status": "status",
    "migration_type": "type",
    "user_id": "user_id",
    "project_id": "project_id",
}
"""Filters, and the columns that they ask for."""

LIST: Final = QuerySchema(
    known={
        **dict.fromkeys(("hidden", "host", "instance_uuid", "source_compute", "status", "migration_type"), 0),
        **dict.fromkeys(("limit", "marker", "changes-since"), PAGES_SINCE),
        "changes-before": 66,
        **dict.fromkeys(("user_id", "project_id"), OWNERS_SINCE),
    },
    strict_since=PAGES_SINCE,
)
_NOT_HIDDEN: Final = frozenset({"0", "false", "False"})
LARGEST_NUMBER: Final = 2**31


class ForceComplete(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    force_complete: None


@get("/v2.1/os-migrations", opt=dict(READS_ITS_QUERY))
async def list_migrations(request: ApiRequest) -> Response[Any]:
    """GET /os-migrations: as they began; from 2.59 the newest first, in pages and by time."""
    context = Context.of(request)
    asked = read_query(context, LIST)
    context.require("os_compute_api:os-migrations:index")
    if asked.get("project_id") != context.caller.project_id:
        context.require("os_compute_api:os-migrations:index:all_projects")
    since, before = _time(asked, "changes-since"), _time(asked, "changes-before")
    if since is not None and before is not None and before < since:
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    filters = {column: value for name, column in _COLUMNS.items() if (value := asked.get(name)) is not None}
    paged = context.since(PAGES_SINCE)

    def read(connection: Connection) -> tuple[Migration, ...]:
        after = None
        if asked.marker is not None:
            after = migrations.get(connection, MigrationId(asked.marker))
            if after is None:
                raise BadRequest(f"Marker {asked.marker[:64]} could not be found.")
        return migrations.page(
            connection,
            filters,
            limit=asked.limit,
            after=after,
            changes_since=since,
            changes_before=before,
            newest_first=paged,
        )

    hidden = asked.get("hidden")
    found = () if hidden is not None and hidden not in _NOT_HIDDEN else await context.services.store.read(read)
    body: dict[str, Any] = {"migrations": [_view(context, migration) for migration in found]}
    if paged and found and len(found) == asked.limit:
        body["migrations_links"] = [{"rel": "next", "href": next_url(request, found[-1].id, asked.limit)}]
    return context.answer(body)


@get("/v2.1/servers/{server_id:str}/migrations", opt=query())
async def list_of_server(request: ApiRequest, server_id: FromPath[str]) -> Response[Any]:
    """GET /servers/ID/migrations: live ones under way."""
    context, _ = await _server(request, server_id, OF_SERVERS_SINCE, "index")
    return context.answer({"migrations": []})


@get("/v2.1/servers/{server_id:str}/migrations/{number:str}", opt=query())
async def show_of_server(request: ApiRequest, server_id: FromPath[str], number: FromPath[str]) -> Response[Any]:
    """GET /servers/ID/migrations/NUMBER: 404, and why."""
    context, server = await _server(request, server_id, OF_SERVERS_SINCE, "show")
    known = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 0
    found = await context.services.store.read(lambda connection: migrations.of_server(connection, server.id, known))
    if found is None:
        raise NotFound(f"In-progress live migration {number[:32]} is not found for server {server.id}.")
    raise NotFound(f"Migration {found.number} for server {server.id} is not live-migration.")


@delete("/v2.1/servers/{server_id:str}/migrations/{number:str}", opt=query(), status_code=202)
async def abort(request: ApiRequest, server_id: FromPath[str], number: FromPath[str]) -> Response[Any]:
    """DELETE /servers/ID/migrations/NUMBER: 409 for a server that is in no live migration."""
    _, server = await _server(request, server_id, ABORT_SINCE, "delete")
    _refuse(server, "abort live migration", number)


@post("/v2.1/servers/{server_id:str}/migrations/{number:str}/action", opt=query(), status_code=202)
async def act(request: ApiRequest, server_id: FromPath[str], number: FromPath[str]) -> Response[Any]:
    """POST /servers/ID/migrations/NUMBER/action, force_complete: 409 likewise."""
    await read_json(request, ForceComplete)
    _, server = await _server(request, server_id, FORCE_SINCE, "force_complete")
    _refuse(server, "force_complete", number)


async def _server(request: ApiRequest, server_id: str, since: int, rule: str) -> tuple[Context, Server]:
    context = Context.of(request)
    if not context.since(since):
        no_such_route()
    server = await context.server(server_id)
    context.require(f"os_compute_api:servers:migrations:{rule}")
    return context, server


def _refuse(server: Server, verb: str, _number: str) -> NoReturn:
    raise wrong_state(server.id, verb, "task_state", str(server.task_state))


def _time(asked: Query, name: str) -> int | None:
    text = asked.get(name)
    return None if text is None else times.parse(text, name)


def _view(context: Context, migration: Migration) -> dict[str, Any]:
    sees_hosts = may(context.caller, "os_compute_api:os-migrations:index:host")
    source, destination = (migration.source, migration.destination) if sees_hosts else (None, None)
    view: dict[str, Any] = {
        "created_at": times.microsecond(migration.created_at),
        "dest_compute": destination,
        "dest_host": destination,
        "dest_node": destination,
        "id": migration.number,
        "instance_uuid": migration.server_id,
        "new_instance_type_id": _number_of(migration.new_flavor),
        "old_instance_type_id": _number_of(migration.old_flavor),
        "source_compute": source,
        "source_node": source,
        "status": migration.status,
        "updated_at": times.microsecond(migration.updated_at),
    }
    if context.since(TYPES_SINCE):
        view["migration_type"] = migration.type
    if context.since(PAGES_SINCE):
        view["uuid"] = migration.id
    if context.since(OWNERS_SINCE):
        view |= {"user_id": migration.user_id, "project_id": migration.project_id}
    return view


def _number_of(flavor: Flavor) -> int:
    """Nova shows the number of a flavor's row here, which no other request takes: the same one for the same flavor."""
    text = str(flavor.id)
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    return zlib.crc32(text.encode()) % LARGEST_NUMBER


HANDLERS: Final = (list_migrations, list_of_server, show_of_server, abort, act)
