"""Signing keys, revoked tokens, and the one query that says what a token's holder may do now."""

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, true

from berthline.domain.identity import Scope
from berthline.domain.ids import RoleId
from berthline.store.engine.database import notify
from berthline.store.engine.versions import STANDINGS_TOPIC
from berthline.store.identity.effective import effective_roles
from berthline.store.tables.identity import (
    domains,
    projects,
    revoked_tokens,
    signing_keys,
    users,
)

PURGE_LIMIT = 500


class SigningKey(NamedTuple):
    """``secret`` is 64 hexadecimal digits; it never leaves the process."""

    id: str
    secret: str


class DomainRef(NamedTuple):
    id: str
    name: str


class UserRef(NamedTuple):
    id: str
    name: str
    domain: DomainRef


class ProjectRef(NamedTuple):
    id: str
    name: str
    domain: DomainRef


class RoleRef(NamedTuple):
    id: RoleId
    name: str


class Standing(NamedTuple):
    """What the database says about a user on a scope now. ``project`` and ``domain`` are what the scope names.

    ``roles``: those that count there, with those that are implied, by name; none of a domain.
    ``usable``: user, its domain, the project and its domain are all there and enabled. ``tokens_generation``: which of
    the user's tokens count, those that were issued under the same.
    """

    user: UserRef
    project: ProjectRef | None
    domain: DomainRef | None
    roles: tuple[RoleRef, ...]
    usable: bool
    revoked: bool
    tokens_generation: int


def insert_signing_key(connection: Connection, key: SigningKey, at: int) -> None:
    """From now on tokens are signed with this key; older ones stay good for what they signed."""
    connection.execute(insert(signing_keys), {"id": key.id, "secret": key.secret, "created_at": at})


_KEY = select(signing_keys.c.id, signing_keys.c.secret).where(signing_keys.c.id == bindparam("key_id"))
_NEWEST_KEY = (
    select(signing_keys.c.id, signing_keys.c.secret)
    .order_by(signing_keys.c.created_at.desc(), signing_keys.c.id)
    .limit(1)
)


def signing_key(connection: Connection, key_id: str) -> SigningKey | None:
    """The key by its id, or None."""
    row = connection.execute(_KEY, {"key_id": key_id}).first()
    return None if row is None else SigningKey(row.id, row.secret)


def newest_signing_key(connection: Connection) -> SigningKey | None:
    """The key that signs, or None in a store that was never bootstrapped."""
    row = connection.execute(_NEWEST_KEY).first()
    return None if row is None else SigningKey(row.id, row.secret)


def revoke_token(connection: Connection, token_id: str, expires_at: int, now: int) -> None:
    """Idempotent. Takes a few rows of tokens that have expired by themselves along, so that the table stays small."""
    past = select(revoked_tokens.c.token_id).where(revoked_tokens.c.expires_at < now).limit(PURGE_LIMIT)
    connection.execute(delete(revoked_tokens).where(revoked_tokens.c.token_id.in_(past)))
    known = select(revoked_tokens.c.token_id).where(revoked_tokens.c.token_id == token_id)
    if connection.execute(known).first() is None:
        connection.execute(insert(revoked_tokens), {"token_id": token_id, "expires_at": expires_at})
    notify(connection, STANDINGS_TOPIC)


_user_domain = domains.alias("user_domain")
_project_domain = domains.alias("project_domain")
_scope_domain = domains.alias("scope_domain")
_effective = effective_roles(
    user_id=bindparam("user_id"), scope=bindparam("scope"), target_id=bindparam("target_id")
).subquery("effective")
_STANDING = (
    select(
        users.c.id.label("user_id"),
        users.c.name.label("user_name"),
        users.c.enabled.label("user_enabled"),
        users.c.tokens_generation,
        _user_domain.c.id.label("user_domain_id"),
        _user_domain.c.name.label("user_domain_name"),
        _user_domain.c.enabled.label("user_domain_enabled"),
        projects.c.id.label("project_id"),
        projects.c.name.label("project_name"),
        projects.c.enabled.label("project_enabled"),
        _project_domain.c.id.label("project_domain_id"),
        _project_domain.c.name.label("project_domain_name"),
        _project_domain.c.enabled.label("project_domain_enabled"),
        _scope_domain.c.id.label("domain_id"),
        _scope_domain.c.name.label("domain_name"),
        _scope_domain.c.enabled.label("domain_enabled"),
        revoked_tokens.c.token_id.label("revoked"),
        _effective.c.role_id,
        _effective.c.role_name,
    )
    .select_from(users)
    .join(_user_domain, _user_domain.c.id == users.c.domain_id)
    .outerjoin(projects, projects.c.id == bindparam("project_id"))
    .outerjoin(_project_domain, _project_domain.c.id == projects.c.domain_id)
    .outerjoin(_scope_domain, _scope_domain.c.id == bindparam("domain_id"))
    .outerjoin(revoked_tokens, revoked_tokens.c.token_id == bindparam("token_id"))
    .outerjoin(_effective, true())
    .where(users.c.id == bindparam("user_id"))
    .order_by(_effective.c.role_name)
)


def standing(connection: Connection, user_id: str, scope: Scope | None, token_id: str | None = None) -> Standing | None:
    """The user on the scope (None: unscoped), and whether the token was revoked; None when there is no such user."""
    kind, target = ("", "") if scope is None else scope
    rows = connection.execute(
        _STANDING,
        {
            "user_id": user_id,
            "project_id": target if kind == "project" else None,
            "domain_id": target if kind == "domain" else None,
            "scope": kind,
            "target_id": target,
            "token_id": token_id,
        },
    ).all()
    if not rows:
        return None
    row = rows[0]
    usable = bool(row.user_enabled and row.user_domain_enabled)
    project = domain = None
    if kind == "project":
        usable = usable and bool(row.project_enabled and row.project_domain_enabled)
        if row.project_id is not None:
            project = ProjectRef(
                row.project_id, row.project_name, DomainRef(row.project_domain_id, row.project_domain_name)
            )
    elif kind == "domain":
        usable = usable and bool(row.domain_enabled)
        if row.domain_id is not None:
            domain = DomainRef(row.domain_id, row.domain_name)
    return Standing(
        user=UserRef(row.user_id, row.user_name, DomainRef(row.user_domain_id, row.user_domain_name)),
        project=project,
        domain=domain,
        roles=tuple(
            dict.fromkeys(RoleRef(RoleId(each.role_id), each.role_name) for each in rows if each.role_id is not None)
        ),
        usable=usable,
        revoked=row.revoked is not None,
        tokens_generation=row.tokens_generation,
    )
