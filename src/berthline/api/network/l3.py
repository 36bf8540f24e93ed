"""Routers and floating IPs over HTTP."""

from collections.abc import Sequence
from typing import Any, Final, Literal

from litestar import Response, put
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, reply
from berthline.api.network.bodies import network_service, read_object, read_plain
from berthline.api.network.nouns import Noun, routes_of
from berthline.api.network.views import standard
from berthline.domain.auth import Caller
from berthline.domain.network import FloatingIp
from berthline.network import requests
from berthline.network.local import LocalNetworkService
from berthline.network.routers.routers import InterfaceChange, ShownRouter
from berthline.store.engine.pages import ListRequest
from berthline.store.network import floating_ips, routers

READ_ONLY: Final = frozenset({"id", "status", "revision_number", "created_at", "updated_at"})


def router_view(caller: Caller, shown: ShownRouter, zone: str = "nova") -> dict[str, Any]:
    """A router; how it is placed is for admins only, as in Neutron's default policy."""
    router = shown.router
    gateway = None
    if router.gateway is not None:
        gateway = {
            "network_id": router.gateway.network_id,
            "enable_snat": router.gateway.enable_snat,
            "external_fixed_ips": shown.gateway_ips,
        }
    view = {
        "id": router.id,
        "name": router.name,
        "admin_state_up": router.admin_state_up,
        "status": "ACTIVE",
        "external_gateway_info": gateway,
        "routes": router.routes,
        "availability_zone_hints": router.availability_zone_hints,
        "availability_zones": [zone],
        "flavor_id": None,
        "tags": router.tags,
        **standard(router),
    }
    return {**view, "ha": False, "distributed": False} if caller.is_admin else view


def floating_ip_view(_caller: Caller, floating: FloatingIp) -> dict[str, Any]:
    """A floating IP; ``port_id`` is the port it leads to."""
    return {
        "id": floating.id,
        "floating_network_id": floating.floating_network_id,
        "floating_ip_address": floating.floating_ip_address,
        "port_id": floating.fixed_port_id,
        "fixed_ip_address": floating.fixed_ip_address,
        "router_id": floating.router_id,
        "status": floating.status,
        "dns_name": floating.dns_name,
        "dns_domain": floating.dns_domain,
        "tags": floating.tags,
        **standard(floating),
    }


async def _show_router(service: LocalNetworkService, caller: Caller, router_id: str) -> ShownRouter:
    return await service.routers.show(caller, router_id)


async def _page_routers(service: LocalNetworkService, caller: Caller, wanted: ListRequest) -> Sequence[ShownRouter]:
    return await service.routers.page(caller, wanted)


async def _create_routers(service: LocalNetworkService, caller: Caller, asked: list[Any]) -> Sequence[ShownRouter]:
    return await service.routers.create(caller, asked)


async def _update_router(
    service: LocalNetworkService, caller: Caller, router_id: str, asked: Any, revision: int | None
) -> ShownRouter:
    return await service.routers.update(caller, router_id, asked, revision)


async def _delete_router(service: LocalNetworkService, caller: Caller, router_id: str, revision: int | None) -> None:
    await service.routers.delete(caller, router_id, revision)


async def _show_floating(service: LocalNetworkService, caller: Caller, floating_id: str) -> FloatingIp:
    return await service.floating_ips.show(caller, floating_id)


async def _page_floating(service: LocalNetworkService, caller: Caller, wanted: ListRequest) -> Sequence[FloatingIp]:
    return await service.floating_ips.page(caller, wanted)


async def _create_floating(service: LocalNetworkService, caller: Caller, asked: list[Any]) -> Sequence[FloatingIp]:
    return await service.floating_ips.create(caller, asked)


async def _update_floating(
    service: LocalNetworkService, caller: Caller, floating_id: str, asked: Any, revision: int | None
) -> FloatingIp:
    return await service.floating_ips.update(caller, floating_id, asked, revision)


async def _delete_floating(
    service: LocalNetworkService, caller: Caller, floating_id: str, revision: int | None
) -> None:
    await service.floating_ips.delete(caller, floating_id, revision)


ROUTERS: Final[Noun[ShownRouter]] = Noun(
    path="routers",
    singular="router",
    plural="routers",
    listed=routers.LISTED,
    view=router_view,
    create_type=requests.RouterCreate,
    update_type=requests.RouterUpdate,
    show=_show_router,
    page=_page_routers,
    create=_create_routers,
    update=_update_router,
    delete=_delete_router,
    read_only=READ_ONLY | {"availability_zones"},
)
FLOATING_IPS: Final[Noun[FloatingIp]] = Noun(
    path="floatingips",
    singular="floatingip",
    plural="floatingips",
    listed=floating_ips.LISTED,
    view=floating_ip_view,
    create_type=requests.FloatingIpCreate,
    update_type=requests.FloatingIpUpdate,
    show=_show_floating,
    page=_page_floating,
    create=_create_floating,
    update=_update_floating,
    delete=_delete_floating,
    read_only=READ_ONLY | {"router_id"},
)


@put("/v2.0/routers/{object_id:str}/add_router_interface")
async def add_router_interface(request: ApiRequest, object_id: FromPath[str]) -> Response[bytes]:
    """Stand a router in a subnet, by its gateway address or by a port that is there."""
    asked = await read_plain(request, requests.RouterInterfaceAsked)
    change = await network_service(request).routers.add_interface(current_caller(request), object_id, asked)
    return reply(_interface_view(change, change.subnet_ids[-1]))


@put("/v2.0/routers/{object_id:str}/remove_router_interface")
async def remove_router_interface(request: ApiRequest, object_id: FromPath[str]) -> Response[bytes]:
    """Take a router out of a subnet."""
    asked = await read_plain(request, requests.RouterInterfaceAsked)
    change = await network_service(request).routers.remove_interface(current_caller(request), object_id, asked)
    return reply(_interface_view(change, change.subnet_ids[0]))


@put("/v2.0/routers/{object_id:str}/add_extraroutes")
async def add_extra_routes(request: ApiRequest, object_id: FromPath[str]) -> Response[bytes]:
    """Add extra routes to those that a router has."""
    return await _change_routes(request, object_id, "add")


@put("/v2.0/routers/{object_id:str}/remove_extraroutes")
async def remove_extra_routes(request: ApiRequest, object_id: FromPath[str]) -> Response[bytes]:
    """Take some of its extra routes off a router."""
    return await _change_routes(request, object_id, "remove")


async def _change_routes(request: ApiRequest, router_id: str, how: Literal["add", "remove"]) -> Response[bytes]:
    caller = current_caller(request)
    asked = await read_object(request, "router", requests.ExtraRoutesAsked)
    shown = await network_service(request).routers.change_routes(caller, router_id, asked, how)
    return reply({"router": router_view(caller, shown)})


def _interface_view(change: InterfaceChange, subnet_id: str) -> dict[str, Any]:
    """What changed. ``subnet_id`` is of the time of one prefix a leg: the last one joined, the first one left."""
    router = change.router
    return {
        "id": router.id,
        "tenant_id": router.project_id,
        "project_id": router.project_id,
        "port_id": change.port_id,
        "network_id": change.network_id,
        "subnet_id": subnet_id,
        "subnet_ids": change.subnet_ids,
        "tags": router.tags,
    }


ROUTES: Final[Sequence[Routes]] = [
    *routes_of(ROUTERS),
    *routes_of(FLOATING_IPS),
    add_router_interface,
    remove_router_interface,
    add_extra_routes,
    remove_extra_routes,
]
