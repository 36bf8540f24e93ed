"""Quotas: exact counters, guarded by one statement. Take last in a transaction: others of the project wait for it."""

import sys
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, delete, select

from berthline.domain.errors import InvalidInput, OverQuota
from berthline.domain.quota import DEFAULTS, UNLIMITED
from berthline.store.engine.prepared import Prepared
from berthline.store.engine.upserts import insert
from berthline.store.tables.base import to_json
from berthline.store.tables.identity import quota_class_limits, quota_limits, quota_usage

DEFAULT_CLASS: Final = "default"

_TAKE: Final = Prepared(
    # One row of ?2 is [resource, amount, default]. That the sum fits is asked of the row as it is when it is changed,
    # for others may count meanwhile; a first row has nothing beside it but its own amount.
    """
INSERT INTO quota_usage (project_id, resource, used)
SELECT ?1, r.value ->> 0, CAST(r.value ->> 1 AS BIGINT)
FROM json_each(?2) r LEFT JOIN quota_limits l ON l.project_id = ?1 AND l.resource = r.value ->> 0
LEFT JOIN quota_class_limits c ON c.class_name = 'default' AND c.resource = r.value ->> 0
WHERE ?3 OR COALESCE(l.hard_limit, c.hard_limit, CAST(r.value ->> 2 AS BIGINT)) < 0
    OR COALESCE(l.hard_limit, c.hard_limit, CAST(r.value ->> 2 AS BIGINT)) >= CAST(r.value ->> 1 AS BIGINT)
ON CONFLICT (project_id, resource) DO UPDATE SET used = quota_usage.used + excluded.used
WHERE ?3 OR quota_usage.used + excluded.used <= (
    SELECT CASE WHEN most < 0 THEN 9223372036854775807 ELSE most END FROM (
        SELECT COALESCE(l.hard_limit, c.hard_limit, CAST(r.value ->> 2 AS BIGINT)) AS most
        FROM json_each(?2) r LEFT JOIN quota_limits l ON l.project_id = ?1 AND l.resource = r.value ->> 0
        LEFT JOIN quota_class_limits c ON c.class_name = 'default' AND c.resource = r.value ->> 0
        WHERE r.value ->> 0 = excluded.resource
    ) AS known
)
RETURNING resource
"""
)
_TAKE_ONE: Final = Prepared(
    # Counts on when there is a counter and room; nothing happens otherwise, and ``_TAKE`` sees why.
    """
UPDATE quota_usage SET used = used + ?3 WHERE project_id = ?1 AND resource = ?2 AND used + ?3 <= COALESCE(
    (SELECT CASE WHEN hard_limit < 0 THEN 9223372036854775807 ELSE hard_limit END FROM quota_limits
     WHERE project_id = ?1 AND resource = ?2),
    (SELECT CASE WHEN hard_limit < 0 THEN 9223372036854775807 ELSE hard_limit END FROM quota_class_limits
     WHERE class_name = 'default' AND resource = ?2), ?4)
"""
)
_GIVE_BACK: Final = Prepared(
    "UPDATE quota_usage SET used = used - (SELECT value FROM json_each(?2) WHERE key = resource) "
    "WHERE project_id = ?1 AND resource IN (SELECT key FROM json_each(?2))",
    postgresql=(
        "UPDATE quota_usage SET used = used - CAST(CAST(?2 AS json) ->> resource AS BIGINT) "
        "WHERE project_id = ?1 AND resource IN (SELECT json_object_keys(CAST(?2 AS json)))"
    ),
)

_HOLD: Final = Prepared("UPDATE quota_usage SET used = used WHERE project_id = ? AND resource = 'instances'")
_STANDING: Final = Prepared(
    "SELECT r.value, COALESCE(l.hard_limit, c.hard_limit), COALESCE(u.used, 0), CASE WHEN EXISTS (SELECT 1 "
    "FROM quota_user_limits o WHERE o.project_id = ?1 AND o.user_id = ?3) THEN 1 ELSE 0 END FROM json_each(?2) r "
    "LEFT JOIN quota_class_limits c ON c.class_name = 'default' AND c.resource = r.value "
    "LEFT JOIN quota_limits l ON l.project_id = ?1 AND l.resource = r.value "
    "LEFT JOIN quota_usage u ON u.project_id = ?1 AND u.resource = r.value"
)


def take(connection: Connection, project_id: str, amounts: Mapping[str, int], *, forced: bool = False) -> None:
    """Count ``amounts`` more of each resource. ``forced`` counts past the limit, for what the cloud makes by itself.

    Raises OverQuota, naming what is short and how much of it is left; the caller's transaction then has to end.
    """
    wanted = [(name, amount, DEFAULTS.get(name, UNLIMITED)) for name, amount in sorted(amounts.items()) if amount]
    if not wanted:
        return
    if len(wanted) == 1 and not forced:
        name, amount, default = wanted[0]
        if _TAKE_ONE.run(connection, project_id, name, amount, limit_of(default)):
            return
    taken = {resource for (resource,) in _TAKE.all(connection, project_id, to_json(wanted), forced)}
    short = [name for name, _, _ in wanted if name not in taken]
    if short:
        remaining = left(connection, project_id, short)
        raise OverQuota(f"Quota exceeded for resources: {short}.", {"left": remaining, "requested": dict(amounts)})


