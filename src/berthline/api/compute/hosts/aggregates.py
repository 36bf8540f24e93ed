"""os-aggregates: hosts that an operator puts together, with metadata that flavors ask for, and a zone. For admins."""

import re
from typing import Any, Final

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute import fields, times
from berthline.api.compute.context import Context, no_such_route
from berthline.api.compute.hosts.known import for_admin
from berthline.api.frame import ApiRequest
from berthline.domain.errors import BadRequest
from berthline.domain.ids import HostName, ImageId, is_uuid
from berthline.domain.placing import Aggregate
from berthline.store import Connection
from berthline.store.compute import aggregates as stored
from berthline.workflows.hosts import aggregates

UUIDS_SINCE: Final = 41
IMAGES_SINCE: Final = 81
UNSET: Final = msgspec.UNSET
NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
HIDDEN: Final = "hosts", "metadata"
"""What Nova leaves out of the answer to a create."""


class CreateItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    availability_zone: str | None = None


class CreateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    aggregate: CreateItem


class UpdateItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str | msgspec.UnsetType = UNSET
    availability_zone: str | msgspec.UnsetType | None = UNSET


class UpdateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    aggregate: UpdateItem


class HostItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    host: str


class MetadataItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    metadata: dict[str, str | None]


class ActionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the three."""

    add_host: HostItem | None = None
    remove_host: HostItem | None = None
    set_metadata: MetadataItem | None = None


class ImageItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str


class ImagesBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cache: list[ImageItem]


@get("/v2.1/os-aggregates")
async def list_aggregates(request: ApiRequest) -> Response[bytes]:
    """GET /os-aggregates: all of them, as Nova has no pages here."""
    context = for_admin(request, "os_compute_api:os-aggregates:index")
    found = await context.services.store.read(stored.every)
    return context.answer({"aggregates": [_view(context, one) for one in found]})


@post("/v2.1/os-aggregates", status_code=200)
async def create_aggregate(request: ApiRequest) -> Response[bytes]:
    """POST /os-aggregates: 200, without hosts and metadata, as Nova answers."""
    context = for_admin(request, "os_compute_api:os-aggregates:create")
    item = (await read_json(request, CreateBody)).aggregate
    name = fields.check_name("name", item.name)
    zone = None if item.availability_zone is None else _check_zone(item.availability_zone)
    at = context.services.clock.now()
    made = await context.services.store.write(lambda connection: aggregates.create(connection, name, zone, at))
    view = _view(context, made)
    return context.answer({"aggregate": {key: value for key, value in view.items() if key not in HIDDEN}})


@get("/v2.1/os-aggregates/{aggregate_id:str}")
async def show_aggregate(request: ApiRequest, aggregate_id: FromPath[str]) -> Response[bytes]:
    """GET /os-aggregates/ID."""
    context = for_admin(request, "os_compute_api:os-aggregates:show")
    wanted = _number(aggregate_id)
    found = await context.services.store.read(lambda connection: aggregates.known(connection, wanted))
    return context.answer({"aggregate": _view(context, found)})


@put("/v2.1/os-aggregates/{aggregate_id:str}")
async def update_aggregate(request: ApiRequest, aggregate_id: FromPath[str]) -> Response[bytes]:
    """PUT /os-aggregates/ID: name and zone."""
    context = for_admin(request, "os_compute_api:os-aggregates:update")
    item = (await read_json(request, UpdateBody)).aggregate
    if item.name is UNSET and item.availability_zone is UNSET:
        raise BadRequest("Invalid input for field/attribute aggregate. It has a name or an availability_zone.")
    name = None if item.name is UNSET else fields.check_name("name", item.name.strip())
    zone = None
    if item.availability_zone is not UNSET:
        zone = _check_zone(item.availability_zone) if item.availability_zone else ""
    wanted, at = _number(aggregate_id), context.services.clock.now()

    def write(connection: Connection) -> Aggregate:
        return aggregates.update(connection, wanted, name, zone, at)

    return context.answer({"aggregate": _view(context, await context.services.store.write(write))})


@delete("/v2.1/os-aggregates/{aggregate_id:str}", status_code=200)
async def delete_aggregate(request: ApiRequest, aggregate_id: FromPath[str]) -> Response[None]:
    """DELETE /os-aggregates/ID, which has no hosts: 200, as Nova answers."""
    context = for_admin(request, "os_compute_api:os-aggregates:delete")
    wanted = _number(aggregate_id)
    await context.services.store.write(lambda connection: aggregates.delete(connection, wanted))
    return context.empty(200)


@post("/v2.1/os-aggregates/{aggregate_id:str}/action", status_code=200)
async def act(request: ApiRequest, aggregate_id: FromPath[str]) -> Response[bytes]:
    """POST /os-aggregates/ID/action: add_host, remove_host, set_metadata."""
    context = Context.of(request)
    body = await read_json(request, ActionBody)
    given = [name for name in body.__struct_fields__ if getattr(body, name) is not None]
    if len(given) != 1:
        raise BadRequest("The body names one of add_host, remove_host and set_metadata.")
    context.require(f"os_compute_api:os-aggregates:{given[0]}")
    wanted, at = _number(aggregate_id), context.services.clock.now()

    def write(connection: Connection) -> Aggregate:
        if body.add_host is not None:
            return aggregates.add_host(connection, wanted, _host(body.add_host), at)
        if body.remove_host is not None:
            return aggregates.remove_host(connection, wanted, _host(body.remove_host), at)
        assert body.set_metadata is not None, "one of the three is given"
        return aggregates.set_metadata(connection, wanted, _metadata(body.set_metadata.metadata), at)

    return context.answer({"aggregate": _view(context, await context.services.store.write(write))})


@post("/v2.1/os-aggregates/{aggregate_id:str}/images", status_code=202)
async def cache_images(request: ApiRequest, aggregate_id: FromPath[str]) -> Response[None]:
    """POST /os-aggregates/ID/images, since 2.81: 202 once it is recorded; the hosts fetch the images after that."""
    context = Context.of(request)
    if not context.since(IMAGES_SINCE):
        no_such_route()
    for_admin(request, "os_compute_api:os-aggregates:images")
    wanted = [_image_id(item.id) for item in (await read_json(request, ImagesBody)).cache]
    number = _number(aggregate_id)
    if not wanted:
        raise fields.invalid("cache", wanted, "It names one image at least.")
    if len(set(wanted)) < len(wanted):
        raise BadRequest("Duplicate images in request")
    await context.services.compute.cached_images.want(context.caller, number, wanted)
    return context.empty(202)


def _image_id(given: str) -> ImageId:
    """An image's id. Raises BadRequest for what is no UUID."""
    if not is_uuid(given):
        raise fields.invalid("id", given, "It is no UUID.")
    return ImageId(given)


