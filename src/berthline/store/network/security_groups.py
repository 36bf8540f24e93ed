"""Security groups and their rules."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, or_, select, update

from berthline.domain.errors import Overtaken
from berthline.domain.ids import ProjectId, SecurityGroupId, SecurityGroupRuleId, new_id
from berthline.domain.network import ACCESS_SHARED, SecurityGroup, SecurityGroupRule
from berthline.store.control import quotas
from berthline.store.engine import locks, pages
from berthline.store.engine.pages import Listed, ListRequest
from berthline.store.engine.prepared import Prepared
from berthline.store.engine.upserts import insert
from berthline.store.network.changes import Change, record
from berthline.store.network.sight import VIEWER, opens, shared, shared_filter, things_seen
from berthline.store.tables.network import port_security_groups, ports, security_group_rules, security_groups

_GROUP_COLUMNS: Final = tuple(column.name for column in security_groups.c)
_RULE_COLUMNS: Final = tuple(column.name for column in security_group_rules.c)
_DEFAULT: Final = Prepared("SELECT id FROM security_groups WHERE project_id = ? AND is_default")

_SHARED: Final = shared(security_groups.c.id)


class Existing(NamedTuple):
    """A group as far as a port has to know it."""

    stateful: bool
    project_id: ProjectId


LISTED: Final = Listed(
    pages.standard_filters(security_groups)
    | {
        "stateful": pages.flag(security_groups.c.stateful),
        "is_default": pages.flag(security_groups.c.is_default),
        "shared": shared_filter(security_groups.c.id, "security_group"),
    },
    pages.sortable(security_groups, "name", "stateful"),
)
LISTED_RULES: Final = Listed(
    pages.standard_filters(security_group_rules)
    | {
        "security_group_id": pages.equals(security_group_rules.c.security_group_id),
        "direction": pages.equals(security_group_rules.c.direction),
        "ethertype": pages.equals(security_group_rules.c.ethertype),
        "protocol": pages.equals(security_group_rules.c.protocol),
        "port_range_min": pages.number(security_group_rules.c.port_range_min),
        "port_range_max": pages.number(security_group_rules.c.port_range_max),
        "remote_ip_prefix": pages.equals(security_group_rules.c.remote_ip_prefix),
        "remote_group_id": pages.equals(security_group_rules.c.remote_group_id),
        "remote_address_group_id": pages.equals(security_group_rules.c.remote_address_group_id),
    },
    pages.sortable(security_group_rules, "security_group_id", "direction", "ethertype"),
)


def visible(project_id: ProjectId | None) -> ColumnElement[bool] | None:
    """Groups that a project sees: its own, and those that are shared with it. None sees all."""
    if project_id is None:
        return None
    return or_(security_groups.c.project_id == project_id, opens(security_groups.c.id, project_id, ACCESS_SHARED))


def visible_rules(project_id: ProjectId | None) -> ColumnElement[bool] | None:
    """Rules that a project sees: its own, and those of its groups. None sees all."""
    if project_id is None:
        return None
    owned = select(security_groups.c.id).where(security_groups.c.project_id == project_id)
    return or_(security_group_rules.c.project_id == project_id, security_group_rules.c.security_group_id.in_(owned))


def add(connection: Connection, group: SecurityGroup) -> bool:
    """Write a group with its rules; False when it is a default group and the project has one."""
    values = {name: getattr(group, name) for name in _GROUP_COLUMNS}
    if connection.execute(insert(security_groups).on_conflict_do_nothing(), values).rowcount == 0:
        return False
    add_rules(connection, group.rules)
    return True


def add_rules(connection: Connection, rules: Sequence[SecurityGroupRule]) -> None:
    """Write rules."""
    if rules:
        values = [{name: getattr(rule, name) for name in _RULE_COLUMNS} for rule in rules]
        connection.execute(insert(security_group_rules), values)


def save(connection: Connection, group: SecurityGroup) -> None:
    """Write a changed group over the row of its id; rules have functions of their own.

    Raises Overtaken when the row is at another revision by now.
    """
    locks.save(connection, security_groups, {name: getattr(group, name) for name in _GROUP_COLUMNS})


def lock(connection: Connection, group_ids: Collection[str]) -> None:
    """For who changes groups or their rules: one transaction at a time, and no port takes one of them meanwhile."""
    locks.lock(connection, security_groups, group_ids)


def lock_of_rule(connection: Connection, rule_id: str) -> None:
    """``lock`` for the group of a rule, if there is such a rule."""
    if not locks.alone(connection):
        statement = select(security_group_rules.c.security_group_id).where(security_group_rules.c.id == rule_id)
        locks.lock(connection, security_groups, connection.execute(statement).scalars().all())


def hold(connection: Connection, group_ids: Collection[str]) -> None:
    """For who puts several groups on a port: they stay as they are read after this."""
    locks.hold(connection, security_groups, group_ids)


def touch(connection: Connection, group_id: SecurityGroupId, at: int) -> int:
    """Raise the group's revision because a rule of it changed; returns the new one."""
    statement = (
        update(security_groups)
        .where(security_groups.c.id == group_id)
        .values(revision=security_groups.c.revision + 1, updated_at=at)
        .returning(security_groups.c.revision)
    )
    return int(connection.execute(statement).scalar_one())


