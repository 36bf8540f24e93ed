"""Servers: list, show, create, change, delete."""

from typing import Any, Final, Literal

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute import fields
from berthline.api.compute.context import Context, changed_server, visible_server
from berthline.api.compute.quota_sets import metadata_limit
from berthline.api.compute.servers import body as server_body
from berthline.api.compute.servers import plans
from berthline.api.compute.servers import view as server_view
from berthline.api.compute.servers.passwords import new_password
from berthline.api.compute.servers.query import filter_of, order_of, query_of
from berthline.api.frame import ApiRequest
from berthline.api.idempotency import Keep, answer_once
from berthline.api.listing import next_url
from berthline.api.query import READS_ITS_QUERY, query
from berthline.domain.auth import Caller
from berthline.domain.compute import Server
from berthline.domain.errors import BadRequest, Conflict
from berthline.domain.ids import ServerId
from berthline.store import Connection
from berthline.store.compute.servers import listing as server_list
from berthline.store.compute.servers import servers

UNSET = msgspec.UNSET


class UpdateItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str | msgspec.UnsetType = UNSET
    description: str | msgspec.UnsetType | None = UNSET
    access_ip_v4: str | msgspec.UnsetType = msgspec.field(name="accessIPv4", default=UNSET)
    access_ip_v6: str | msgspec.UnsetType = msgspec.field(name="accessIPv6", default=UNSET)
    disk_config: Literal["AUTO", "MANUAL"] | msgspec.UnsetType = msgspec.field(name="OS-DCF:diskConfig", default=UNSET)
    hostname: str | msgspec.UnsetType = UNSET
    pinned_availability_zone: str | msgspec.UnsetType | None = UNSET


class UpdateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    server: UpdateItem


@get("/v2.1/servers", opt=dict(READS_ITS_QUERY))
async def list_servers(request: ApiRequest) -> Response[bytes]:
    """GET /servers: ids and names."""
    return await _list(Context.of(request), detailed=False)


@get("/v2.1/servers/detail", opt=dict(READS_ITS_QUERY))
async def list_servers_in_detail(request: ApiRequest) -> Response[bytes]:
    """GET /servers/detail."""
    return await _list(Context.of(request), detailed=True)