def _number(aggregate_id: str) -> int:
    """The id. Raises BadRequest for what is no number, as Nova does."""
    if NUMBER.fullmatch(aggregate_id) is None:
        raise BadRequest("Invalid input received: id must be an integer")
    return int(aggregate_id)


def _host(item: HostItem) -> HostName:
    return HostName(fields.check_host("host", item.host))


def _check_zone(zone: str) -> str:
    """The name of a zone, which a host's name may follow after a colon. Raises BadRequest."""
    if ":" in zone:
        raise fields.invalid("availability_zone", zone, "The name of a zone has no ':'.")
    return fields.check_name("availability_zone", zone)


def _metadata(given: dict[str, str | None]) -> dict[str, str | None]:
    """Metadata as Nova takes it; None takes a key away. Raises BadRequest."""
    fields.check_metadata({key: value or "" for key, value in given.items()}, None)
    zone = given.get(aggregates.ZONE)
    if aggregates.ZONE in given:
        return given | {aggregates.ZONE: _check_zone(zone) if zone else ""}
    return given


def _view(context: Context, aggregate: Aggregate) -> dict[str, Any]:
    zone = aggregate.availability_zone
    view: dict[str, Any] = {
        "id": aggregate.id,
        "name": aggregate.name,
        "availability_zone": zone,
        "hosts": aggregate.hosts,
        "metadata": {**aggregate.metadata} | ({} if zone is None else {aggregates.ZONE: zone}),
        "created_at": times.microsecond(aggregate.created_at),
        "updated_at": times.microsecond(aggregate.updated_at),
        "deleted_at": None,
        "deleted": False,
    }
    return view | {"uuid": aggregate.uuid} if context.since(UUIDS_SINCE) else view


HANDLERS: Final = (
    list_aggregates,
    create_aggregate,
    show_aggregate,
    update_aggregate,
    delete_aggregate,
    act,
    cache_images,
)
