"""Flavors: list, show, and for admins create, change, delete, extra specs and access."""

import re
from typing import Any, Final

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute import fields
from berthline.api.compute.context import Context, no_such_route
from berthline.api.compute.fields import Flexible
from berthline.api.compute.flavors.view import LEAN_SINCE, flavor_detail, flavor_summary
from berthline.api.compute.patterns import safe_pattern
from berthline.api.compute.queries import Query, QuerySchema, read_query
from berthline.api.frame import ApiRequest
from berthline.api.listing import next_url, parse_boolean
from berthline.api.query import READS_ITS_QUERY
from berthline.domain.compute import Flavor
from berthline.domain.errors import BadRequest, NotFound
from berthline.domain.ids import FlavorId, new_id
from berthline.store import Connection
from berthline.store.compute import flavors

LIST: Final = QuerySchema(
    known={
        **dict.fromkeys(("limit", "marker", "is_public", "minRam", "minDisk", "sort_key", "sort_dir"), 1),
        "name": LEAN_SINCE,
    },
    strict_since=75,
)
DIRECTIONS: Final = frozenset({"asc", "desc"})
WHOLE: Final = re.compile(r"\s*[-+]?[0-9]{1,18}\s*")
FLAVOR_ID: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789. _-"
DESCRIPTION_SINCE: Final = 55
DESCRIPTION_LENGTH: Final = 65_535


class FlavorItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    ram: Flexible
    vcpus: Flexible
    disk: Flexible
    id: str | int | float | None = None
    ephemeral: Flexible = msgspec.field(name="OS-FLV-EXT-DATA:ephemeral", default=0)
    swap: Flexible = 0
    rxtx_factor: float | str | msgspec.UnsetType = msgspec.UNSET
    is_public: Flexible = msgspec.field(name="os-flavor-access:is_public", default=True)
    description: str | msgspec.UnsetType | None = msgspec.UNSET


class CreateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    flavor: FlavorItem


class DescriptionItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    description: str | None


class UpdateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    flavor: DescriptionItem


@get("/v2.1/flavors", opt=dict(READS_ITS_QUERY))
async def list_flavors(request: ApiRequest) -> Response[bytes]:
    """GET /flavors: ids and names."""
    return await _list(Context.of(request), detailed=False)


@get("/v2.1/flavors/detail", opt=dict(READS_ITS_QUERY))
async def list_flavors_in_detail(request: ApiRequest) -> Response[bytes]:
    """GET /flavors/detail."""
    return await _list(Context.of(request), detailed=True)


@get("/v2.1/flavors/{flavor_id:str}")
async def show_flavor(request: ApiRequest, flavor_id: FromPath[str]) -> Response[bytes]:
    """GET /flavors/ID."""
    context = Context.of(request)
    flavor = await context.services.store.read(lambda connection: visible_flavor(connection, context, flavor_id))
    return context.answer({"flavor": flavor_detail(context, flavor)})


@post("/v2.1/flavors", status_code=200)
async def create_flavor(request: ApiRequest) -> Response[bytes]:
    """POST /flavors: 200, as Nova answers."""
    context = Context.of(request)
    context.require_admin("os_compute_api:os-flavor-manage:create")
    flavor = _parse(context, (await read_json(request, CreateBody)).flavor)
    at = context.services.clock.now()
    await context.services.store.write(lambda connection: flavors.add(connection, flavor, at))
    return context.answer({"flavor": flavor_detail(context, flavor)})


@put("/v2.1/flavors/{flavor_id:str}")
async def update_flavor(request: ApiRequest, flavor_id: FromPath[str]) -> Response[bytes]:
    """PUT /flavors/ID: the description, from 2.55."""
    context = Context.of(request)
    if not context.since(DESCRIPTION_SINCE):
        no_such_route()
    context.require_admin("os_compute_api:os-flavor-manage:update")
    description = (await read_json(request, UpdateBody)).flavor.description

    def write(connection: Connection) -> Flavor:
        flavors.set_description(
            connection, FlavorId(flavor_id), fields.check_description(description, DESCRIPTION_LENGTH)
        )
        return visible_flavor(connection, context, flavor_id)

    return context.answer({"flavor": flavor_detail(context, await context.services.store.write(write))})


@delete("/v2.1/flavors/{flavor_id:str}", status_code=202)
async def delete_flavor(request: ApiRequest, flavor_id: FromPath[str]) -> Response[None]:
    """DELETE /flavors/ID: servers keep the flavor that they were made with."""
    context = Context.of(request)
    context.require_admin("os_compute_api:os-flavor-manage:delete")
    if not await context.services.store.write(lambda connection: flavors.remove(connection, FlavorId(flavor_id))):
        raise no_flavor(flavor_id)
    return context.empty(202)


def visible_flavor(connection: Connection, context: Context, flavor_id: str) -> Flavor:
    """The flavor, when the caller may use it. Raises NotFound."""
    visible_to = None if context.caller.is_admin else context.caller.project_id
    flavor = flavors.get(connection, FlavorId(flavor_id), visible_to=visible_to)
    if flavor is None:
        raise no_flavor(flavor_id)
    return flavor


