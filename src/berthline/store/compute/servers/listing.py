"""Lists of servers: Nova's filters and sort keys as one statement, a keyset page, and the NICs by one more."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, String, and_, cast, func, literal, or_, select, tuple_

from berthline.domain.compute import Server, TaskState, VmState
from berthline.domain.ids import FlavorId, HostName, ImageId, ProjectId, ServerId, UserId
from berthline.store.compute.servers.addresses import MOST_LISTED, Having, address_conditions, among
from berthline.store.compute.servers.patterns import literal_of, matches
from berthline.store.compute.servers.servers import of_rows, with_nics
from berthline.store.engine.beside_indexes import BesideIndexes
from berthline.store.engine.value_lists import any_tag, every_tag, one_of
from berthline.store.tables.compute import servers


class ServerFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which servers; None does not ask. Times in µs.

    ``project_id`` None means every project. ``deleted`` False asks for living servers, True for deleted ones, None for
    both. ``ip`` and ``ip6`` are regular expressions that match anywhere, and so are those of ``matching``, by a name of
    ``PATTERNS`` each; whoever fills them in must have made sure that they cannot run away. ``changes_before`` is taken
    to the end of its second, which is the precision in which servers show their times.
    """

    project_id: ProjectId | None
    deleted: bool | None = False
    changes_since: int | None = None
    changes_before: int | None = None
    ids: tuple[ServerId, ...] | None = None
    matching: Mapping[str, str] = {}
    ip: str | None = None
    ip6: str | None = None
    image_id: ImageId | None = None
    flavor_id: FlavorId | None = None
    host: HostName | None = None
    user_id: UserId | None = None
    config_drive: bool | None = None
    auto_disk_config: bool | None = None
    locked: bool | None = None
    vm_states: tuple[VmState, ...] | None = None
    task_states: tuple[TaskState, ...] | None = None
    tags: tuple[str, ...] = ()
    tags_any: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    not_tags_any: tuple[str, ...] = ()


class SortBy(msgspec.Struct, frozen=True):
    """One key of the order, by Nova's name for it (see SORT_KEYS)."""

    key: str
    descending: bool


_EQUAL: Final = ("project_id", "image_id", "host", "user_id", "config_drive", "locked")
"""Fields of the filter that are compared with the column of the same name."""

SECOND: Final = 1_000_000


