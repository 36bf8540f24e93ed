"""GET /v2/images: which images, in which order."""

import csv
from collections.abc import Mapping
from typing import Final, get_args
from urllib.parse import urlencode

from litestar import Response, get

from berthline.api.frame import ApiRequest, Routes, current_caller, reply, services
from berthline.api.image.views import image_view
from berthline.api.listing import PAGING, Sort, parse_boolean, parse_page
from berthline.api.query import READS_ITS_QUERY
from berthline.domain.errors import BadRequest
from berthline.domain.image import MemberStatus, Visibility
from berthline.images.attributes import READ_ONLY
from berthline.store.images.listing import SORT_KEYS, ImageFilters, Order

DEFAULT_LIMIT: Final = 25
MOST: Final = 1000
_COLUMNS: Final[Mapping[str, str]] = {
    "id": "id",
    "name": "name",
    "status": "status",
    "owner": "project_id",
    "container_format": "container_format",
    "disk_format": "disk_format",
    "checksum": "checksum",
    "os_hash_value": "sha512",
}
_LISTS: Final = frozenset({"id", "name", "status", "container_format", "disk_format"})
"""Filters that take ``in:a,b``."""

_KNOWN: Final = frozenset(
    {"tag", "size_min", "size_max", "visibility", "member_status", "os_hidden", "protected", "min_disk", "min_ram"}
)
_UNSUPPORTED: Final = frozenset({"changes-since", "changes-before"}) | READ_ONLY - _COLUMNS.keys()
"""What every image has and no filter asks for: taken for one of the owner's properties, it would find nothing."""


@get("/v2/images", opt=dict(READS_ITS_QUERY))
async def list_images(request: ApiRequest) -> Response[bytes]:
    """The images that the caller sees, 25 at a time unless ``limit`` says otherwise."""
    page = parse_page(
        request,
        sortable=SORT_KEYS.keys(),
        default_sort=(Sort("created_at", "desc"),),
        default_direction="desc",
        max_limit=MOST,
    )
    limit = DEFAULT_LIMIT if page.limit is None else page.limit
    order = [Order(key, direction == "desc") for key, direction in page.sort]
    found = await services(request).images.list(current_caller(request), _filters(request), order, page.marker, limit)
    query = [(name, value) for name, value in request.query_params.multi_items() if name not in {"marker"}]
    body: dict[str, object] = {
        "images": [image_view(image) for image in found],
        "schema": "/v2/schemas/images",
        "first": _path(query),
    }
    if found and len(found) == limit:
        body["next"] = _path([*query, ("marker", found[-1].id)])
    return reply(body)


def _path(query: list[tuple[str, str]]) -> str:
    """Glance's links are paths below its endpoint."""
    return f"/v2/images?{urlencode(query)}" if query else "/v2/images"


def _filters(request: ApiRequest) -> ImageFilters:
    """Every parameter that is none of Glance's own is one of the owner's, and must be equal."""
    query = request.query_params
    refused = sorted(set(query) & _UNSUPPORTED)
    if refused:
        raise BadRequest(f"images cannot be chosen by {refused[0]} here")
    values: dict[str, tuple[object, ...]] = {
        column: _choices(name, query[name]) for name, column in _COLUMNS.items() if name in query
    }
    for name in ("min_disk", "min_ram"):
        if name in query:
            values[name] = (_number(name, query[name]),)
    if "protected" in query:
        values["protected"] = (parse_boolean(query["protected"]),)
    visibility = query.get("visibility")
    status = query.get("member_status", "accepted")
    return ImageFilters(
        values=values,
        tags=query.getall("tag", ()),
        properties={name: query[name] for name in query if name not in {*_COLUMNS, *_KNOWN, *PAGING}},
        size_min=_number("size_min", query["size_min"]) if "size_min" in query else None,
        size_max=_number("size_max", query["size_max"]) if "size_max" in query else None,
        visibility=None if visibility in {None, "all"} else _visibility(visibility or ""),
        all_visible=visibility == "all",
        member_status=None if status == "all" else _member_status(status),
        hidden=parse_boolean(query.get("os_hidden", "false")),
    )


def _choices(name: str, text: str) -> tuple[object, ...]:
    if name in _LISTS and text.startswith("in:"):
        try:
            return tuple(next(csv.reader([text[3:]], strict=True), ()))
        except csv.Error:
            raise BadRequest(f"the list of {name} is not well quoted") from None
    return (text,)


def _number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise BadRequest(f"{name} must be a natural number, not '{text[:32]}'")
    return int(text)


def _visibility(text: str) -> Visibility:
    for known in get_args(Visibility):
        if text == known:
            found: Visibility = known
            return found
    raise BadRequest(f"visibility is public, private, shared, community or all, not '{text[:32]}'")


def _member_status(text: str) -> MemberStatus:
    for known in get_args(MemberStatus):
        if text == known:
            found: MemberStatus = known
            return found
    raise BadRequest(f"member_status is pending, accepted, rejected or all, not '{text[:32]}'")


HANDLERS: Final[tuple[Routes, ...]] = (list_images,)