def limit_of(default: int) -> int:
    """What statements compare with: no limit is the largest number."""
    return default if default >= 0 else sys.maxsize


def hold(connection: Connection, project_id: str) -> None:
    """Have others who hold or count servers of the project wait until this transaction ends; it has servers."""
    _HOLD.run(connection, project_id)


def give_back(connection: Connection, project_id: str, amounts: Mapping[str, int]) -> None:
    """Count ``amounts`` less of each resource. The store refuses (IntegrityError) to count below nothing."""
    _GIVE_BACK.run(connection, project_id, to_json(dict(amounts)))


def limits(connection: Connection, project_id: str, resources: Sequence[str]) -> dict[str, int]:
    """The limit of each resource; -1 is unlimited."""
    statement = select(quota_limits.c.resource, quota_limits.c.hard_limit).where(
        quota_limits.c.project_id == project_id, quota_limits.c.resource.in_(resources)
    )
    own = {row.resource: row.hard_limit for row in connection.execute(statement)}
    if len(own) == len(resources):
        return own
    return class_limits(connection, DEFAULT_CLASS, resources) | own


def class_limits(connection: Connection, class_name: str, resources: Sequence[str]) -> dict[str, int]:
    """The limits of a class; of the class ``default`` those of every project that has none of its own."""
    statement = select(quota_class_limits.c.resource, quota_class_limits.c.hard_limit).where(
        quota_class_limits.c.class_name == class_name, quota_class_limits.c.resource.in_(resources)
    )
    own = {row.resource: row.hard_limit for row in connection.execute(statement)}
    return {resource: own.get(resource, DEFAULTS.get(resource, UNLIMITED)) for resource in resources}


def set_class_limits(connection: Connection, class_name: str, wanted: Mapping[str, int]) -> None:
    """Set limits of a class. Raises InvalidInput below -1."""
    for resource, limit in sorted(wanted.items()):  # so no two wait for each other
        check_limit(resource, limit)
        values = {"class_name": class_name, "resource": resource, "hard_limit": limit}
        statement = insert(quota_class_limits).values(values)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["class_name", "resource"], set_={"hard_limit": statement.excluded.hard_limit}
            )
        )


def check_limit(resource: str, limit: int) -> None:
    """Raise InvalidInput for what is no limit."""
    if limit < UNLIMITED:
        raise InvalidInput(f"Invalid input for {resource}. Reason: a limit is -1 (unlimited) or more, not {limit}.")


def used(connection: Connection, project_id: str, resources: Sequence[str]) -> dict[str, int]:
    """How much of each resource the project has now."""
    statement = select(quota_usage.c.resource, quota_usage.c.used).where(
        quota_usage.c.project_id == project_id, quota_usage.c.resource.in_(resources)
    )
    counted = {row.resource: row.used for row in connection.execute(statement)}
    return {resource: counted.get(resource, 0) for resource in resources}


def left(connection: Connection, project_id: str, resources: Sequence[str]) -> dict[str, int | None]:
    """How much more of each resource the project may have, at least 0; None is unlimited."""
    return left_and_whether_user_has_limits(connection, project_id, "", resources)[0]


def left_and_whether_user_has_limits(
    connection: Connection, project_id: str, user_id: str, resources: Sequence[str]
) -> tuple[dict[str, int | None], bool]:
    """``left``, and by the same statement whether ``user_quotas`` has to be asked about the user."""
    found: dict[str, int | None] = {}
    limited = False
    for resource, own, held, of_user in _STANDING.all(connection, project_id, to_json(list(resources)), user_id):
        limit = DEFAULTS.get(resource, UNLIMITED) if own is None else own
        found[resource] = None if limit < 0 else max(limit - held, 0)
        limited = bool(of_user)
    return found, limited


def set_limits(connection: Connection, project_id: str, wanted: Mapping[str, int]) -> None:
    """Set limits of one project. Raises InvalidInput below -1."""
    for resource, limit in sorted(wanted.items()):  # so no two wait for each other
        check_limit(resource, limit)
        values = {"project_id": project_id, "resource": resource, "hard_limit": limit}
        statement = insert(quota_limits).values(values)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["project_id", "resource"], set_={"hard_limit": statement.excluded.hard_limit}
            )
        )


def reset_limits(connection: Connection, project_id: str, resources: Sequence[str]) -> None:
    """Give the project the default limits again."""
    connection.execute(
        delete(quota_limits).where(quota_limits.c.project_id == project_id, quota_limits.c.resource.in_(resources))
    )


def projects_with_limits(connection: Connection, resources: Sequence[str]) -> tuple[str, ...]:
    """Projects that have limits of their own for any of the resources."""
    statement = select(quota_limits.c.project_id).where(quota_limits.c.resource.in_(resources)).distinct()
    return tuple(row.project_id for row in connection.execute(statement.order_by(quota_limits.c.project_id)))
