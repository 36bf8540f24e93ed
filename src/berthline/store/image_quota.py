"""How many images a project has and how many MiB they take: exact counters, changed in the transaction that they count.

The counter is touched last in its transaction, since every other one of the project waits for it.
"""

from sqlalchemy import Connection, insert, select, update

from berthline.domain.errors import RequestTooLarge
from berthline.domain.ids import ProjectId
from berthline.domain.quota import IMAGE_DEFAULTS, UNLIMITED
from berthline.store.tables.identity import quota_limits, quota_usage

MIB = 1024 * 1024


def mebibytes(size: int) -> int:
    """What an image of ``size`` bytes counts: whole MiB, begun ones too."""
    return -(-size // MIB)


def limit_of(connection: Connection, project_id: ProjectId, resource: str) -> int:
    """The project's limit, or the default; -1 is unlimited."""
    own = connection.execute(
        select(quota_limits.c.hard_limit).where(
            quota_limits.c.project_id == project_id, quota_limits.c.resource == resource
        )
    ).scalar()
    return IMAGE_DEFAULTS[resource] if own is None else int(own)


def room(connection: Connection, project_id: ProjectId, resource: str) -> int | None:
    """How much more the project may have; None: without limit."""
    limit = limit_of(connection, project_id, resource)
    if limit == UNLIMITED:
        return None
    used = connection.execute(
        select(quota_usage.c.used).where(quota_usage.c.project_id == project_id, quota_usage.c.resource == resource)
    ).scalar()
    return max(0, limit - int(used or 0))


def take(connection: Connection, project_id: ProjectId, resource: str, amount: int) -> None:
    """Count ``amount`` more. Raises RequestTooLarge (413, as Glance does) when that passes the limit."""
    used = _add(connection, project_id, resource, amount)
    limit = limit_of(connection, project_id, resource)
    if limit != UNLIMITED and used > limit:
        raise RequestTooLarge(
            f"The request exceeds the project's quota of {resource}: the limit is {limit}, "
            f"{used - amount} are used and {amount} more are asked for.",
            {"resource": resource, "limit": limit, "used": used - amount, "asked": amount},
        )


def give_back(connection: Connection, project_id: ProjectId, resource: str, amount: int) -> None:
    """Count ``amount`` less."""
    if amount:
        _add(connection, project_id, resource, -amount)


def _add(connection: Connection, project_id: ProjectId, resource: str, amount: int) -> int:
    used = connection.execute(
        update(quota_usage)
        .where(quota_usage.c.project_id == project_id, quota_usage.c.resource == resource)
        .values(used=quota_usage.c.used + amount)
        .returning(quota_usage.c.used)
    ).scalar()
    if used is None:
        connection.execute(insert(quota_usage), {"project_id": project_id, "resource": resource, "used": amount})
        return amount
    return int(used)
