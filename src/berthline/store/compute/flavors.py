"""Flavors: the sizes of servers, who may use each, and their extra specs."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, delete, exists, func, insert, or_, select, update

from berthline.domain.compute import Flavor
from berthline.domain.errors import FlavorExists
from berthline.domain.ids import FlavorId, ProjectId
from berthline.store.compute.servers.patterns import matches
from berthline.store.engine import locks
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.compute import flavor_projects, flavors

_COLUMNS = tuple(column for column in flavors.c if column.name != "created_at")
_NAMES: Final = tuple(column.name for column in _COLUMNS)
_GET: Final = Prepared(
    f"SELECT {', '.join(_NAMES)} FROM flavors WHERE id = ?1 AND (is_public OR EXISTS "  # noqa: S608
    "(SELECT 1 FROM flavor_projects p WHERE p.flavor_id = flavors.id AND p.project_id = ?2) OR ?2 IS NULL)"
)

_SORT_COLUMNS: Final = {
    "flavorid": "id",
    "name": "name",
    "description": "description",
    "memory_mb": "ram",
    "vcpus": "vcpus",
    "root_gb": "disk",
    "ephemeral_gb": "ephemeral",
    "swap": "swap",
    "rxtx_factor": "rxtx_factor",
    "disabled": "disabled",
    "is_public": "is_public",
    "created_at": "created_at",
    "id": "created_at",
}
"""Nova's names and our columns; Nova's id is the number of a row, which grows with the time of its making."""

SORT_KEYS: Final = frozenset({*_SORT_COLUMNS, "updated_at", "vcpu_weight"})
"""Names by which Nova sorts flavors; the two that are columns nowhere are the same for all flavors here."""


def add(connection: Connection, flavor: Flavor, at: int) -> None:
    """Write a flavor. Raises FlavorExists when its id or name is taken."""
    clash = connection.execute(
        select(flavors.c.id, flavors.c.name).where(or_(flavors.c.id == flavor.id, flavors.c.name == flavor.name))
    ).first()
    if clash is not None and clash.name == flavor.name:
        raise FlavorExists(f"Flavor with name {flavor.name} already exists.")
    if clash is not None:
        raise FlavorExists(f"Flavor with ID {flavor.id} already exists.")
    values = {column.name: getattr(flavor, column.name) for column in _COLUMNS}
    connection.execute(insert(flavors), values | {"created_at": at})


def get(connection: Connection, flavor_id: FlavorId, *, visible_to: ProjectId | None = None) -> Flavor | None:
    """One flavor, or None. With ``visible_to`` only a public one or one that the project was given access to."""
    row = _GET.first(connection, flavor_id, visible_to)
    if row is None:
        return None
    values: dict[str, Any] = dict(zip(_NAMES, row, strict=True))
    values["is_public"], values["disabled"] = bool(values["is_public"]), bool(values["disabled"])
    values["extra_specs"] = msgspec.json.decode(values["extra_specs"])
    return Flavor(**values)


def page(
    connection: Connection,
    *,
    visible_to: ProjectId | None,
    is_public: bool | None = None,
    min_ram: int | None = None,
    min_disk: int | None = None,
    named: str | None = None,
    sort_key: str = "flavorid",
    descending: bool = False,
    after: FlavorId | None = None,
    limit: int | None = None,
) -> tuple[Flavor, ...]:
    """Flavors in order of ``sort_key`` then id, those after the flavor ``after``.

    ``visible_to`` None shows all. ``is_public`` None shows both kinds. ``min_ram`` MiB, ``min_disk`` GiB. ``named`` is
    a regular expression that the name matches somewhere.
    """
    statement = select(*_COLUMNS)
    if visible_to is not None:
        statement = statement.where(_visible(visible_to))
    if is_public is not None:
        statement = statement.where(flavors.c.is_public == is_public)
    if min_ram is not None:
        statement = statement.where(flavors.c.ram >= min_ram)
    if min_disk is not None:
        statement = statement.where(flavors.c.disk >= min_disk)
    if named is not None:
        statement = statement.where(*matches(flavors.c.name, named))
    statement = _ordered(statement, sort_key, descending, after)
    return tuple(Flavor(**row) for row in connection.execute(statement.limit(limit)).mappings())


def set_description(connection: Connection, flavor_id: FlavorId, description: str | None) -> bool:
    """Change the one field of a flavor that may change; False when there is no such flavor."""
    statement = update(flavors).where(flavors.c.id == flavor_id).values(description=description)
    return connection.execute(statement).rowcount == 1


def change_extra_specs(
    connection: Connection, flavor_id: FlavorId, change: Callable[[dict[str, str]], Mapping[str, str]]
) -> bool:
    """Apply a pure ``change`` to the extra specs, whose errors pass through; False when there is no such flavor."""
    locks.lock(connection, flavors, [flavor_id])
    flavor = get(connection, flavor_id)
    if flavor is None:
        return False
    statement = update(flavors).where(flavors.c.id == flavor_id).values(extra_specs=dict(change(flavor.extra_specs)))
    return connection.execute(statement).rowcount == 1


def remove(connection: Connection, flavor_id: FlavorId) -> bool:
    """Delete a flavor; False when there was none. Servers keep the flavor they were made with."""
    return connection.execute(delete(flavors).where(flavors.c.id == flavor_id)).rowcount == 1


def access(connection: Connection, flavor_id: FlavorId) -> tuple[ProjectId, ...]:
    """Projects that may use a flavor that is not public, sorted."""
    statement = select(flavor_projects.c.project_id).where(flavor_projects.c.flavor_id == flavor_id)
    return tuple(ProjectId(row.project_id) for row in connection.execute(statement.order_by("project_id")))


def grant(connection: Connection, flavor_id: FlavorId, project_id: ProjectId) -> bool:
    """Let a project use the flavor; False when it already could."""
    if project_id in access(connection, flavor_id):
        return False
    connection.execute(insert(flavor_projects), {"flavor_id": flavor_id, "project_id": project_id})
    return True


def revoke(connection: Connection, flavor_id: FlavorId, project_id: ProjectId) -> bool:
    """Take the project's access away; False when it had none."""
    statement = delete(flavor_projects).where(
        flavor_projects.c.flavor_id == flavor_id, flavor_projects.c.project_id == project_id
    )
    return connection.execute(statement).rowcount == 1


def _visible(project_id: ProjectId) -> Any:
    granted = exists().where(flavor_projects.c.flavor_id == flavors.c.id, flavor_projects.c.project_id == project_id)
    return or_(flavors.c.is_public, granted)


def _never_null(table: Any, name: str) -> ColumnElement[Any]:
    """The column as a key of an order: what is not there comes before all that is."""
    column: ColumnElement[Any] = table.c[name]
    return func.coalesce(column, "") if name == "description" else column


def _ordered(
    statement: Select[*tuple[Any, ...]], sort_key: str, descending: bool, after: FlavorId | None
) -> Select[*tuple[Any, ...]]:
    name = _SORT_COLUMNS.get(sort_key, "id")
    column = _never_null(flavors, name)
    keys = (column, flavors.c.id) if name != "id" else (column,)
    if after is not None:
        anchor = flavors.alias("anchor")
        value = select(_never_null(anchor, name)).where(anchor.c.id == after).scalar_subquery()
        beyond = column < value if descending else column > value
        same = (column == value) & (flavors.c.id < after if descending else flavors.c.id > after)
        statement = statement.where(or_(beyond, same))
    return statement.order_by(*(key.desc() if descending else key.asc() for key in keys))
