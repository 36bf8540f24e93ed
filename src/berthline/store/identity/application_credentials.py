"""Application credentials with their roles, and the access rules that they go by."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from berthline.domain.errors import Conflict, Forbidden
from berthline.domain.identity import AccessRule, ApplicationCredential, Role
from berthline.domain.ids import ProjectId, UserId
from berthline.store.engine.changes import record_event
from berthline.store.identity.roles import role_of
from berthline.store.tables.identity import (
    access_rules,
    application_credential_access_rules,
    application_credential_roles,
    application_credentials,
    roles,
)

_SHOWN = tuple(column for column in application_credentials.c if column.name != "secret_hash")


def insert_credential(connection: Connection, made: ApplicationCredential, secret_hash: str, at: int) -> None:
    """Its rules must be there. Raises Conflict when the user has one of that name."""
    row = {
        "id": made.id,
        "user_id": made.user_id,
        "project_id": made.project_id,
        "name": made.name,
        "description": made.description,
        "secret_hash": secret_hash,
        "unrestricted": made.unrestricted,
        "expires_at": made.expires_at,
    }
    try:
        connection.execute(insert(application_credentials), row)
    except IntegrityError:
        raise Conflict(
            f"there is already an application credential named {made.name} of this user: choose another name"
        ) from None
    held = [{"application_credential_id": made.id, "role_id": role.id} for role in made.roles]
    connection.execute(insert(application_credential_roles), held)
    if made.rules:
        allowed = [{"application_credential_id": made.id, "access_rule_id": rule.id} for rule in made.rules]
        connection.execute(insert(application_credential_access_rules), allowed)
    _record(connection, made.user_id, "application_credential_created", made.id, at)


def list_credentials(connection: Connection, filters: Mapping[str, object]) -> tuple[ApplicationCredential, ...]:
    """Those whose columns equal ``filters``, by name, with their roles and rules: three statements."""
    conditions = [application_credentials.c[name] == value for name, value in filters.items()]
    found = connection.execute(select(*_SHOWN).where(*conditions).order_by(application_credentials.c.name)).all()
    if not found:
        return ()
    held: dict[str, list[Role]] = {}
    for row in connection.execute(
        select(application_credential_roles.c.application_credential_id, roles)
        .join(roles, roles.c.id == application_credential_roles.c.role_id)
        .join(
            application_credentials,
            application_credentials.c.id == application_credential_roles.c.application_credential_id,
        )
        .where(*conditions)
        .order_by(roles.c.name)
    ):
        held.setdefault(row.application_credential_id, []).append(role_of(row))
    allowed = _rules(connection, conditions)
    return tuple(_credential(row, held.get(row.id, ()), allowed.get(row.id)) for row in found)


def get_credential(connection: Connection, credential_id: str) -> ApplicationCredential | None:
    """The credential, or None."""
    found = list_credentials(connection, {"id": credential_id})
    return found[0] if found else None


def find_credential(connection: Connection, user_id: str, name: str) -> str | None:
    """The id of the user's credential of this name, or None."""
    statement = select(application_credentials.c.id).where(
        application_credentials.c.user_id == user_id, application_credentials.c.name == name
    )
    found: str | None = connection.execute(statement).scalar()
    return found


def secret_of(connection: Connection, credential_id: str) -> str | None:
    """The hash of the credential's secret, or None."""
    statement = select(application_credentials.c.secret_hash).where(application_credentials.c.id == credential_id)
    found: str | None = connection.execute(statement).scalar()
    return found


def replace_secret(connection: Connection, credential_id: str, *, old: str, new: str) -> None:
    """Write the same secret's new hash."""
    which = (application_credentials.c.id == credential_id, application_credentials.c.secret_hash == old)
    connection.execute(update(application_credentials).where(*which).values(secret_hash=new))


def count_credentials(connection: Connection, user_id: str) -> int:
    """How many the user has."""
    statement = select(func.count()).where(application_credentials.c.user_id == user_id)
    return connection.execute(statement).scalar_one()


