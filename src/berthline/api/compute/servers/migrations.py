"""os-migrations: moves of servers, as a list of all."""

import zlib
from typing import Any, Final

from litestar import Response, get

from berthline.api.compute import times
from berthline.api.compute.context import Context
from berthline.api.compute.queries import Query, QuerySchema, read_query
from berthline.api.compute.rights import may
from berthline.api.frame import ApiRequest
from berthline.api.listing import next_url
from berthline.api.query import READS_ITS_QUERY
from berthline.domain.compute import Flavor, Migration
from berthline.domain.errors import BadRequest
from berthline.domain.ids import MigrationId
from berthline.store import Connection
from berthline.store.compute import migrations

TYPES_SINCE: Final = 23
PAGES_SINCE: Final = 59
OWNERS_SINCE: Final = 80

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


def _time(asked: Query, name: str) -> int | None:
    text = asked.get(name)
    return None if text is None else times.parse(text, name)


def _view(context: Context, migration: Migration) -> dict[str, Any]:
    view = migration_view(context, migration, "os_compute_api:os-migrations:index:host") | {
        "instance_uuid": migration.server_id,
        "new_instance_type_id": _number_of(migration.new_flavor),
        "old_instance_type_id": _number_of(migration.old_flavor),
    }
    if context.since(TYPES_SINCE):
        view["migration_type"] = migration.type
    return view


def migration_view(context: Context, migration: Migration, sees_hosts: str) -> dict[str, Any]:
    """What every list of migrations shows of one; its hosts only to callers with the right ``sees_hosts``."""
    hosts = (migration.source, migration.destination) if may(context.caller, sees_hosts) else (None, None)
    source, destination = hosts
    view: dict[str, Any] = {
        "created_at": times.microsecond(migration.created_at),
        "dest_compute": destination,
        "dest_host": destination,
        "dest_node": destination,
        "id": migration.number,
        "source_compute": source,
        "source_node": source,
        "status": migration.status,
        "updated_at": times.microsecond(migration.updated_at),
    }
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


HANDLERS: Final = (list_migrations,)
