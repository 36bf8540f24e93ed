"""Lists: which part, in which order, with which fields, and the link to the next part."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import parse_qsl, urlencode

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from berthline.api.frame import ApiRequest, base_url
from berthline.domain.errors import BadRequest

PAGING: Final = frozenset({"limit", "marker", "sort_key", "sort_dir", "sort", "page_reverse", "fields"})
"""Parameters that choose a part of a list rather than filter it."""

Direction = Literal["asc", "desc"]


class Sort(NamedTuple):
    """One key of the order."""

    key: str
    direction: Direction


class Page(NamedTuple):
    """The part of a list that is asked for. ``limit`` None: as much as the service gives at once."""

    limit: int | None
    marker: str | None
    sort: tuple[Sort, ...]
    fields: frozenset[str]
    reverse: bool


def parse_page(
    request: ApiRequest,
    *,
    sortable: Collection[str],
    default_sort: Sequence[Sort] = (Sort("id", "asc"),),
    default_direction: Direction = "asc",
    max_limit: int = 1000,
) -> Page:
    """Read limit, marker, sort_key + sort_dir (or Glance's sort=key:dir,…), fields and page_reverse.

    A limit above ``max_limit`` is cut to it, as the services do. Raises BadRequest for a limit that is no natural
    number, an unknown sort key or direction.
    """
    query = request.query_params
    given = _sorts(query.getall("sort_key", ()), query.getall("sort_dir", ()), default_direction)
    given += [_sort_pair(pair, default_direction) for item in query.getall("sort", ()) for pair in item.split(",")]
    order: dict[str, Sort] = {}
    for sort in given:
        order.setdefault(sort.key, sort)  # a key that comes again sorts nothing
        if sort.key not in sortable:
            raise BadRequest(f"cannot sort by {sort.key[:64]}: choose one of {', '.join(sorted(sortable))}")
    return Page(
        limit=parse_limit(query.get("limit"), max_limit),
        marker=query.get("marker") or None,
        sort=tuple(order.values()) or tuple(default_sort),
        fields=fields_of(request),
        reverse=query.get("page_reverse", "").lower() == "true",
    )


MOST_VALUES: Final = 2000
"""Values in a query, all parameters together, those between commas one by one."""
_COMMA: Final = re.compile(rb"[&,]|%2[cC]")


def fields_of(request: ApiRequest) -> frozenset[str]:
    """The fields that an answer is cut to; empty: all."""
    return frozenset(name for item in request.query_params.getall("fields", ()) for name in item.split(",") if name)


async def bounded_query(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard of the whole app: raise BadRequest, which names the parameter, for a query with more than MOST_VALUES."""
    query = connection.scope["query_string"]
    if len(query) <= MOST_VALUES or len(_COMMA.findall(query)) < MOST_VALUES:
        return
    counts = Counter[str]()
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        counts[name] += 1 + value.count(",")
    name, count = counts.most_common(1)[0]
    raise BadRequest(
        f"The query has too many values, most of them for {name[:64]} ({count}): send at most {MOST_VALUES} at once."
    )


def parse_filters(
    request: ApiRequest, allowed: Collection[str], *, ignore_unknown: bool = False
) -> Mapping[str, tuple[str, ...]]:
    """The other query parameters, each with all its values. Raises BadRequest for a name that is not ``allowed``."""
    found: dict[str, tuple[str, ...]] = {}
    for name in request.query_params:
        if name in PAGING:
            continue
        if name in allowed:
            found[name] = tuple(request.query_params.getall(name))
        elif not ignore_unknown:
            raise BadRequest(f"unknown query parameter {name[:64]}: this list filters by {', '.join(sorted(allowed))}")
    return found


def parse_boolean(text: str) -> bool:
    """A boolean of a query, as oslo.utils reads it strictly; raises BadRequest for anything else."""
    lowered = text.strip().lower()
    if lowered in {"1", "t", "true", "on", "y", "yes"}:
        return True
    if lowered in {"0", "f", "false", "off", "n", "no"}:
        return False
    raise BadRequest(f"'{text[:64]}' is neither true nor false")


def next_url(request: ApiRequest, marker: str, limit: int | None = None) -> str:
    """The absolute URL of this list after ``marker``, with all the other parameters of the request."""
    return base_url(request) + next_path(request, marker, limit)


def next_path(request: ApiRequest, marker: str, limit: int | None = None) -> str:
    """``next_url`` without scheme and host, as Glance gives it."""
    kept = [(name, value) for name, value in _pairs(request) if name not in {"marker", "limit"}]
    if limit is not None:
        kept.append(("limit", str(limit)))
    return f"{request.scope['path']}?{urlencode([*kept, ('marker', marker)])}"


def choose_fields(view: Mapping[str, object], fields: frozenset[str]) -> Mapping[str, object]:
    """``view`` cut to ``fields``; all of it when none are asked for."""
    return {name: value for name, value in view.items() if name in fields} if fields else view


def _pairs(request: ApiRequest) -> Iterable[tuple[str, str]]:
    for name in dict.fromkeys(request.query_params):
        for value in request.query_params.getall(name):
            yield name, value


def parse_limit(text: str | None, max_limit: int) -> int | None:
    """A limit, cut to ``max_limit``; None without one. Raises BadRequest for what is no natural number."""
    if text is None or text == "":
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise BadRequest(f"limit must be a natural number, not '{text[:32]}'")
    return min(int(text), max_limit)


def _sorts(keys: Sequence[str], directions: Sequence[str], default: Direction) -> list[Sort]:
    if len(directions) > max(1, len(keys)):
        raise BadRequest("there are more sort_dir than sort_key")
    given = [_direction(text) for text in directions]
    if len(given) == 1:
        given *= len(keys)
    given += [default] * (len(keys) - len(given))
    return [Sort(key, direction) for key, direction in zip(keys, given, strict=False)]


def _sort_pair(text: str, default: Direction) -> Sort:
    key, _, direction = text.strip().partition(":")
    return Sort(key, _direction(direction) if direction else default)


def _direction(text: str) -> Direction:
    lowered = text.strip().lower()
    if lowered == "asc":
        return "asc"
    if lowered == "desc":
        return "desc"
    raise BadRequest(f"sort direction must be asc or desc, not '{text[:32]}'")
