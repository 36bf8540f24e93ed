"""os-floating-ips and os-floating-ip-pools until 2.35: floating IPs, and the external networks that they come from."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute.context import Context
from berthline.api.compute.old.door import conflicts_as, networks_of, through
from berthline.api.frame import ApiRequest
from berthline.domain.errors import BadRequest, FloatingIPNotFound, NotFound
from berthline.domain.network import FloatingIp, Network
from berthline.network.requests import FloatingIpCreate
from berthline.store.engine.pages import ListRequest


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``pool``: the name or the id of an external network; the only one, or the default one, where it is not named."""

    pool: str | None = None


@get("/v2.1/os-floating-ip-pools")
async def list_pools(request: ApiRequest) -> Response[bytes]:
    """GET /os-floating-ip-pools."""
    context = through(request)
    pools = await _pools(context)
    return context.answer({"floating_ip_pools": [{"name": pool.name or pool.id} for pool in pools]})


@get("/v2.1/os-floating-ips")
async def list_floating_ips(request: ApiRequest) -> Response[bytes]:
    """GET /os-floating-ips: those of the caller's project."""
    context = through(request)
    context.require("os_compute_api:os-floating-ips:list")
    own = ListRequest(filters={"project_id": (context.caller.project_id,)})
    found = await networks_of(context).floating_ips.page(context.caller, own)
    return context.answer({"floating_ips": await _views(context, found)})


@get("/v2.1/os-floating-ips/{floating_id:str}")
async def show_floating_ip(request: ApiRequest, floating_id: FromPath[str]) -> Response[bytes]:
    """GET /os-floating-ips/ID."""
    context = through(request)
    context.require("os_compute_api:os-floating-ips:show")
    return await _answer(context, await _find(context, floating_id))


@post("/v2.1/os-floating-ips", status_code=200)
async def create_floating_ip(request: ApiRequest) -> Response[bytes]:
    """POST /os-floating-ips: an address of a pool."""
    context = through(request)
    context.require("os_compute_api:os-floating-ips:create")
    pool = _chosen(await _pools(context), (await read_json(request, Wanted)).pool)
    with conflicts_as(NotFound):
        (made,) = await networks_of(context).floating_ips.create(
            context.caller, [FloatingIpCreate(floating_network_id=pool.id)]
        )
    return await _answer(context, made)


@delete("/v2.1/os-floating-ips/{floating_id:str}", status_code=202)
async def delete_floating_ip(request: ApiRequest, floating_id: FromPath[str]) -> Response[None]:
    """DELETE /os-floating-ips/ID: give it back, also while it leads to a server."""
    context = through(request)
    context.require("os_compute_api:os-floating-ips:delete")
    found = await _find(context, floating_id)
    await networks_of(context).floating_ips.delete(context.caller, found.id)
    return context.empty(202)


async def _find(context: Context, floating_id: str) -> FloatingIp:
    """Raises NotFound in Nova's words, BadRequest for what is no id."""
    try:
        uuid.UUID(floating_id)
    except ValueError:
        raise BadRequest(f"Invalid ID received {floating_id[:64]}.") from None
    try:
        return await networks_of(context).floating_ips.show(context.caller, floating_id)
    except FloatingIPNotFound:
        raise NotFound(f"Floating IP not found for ID {floating_id}") from None


async def _pools(context: Context) -> tuple[Network, ...]:
    external = ListRequest(filters={"router:external": ("true",)})
    return await networks_of(context).list_networks(context.caller, external)


def _chosen(pools: Sequence[Network], wanted: str | None) -> Network:
    """The pool of this name or id. Raises NotFound, also where none is named and none is the one to take."""
    if wanted is not None:
        chosen = [pool for pool in pools if wanted in (pool.id, pool.name)]
    else:
        chosen = [pool for pool in pools if pool.is_default] or list(pools)
    if len(chosen) != 1:
        raise NotFound("Floating IP pool not found.")
    return chosen[0]


async def _answer(context: Context, floating: FloatingIp) -> Response[bytes]:
    (view,) = await _views(context, (floating,))
    return context.answer({"floating_ip": view})


async def _views(context: Context, found: Sequence[FloatingIp]) -> list[dict[str, Any]]:
    """Each with its pool and its server, by one read for all pools and one for all ports."""
    network = networks_of(context)
    pools = {pool.id: pool.name for pool in await _pools(context)} if found else {}
    servers: Mapping[Any, str] = {}
    if ports := sorted({each.fixed_port_id for each in found if each.fixed_port_id is not None}):
        led_to = await network.list_ports(context.caller, ListRequest(filters={"id": tuple(ports)}))
        servers = {port.id: port.device_id for port in led_to}
    return [
        {
            "id": each.id,
            "ip": each.floating_ip_address,
            "fixed_ip": each.fixed_ip_address,
            "instance_id": servers.get(each.fixed_port_id) or None,
            "pool": pools.get(each.floating_network_id) or each.floating_network_id,
        }
        for each in found
    ]


HANDLERS: Final = (list_pools, list_floating_ips, show_floating_ip, create_floating_ip, delete_floating_ip)
