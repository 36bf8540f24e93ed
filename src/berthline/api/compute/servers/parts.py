"""What hangs below one server: metadata, tags, addresses, interfaces."""

from typing import Any, Final

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute import fields
from berthline.api.compute.context import Context, changed_server, no_such_route, unlocked_server, visible_server
from berthline.api.compute.quota_sets import metadata_limit
from berthline.api.compute.servers import view as server_view
from berthline.api.frame import ApiRequest
from berthline.domain.compute import Server
from berthline.domain.errors import BadRequest, NotFound
from berthline.domain.ids import PortId, ServerId
from berthline.domain.network_info import VIF, NetworkInfo
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.store.compute.servers.related import port_states

TAGS_SINCE: Final = 26
INTERFACE_TAGS_SINCE: Final = 70


class MetadataBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    metadata: dict[str, str]


class MetaBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meta: dict[str, str]


class TagsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tags: tuple[str, ...]


@get("/v2.1/servers/{server_id:str}/metadata")
async def show_metadata(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """GET /servers/ID/metadata."""
    context = Context.of(request)
    return context.answer({"metadata": (await context.server(server_id)).metadata})


@post("/v2.1/servers/{server_id:str}/metadata", status_code=200)
async def add_metadata(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """POST /servers/ID/metadata: add items, replace those of the same keys."""
    context = Context.of(request)
    context.require_writer("os_compute_api:server-metadata:create")
    added = (await read_json(request, MetadataBody)).metadata
    return context.answer({"metadata": await _change_metadata(context, server_id, added, keep=True)})


@put("/v2.1/servers/{server_id:str}/metadata")
async def replace_metadata(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """PUT /servers/ID/metadata: these items and no others."""
    context = Context.of(request)
    context.require_writer("os_compute_api:server-metadata:update_all")
    wanted = (await read_json(request, MetadataBody)).metadata
    return context.answer({"metadata": await _change_metadata(context, server_id, wanted, keep=False)})


@get("/v2.1/servers/{server_id:str}/metadata/{key:str}")
async def show_metadata_item(request: ApiRequest, server_id: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """GET /servers/ID/metadata/KEY."""
    context = Context.of(request)
    metadata = (await context.server(server_id)).metadata
    if key not in metadata:
        raise NotFound("Metadata item was not found")
    return context.answer({"meta": {key: metadata[key]}})


@put("/v2.1/servers/{server_id:str}/metadata/{key:str}")
async def set_metadata_item(request: ApiRequest, server_id: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """PUT /servers/ID/metadata/KEY."""
    context = Context.of(request)
    context.require_writer("os_compute_api:server-metadata:update")
    meta = (await read_json(request, MetaBody)).meta
    if list(meta) != [key]:
        raise BadRequest("Request body and URI mismatch")
    await _change_metadata(context, server_id, meta, keep=True)
    return context.answer({"meta": meta})


@delete("/v2.1/servers/{server_id:str}/metadata/{key:str}", status_code=204)
async def delete_metadata_item(request: ApiRequest, server_id: FromPath[str], key: FromPath[str]) -> Response[None]:
    """DELETE /servers/ID/metadata/KEY."""
    context = Context.of(request)
    context.require_writer("os_compute_api:server-metadata:delete")
    at = context.services.clock.now()

    def write(connection: Connection) -> None:
        server = unlocked_server(connection, context.caller, server_id)
        if key not in server.metadata:
            raise NotFound("Metadata item was not found")
        left = {name: value for name, value in server.metadata.items() if name != key}
        servers.set_attributes(connection, server.id, at=at, metadata=left)

    await context.services.store.write(write)
    return context.empty()


async def _change_metadata(
    context: Context, server_id: FromPath[str], items: dict[str, str], *, keep: bool
) -> dict[str, str]:
    fields.check_metadata(items, None)
    at = context.services.clock.now()

    def write(connection: Connection) -> dict[str, str]:
        server = unlocked_server(connection, context.caller, server_id)
        most = metadata_limit(connection, server)
        wanted = fields.check_metadata((server.metadata if keep else {}) | items, most)
        servers.set_attributes(connection, server.id, at=at, metadata=wanted)
        return wanted

    return await context.services.store.write(write)


@get("/v2.1/servers/{server_id:str}/tags")
async def show_tags(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """GET /servers/ID/tags."""
    context = _with_tags(request)
    return context.answer({"tags": (await context.server(server_id)).tags})


@put("/v2.1/servers/{server_id:str}/tags")
async def replace_tags(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """PUT /servers/ID/tags: these tags and no others."""
    context = _with_tags(request)
    context.require_writer("os_compute_api:os-server-tags:update_all")
    wanted = fields.check_tags((await read_json(request, TagsBody)).tags)
    await _change_tags(context, server_id, lambda _: wanted)
    return context.answer({"tags": wanted})


@delete("/v2.1/servers/{server_id:str}/tags", status_code=204)
async def delete_tags(request: ApiRequest, server_id: FromPath[str]) -> Response[None]:
    """DELETE /servers/ID/tags."""
    context = _with_tags(request)
    context.require_writer("os_compute_api:os-server-tags:delete_all")
    await _change_tags(context, server_id, lambda _: ())
    return context.empty()


@get("/v2.1/servers/{server_id:str}/tags/{tag:str}", status_code=204)
async def has_tag(request: ApiRequest, server_id: FromPath[str], tag: FromPath[str]) -> Response[None]:
    """GET /servers/ID/tags/TAG: 204 or 404."""
    context = _with_tags(request)
    if tag not in (await context.server(server_id)).tags:
        raise _no_tag(server_id, tag)
    return context.empty()


@put("/v2.1/servers/{server_id:str}/tags/{tag:str}")
async def add_tag(request: ApiRequest, server_id: FromPath[str], tag: FromPath[str]) -> Response[None]:
    """PUT /servers/ID/tags/TAG: 201 when it is new, else 204."""
    context = _with_tags(request)
    context.require_writer("os_compute_api:os-server-tags:update")
    fields.check_tag(tag)
    before = await _change_tags(context, server_id, lambda tags: fields.check_tags((*tags, tag)))
    if tag in before:
        return context.empty()
    return context.empty(201, location=context.link(f"/servers/{server_id}/tags/{tag}"))


@delete("/v2.1/servers/{server_id:str}/tags/{tag:str}", status_code=204)
async def delete_tag(request: ApiRequest, server_id: FromPath[str], tag: FromPath[str]) -> Response[None]:
    """DELETE /servers/ID/tags/TAG."""
    context = _with_tags(request)
    context.require_writer("os_compute_api:os-server-tags:delete")

    def without(tags: tuple[str, ...]) -> tuple[str, ...]:
        if tag not in tags:
            raise _no_tag(server_id, tag)
        return tuple(kept for kept in tags if kept != tag)

    await _change_tags(context, server_id, without)
    return context.empty()


@get("/v2.1/servers/{server_id:str}/ips")
async def show_addresses(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """GET /servers/ID/ips."""
    context = Context.of(request)
    _, info = await _with_network_info(context, server_id)
    return context.answer({"addresses": server_view.addresses(info, extended=False)})


@get("/v2.1/servers/{server_id:str}/ips/{label:str}")
async def show_addresses_of_network(
    request: ApiRequest, server_id: FromPath[str], label: FromPath[str]
) -> Response[bytes]:
    """GET /servers/ID/ips/NETWORK-NAME."""
    context = Context.of(request)
    _, info = await _with_network_info(context, server_id)
    found = server_view.addresses(info, extended=False)
    if label not in found:
        raise NotFound("Instance is not a member of specified network")
    return context.answer({label: found[label]})


@get("/v2.1/servers/{server_id:str}/os-interface")
async def list_interfaces(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """GET /servers/ID/os-interface."""
    context = Context.of(request)
    _, info = await _with_network_info(context, server_id)
    return context.answer({"interfaceAttachments": await _interfaces(context, info.vifs)})


@get("/v2.1/servers/{server_id:str}/os-interface/{port_id:str}")
async def show_interface(request: ApiRequest, server_id: FromPath[str], port_id: FromPath[str]) -> Response[bytes]:
    """GET /servers/ID/os-interface/PORT."""
    context = Context.of(request)
    return context.answer({"interfaceAttachment": await interface_view(context, server_id, port_id)})


async def interface_view(context: Context, server_id: str, port_id: str) -> dict[str, Any]:
    """One NIC of a server as os-interface shows it. Raises NotFound."""
    _, info = await _with_network_info(context, server_id)
    wanted = tuple(vif for vif in info.vifs if vif.id == port_id)
    if not wanted:
        raise NotFound(f"Instance {server_id} does not have a port with id {port_id}")
    return (await _interfaces(context, wanted))[0]


async def _interfaces(context: Context, vifs: tuple[VIF, ...]) -> list[dict[str, Any]]:
    ids = [PortId(vif.id) for vif in vifs]
    states = await context.services.store.read(lambda connection: port_states(connection, ids))
    views = []
    for vif in vifs:
        fixed = [(subnet.id, ip.address) for subnet in vif.network.subnets for ip in subnet.ips]
        view: dict[str, Any] = {
            "net_id": vif.network.id,
            "port_id": vif.id,
            "mac_addr": vif.address,
            "port_state": states.get(vif.id, "ACTIVE" if vif.active else "DOWN"),
            "fixed_ips": [{"subnet_id": subnet, "ip_address": address} for subnet, address in fixed],
        }
        if context.since(INTERFACE_TAGS_SINCE):
            view["tag"] = vif.tag
        views.append(view)
    return views


async def _with_network_info(context: Context, server_id: str) -> tuple[Server, NetworkInfo]:
    compute = context.services.compute

    def read(connection: Connection) -> tuple[Server, NetworkInfo]:
        server = visible_server(connection, context.caller, server_id)
        return server, compute.network_info(connection, [server.id]).get(server.id, server_view.NO_NETWORKS)

    return await context.services.store.read(read)


async def _change_tags(context: Context, server_id: str, change: Any) -> tuple[str, ...]:
    """Apply ``change`` to the tags; gives back those from before."""
    at = context.services.clock.now()

    def write(connection: Connection) -> tuple[str, ...]:
        server = changed_server(connection, context.caller, server_id)
        servers.set_attributes(connection, ServerId(server_id), at=at, tags=change(server.tags))
        return server.tags

    return await context.services.store.write(write)


def _with_tags(request: ApiRequest) -> Context:
    context = Context.of(request)
    if not context.since(TAGS_SINCE):
        no_such_route()
    return context


def _no_tag(server_id: str, tag: str) -> NotFound:
    return NotFound(f"Server {server_id} has no tag '{tag[:64]}'")


HANDLERS: Final = (
    show_metadata,
    add_metadata,
    replace_metadata,
    show_metadata_item,
    set_metadata_item,
    delete_metadata_item,
    show_tags,
    replace_tags,
    delete_tags,
    has_tag,
    add_tag,
    delete_tag,
    show_addresses,
    show_addresses_of_network,
    list_interfaces,
    show_interface,
)
