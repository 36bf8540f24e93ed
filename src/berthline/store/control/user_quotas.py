"""Quotas of one user within a project, beside the project's own: what a user has none of is bounded by those alone.

No counter is kept of users. What one has is counted when it is asked for, which only a user with limits costs anything;
that is exact for who has just taken from the project's counters, since nobody else takes from them until it commits.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, select

from berthline.domain.errors import OverQuota
from berthline.domain.quota import UNLIMITED
from berthline.store.control import quotas
from berthline.store.control.leaks import MOVED
from berthline.store.engine.upserts import insert
from berthline.store.tables.compute import migrations, servers
from berthline.store.tables.identity import quota_user_limits
from berthline.store.tables.placing import server_groups

OF_FLAVORS: Final = (("cores", "vcpus"), ("ram", "ram"))


def own_limits(connection: Connection, project_id: str, user_id: str) -> dict[str, int]:
    """The limits that this user has besides the project's; -1 is unlimited."""
    columns = (quota_user_limits.c.resource, quota_user_limits.c.hard_limit)
    statement = select(*columns).where(_of(project_id, user_id))
    return {row.resource: row.hard_limit for row in connection.execute(statement)}


def limits(connection: Connection, project_id: str, user_id: str, resources: Sequence[str]) -> dict[str, int]:
    """The limit of each resource for this user: its own, or the project's."""
    own = own_limits(connection, project_id, user_id)
    shared = quotas.limits(connection, project_id, resources)
    return {resource: own.get(resource, limit) for resource, limit in shared.items()}


def given(connection: Connection, project_id: str) -> dict[str, int]:
    """How much of each resource the limits of the project's users are in sum, leaving out those without a bound."""
    total = func.sum(quota_user_limits.c.hard_limit).label("total")
    bounded = (quota_user_limits.c.project_id == project_id) & (quota_user_limits.c.hard_limit >= 0)
    statement = select(quota_user_limits.c.resource, total).where(bounded).group_by(quota_user_limits.c.resource)
    return {row.resource: int(row.total) for row in connection.execute(statement)}


def set_limits(connection: Connection, project_id: str, user_id: str, wanted: Mapping[str, int]) -> None:
    """Set limits of one user in one project. Raises InvalidInput below -1."""
    for resource, limit in sorted(wanted.items()):  # so no two wait for each other
        quotas.check_limit(resource, limit)
        values = {"project_id": project_id, "user_id": user_id, "resource": resource, "hard_limit": limit}
        statement = insert(quota_user_limits).values(values)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["project_id", "user_id", "resource"],
                set_={"hard_limit": statement.excluded.hard_limit},
            )
        )


def reset_limits(connection: Connection, project_id: str, user_id: str | None) -> None:
    """Let the user, or all users of the project, have the project's limits again."""
    users = quota_user_limits.c.project_id == project_id if user_id is None else _of(project_id, user_id)
    connection.execute(delete(quota_user_limits).where(users))


def used(connection: Connection, project_id: str, user_id: str) -> dict[str, int]:
    """How many instances, cores, MiB of RAM and server groups of the project are this user's."""
    mine = (servers.c.project_id == project_id) & (servers.c.user_id == user_id)
    count = func.count().label("n")
    held = select(servers.c.flavor, count).where(mine, servers.c.deleted_at.is_(None)).group_by(servers.c.flavor)
    found = {"instances": 0, "cores": 0, "ram": 0}
    for row in connection.execute(held):
        found["instances"] += row.n
        for resource, column in OF_FLAVORS:
            found[resource] += row.n * row.flavor[column]
    moves = (
        select(migrations.c.status, migrations.c.old_flavor, migrations.c.new_flavor)
        .join(servers, servers.c.id == migrations.c.server_id)
        .where(mine, migrations.c.held)
    )
    for row in connection.execute(moves):
        has, other = (row.new_flavor, row.old_flavor) if row.status in MOVED else (row.old_flavor, row.new_flavor)
        for resource, column in OF_FLAVORS:
            found[resource] += max(other[column] - has[column], 0)
    groups = select(func.count()).where(server_groups.c.project_id == project_id, server_groups.c.user_id == user_id)
    return found | {"server_groups": int(connection.execute(groups).scalar_one())}


def left(connection: Connection, project_id: str, user_id: str, resources: Sequence[str]) -> dict[str, int]:
    """How much more of each resource that is bounded for this user it may have; below 0: so much too many."""
    own = own_limits(connection, project_id, user_id)
    bounded = [resource for resource in resources if own.get(resource, UNLIMITED) >= 0]
    if not bounded:
        return {}
    held = used(connection, project_id, user_id)
    return {resource: own[resource] - held[resource] for resource in bounded}


def check(connection: Connection, project_id: str, user_id: str, resources: Sequence[str]) -> None:
    """For who has just taken these resources from the project's counters, and written what counts.

    Raises OverQuota when the user has more of one than it may; the caller's transaction then has to end.
    """
    room = left(connection, project_id, user_id, resources)
    short = [resource for resource in resources if room.get(resource, 0) < 0]
    if short:
        raise OverQuota(f"Quota exceeded for resources: {short}.", {"user": user_id, "too_many": room})


def _of(project_id: str, user_id: str) -> ColumnElement[bool]:
    return (quota_user_limits.c.project_id == project_id) & (quota_user_limits.c.user_id == user_id)
