"""Lists of the network API: Neutron's paging, order, filters, fields and links."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from litestar import Response

from berthline.api.frame import ApiRequest, base_url, current_caller, reply
from berthline.api.listing import Page, choose_fields, parse_filters, parse_page
from berthline.domain.auth import Caller
from berthline.store.pages import Listed, ListRequest, SortBy

T = TypeVar("T")

MAX_LIMIT: Final = 10_000
"""A larger limit is cut to this; without a limit a list is given whole, as Neutron does by default."""

ADMIN_ATTRIBUTES: Final = ("provider:", "binding:host_id", "binding:vif_type")
"""Beginnings of attributes that only admins see, and so only they may filter by."""


def read_list_request(request: ApiRequest, listed: Listed) -> tuple[ListRequest, Page]:
    """What the query asks for. Raises BadRequest for filters and sort keys that the noun does not have."""
    page = parse_page(request, sortable=listed.sortable.keys(), default_sort=(), max_limit=MAX_LIMIT)
    caller = current_caller(request)
    allowed = [name for name in listed.filters if caller.is_admin or not name.startswith(ADMIN_ATTRIBUTES)]
    wanted = ListRequest(
        filters=parse_filters(request, allowed),
        sort=tuple(SortBy(sort.key, sort.direction == "desc") for sort in page.sort),
        limit=page.limit or None,
        marker=page.marker,
        reverse=page.reverse,
    )
    return wanted, page


def list_reply(
    request: ApiRequest,
    plural: str,
    page: Page,
    found: Sequence[T],
    view: Callable[[Caller, T], Mapping[str, object]],
    id_of: Callable[[T], str],
) -> Response[bytes]:
    """The page below ``plural``, cut to the fields asked for, with links to its neighbours when there are any."""
    caller = current_caller(request)
    body: dict[str, object] = {plural: [choose_fields(view(caller, each), page.fields) for each in found]}
    links = _links(request, page, [id_of(each) for each in found])
    if links:
        body[f"{plural}_links"] = links
    return reply(body)


def _links(request: ApiRequest, page: Page, ids: Sequence[str]) -> list[dict[str, str]]:
    if not page.limit or not ids:
        return []
    full = len(ids) >= page.limit
    links = []
    if full or page.reverse:
        links.append({"rel": "next", "href": _url(request, ids[-1], page.limit, reverse=False)})
    if page.marker is not None and (full or not page.reverse):
        links.append({"rel": "previous", "href": _url(request, ids[0], page.limit, reverse=True)})
    return links


def _url(request: ApiRequest, marker: str, limit: int, *, reverse: bool) -> str:
    dropped = {"limit", "marker", "page_reverse"}
    kept: list[tuple[str, Any]] = [
        (name, value)
        for name in dict.fromkeys(request.query_params)
        if name not in dropped
        for value in request.query_params.getall(name)
    ]
    kept += [("limit", limit), ("marker", marker), *([("page_reverse", "True")] if reverse else [])]
    return f"{base_url(request)}{request.scope['path']}?{urlencode(kept)}"


def fields_of(request: ApiRequest) -> frozenset[str]:
    """The fields that a show is cut to; empty: all."""
    return frozenset(name for item in request.query_params.getall("fields", ()) for name in item.split(",") if name)
