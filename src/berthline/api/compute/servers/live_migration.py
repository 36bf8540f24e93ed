"""Servers that move while they run: the action os-migrateLive, and the live migrations of a server under way."""

from typing import Any, Final

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath

from berthline.api.body import decode, read_json
from berthline.api.compute import fields
from berthline.api.compute.context import Context, no_such_route
from berthline.api.compute.fields import Flexible
from berthline.api.compute.servers.migrations import migration_view
from berthline.api.frame import ApiRequest
from berthline.api.query import query
from berthline.domain.compute import Migration
from berthline.domain.errors import BadRequest, NotFound
from berthline.domain.hypervisor.moving import MoveProgress
from berthline.domain.ids import HostName, ServerId
from berthline.store.compute import migrations
from berthline.workflows.live_moves import IN_PROGRESS

AUTO_SINCE: Final = 25
FORCE_SINCE: Final = 30
NO_FORCE_SINCE: Final = 68
FINISH_SINCE: Final = 22
SHOWN_SINCE: Final = 23
ABORT_SINCE: Final = 24
ABORT_QUEUED_SINCE: Final = 65
LONGEST_NUMBER: Final = 9
"""Digits of the longest number that is looked for."""


class MigrateLive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    block_migration: Flexible
    disk_over_commit: Flexible
    host: str | None


class MigrateLiveByItself(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From 2.25, and from 2.68 again: ``block_migration`` may be "auto"."""

    block_migration: Flexible
    host: str | None


class MigrateLiveByForce(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From 2.30."""

    block_migration: Flexible
    host: str | None
    force: Flexible = False


class ForceComplete(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    force_complete: None


async def begin(context: Context, server_id: ServerId, arguments: msgspec.Raw) -> Response[None]:
    """202: the server goes to another host and runs meanwhile; its disks go with it, since each host has its own."""
    wanted = _wanted(context, bytes(arguments))
    rule = "os_compute_api:os-migrate-server:migrate_live"
    context.require(rule if wanted is None else f"{rule}:host")
    await context.services.compute.live.begin(context.caller, server_id, wanted)
    return context.empty(202)


def _wanted(context: Context, arguments: bytes) -> HostName | None:
    """The host that is asked for. Raises BadRequest for what this cloud does not do, by name."""
    if not context.since(AUTO_SINCE):
        old = decode(arguments, MigrateLive)
        host, block_migration = old.host, old.block_migration
        if fields.as_boolean("disk_over_commit", old.disk_over_commit):
            raise BadRequest("disk_over_commit is not offered: a host has to have room for all that disks may become.")
    elif context.since(FORCE_SINCE) and not context.since(NO_FORCE_SINCE):
        forced = decode(arguments, MigrateLiveByForce)
        host, block_migration = forced.host, forced.block_migration
        if fields.as_boolean("force", forced.force):
            raise BadRequest(
                "Can't force to a non-provided destination"
                if host is None
                else "force is not offered: a host is always asked whether it has room, and what the server needs."
            )
    else:
        plain = decode(arguments, MigrateLiveByItself)
        host, block_migration = plain.host, plain.block_migration
    automatic = block_migration == "auto" and context.since(AUTO_SINCE)
    if not automatic and not fields.as_boolean("block_migration", block_migration):
        raise BadRequest(
            "Migration pre-check error: disks are not on shared storage, as each host has its own: "
            "ask for block_migration."
        )
    return None if host is None else HostName(fields.check_host("host", host))


@get("/v2.1/servers/{server_id:str}/migrations", opt=query())
async def list_of_server(request: ApiRequest, server_id: FromPath[str]) -> Response[Any]:
    """GET /servers/ID/migrations: live ones under way."""
    context, server = await _server(request, server_id, SHOWN_SINCE, "index")
    found = await context.services.store.read(
        lambda connection: migrations.in_progress_of(connection, server, IN_PROGRESS)
    )
    return context.answer({"migrations": [_view(context, migration) for migration in found]})


@get("/v2.1/servers/{server_id:str}/migrations/{number:str}", opt=query())
async def show_of_server(request: ApiRequest, server_id: FromPath[str], number: FromPath[str]) -> Response[Any]:
    """GET /servers/ID/migrations/NUMBER: how far it is; 404 for one that is over, or not live."""
    context, server = await _server(request, server_id, SHOWN_SINCE, "show")
    known = _number(number)
    found = await context.services.store.read(lambda connection: migrations.of_server(connection, server, known))
    if found is None:
        raise NotFound(f"In-progress live migration {number[:32]} is not found for server {server}.")
    if found.type != "live-migration":
        raise NotFound(f"Migration {found.number} for server {server} is not live-migration.")
    if found.status not in IN_PROGRESS:
        raise NotFound(f"Live migration {found.number} for server {server} is not in progress.")
    return context.answer({"migration": _view(context, found)})


@delete("/v2.1/servers/{server_id:str}/migrations/{number:str}", opt=query(), status_code=202)
async def abort(request: ApiRequest, server_id: FromPath[str], number: FromPath[str]) -> Response[Any]:
    """DELETE /servers/ID/migrations/NUMBER: 202, and the server stays where it is."""
    context, server = await _server(request, server_id, ABORT_SINCE, "delete")
    queued = context.since(ABORT_QUEUED_SINCE)
    await context.services.compute.live.abort(context.caller, server, _number(number), queued=queued)
    return context.empty(202)


@post("/v2.1/servers/{server_id:str}/migrations/{number:str}/action", opt=query(), status_code=202)
async def act(request: ApiRequest, server_id: FromPath[str], number: FromPath[str]) -> Response[Any]:
    """POST /servers/ID/migrations/NUMBER/action, force_complete: 202, and it ends soon."""
    await read_json(request, ForceComplete)
    context, server = await _server(request, server_id, FINISH_SINCE, "force_complete")
    await context.services.compute.live.finish(context.caller, server, _number(number))
    return context.empty(202)


async def _server(request: ApiRequest, server_id: str, since: int, rule: str) -> tuple[Context, ServerId]:
    context = Context.of(request)
    if not context.since(since):
        no_such_route()
    server = await context.server(server_id)
    context.require(f"os_compute_api:servers:migrations:{rule}")
    return context, server.id


def _number(text: str) -> int:
    """Numbers begin with 1: 0 finds none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else 0


def _view(context: Context, migration: Migration) -> dict[str, Any]:
    shown = migration_view(context, migration, "os_compute_api:servers:migrations:index:host")
    return shown | {"server_uuid": migration.server_id, **_progress(migration.progress)}


def _progress(progress: MoveProgress | None) -> dict[str, int | None]:
    """Null of all before anything was seen of it."""
    values = {} if progress is None else msgspec.structs.asdict(progress)
    return {f"{name}_bytes": values.get(name) for name in MoveProgress.__struct_fields__}


HANDLERS: Final = (list_of_server, show_of_server, abort, act)