def _as_time(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Microseconds as the text by which Nova's database has times."""
    return func.strftime("%Y-%m-%d %H:%M:%S", column // SECOND, "unixepoch")


PATTERNS: Final[Mapping[str, ColumnElement[Any]]] = {
    "name": servers.c.name,
    "description": servers.c.description,
    "hostname": servers.c.hostname,
    "key_name": servers.c.key_name,
    "node": servers.c.host,
    "availability_zone": servers.c.availability_zone,
    "reservation_id": servers.c.reservation_id,
    "locked_by": servers.c.locked_by,
    "access_ip_v4": servers.c.access_ip_v4,
    "access_ip_v6": servers.c.access_ip_v6,
    "launch_index": cast(servers.c.launch_index, String),
    "power_state": cast(servers.c.power_state, String),
    "created_at": _as_time(servers.c.created_at),
    "launched_at": _as_time(servers.c.launched_at),
    "terminated_at": _as_time(servers.c.deleted_at),
}
"""What is compared with a regular expression, as Nova's database compares all that it has no better index for."""

_SORT_COLUMNS: Final[dict[str, ColumnElement[Any]]] = {
    "created_at": servers.c.created_at,
    "updated_at": servers.c.updated_at,
    "launched_at": func.coalesce(servers.c.launched_at, 0),
    "terminated_at": func.coalesce(servers.c.deleted_at, 0),
    "uuid": servers.c.id,
    "display_name": servers.c.name,
    "display_description": func.coalesce(servers.c.description, ""),
    "hostname": servers.c.hostname,
    "host": func.coalesce(servers.c.host, ""),
    "node": func.coalesce(servers.c.host, ""),
    "vm_state": servers.c.vm_state,
    "task_state": func.coalesce(servers.c.task_state, ""),
    "power_state": servers.c.power_state,
    "availability_zone": servers.c.availability_zone,
    "image_ref": func.coalesce(servers.c.image_id, ""),
    "instance_type_id": func.json_extract(servers.c.flavor, "$.id"),
    "key_name": func.coalesce(servers.c.key_name, ""),
    "launch_index": servers.c.launch_index,
    "config_drive": servers.c.config_drive,
    "locked": servers.c.locked,
    "locked_by": func.coalesce(servers.c.locked_by, ""),
    "auto_disk_config": servers.c.disk_config,
    "project_id": servers.c.project_id,
    "user_id": servers.c.user_id,
    "access_ip_v4": servers.c.access_ip_v4,
    "access_ip_v6": servers.c.access_ip_v6,
}

_BY_OTHERS: Final[dict[str, ColumnElement[Any]]] = {
    name: BesideIndexes(servers.c[name]) for name in ("project_id", "vm_state")
}
"""The same values, but no columns of an index: SQLite's planner does not look for one that begins with them."""

LAST: Final = "\U0010ffff"
"""No sign comes after it."""

SORT_KEYS: Final = frozenset(_SORT_COLUMNS)
NEWEST_FIRST: Final = (SortBy("created_at", True), SortBy("uuid", True))


def page(
    connection: Connection,
    wanted: ServerFilter,
    *,
    limit: int,
    after: ServerId | None = None,
    order: Sequence[SortBy] = NEWEST_FIRST,
) -> tuple[Server, ...] | None:
    """At most ``limit`` servers in this order, those after the server ``after``; None when there is no such server.

    The id is always the last key of the order, so that pages never skip or repeat.
    """
    keys = [(_SORT_COLUMNS[sort.key], sort.descending) for sort in order]
    keys.append((servers.c.id, keys[-1][1] if keys else True))
    held = (
        *_named(connection, wanted),
        *address_conditions(connection, wanted.project_id, wanted.ip, wanted.ip6),
    )
    few = any(having.few for having in held) or _finds_few(wanted)
    statement = select(servers.c.id).where(*_conditions(wanted, few=few), *(having.condition for having in held))
    if after is not None:
        anchor = _anchor(connection, after, wanted.project_id, [key for key, _ in keys])
        if anchor is None:
            return None
        statement = statement.where(_beyond(keys, anchor))
    in_order = [key.desc() if descending else key.asc() for key, descending in keys]
    # What is filtered, sorted and cut are ids, read from an index alone where it has what is asked; the rows, which are
    # long, are those of the page.
    chosen = statement.order_by(*in_order).limit(limit)
    whole = select(servers).where(servers.c.id.in_(chosen.correlate(None))).order_by(*in_order)
    result = connection.execute(whole)
    assert result.cursor is not None, "a select has a cursor"
    rows = result.cursor.fetchall()
    result.close()
    return of_rows(connection, rows)


def deleted(connection: Connection, server_id: ServerId) -> Server | None:
    """A server that was deleted, or None."""
    statement = select(servers).where(servers.c.id == server_id, servers.c.deleted_at.is_not(None))
    row = connection.execute(statement).mappings().first()
    return None if row is None else with_nics(connection, [row])[0]


def _named(connection: Connection, wanted: ServerFilter) -> Iterator[Having]:
    """Living servers whose names begin as the pattern says, if it says that and they are few."""
    pattern = wanted.matching.get("name")
    literal = None if pattern is None or wanted.deleted is not False else literal_of(pattern)
    if literal is None or not literal.from_start or not literal.text:
        return
    name, living = servers.c.name, servers.c.deleted_at.is_(None)
    named = name == literal.text if literal.to_end else name.between(literal.text, literal.text + LAST)
    ids = connection.execute(select(servers.c.id).where(living, named).limit(MOST_LISTED + 1)).scalars().all()
    if len(ids) <= MOST_LISTED:
        yield Having(servers.c.id.in_(among(ids)), few=True)


def _finds_few(wanted: ServerFilter) -> bool:
    """Whether an index leads to the few servers that can be meant, whose project or state is then looked at."""
    return wanted.ids is not None or wanted.task_states is not None or wanted.host is not None


_SOFT_DELETED: Final = select(servers.c.id).where(servers.c.soft_deleted_at.is_not(None))
"""Servers that can be restored: in no list of living ones that does not ask for their state. An index has these few."""


def _conditions(wanted: ServerFilter, *, few: bool) -> list[ColumnElement[bool]]:
    """What the filter asks for. ``few``: by the project and by a state nothing shall be looked up."""
    columns = {name: _BY_OTHERS[name] if few and name in _BY_OTHERS else servers.c[name] for name in _EQUAL}
    conditions = [columns[name] == value for name in _EQUAL if (value := getattr(wanted, name)) is not None]
    if wanted.deleted is not None:
        conditions.append(servers.c.deleted_at.is_not(None) if wanted.deleted else servers.c.deleted_at.is_(None))
    if wanted.deleted is False and wanted.vm_states is None:
        conditions.append(servers.c.id.not_in(_SOFT_DELETED))
    if wanted.changes_since is not None:
        conditions.append(servers.c.updated_at >= wanted.changes_since)
    if wanted.changes_before is not None:
        conditions.append(servers.c.updated_at < (wanted.changes_before // SECOND + 1) * SECOND)
    if wanted.ids is not None:
        conditions.append(one_of(servers.c.id, wanted.ids))
    if wanted.auto_disk_config is not None:
        conditions.append(servers.c.disk_config == ("AUTO" if wanted.auto_disk_config else "MANUAL"))
    for name, pattern in wanted.matching.items():
        conditions += matches(PATTERNS[name], pattern)
    if wanted.flavor_id is not None:
        conditions.append(func.json_extract(servers.c.flavor, "$.id") == wanted.flavor_id)
    if wanted.vm_states is not None:
        # One state is an index's column; of several the index of the order is read, of which a page is soon full.
        one = len(wanted.vm_states) == 1 and not few
        conditions.append((servers.c if one else _BY_OTHERS)["vm_state"].in_(wanted.vm_states))
    if wanted.task_states is not None:
        conditions.append(servers.c.task_state.in_(wanted.task_states))
    return [*conditions, *_tag_conditions(wanted)]


def _tag_conditions(wanted: ServerFilter) -> list[ColumnElement[bool]]:
    """Nova's four: all of, any of, not all of, none of."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.tags:
        conditions.append(every_tag(servers.c.tags, wanted.tags))
    if wanted.tags_any:
        conditions.append(any_tag(servers.c.tags, wanted.tags_any))
    if wanted.not_tags:
        conditions.append(~every_tag(servers.c.tags, wanted.not_tags))
    if wanted.not_tags_any:
        conditions.append(~any_tag(servers.c.tags, wanted.not_tags_any))
    return conditions


def _anchor(
    connection: Connection, after: ServerId, project_id: ProjectId | None, keys: Sequence[ColumnElement[Any]]
) -> Sequence[Any] | None:
    statement = select(*(key.label(f"key_{position}") for position, key in enumerate(keys)))
    statement = statement.where(servers.c.id == after)
    if project_id is not None:
        statement = statement.where(servers.c.project_id == project_id)
    return connection.execute(statement).first()


def _beyond(keys: Sequence[tuple[ColumnElement[Any], bool]], anchor: Sequence[Any]) -> ColumnElement[bool]:
    """Rows that come after the anchor: a later first key, or the same and a later second key, and so on.

    In one direction they are compared as a whole, for which SQLite goes to their place in an index.
    """
    if len({descending for _, descending in keys}) == 1:
        columns = tuple_(*(key for key, _ in keys))
        return columns < tuple_(*anchor) if keys[0][1] else columns > tuple_(*anchor)
    cases: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for (key, descending), found in zip(keys, anchor, strict=True):
        value = literal(found, key.type)  # SQLAlchemy compares with no True or False as they are
        cases.append(and_(*same, key < value if descending else key > value))
        same.append(key == value)
    return or_(*cases)