def remove(connection: Connection, group_id: SecurityGroupId) -> None:
    """Delete a group with its rules; the store refuses while a port has it. Raises Overtaken when it is gone."""
    locks.changed_one(connection.execute(delete(security_groups).where(security_groups.c.id == group_id)).rowcount)


def remove_rule(connection: Connection, rule_id: SecurityGroupRuleId) -> None:
    """Delete one rule. Raises Overtaken when it is gone."""
    gone = connection.execute(delete(security_group_rules).where(security_group_rules.c.id == rule_id))
    locks.changed_one(gone.rowcount)


def get(
    connection: Connection, group_id: str, visible_to: ProjectId | None = None, viewer: ProjectId | None = None
) -> SecurityGroup | None:
    """One group, or None when there is none that ``visible_to`` sees; see ``get_many``."""
    return get_many(connection, [group_id], visible_to, viewer).get(SecurityGroupId(group_id))


def get_many(
    connection: Connection,
    group_ids: Collection[str],
    visible_to: ProjectId | None = None,
    viewer: ProjectId | None = None,
) -> dict[SecurityGroupId, SecurityGroup]:
    """The groups of these ids that ``visible_to`` sees; ``shared`` as ``viewer`` sees it, who is the same if None."""
    statement = select(security_groups, _SHARED).where(security_groups.c.id.in_(list(group_ids)))
    known = visible(visible_to)
    statement = statement if known is None else statement.where(known)
    rows = connection.execute(statement, {VIEWER: viewer or visible_to}).mappings().all()
    return {group.id: group for group in _with_rules(connection, rows)}


def existing(
    connection: Connection, group_ids: Collection[str], visible_to: ProjectId | None
) -> dict[SecurityGroupId, Existing]:
    """Those of the ids that are groups which ``visible_to`` sees."""
    columns = (security_groups.c.id, security_groups.c.stateful, security_groups.c.project_id)
    statement = select(*columns).where(security_groups.c.id.in_(list(group_ids)))
    known = visible(visible_to)
    rows = connection.execute(statement if known is None else statement.where(known))
    return {SecurityGroupId(row.id): Existing(row.stateful, row.project_id) for row in rows}


def default_of(connection: Connection, project_id: ProjectId) -> SecurityGroupId | None:
    """The project's default group, or None when it was never made."""
    found = _DEFAULT.first(connection, project_id)
    return None if found is None else SecurityGroupId(found[0])


def ensure_default(connection: Connection, project_id: ProjectId, at: int) -> SecurityGroupId:
    """The project's default group, made now if it has none; the unique index lets only one be made. ``at`` in µs.

    Its rules are Neutron's: everything may go out, and its members may reach each other.
    """
    found = default_of(connection, project_id)
    if found is not None:
        return found
    group_id = SecurityGroupId(new_id())
    rules = default_rules(group_id, project_id, at, members=True)
    group = SecurityGroup(
        id=group_id,
        project_id=project_id,
        name="default",
        description="Default security group",
        stateful=True,
        is_default=True,
        rules=rules,
        revision=1,
        created_at=at,
        updated_at=at,
    )
    if not add(connection, group):
        winner = default_of(connection, project_id)
        if winner is None:
            raise Overtaken(f"the default security group of project {project_id} comes and goes; try again")
        return winner
    change = Change(
        kind="security_group", id=group_id, project_id=project_id, revision=1, what="created", unit="security_group"
    )
    record(connection, [change], at)
    quotas.take(connection, project_id, {"security_group": 1, "security_group_rule": len(rules)}, forced=True)
    return group_id


