"""Who was assigned which role on what, and who holds which by that."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, insert, literal, select, union_all

from berthline.domain.identity import Assignment, Scope
from berthline.domain.ids import RoleId, UserId
from berthline.store.engine.changes import record_event
from berthline.store.identity.application_credentials import delete_credentials
from berthline.store.identity.effective import effective_roles
from berthline.store.tables.identity import (
    group_role_assignments,
    inherited_group_role_assignments,
    inherited_role_assignments,
    projects,
    role_assignments,
)

Holder = Literal["user", "group"]
_TABLES: Final[Mapping[tuple[Holder, bool], Table]] = {
    ("user", False): role_assignments,
    ("user", True): inherited_role_assignments,
    ("group", False): group_role_assignments,
    ("group", True): inherited_group_role_assignments,
}


class Source(NamedTuple):
    """The assignment that a role is held by: of which role; to which group, "" for the user's own; and on what above.

    ``above`` None: on the very target.
    """

    role_id: RoleId
    group_id: str
    above: Scope | None

    def is_own(self, role_id: RoleId) -> bool:
        """Whether the role itself was assigned to the user himself on the very target."""
        return self == (role_id, "", None)


class Choice(NamedTuple):
    """Which assignments; None matches all.

    ``subtree``: also those on the projects below the scope, which is a project. ``inherited``: only such, or none.
    """

    user_id: str | None = None
    group_id: str | None = None
    role_id: str | None = None
    scope: Scope | None = None
    subtree: bool = False
    inherited: bool | None = None


def assign(connection: Connection, assignment: Assignment, at: int) -> None:
    """Idempotent; user or group, role and target must be there."""
    table, values = _row(assignment)
    if connection.execute(select(table.c.role_id).where(*_equal(table, values))).first() is None:
        connection.execute(insert(table), values)
        _record(connection, assignment, "role_assigned", at)


def unassign(connection: Connection, assignment: Assignment, at: int) -> bool:
    """True when it was there."""
    table, values = _row(assignment)
    gone = connection.execute(delete(table).where(*_equal(table, values))).rowcount > 0
    if gone:
        _record(connection, assignment, "role_unassigned", at)
    return gone


def end_credentials(connection: Connection, assignment: Assignment, at: int) -> None:
    """Those application credentials of the user's that are for projects on which the assignment holds."""
    scope = assignment.scope
    if assignment.inherited:
        below = _tree(scope.target_id).where(projects.c.id != scope.target_id)
        if scope.kind == "domain":
            below = select(projects.c.id).where(projects.c.domain_id == scope.target_id)
        delete_credentials(connection, assignment.user_id, at, projects=below)
    elif scope.kind == "project":
        delete_credentials(connection, assignment.user_id, at, project_id=scope.target_id)


def list_assignments(connection: Connection, choice: Choice) -> tuple[Assignment, ...]:
    """All that match, as they were made, those of users before those of groups."""
    holders: tuple[Holder, ...] = ("user", "group")
    if choice.user_id is not None or choice.group_id is not None:
        holders = ("user",) if choice.user_id is not None else ("group",)
    kinds = (False, True) if choice.inherited is None else (choice.inherited,)
    tree = _tree(choice.scope.target_id) if choice.subtree and choice.scope is not None else None
    parts = [_of(holder, choice, tree, inherited=kind) for holder in holders for kind in kinds]
    found = union_all(*parts).subquery()
    names = ("group_id", "scope", "target_id", "user_id", "role_id", "inherited")
    return tuple(
        Assignment(
            user_id=UserId(row.user_id),
            group_id=row.group_id,
            role_id=RoleId(row.role_id),
            scope=Scope(row.scope, row.target_id),
            inherited=row.inherited,
        )
        for row in connection.execute(select(found).order_by(*(found.c[name] for name in names)))
    )


def list_effective(connection: Connection, choice: Choice) -> dict[Assignment, Source]:
    """Who holds which role that counts, where, and what was assigned for it; in a stable order.

    ``group_id`` and ``role_id`` choose nothing here. One source of several is told: the plainest.
    """
    kind, target = (None, None) if choice.scope is None else choice.scope
    held = effective_roles(user_id=choice.user_id, scope=kind, target_id=None if choice.subtree else target).subquery()
    asked = select(held)
    if choice.subtree and target is not None:
        asked = asked.where(held.c.target_id.in_(_tree(target)))
    if choice.inherited is not None:
        asked = asked.where(held.c.from_id != "" if choice.inherited else held.c.from_id == "")
    order = (held.c.scope, held.c.target_id, held.c.user_id, held.c.role_id, held.c.from_id)
    found: dict[Assignment, Source] = {}
    for row in connection.execute(asked.order_by(*order, held.c.assigned_role_id, held.c.group_id)):
        each = Assignment(
            user_id=UserId(row.user_id), role_id=RoleId(row.role_id), scope=Scope(row.scope, row.target_id)
        )
        source = Source(
            RoleId(row.assigned_role_id), row.group_id, Scope(row.from_scope, row.from_id) if row.from_id else None
        )
        if each not in found or (source.is_own(each.role_id) and not found[each].is_own(each.role_id)):
            found[each] = source
    return found


def _of(holder: Holder, choice: Choice, tree: Select[tuple[str]] | None, *, inherited: bool) -> Select[Any]:
    table = _TABLES[holder, inherited]
    chosen = select(
        table.c.user_id if holder == "user" else literal("").label("user_id"),
        table.c.group_id if holder == "group" else literal("").label("group_id"),
        table.c.role_id,
        table.c.scope,
        table.c.target_id,
        literal(inherited).label("inherited"),
    )
    wanted: dict[str, str | None] = {"role_id": choice.role_id}
    wanted |= {"user_id": choice.user_id} if holder == "user" else {"group_id": choice.group_id}
    if choice.scope is not None:
        wanted["scope"] = choice.scope.kind
        if tree is None:
            wanted["target_id"] = choice.scope.target_id
        else:
            chosen = chosen.where(table.c.target_id.in_(tree))
    return chosen.where(*_equal(table, {name: value for name, value in wanted.items() if value is not None}))


def _tree(project_id: str) -> Select[tuple[str]]:
    """The ids of the project and of all below it."""
    tree = select(projects.c.id).where(projects.c.id == project_id).cte("tree", recursive=True)
    tree = tree.union(select(projects.c.id).join(tree, projects.c.parent_id == tree.c.id))
    return select(projects.c.id).join(tree, tree.c.id == projects.c.id)


def _row(assignment: Assignment) -> tuple[Table, dict[str, str]]:
    """The table that it belongs into, and its columns there."""
    holder: Holder = "group" if assignment.group_id else "user"
    return _TABLES[holder, assignment.inherited], {
        f"{holder}_id": assignment.group_id or assignment.user_id,
        "role_id": assignment.role_id,
        "scope": assignment.scope.kind,
        "target_id": assignment.scope.target_id,
    }


def _equal(table: Table, values: Mapping[str, str]) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in values.items()]


def _record(connection: Connection, assignment: Assignment, what: str, at: int) -> None:
    """Of a user's with the project that it is on, for whoever follows that project's events."""
    scope = assignment.scope
    record_event(
        connection,
        kind="group" if assignment.group_id else "user",
        object_id=assignment.group_id or assignment.user_id,
        project_id=scope.target_id if scope.kind == "project" else "",
        revision=0,
        what=what,
        at=at,
        data={"role_id": assignment.role_id, "scope": scope.kind, "inherited": assignment.inherited},
    )
