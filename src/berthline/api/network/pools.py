"""Subnet pools and address scopes over HTTP."""

from collections.abc import Sequence
from typing import Any, Final, Literal

from litestar import Response, put
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, reply
from berthline.api.network.bodies import check_no_revision, network_service, read_plain
from berthline.api.network.nouns import Noun, routes_of
from berthline.api.network.views import standard
from berthline.domain.auth import Caller
from berthline.domain.network import AddressScope, SubnetPool
from berthline.network import requests
from berthline.network.local import LocalNetworkService
from berthline.store.engine.pages import ListRequest
from berthline.store.network import address_scopes, subnet_pools

READ_ONLY: Final = frozenset({"id", "ip_version", "revision_number", "created_at", "updated_at"})


def subnet_pool_view(_caller: Caller, pool: SubnetPool) -> dict[str, Any]:
    """A subnet pool. Neutron writes lengths of prefixes as text."""
    return {
        "id": pool.id,
        "name": pool.name,
        "ip_version": pool.ip_version,
        "prefixes": pool.prefixes,
        "default_prefixlen": str(pool.default_prefixlen),
        "min_prefixlen": str(pool.min_prefixlen),
        "max_prefixlen": str(pool.max_prefixlen),
        "default_quota": pool.default_quota,
        "is_default": pool.is_default,
        "shared": pool.shared,
        "address_scope_id": pool.address_scope_id,
        "tags": pool.tags,
        **standard(pool),
    }


def address_scope_view(_caller: Caller, scope: AddressScope) -> dict[str, Any]:
    """An address scope. It has no revision, no times and no tags, as Neutron's has none."""
    return {
        "id": scope.id,
        "name": scope.name,
        "project_id": scope.project_id,
        "tenant_id": scope.project_id,
        "ip_version": scope.ip_version,
        "shared": scope.shared,
    }


async def _show_pool(service: LocalNetworkService, caller: Caller, pool_id: str) -> SubnetPool:
    return await service.pools.show(caller, pool_id)


async def _page_pools(service: LocalNetworkService, caller: Caller, wanted: ListRequest) -> Sequence[SubnetPool]:
    return await service.pools.page(caller, wanted)


async def _create_pools(service: LocalNetworkService, caller: Caller, asked: list[Any]) -> Sequence[SubnetPool]:
    return await service.pools.create(caller, asked)


async def _update_pool(
    service: LocalNetworkService, caller: Caller, pool_id: str, asked: Any, revision: int | None
) -> SubnetPool:
    return await service.pools.update(caller, pool_id, asked, revision)


async def _delete_pool(service: LocalNetworkService, caller: Caller, pool_id: str, revision: int | None) -> None:
    await service.pools.delete(caller, pool_id, revision)


async def _show_scope(service: LocalNetworkService, caller: Caller, scope_id: str) -> AddressScope:
    return await service.scopes.show(caller, scope_id)


async def _page_scopes(service: LocalNetworkService, caller: Caller, wanted: ListRequest) -> Sequence[AddressScope]:
    return await service.scopes.page(caller, wanted)


async def _create_scopes(service: LocalNetworkService, caller: Caller, asked: list[Any]) -> Sequence[AddressScope]:
    return await service.scopes.create(caller, asked)


async def _update_scope(
    service: LocalNetworkService, caller: Caller, scope_id: str, asked: Any, revision: int | None
) -> AddressScope:
    check_no_revision(revision, "an address scope")
    return await service.scopes.update(caller, scope_id, asked)


async def _delete_scope(service: LocalNetworkService, caller: Caller, scope_id: str, revision: int | None) -> None:
    check_no_revision(revision, "an address scope")
    await service.scopes.delete(caller, scope_id)


SUBNET_POOLS: Final[Noun[SubnetPool]] = Noun(
    path="subnetpools",
    singular="subnetpool",
    plural="subnetpools",
    listed=subnet_pools.LISTED,
    view=subnet_pool_view,
    create_type=requests.SubnetPoolCreate,
    update_type=requests.SubnetPoolUpdate,
    show=_show_pool,
    page=_page_pools,
    create=_create_pools,
    update=_update_pool,
    delete=_delete_pool,
    read_only=READ_ONLY,
)
ADDRESS_SCOPES: Final[Noun[AddressScope]] = Noun(
    path="address-scopes",
    singular="address_scope",
    plural="address_scopes",
    listed=address_scopes.LISTED,
    view=address_scope_view,
    create_type=requests.AddressScopeCreate,
    update_type=requests.AddressScopeUpdate,
    show=_show_scope,
    page=_page_scopes,
    create=_create_scopes,
    update=_update_scope,
    delete=_delete_scope,
    read_only=frozenset({"id"}),
)


@put("/v2.0/subnetpools/{object_id:str}/add_prefixes")
async def add_prefixes(request: ApiRequest, object_id: FromPath[str]) -> Response[bytes]:
    """Have these prefixes in a pool, too."""
    return await _changed(request, object_id, "add")


@put("/v2.0/subnetpools/{object_id:str}/remove_prefixes")
async def remove_prefixes(request: ApiRequest, object_id: FromPath[str]) -> Response[bytes]:
    """Take prefixes that no subnet has out of a pool."""
    return await _changed(request, object_id, "remove")


async def _changed(request: ApiRequest, pool_id: str, how: Literal["add", "remove"]) -> Response[bytes]:
    asked = await read_plain(request, requests.PrefixesAsked)
    pools = network_service(request).pools
    verb = pools.add_prefixes if how == "add" else pools.remove_prefixes
    return reply({"prefixes": (await verb(current_caller(request), pool_id, asked.prefixes)).prefixes})


ROUTES: Final[Sequence[Routes]] = [
    *routes_of(SUBNET_POOLS),
    *routes_of(ADDRESS_SCOPES),
    add_prefixes,
    remove_prefixes,
]