def no_flavor(flavor_id: str) -> NotFound:
    """The error for a flavor that is not there, or is not for the caller."""
    return NotFound(f"Flavor {flavor_id} could not be found.")


async def _list(context: Context, *, detailed: bool) -> Response[bytes]:
    query = read_query(context, LIST)
    sort_key, descending = _order(context, query)
    name = query.get("name")
    named = None if name is None else safe_pattern("name", name)
    is_public = _is_public(context, query.get("is_public"))
    minimum = {name: _minimum(name, query.get(name)) for name in ("minRam", "minDisk")}
    limit = query.limit
    after = None if query.marker is None else FlavorId(query.marker)
    visible_to = None if context.caller.is_admin else context.caller.project_id

    def read(connection: Connection) -> tuple[Flavor, ...]:
        # a flavor that is not for the caller is as unknown as one that never was
        if after is not None and flavors.get(connection, after, visible_to=visible_to) is None:
            raise BadRequest(f"marker [{after}] not found")
        return flavors.page(
            connection,
            visible_to=visible_to,
            is_public=is_public,
            min_ram=minimum["minRam"],
            min_disk=minimum["minDisk"],
            named=named,
            sort_key=sort_key,
            descending=descending,
            after=after,
            limit=limit,
        )

    found = await context.services.store.read(read)
    view = flavor_detail if detailed else flavor_summary
    body: dict[str, Any] = {"flavors": [view(context, flavor) for flavor in found]}
    if found and len(found) == limit:
        body["flavors_links"] = [{"rel": "next", "href": next_url(context.request, found[-1].id, limit)}]
    return context.answer(body)


def _order(context: Context, query: Query) -> tuple[str, bool]:
    """The key of the order, and whether downwards. Raises BadRequest for what Nova does not know."""
    keys = flavors.SORT_KEYS - {"rxtx_factor"} if context.since(LEAN_SINCE) else flavors.SORT_KEYS
    for name, known in (("sort_key", keys), ("sort_dir", DIRECTIONS)):
        for text in query.values.get(name, ()):
            if text not in known:
                allowed = ", ".join(sorted(known))
                raise BadRequest(
                    f"Invalid input for query parameters {name}. Value: {text[:64]}. It is one of {allowed}."
                )
    return query.get("sort_key") or "flavorid", query.get("sort_dir") == "desc"


def _is_public(context: Context, text: str | None) -> bool | None:
    """Admins choose by ``is_public`` (none: both kinds; public ones unless they say); others see what they may use."""
    if not context.caller.is_admin:
        return None
    if text is None:
        return True
    return None if text.lower() == "none" else parse_boolean(text)


def _minimum(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if WHOLE.fullmatch(text) is None:
        raise BadRequest(f"Invalid {name} filter [{text[:32]}]")
    return int(text)


def _parse(context: Context, item: FlavorItem) -> Flavor:
    description = None
    if item.description is not msgspec.UNSET:
        if not context.since(DESCRIPTION_SINCE):
            raise BadRequest("Additional properties are not allowed ('description' was unexpected)")
        description = fields.check_description(item.description, DESCRIPTION_LENGTH)
    if item.rxtx_factor is not msgspec.UNSET and context.since(LEAN_SINCE):
        raise BadRequest("Additional properties are not allowed ('rxtx_factor' was unexpected)")
    return Flavor(
        id=_flavor_id(item.id),
        name=fields.check_name("name", item.name),
        description=description,
        ram=fields.as_integer("ram", item.ram, 1),
        vcpus=fields.as_integer("vcpus", item.vcpus, 1),
        disk=fields.as_integer("disk", item.disk, 0),
        ephemeral=fields.as_integer("OS-FLV-EXT-DATA:ephemeral", item.ephemeral, 0),
        swap=fields.as_integer("swap", item.swap, 0),
        rxtx_factor=1.0 if item.rxtx_factor is msgspec.UNSET else _factor(item.rxtx_factor),
        is_public=fields.as_boolean("os-flavor-access:is_public", item.is_public),
    )


def _flavor_id(given: str | float | None) -> FlavorId:
    """The id that was asked for; a new one for none and for 'auto'."""
    if given is None or given == "auto":
        return FlavorId(new_id())
    text = str(given)
    if not 1 <= len(text) <= fields.NAME_LENGTH or text != text.strip() or not set(text) <= set(FLAVOR_ID):
        raise fields.invalid("id", text, "It has letters, digits, inner blanks and any of . _ -")
    return FlavorId(text)


def _factor(given: float | str) -> float:
    try:
        factor = float(given)
    except ValueError:
        factor = 0.0
    if not 0 < factor <= 3.4e38:  # what a float column of MySQL holds is Nova's bound
        raise fields.invalid("rxtx_factor", given, "It is a number above 0.")
    return factor


HANDLERS: Final = (
    list_flavors,
    list_flavors_in_detail,
    show_flavor,
    create_flavor,
    update_flavor,
    delete_flavor,
)
