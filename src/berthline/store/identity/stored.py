"""Credentials and policies that are kept for other services: rows that nobody here acts upon."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from berthline.domain.errors import Conflict
from berthline.domain.identity import StoredCredential, StoredPolicy
from berthline.store.engine import locks
from berthline.store.engine.changes import record_event
from berthline.store.tables.identity import schema_facts, stored_credentials, stored_policies

COLUMNS: Final = frozenset({"id", "user_id", "type"})
"""By which credentials are chosen."""


def credentials(connection: Connection, wanted: Mapping[str, object]) -> tuple[StoredCredential, ...]:
    """Those whose columns are as ``wanted`` (of ``COLUMNS``), by user, type and id."""
    table = stored_credentials.c
    assert wanted.keys() <= COLUMNS
    rows = connection.execute(
        select(stored_credentials)
        .where(*(table[name] == value for name, value in wanted.items()))
        .order_by(table.user_id, table.type, table.id)
    )
    return tuple(_credential(row) for row in rows)


def count_credentials(connection: Connection, user_id: str) -> int:
    """How many the user has."""
    found: int = connection.execute(
        select(func.count()).select_from(stored_credentials).where(stored_credentials.c.user_id == user_id)
    ).scalar_one()
    return found


def add_credential(connection: Connection, made: StoredCredential, at: int) -> None:
    """Its user and project must be there. Raises Conflict where its id is taken."""
    try:
        connection.execute(insert(stored_credentials), msgspec.structs.asdict(made))
    except IntegrityError:
        raise Conflict("there is already such a credential: choose another access key") from None
    _record(connection, "credential", made.id, "created", at)


def change_credential(connection: Connection, before: StoredCredential, after: StoredCredential, at: int) -> None:
    """Write it in the place of what it was. Raises Conflict where its new id is taken."""
    try:
        connection.execute(
            update(stored_credentials).where(stored_credentials.c.id == before.id).values(msgspec.structs.asdict(after))
        )
    except IntegrityError:
        raise Conflict("there is already such a credential: choose another access key") from None
    _record(connection, "credential", after.id, "updated", at)


def remove_credential(connection: Connection, credential_id: str, at: int) -> None:
    """Delete it."""
    connection.execute(delete(stored_credentials).where(stored_credentials.c.id == credential_id))
    _record(connection, "credential", credential_id, "deleted", at)


def lock_policies(connection: Connection) -> None:
    """One transaction at a time changes policies: they are counted."""
    locks.lock(connection, schema_facts, [1])


def policies(connection: Connection) -> tuple[StoredPolicy, ...]:
    """All, by type and id."""
    rows = connection.execute(select(stored_policies).order_by(stored_policies.c.type, stored_policies.c.id))
    return tuple(StoredPolicy(id=row.id, type=row.type, blob=row.blob, extra=row.extra) for row in rows)


def put_policy(connection: Connection, policy: StoredPolicy, at: int, *, new: bool) -> None:
    """Make it, or write it over what it was."""
    values = msgspec.structs.asdict(policy)
    if new:
        connection.execute(insert(stored_policies), values)
    else:
        connection.execute(update(stored_policies).where(stored_policies.c.id == policy.id).values(values))
    _record(connection, "policy", policy.id, "created" if new else "updated", at)


def remove_policy(connection: Connection, policy_id: str, at: int) -> None:
    """Delete it."""
    connection.execute(delete(stored_policies).where(stored_policies.c.id == policy_id))
    _record(connection, "policy", policy_id, "deleted", at)


def _credential(row: Row[*tuple[Any, ...]]) -> StoredCredential:
    return StoredCredential(
        id=row.id, user_id=row.user_id, project_id=row.project_id, type=row.type, blob=row.blob, extra=row.extra
    )


def _record(connection: Connection, kind: str, object_id: str, what: str, at: int) -> None:
    """An event has room for 36 characters of an id; nothing of a blob is in it."""
    record_event(connection, kind=kind, object_id=object_id[:36], project_id="", revision=0, what=what, at=at)