def delete_credentials(
    connection: Connection, user_id: str, at: int, *, projects: Select[tuple[str]] | None = None, **filters: object
) -> bool:
    """Those of the user whose columns equal ``filters``, on ``projects``, a statement of their ids; None: on any.

    Their tokens end. Rules stay. True when there were any.
    """
    conditions = [application_credentials.c[name] == value for name, value in filters.items()]
    if projects is not None:
        conditions.append(application_credentials.c.project_id.in_(projects))
    gone = connection.execute(
        delete(application_credentials).where(application_credentials.c.user_id == user_id, *conditions)
    ).rowcount
    if gone:
        _record(connection, user_id, "application_credentials_deleted", str(filters.get("id", "")), at)
    return gone > 0


def delete_all(connection: Connection, user_id: str, at: int) -> None:
    """All credentials of the user, and his rules."""
    delete_credentials(connection, user_id, at)
    connection.execute(delete(access_rules).where(access_rules.c.user_id == user_id))


# --- access rules ---
def list_rules(connection: Connection, user_id: str, filters: Mapping[str, object]) -> tuple[AccessRule, ...]:
    """The user's rules whose columns equal ``filters``, in a stable order."""
    conditions = [access_rules.c[name] == value for name, value in filters.items()]
    rows = connection.execute(
        select(access_rules)
        .where(access_rules.c.user_id == user_id, *conditions)
        .order_by(access_rules.c.service, access_rules.c.path, access_rules.c.method)
    )
    return tuple(_rule(row) for row in rows)


def insert_rules(connection: Connection, user_id: str, rules: Iterable[AccessRule]) -> None:
    """Raises Conflict when the user has one of them."""
    rows = [
        {"id": each.id, "user_id": user_id, "service": each.service, "path": each.path, "method": each.method}
        for each in rules
    ]
    if not rows:
        return
    try:
        connection.execute(insert(access_rules), rows)
    except IntegrityError:
        raise Conflict("one of the access rules was made at this very moment: ask again") from None


def delete_rule(connection: Connection, user_id: str, rule_id: str) -> bool:
    """True when the user had it. Raises Forbidden while a credential goes by it."""
    try:
        return (
            connection.execute(
                delete(access_rules).where(access_rules.c.user_id == user_id, access_rules.c.id == rule_id)
            ).rowcount
            > 0
        )
    except IntegrityError:
        raise Forbidden("May not delete access rule in use: delete the application credential first.") from None


def _rules(connection: Connection, conditions: Iterable[ColumnElement[bool]]) -> dict[str, list[AccessRule]]:
    """The rules of the credentials that meet ``conditions``, by the credential's id."""
    links = application_credential_access_rules
    found: dict[str, list[AccessRule]] = {}
    for row in connection.execute(
        select(links.c.application_credential_id, access_rules)
        .join(access_rules, access_rules.c.id == links.c.access_rule_id)
        .join(application_credentials, application_credentials.c.id == links.c.application_credential_id)
        .where(*conditions)
        .order_by(access_rules.c.service, access_rules.c.path, access_rules.c.method)
    ):
        found.setdefault(row.application_credential_id, []).append(_rule(row))
    return found


def _record(connection: Connection, user_id: str, what: str, credential_id: str, at: int) -> None:
    data = {"application_credential_id": credential_id}
    record_event(connection, kind="user", object_id=user_id, project_id="", revision=0, what=what, at=at, data=data)


def _rule(row: Row[*tuple[Any, ...]]) -> AccessRule:
    return AccessRule(id=row.id, service=row.service, path=row.path, method=row.method)


def _credential(
    row: Row[*tuple[Any, ...]], held: Iterable[Role], rules: Iterable[AccessRule] | None
) -> ApplicationCredential:
    return ApplicationCredential(
        id=row.id,
        user_id=UserId(row.user_id),
        project_id=ProjectId(row.project_id),
        name=row.name,
        description=row.description,
        unrestricted=row.unrestricted,
        expires_at=row.expires_at,
        roles=tuple(held),
        rules=None if rules is None else tuple(rules),
    )