@get("/v2.1/servers/{server_id:str}")
async def show_server(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """GET /servers/ID."""
    context = Context.of(request)

    def read(connection: Connection) -> dict[str, Any]:
        server = visible_server(connection, context.caller, server_id)
        related = server_view.read_related(connection, context, [server])
        return server_view.detail(context, server, related, shown_alone=True)

    return context.answer({"server": await context.services.store.read_short(read)})


@post("/v2.1/servers", opt=query(plans.DRY_RUN))
async def create_server(request: ApiRequest) -> Response[bytes]:
    """POST /servers: 202 once everything is claimed in one transaction; the guest is built after that.

    With ``?dry_run=true`` it says what would be claimed, and claims nothing.
    """
    context = Context.of(request)

    def check_rights(_caller: Caller) -> None:
        context.require_writer("os_compute_api:servers:create")

    check_rights(context.caller)
    body = await read_json(request, server_body.CreateBody)
    most = None
    if body.server.metadata:
        most = await context.services.store.read_short(lambda connection: metadata_limit(connection, context.caller))
    wish = server_body.parse(context, body, most)
    if plans.is_wanted(context):
        return await plans.answer(context, wish.request)
    password = wish.admin_password or new_password()
    asked = msgspec.structs.replace(wish.request, admin_password=password)

    async def work(keep: Keep) -> Response[bytes]:
        def inside(connection: Connection, made: tuple[Server, ...]) -> None:
            keep(connection, _created(context, wish, made[0], password))

        created = await context.services.compute.create(context.caller, asked, inside)
        return _created(context, wish, created[0], password)

    return await answer_once(request, check_rights, work)


def _created(context: Context, wish: server_body.Wish, server: Server, password: str) -> Response[bytes]:
    """The answer to POST /servers; of several servers it shows the first."""
    if wish.reservation_only:
        return context.answer({"reservation_id": server.reservation_id}, 202)
    path = f"/servers/{server.id}"
    groups = wish.request.security_groups or ("default",)
    view = {
        "id": server.id,
        "links": context.links(path),
        "OS-DCF:diskConfig": server.disk_config,
        "security_groups": [{"name": name} for name in groups],
        "adminPass": password,
    }
    return context.answer({"server": view}, 202, location=context.link(path))


@put("/v2.1/servers/{server_id:str}")
async def update_server(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """PUT /servers/ID: name, description, access addresses, host name, and the zone that it is to stay in."""
    context = Context.of(request)
    context.require_writer("os_compute_api:servers:update")
    item = (await read_json(request, UpdateBody)).server
    changes = _changes(context, item)
    at = context.services.clock.now()

    def write(connection: Connection) -> dict[str, Any]:
        if item.pinned_availability_zone is UNSET:
            visible_server(connection, context.caller, server_id)
        else:
            _pin(connection, changed_server(connection, context.caller, server_id), item.pinned_availability_zone, at)
        servers.set_attributes(connection, ServerId(server_id), at=at, **changes)
        server = visible_server(connection, context.caller, server_id)
        related = server_view.read_related(connection, context, [server])
        return server_view.after_update(context, server, related)

    return context.answer({"server": await context.services.store.write(write)})


@delete("/v2.1/servers/{server_id:str}", status_code=204)
async def delete_server(request: ApiRequest, server_id: FromPath[str]) -> Response[None]:
    """DELETE /servers/ID: 204 once the delete is recorded; the server is gone when its guest is."""
    context = Context.of(request)
    context.require_writer("os_compute_api:servers:delete")
    await context.server(server_id)
    await context.services.compute.delete(context.caller, ServerId(server_id))
    return context.empty()


async def _list(context: Context, *, detailed: bool) -> Response[bytes]:
    query = query_of(context)
    order = order_of(context, query)
    wanted = filter_of(context, query)
    limit, marker = query.limit, query.marker

    def read(connection: Connection) -> list[dict[str, Any]]:
        if wanted is None or limit == 0:
            return []
        after = None if marker is None else ServerId(marker)
        found = server_list.page(connection, wanted, limit=limit, after=after, order=order)
        if found is None:
            raise BadRequest(f"marker [{marker}] not found")
        if not detailed:
            return [server_view.summary(context, server) for server in found]
        related = server_view.read_related(connection, context, found)
        return [server_view.detail(context, server, related, shown_alone=False) for server in found]

    views = await context.services.store.read(read)
    body: dict[str, Any] = {"servers": views}
    if views and len(views) == limit:
        body["servers_links"] = [{"rel": "next", "href": next_url(context.request, views[-1]["id"], limit)}]
    return context.answer(body)


def _changes(context: Context, item: UpdateItem) -> dict[str, Any]:
    """Keyword arguments of ``servers.set_attributes``. Raises BadRequest for what this microversion does not know."""
    for name, minor in (("description", 19), ("hostname", 90), ("pinned_availability_zone", 104)):
        if getattr(item, name) is not UNSET and not context.since(minor):
            raise BadRequest(f"Additional properties are not allowed ('{name}' was unexpected)")
    changes: dict[str, Any] = {}
    if item.name is not UNSET:
        changes["name"] = fields.check_name("name", item.name)
    if item.description is not UNSET:
        changes["description"] = fields.check_description(item.description)
    if item.access_ip_v4 is not UNSET:
        changes["access_ip_v4"] = fields.check_address("accessIPv4", item.access_ip_v4, 4)
    if item.access_ip_v6 is not UNSET:
        changes["access_ip_v6"] = fields.check_address("accessIPv6", item.access_ip_v6, 6)
    if item.hostname is not UNSET:
        changes["hostname"] = fields.check_hostname(item.hostname, fully_qualified=context.since(94))
    if item.disk_config is not UNSET:
        changes["disk_config"] = item.disk_config
    if isinstance(item.pinned_availability_zone, str):
        fields.check_name("pinned_availability_zone", item.pinned_availability_zone)
    return changes


def _pin(connection: Connection, server: Server, zone: str | None, at: int) -> None:
    """Have the server, which is locked, stay in ``zone`` when it moves; None: move to any.

    Raises Conflict for another zone than it is in, and than it stays in already.
    """
    if zone == server.pinned_availability_zone:
        return
    if zone is not None and server.pinned_availability_zone is not None:
        raise Conflict("Cannot change pinned availability zone directly. Unpin first by setting it to null.")
    if zone is not None and zone != server.availability_zone:
        raise Conflict(
            f"Server can only be pinned to its current availability zone '{server.availability_zone}', but "
            f"'{zone}' was requested."
        )
    servers.set_pinned_zone(connection, server.id, zone, at)


HANDLERS: Final = (
    list_servers,
    list_servers_in_detail,
    show_server,
    create_server,
    update_server,
    delete_server,
)
