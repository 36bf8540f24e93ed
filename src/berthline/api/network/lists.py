"""Lists of the network API: Neutron's paging, order, filters, fields and links."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.response import Stream

from berthline.api.frame import ApiRequest, base_url, current_caller, reply
from berthline.api.listing import Page, choose_fields, fields_of, parse_filters, parse_page
from berthline.store.engine.pages import Listed, ListRequest, SortBy, position

T = TypeVar("T")

MAX_LIMIT: Final = 10_000
"""A larger limit is cut to this; without a limit a list is given whole, as Neutron does by default."""

FIRST_PAGE: Final = 100
"""So many come at once; a longer list is streamed."""
WRITTEN: Final = 250
"""So many are written at a time: few enough that others are answered between."""
READ: Final = 500
"""So many of a list in order of id are read at a time: each page is a walk along an index."""
READ_SORTED: Final = 10_000
"""So many of any other: the database looks at all of them for each page."""

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


class Source(NamedTuple, Generic[T]):
    """Where a list comes from: its name, how a page of it is read, and how one of it is shown."""

    plural: str
    listed: Listed
    fetch: Callable[[ListRequest], Awaitable[Sequence[T]]]
    show: Callable[[T], Mapping[str, object]]


async def list_reply(request: ApiRequest, wanted: ListRequest, page: Page, source: Source[Any]) -> Response[Any]:
    """The list below its name, cut to the fields asked for, with links to its neighbours when there are any.

    A long one is streamed in keyset pages, so that its first bytes come at once and it never lies in memory whole. Its
    pages are snapshots of their own: what is made or deleted meanwhile may be in it or not.
    """
    if wanted.reverse or (wanted.limit is not None and wanted.limit <= FIRST_PAGE):
        return _whole(request, page, source, await source.fetch(wanted))
    first = await source.fetch(msgspec.structs.replace(wanted, limit=FIRST_PAGE))
    if len(first) < FIRST_PAGE:
        return _whole(request, page, source, first)
    if position(source.listed, wanted, first[-1]) is None:
        return _whole(request, page, source, await source.fetch(wanted))
    return Stream(_written(request, wanted, page, source, first), media_type="application/json")


def _whole(request: ApiRequest, page: Page, source: Source[T], found: Sequence[Any]) -> Response[bytes]:
    body: dict[str, object] = {source.plural: [choose_fields(source.show(each), page.fields) for each in found]}
    links = _links(request, page, found[0].id if found else None, found[-1].id if found else None, len(found))
    if links:
        body[f"{source.plural}_links"] = links
    return reply(body)


async def _written(
    request: ApiRequest, wanted: ListRequest, page: Page, source: Source[Any], first: Sequence[Any]
) -> AsyncIterator[bytes]:
    """The bytes of a list that begins with ``first``, page by page."""
    yield b'{"%b":[' % source.plural.encode() + _items(page, source, first)
    found, asked, count = first, FIRST_PAGE, len(first)
    most = READ_SORTED if wanted.filters or wanted.sort else READ
    while len(found) == asked and (wanted.limit is None or count < wanted.limit):
        last = found[-1]
        asked = most if wanted.limit is None else min(most, wanted.limit - count)
        after = position(source.listed, wanted, last)
        found = await source.fetch(msgspec.structs.replace(wanted, limit=asked, marker=None, after=after))
        count += len(found)
        if not found:
            found = [last]
            break
        for start in range(0, len(found), WRITTEN):
            yield b"," + _items(page, source, found[start : start + WRITTEN])
    links = _links(request, page, first[0].id, found[-1].id, count)
    yield b'],"%b_links":%b}' % (source.plural.encode(), msgspec.json.encode(links)) if links else b"]}"


def _items(page: Page, source: Source[T], found: Sequence[T]) -> bytes:
    """These of the list as JSON, without the brackets around them."""
    return msgspec.json.encode([choose_fields(source.show(each), page.fields) for each in found])[1:-1]


def _links(request: ApiRequest, page: Page, first: str | None, last: str | None, count: int) -> list[dict[str, str]]:
    """Links to the pages around one that goes from ``first`` to ``last``, None when nothing is on it.

    As Neutron gives them: none onwards from a short page, in the direction of the reading, and always one back. A list
    without a limit is no page.
    """
    if not page.limit:
        return []
    full = count >= page.limit
    links = []
    if full or page.reverse:
        links.append({"rel": "next", "href": _url(request, last, page.limit, reverse=False)})
    if full or not page.reverse:
        links.append({"rel": "previous", "href": _url(request, first, page.limit, reverse=True)})
    return links


def _url(request: ApiRequest, marker: str | None, limit: int, *, reverse: bool) -> str:
    dropped = {"limit", "marker", "page_reverse"}
    kept: list[tuple[str, Any]] = [
        (name, value)
        for name in dict.fromkeys(request.query_params)
        if name not in dropped
        for value in request.query_params.getall(name)
    ]
    kept.append(("limit", limit))
    if marker is not None:
        kept.append(("marker", marker))
    if reverse:
        kept.append(("page_reverse", "True"))
    return f"{base_url(request)}{request.scope['path']}?{urlencode(kept)}"


def chosen(
    request: ApiRequest, views: Sequence[Mapping[str, object]], filters: Sequence[str]
) -> list[Mapping[str, object]]:
    """Those of a short list, made and not read, whose attributes have a value that the query names, cut to its fields.

    A filter that is named more than once takes any of its values, as in Neutron's lists.
    """
    wanted = {name: request.query_params.getall(name, ()) for name in filters if name in request.query_params}
    found = [view for view in views if all(str(view[name]) in values for name, values in wanted.items())]
    return [choose_fields(view, fields_of(request)) for view in found]
