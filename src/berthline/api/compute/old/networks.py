"""os-networks and os-tenant-networks until 2.35: ids and names, which is all that Nova knows of Neutron's networks."""

from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.compute.context import Context
from berthline.api.compute.old.door import networks_of, through
from berthline.api.frame import ApiRequest
from berthline.domain.errors import NetworkNotFound, NotFound
from berthline.domain.network import Network
from berthline.store.engine.pages import ListRequest

EMPTY: Final = (
    "cidr", "netmask", "gateway", "broadcast", "dns1", "dns2", "cidr_v6", "gateway_v6", "netmask_v6",
)  # fmt: skip
EMPTY_FOR_ADMINS: Final = (
    "created_at", "updated_at", "deleted_at", "deleted", "injected", "bridge", "vlan", "vpn_public_address",
    "vpn_public_port", "vpn_private_address", "dhcp_start", "project_id", "host", "bridge_interface", "multi_host",
    "priority", "rxtx_base", "mtu", "dhcp_server", "enable_dhcp", "share_address",
)  # fmt: skip
"""Attributes of nova-network's networks: they are shown, and null since there is none."""
NO_PREFIX: Final = "None"
"""What os-tenant-networks has always written for a prefix when networks are Neutron's."""


@get("/v2.1/os-networks")
async def list_networks(request: ApiRequest) -> Response[bytes]:
    """GET /os-networks: those that the caller sees."""
    context = through(request)
    context.require("os_compute_api:os-networks:list")
    found = await networks_of(context).list_networks(context.caller, ListRequest())
    return context.answer({"networks": [_view(context, network) for network in found]})


@get("/v2.1/os-networks/{network_id:str}")
async def show_network(request: ApiRequest, network_id: FromPath[str]) -> Response[bytes]:
    """GET /os-networks/ID."""
    context = through(request)
    context.require("os_compute_api:os-networks:show")
    return context.answer({"network": _view(context, await _find(context, network_id))})


@get("/v2.1/os-tenant-networks")
async def list_tenant_networks(request: ApiRequest) -> Response[bytes]:
    """GET /os-tenant-networks."""
    context = through(request)
    context.require("os_compute_api:os-tenant-networks:list")
    found = await networks_of(context).list_networks(context.caller, ListRequest())
    return context.answer({"networks": [_short_view(network) for network in found]})


@get("/v2.1/os-tenant-networks/{network_id:str}")
async def show_tenant_network(request: ApiRequest, network_id: FromPath[str]) -> Response[bytes]:
    """GET /os-tenant-networks/ID."""
    context = through(request)
    context.require("os_compute_api:os-tenant-networks:show")
    return context.answer({"network": _short_view(await _find(context, network_id))})


async def _find(context: Context, network_id: str) -> Network:
    try:
        return await networks_of(context).network(context.caller, network_id)
    except NetworkNotFound:
        raise NotFound("Network not found") from None


def _view(context: Context, network: Network) -> dict[str, Any]:
    empty = EMPTY + EMPTY_FOR_ADMINS if context.caller.is_admin else EMPTY
    return {"id": network.id, "label": network.name} | dict.fromkeys(empty)


def _short_view(network: Network) -> dict[str, str]:
    return {"id": network.id, "cidr": NO_PREFIX, "label": network.name}


HANDLERS: Final = (list_networks, show_network, list_tenant_networks, show_tenant_network)
