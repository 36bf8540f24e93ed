"""Address groups over HTTP."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Response, put
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, reply
from berthline.api.network.bodies import network_service, read_plain
from berthline.api.network.nouns import Noun, routes_of
from berthline.api.network.views import standard
from berthline.domain.auth import Caller
from berthline.domain.network import AddressGroup
from berthline.network import requests
from berthline.network.local import LocalNetworkService
from berthline.store.engine.pages import ListRequest
from berthline.store.network import address_groups


def address_group_view(_caller: Caller, group: AddressGroup) -> dict[str, Any]:
    """An address group. Whether it is shared is a filter and not shown, as in Neutron."""
    return {"id": group.id, "name": group.name, "addresses": group.addresses, **standard(group)}


async def _show(service: LocalNetworkService, caller: Caller, group_id: str) -> AddressGroup:
    return await service.address_groups.show(caller, group_id)


async def _page(service: LocalNetworkService, caller: Caller, wanted: ListRequest) -> Sequence[AddressGroup]:
    return await service.address_groups.page(caller, wanted)


async def _create(service: LocalNetworkService, caller: Caller, asked: list[Any]) -> Sequence[AddressGroup]:
    return await service.address_groups.create(caller, asked)


async def _update(
    service: LocalNetworkService, caller: Caller, group_id: str, asked: Any, revision: int | None
) -> AddressGroup:
    return await service.address_groups.update(caller, group_id, asked, revision)


async def _delete(service: LocalNetworkService, caller: Caller, group_id: str, revision: int | None) -> None:
    await service.address_groups.delete(caller, group_id, revision)


ADDRESS_GROUPS: Final[Noun[AddressGroup]] = Noun(
    path="address-groups",
    singular="address_group",
    plural="address_groups",
    listed=address_groups.LISTED,
    view=address_group_view,
    create_type=requests.AddressGroupCreate,
    update_type=requests.AddressGroupUpdate,
    show=_show,
    page=_page,
    create=_create,
    update=_update,
    delete=_delete,
    read_only=frozenset({"id", "revision_number", "created_at", "updated_at"}),
)


@put("/v2.0/address-groups/{object_id:str}/add_addresses")
async def add_addresses(request: ApiRequest, object_id: FromPath[str]) -> Response[bytes]:
    """Put prefixes into a group."""
    asked = await read_plain(request, requests.AddressesAsked)
    caller = current_caller(request)
    changed = await network_service(request).address_groups.add_addresses(caller, object_id, asked.addresses)
    return reply({"address_group": address_group_view(caller, changed)})


@put("/v2.0/address-groups/{object_id:str}/remove_addresses")
async def remove_addresses(request: ApiRequest, object_id: FromPath[str]) -> Response[bytes]:
    """Take prefixes out of a group."""
    asked = await read_plain(request, requests.AddressesAsked)
    caller = current_caller(request)
    changed = await network_service(request).address_groups.remove_addresses(caller, object_id, asked.addresses)
    return reply({"address_group": address_group_view(caller, changed)})


ROUTES: Final[Sequence[Routes]] = [*routes_of(ADDRESS_GROUPS), add_addresses, remove_addresses]
