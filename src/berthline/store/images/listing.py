"""Lists of images: filtered, in any order, from a marker on."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from berthline.domain.auth import Caller
from berthline.domain.errors import BadRequest
from berthline.domain.image import Image, MemberStatus, Visibility
from berthline.store.engine.value_lists import every_row, one_of
from berthline.store.images.images import image_of, tags_of, visible_to
from berthline.store.tables.image import image_members, image_tags, images

_PART: Final = 200
_TEXT: Final = ("id", "name", "status", "visibility", "container_format", "disk_format")
SORT_KEYS: Final[Mapping[str, ColumnElement[Any]]] = {
    **{name: func.coalesce(images.c[name], "") for name in _TEXT},
    **{name: func.coalesce(images.c[name], -1) for name in ("size", "min_disk", "min_ram", "virtual_size")},
    **{name: images.c[name] for name in ("created_at", "updated_at")},
}
"""What a list may be ordered by; a missing value comes first."""


class Order(NamedTuple):
    key: str
    descending: bool


class ImageFilters(NamedTuple):
    """All must hold. ``values``: column name to the values it may have; ``properties``: the owner's own attributes.

    ``visibility`` None: the caller's own, public, and those shared with it whose sharing has ``member_status``.
    ``changed_since`` in µs: made or changed then or later.
    """

    values: Mapping[str, Sequence[object]]
    tags: Sequence[str]
    properties: Mapping[str, str]
    size_min: int | None
    size_max: int | None
    visibility: Visibility | None
    all_visible: bool
    member_status: MemberStatus | None
    hidden: bool
    changed_since: int | None = None


def list_images(
    connection: Connection,
    caller: Caller,
    filters: ImageFilters,
    order: Sequence[Order],
    marker: str | None,
    limit: int,
) -> tuple[Image, ...]:
    """At most ``limit`` images after ``marker``. Raises BadRequest when the marker is not an image the caller sees."""
    keys = [*order, *(Order(name, True) for name in ("created_at", "id") if name not in {each.key for each in order})]
    statement = select(images).where(*_conditions(caller, filters))
    if marker is not None:
        statement = statement.where(_after(connection, caller, keys, marker))
    columns = [SORT_KEYS[key].desc() if descending else SORT_KEYS[key].asc() for key, descending in keys]
    found: list[Any] = []
    if limit > 0:
        for row in connection.execute(statement.order_by(*columns)):
            if all(row.properties.get(name) == value for name, value in filters.properties.items()):
                found.append(row)
                if len(found) == limit:
                    break
    tags: dict[str, tuple[str, ...]] = {}
    for part in _parts([row.id for row in found]):
        tags |= tags_of(connection, part)
    return tuple(image_of(row, tags.get(row.id, ())) for row in found)


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _PART):
        yield ids[start : start + _PART]


def _conditions(caller: Caller, filters: ImageFilters) -> list[ColumnElement[bool]]:
    conditions = [visible_to(caller), images.c.hidden == filters.hidden, _shown(caller, filters)]
    conditions += [one_of(images.c[name], values) for name, values in filters.values.items()]
    if filters.tags:
        conditions.append(every_row(image_tags.c.tag, image_tags.c.image_id == images.c.id, filters.tags))
    if filters.size_min is not None:
        conditions.append(images.c.size >= filters.size_min)
    if filters.changed_since is not None:
        conditions.append(images.c.updated_at >= filters.changed_since)
    if filters.size_max is not None:
        conditions.append(images.c.size <= filters.size_max)
    return conditions


def _shown(caller: Caller, filters: ImageFilters) -> ColumnElement[bool]:
    """Glance's rule of what a list shows of the visible: community images and refused sharings only when asked for."""
    own = images.c.project_id == caller.project_id
    member = exists().where(
        image_members.c.image_id == images.c.id,
        image_members.c.member_id == caller.project_id,
        *(() if filters.member_status is None else (image_members.c.status == filters.member_status,)),
    )
    shared: ColumnElement[bool] = (images.c.visibility == "shared") & (own | member)
    if caller.is_admin and filters.visibility != "shared":
        shared = images.c.visibility == "shared"
    if filters.visibility == "shared":
        return shared
    if filters.visibility is not None:
        return images.c.visibility == filters.visibility
    if filters.all_visible:
        return or_(images.c.visibility.in_(("public", "community")), own, shared)
    others = images.c.visibility.in_(("public", "private") if caller.is_admin else ("public",))
    return or_(others, own, shared)


def _after(connection: Connection, caller: Caller, keys: Sequence[Order], marker: str) -> ColumnElement[bool]:
    """The condition that an image comes after the marker in this order."""
    row = connection.execute(
        select(*(SORT_KEYS[key].label(f"key_{key}") for key, _ in keys)).where(
            images.c.id == marker, visible_to(caller)
        )
    ).first()
    if row is None:
        raise BadRequest(f"the marker {marker[:64]} is not an image that you can see")
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for (key, descending), value in zip(keys, row, strict=True):
        column = SORT_KEYS[key]
        alternatives.append(and_(*equal, column < value if descending else column > value))
        equal.append(column == value)
    return or_(*alternatives)