def default_rules(
    group_id: SecurityGroupId, project_id: ProjectId, at: int, *, members: bool
) -> tuple[SecurityGroupRule, ...]:
    """The rules a new group starts with: everything may go out; with ``members``, its own ports may come in."""
    versions: tuple[Literal["IPv4", "IPv6"], ...] = ("IPv4", "IPv6")
    directions: tuple[Literal["egress", "ingress"], ...] = ("egress", "ingress") if members else ("egress",)
    return tuple(
        SecurityGroupRule(
            id=SecurityGroupRuleId(new_id()),
            security_group_id=group_id,
            project_id=project_id,
            description="",
            direction=direction,
            ethertype=version,
            protocol=None,
            port_range_min=None,
            port_range_max=None,
            remote_ip_prefix=None,
            remote_group_id=group_id if direction == "ingress" else None,
            revision=1,
            created_at=at,
            updated_at=at,
        )
        for direction in directions
        for version in versions
    )


def page(
    connection: Connection, wanted: ListRequest, visible_to: ProjectId | None, viewer: ProjectId
) -> tuple[SecurityGroup, ...] | None:
    """One page of the groups that ``visible_to`` sees; None when the marker is not among them."""
    statement = select(security_groups, _SHARED)
    known = None
    if visible_to is not None:
        mine = things_seen(security_groups.c.id, security_groups.c.project_id, visible_to, "security_group")
        known = security_groups.c.id.in_(mine)
    rows = pages.fetch(connection, statement, security_groups, LISTED, wanted, known, {VIEWER: viewer})
    return None if rows is None else _with_rules(connection, rows)


def rule(connection: Connection, rule_id: str, visible_to: ProjectId | None = None) -> SecurityGroupRule | None:
    """One rule, or None when there is none that ``visible_to`` sees."""
    statement = select(security_group_rules).where(security_group_rules.c.id == rule_id)
    known = visible_rules(visible_to)
    row = connection.execute(statement if known is None else statement.where(known)).mappings().first()
    return None if row is None else pages.as_value(row, SecurityGroupRule)


def rule_page(
    connection: Connection, wanted: ListRequest, visible_to: ProjectId | None
) -> tuple[SecurityGroupRule, ...] | None:
    """One page of the rules that ``visible_to`` sees; None when the marker is not among them."""
    known = visible_rules(visible_to)
    rows = pages.fetch(connection, select(security_group_rules), security_group_rules, LISTED_RULES, wanted, known)
    return None if rows is None else tuple(pages.as_value(row, SecurityGroupRule) for row in rows)


def ports_in(connection: Connection, group_id: SecurityGroupId) -> Sequence[str]:
    """A few ids of ports that have the group."""
    statement = select(ports.c.id).join(port_security_groups, port_security_groups.c.port_id == ports.c.id)
    rows = connection.execute(statement.where(port_security_groups.c.security_group_id == group_id).limit(5))
    return [row.id for row in rows]


def referring(connection: Connection, group_id: SecurityGroupId) -> tuple[SecurityGroupRule, ...]:
    """Rules of other groups that name this group as their remote side."""
    statement = select(security_group_rules).where(
        security_group_rules.c.remote_group_id == group_id, security_group_rules.c.security_group_id != group_id
    )
    return tuple(pages.as_value(row, SecurityGroupRule) for row in connection.execute(statement).mappings())


def _with_rules(connection: Connection, rows: Sequence[RowMapping]) -> tuple[SecurityGroup, ...]:
    rules: dict[str, list[SecurityGroupRule]] = defaultdict(list)
    for ids in pages.in_chunks(row["id"] for row in rows):
        statement = select(security_group_rules).where(security_group_rules.c.security_group_id.in_(ids))
        ordered = statement.order_by(security_group_rules.c.created_at, security_group_rules.c.id)
        for row in connection.execute(ordered).mappings():
            rules[row["security_group_id"]].append(pages.as_value(row, SecurityGroupRule))
    return tuple(pages.as_value(row, SecurityGroup, {"rules": rules[row["id"]]}) for row in rows)
