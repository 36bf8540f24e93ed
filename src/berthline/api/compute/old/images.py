"""/images until 2.35: the images of the Image API, in the words that Nova had for them before."""

from typing import Any, Final

from litestar import Response, delete, get
from litestar.params import FromPath

from berthline.api.compute import times
from berthline.api.compute.context import Context
from berthline.api.compute.fields import last_segment
from berthline.api.compute.old.door import through
from berthline.api.compute.queries import MOST, Query, QuerySchema, read_query
from berthline.api.frame import ApiRequest
from berthline.api.listing import next_url
from berthline.api.query import READS_ITS_QUERY
from berthline.domain.errors import BadRequest, Forbidden, NotFound
from berthline.domain.image import Image
from berthline.store.images.listing import ImageFilters, Order

PROPERTY: Final = "property-"
OWNED: Final = {"server": "instance_uuid", "type": "image_type"}
"""Parameters of Nova's that ask for a property of the image."""
NUMBERS: Final = {"minRam": "min_ram", "minDisk": "min_disk"}
KNOWN: Final = frozenset(
    {"name", "status", "changes-since", "limit", "page_size", "marker", "offset", *OWNED, *NUMBERS}
)
STATUSES: Final = {
    "active": "ACTIVE",
    "queued": "SAVING",
    "saving": "SAVING",
    **dict.fromkeys(("uploading", "importing"), "SAVING"),
    "killed": "ERROR",
}
PROGRESS: Final = {"queued": 25, "saving": 50, "uploading": 50, "importing": 75, "active": 100}
DISK_CONFIGS: Final = {"true": "AUTO", "1": "AUTO", "yes": "AUTO", "on": "AUTO", "t": "AUTO", "y": "AUTO"}


@get("/v2.1/images", opt=dict(READS_ITS_QUERY))
async def list_images(request: ApiRequest) -> Response[bytes]:
    """GET /images: names and links, the newest first."""
    context = through(request)
    found, links = await _page(context)
    return context.answer({"images": [_summary(context, image) for image in found], **links})


@get("/v2.1/images/detail", opt=dict(READS_ITS_QUERY))
async def list_images_in_detail(request: ApiRequest) -> Response[bytes]:
    """GET /images/detail."""
    context = through(request)
    found, links = await _page(context)
    return context.answer({"images": [_detail(context, image) for image in found], **links})


@get("/v2.1/images/{image_id:str}")
async def show_image(request: ApiRequest, image_id: FromPath[str]) -> Response[bytes]:
    """GET /images/ID."""
    context = through(request)
    return context.answer({"image": _detail(context, await image_of(context, image_id))})


@delete("/v2.1/images/{image_id:str}", status_code=204)
async def delete_image(request: ApiRequest, image_id: FromPath[str]) -> Response[None]:
    """DELETE /images/ID."""
    context = through(request)
    await image_of(context, image_id)
    try:
        await context.services.images.delete(context.caller, image_id)
    except Forbidden:
        raise Forbidden("You are not allowed to delete the image.") from None
    return context.empty()


async def image_of(context: Context, image_id: str) -> Image:
    """The image, when the caller sees it. Raises NotFound in Nova's words."""
    try:
        return await context.services.images.show(context.caller, image_id)
    except NotFound:
        raise NotFound("Image not found.") from None


async def _page(context: Context) -> tuple[tuple[Image, ...], dict[str, Any]]:
    """The part of the list that is asked for, and the link to the next one."""
    properties = [name for name in context.request.query_params if name.startswith(PROPERTY)]
    query = read_query(context, QuerySchema(known=dict.fromkeys((*KNOWN, *properties), 1)))
    limit = _limit(query)
    order = (Order("created_at", True), Order("id", True))
    found = await context.services.images.list(context.caller, _filters(query), order, query.marker, limit)
    if found and len(found) == limit:
        return found, {"images_links": [{"rel": "next", "href": next_url(context.request, found[-1].id, limit)}]}
    return found, {}


def _limit(query: Query) -> int:
    if query.get("offset") not in (None, "0"):
        raise BadRequest("Images are listed by marker and limit: an offset is not supported by this cloud.")
    for name in ("limit", "page_size"):
        if query.get(name) is not None:
            return min(_number(name, query), MOST)
    return MOST


def _filters(query: Query) -> ImageFilters:
    values: dict[str, tuple[object, ...]] = {}
    name, status, changed = query.get("name"), query.get("status"), query.get("changes-since")
    if name is not None:
        values["name"] = (name,)
    if status is not None:
        values["status"] = (status.lower(),)
    values |= {column: (_number(given, query),) for given, column in NUMBERS.items() if query.get(given) is not None}
    properties = {
        name.removeprefix(PROPERTY): query.get(name) or "" for name in query.values if name.startswith(PROPERTY)
    }
    for given, owned in OWNED.items():
        if (value := query.get(given)) is not None:
            properties[owned] = last_segment(value)
    return ImageFilters(
        values=values,
        tags=(),
        properties=properties,
        size_min=None,
        size_max=None,
        visibility=None,
        all_visible=False,
        member_status="accepted",
        hidden=False,
        changed_since=None if changed is None else times.parse(changed, "changes-since"),
    )


def _number(name: str, query: Query) -> int:
    text = query.get(name) or ""
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequest(f"Invalid input for query parameters {name}. Value: {text[:32]}. It is no natural number.")
    return int(text)


def _summary(context: Context, image: Image) -> dict[str, Any]:
    alternate = f"{context.base}/image/images/{image.id}"
    links: list[dict[str, str]] = context.links(f"/images/{image.id}")
    links.append({"rel": "alternate", "type": "application/vnd.openstack.image", "href": alternate})
    return {"id": image.id, "name": image.name, "links": links}


def _detail(context: Context, image: Image) -> dict[str, Any]:
    view = _summary(context, image) | {
        "minRam": image.min_ram,
        "minDisk": image.min_disk,
        "metadata": image.properties,
        "created": times.second(image.created_at),
        "updated": times.second(image.updated_at),
        "status": STATUSES.get(image.status, "UNKNOWN"),
        "progress": PROGRESS.get(image.status, 0),
        "OS-EXT-IMG-SIZE:size": image.size,
    }
    if server_id := image.properties.get("instance_uuid"):
        view["server"] = {"id": server_id, "links": context.links(f"/servers/{server_id}")}
    if (automatic := image.properties.get("auto_disk_config")) is not None:
        view["OS-DCF:diskConfig"] = DISK_CONFIGS.get(automatic.strip().lower(), "MANUAL")
    return view


HANDLERS: Final = (list_images, list_images_in_detail, show_image, delete_image)
