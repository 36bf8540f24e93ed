"""Domains, projects and users."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, Table, delete, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from berthline.domain.errors import Conflict
from berthline.domain.identity import Domain, Project, ScopeKind, User
from berthline.domain.ids import DomainId, ProjectId, UserId
from berthline.store.engine import locks
from berthline.store.engine.changes import record_event
from berthline.store.identity import application_credentials
from berthline.store.identity.effective import effective_roles
from berthline.store.tables.identity import (
    domains,
    group_role_assignments,
    inherited_group_role_assignments,
    inherited_role_assignments,
    projects,
    quota_limits,
    quota_usage,
    quota_user_limits,
    role_assignments,
    users,
)

USER_COLUMNS = tuple(column for column in users.c if column.name not in {"password_hash", "tokens_generation"})


_TABLES: Final[Mapping[str, Table]] = {"domain": domains, "project": projects, "user": users}
Noun = Literal["domain", "project", "user"]


def lock(connection: Connection, noun: Noun, object_id: str) -> None:
    """For who changes one of these by what it is, or ends it: one transaction at a time. See ``locks.lock``."""
    locks.lock(connection, _TABLES[noun], [object_id])


def hold(connection: Connection, noun: Noun, object_id: str) -> None:
    """For who writes what belongs to one of these without a foreign key: it is not ended meanwhile."""
    locks.hold(connection, _TABLES[noun], [object_id])


def _matching(table: Table, filters: Mapping[str, object]) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in filters.items()]


def _taken(noun: str, name: str) -> Conflict:
    return Conflict(f"there is already a {noun} named {name} in this domain: choose another name")


def _changed(connection: Connection, kind: str, object_id: str, project_id: str, what: str, at: int) -> None:
    record_event(connection, kind=kind, object_id=object_id, project_id=project_id, revision=0, what=what, at=at)


# --- domains ---
def insert_domain(connection: Connection, domain: Domain, at: int) -> None:
    """Raises Conflict when the name is taken."""
    try:
        connection.execute(insert(domains), msgspec.structs.asdict(domain))
    except IntegrityError:
        raise Conflict(f"there is already a domain named {domain.name}: choose another name") from None
    _changed(connection, "domain", domain.id, "", "created", at)


def get_domain(connection: Connection, domain_id: str) -> Domain | None:
    """The domain, or None."""
    row = connection.execute(select(domains).where(domains.c.id == domain_id)).first()
    return None if row is None else _domain(row)


def find_domain(connection: Connection, name: str) -> Domain | None:
    """The domain of this name, or None."""
    row = connection.execute(select(domains).where(domains.c.name == name)).first()
    return None if row is None else _domain(row)


def list_domains(connection: Connection, filters: Mapping[str, object]) -> tuple[Domain, ...]:
    """Those whose columns equal ``filters``, by name."""
    rows = connection.execute(select(domains).where(*_matching(domains, filters)).order_by(domains.c.name))
    return tuple(_domain(row) for row in rows)


def update_domain(connection: Connection, domain: Domain, at: int) -> None:
    """Raises Conflict when the name is taken."""
    values = msgspec.structs.asdict(domain)
    try:
        connection.execute(update(domains).where(domains.c.id == domain.id).values(values))
    except IntegrityError:
        raise Conflict(f"there is already a domain named {domain.name}: choose another name") from None
    _changed(connection, "domain", domain.id, "", "updated", at)


def delete_domain(connection: Connection, domain_id: str, at: int) -> None:
    """Raises Conflict while the domain has projects, users or roles."""
    _delete_assignments(connection, "domain", domain_id)
    try:
        connection.execute(delete(domains).where(domains.c.id == domain_id))
    except IntegrityError:
        raise Conflict("the domain still has projects, users, groups or roles: delete them first") from None
    _changed(connection, "domain", domain_id, "", "deleted", at)


def _delete_assignments(connection: Connection, scope: ScopeKind, target_id: str) -> None:
    """No foreign key says on what a role is held."""
    for table in (
        role_assignments,
        group_role_assignments,
        inherited_role_assignments,
        inherited_group_role_assignments,
    ):
        connection.execute(delete(table).where(table.c.scope == scope, table.c.target_id == target_id))


def _domain(row: Row[*tuple[Any, ...]]) -> Domain:
    return Domain(
        id=DomainId(row.id),
        name=row.name,
        description=row.description,
        enabled=row.enabled,
        tags=tuple(row.tags),
        extra=row.extra,
    )


# --- projects ---
def insert_project(connection: Connection, project: Project, at: int) -> None:
    """Raises Conflict when the domain has one of that name."""
    try:
        connection.execute(insert(projects), msgspec.structs.asdict(project))
    except IntegrityError:
        raise _taken("project", project.name) from None
    _changed(connection, "project", project.id, project.id, "created", at)


def get_project(connection: Connection, project_id: str) -> Project | None:
    """The project, or None."""
    row = connection.execute(select(projects).where(projects.c.id == project_id)).first()
    return None if row is None else _project(row)


def find_project(connection: Connection, domain_id: str, name: str) -> Project | None:
    """The project of this name in the domain, or None."""
    row = connection.execute(select(projects).where(projects.c.domain_id == domain_id, projects.c.name == name)).first()
    return None if row is None else _project(row)


def list_projects(connection: Connection, filters: Mapping[str, object]) -> tuple[Project, ...]:
    """Those whose columns equal ``filters``, by name."""
    rows = connection.execute(
        select(projects).where(*_matching(projects, filters)).order_by(projects.c.name, projects.c.id)
    )
    return tuple(_project(row) for row in rows)


def projects_of_user(connection: Connection, user_id: str) -> tuple[Project, ...]:
    """The projects on which the user holds any role that counts, by name."""
    held = _targets(user_id, "project")
    rows = connection.execute(select(projects).where(projects.c.id.in_(held)).order_by(projects.c.name, projects.c.id))
    return tuple(_project(row) for row in rows)


def domains_of_user(connection: Connection, user_id: str) -> tuple[Domain, ...]:
    """The domains on which the user holds any role that counts, by name."""
    held = _targets(user_id, "domain")
    rows = connection.execute(select(domains).where(domains.c.id.in_(held)).order_by(domains.c.name))
    return tuple(_domain(row) for row in rows)


def holds_on_system(connection: Connection, user_id: str) -> bool:
    """Whether the user holds any role that counts on the system."""
    return connection.execute(_targets(user_id, "system").limit(1)).first() is not None


def parents_of(connection: Connection, project_id: str) -> tuple[Project, ...]:
    """The projects above this one, nearest first; the domain is none of them."""
    return _along(connection, project_id, upwards=True)


def projects_below(connection: Connection, project_id: str) -> tuple[Project, ...]:
    """The projects below this one, nearest first, then by name."""
    return _along(connection, project_id, upwards=False)


def _along(connection: Connection, project_id: str, *, upwards: bool) -> tuple[Project, ...]:
    """The project's ancestors or descendants, by one statement."""
    way = (
        select(projects.c.id, projects.c.parent_id, literal(0).label("distance"))
        .where(projects.c.id == project_id)
        .cte("way", recursive=True)
    )
    next_one = projects.c.id == way.c.parent_id if upwards else projects.c.parent_id == way.c.id
    way = way.union(select(projects.c.id, projects.c.parent_id, way.c.distance + 1).join(way, next_one))
    rows = connection.execute(
        select(projects)
        .join(way, way.c.id == projects.c.id)
        .where(way.c.distance > 0)
        .order_by(way.c.distance, projects.c.name, projects.c.id)
    )
    return tuple(_project(row) for row in rows)


def _targets(user_id: str, kind: ScopeKind) -> Select[tuple[str]]:
    held = effective_roles(user_id=user_id, scope=kind).subquery()
    return select(held.c.target_id)


def update_project(connection: Connection, project: Project, at: int) -> None:
    """Raises Conflict when the domain has another one of that name."""
    try:
        connection.execute(update(projects).where(projects.c.id == project.id).values(msgspec.structs.asdict(project)))
    except IntegrityError:
        raise _taken("project", project.name) from None
    _changed(connection, "project", project.id, project.id, "updated", at)


def delete_project(connection: Connection, project_id: str, at: int) -> None:
    """The project, the roles on it and its quota limits. Raises Conflict while other projects are below it."""
    if connection.execute(select(projects.c.id).where(projects.c.parent_id == project_id).limit(1)).first():
        raise Conflict("the project has projects below it: delete them first")
    _delete_assignments(connection, "project", project_id)
    for limits in (quota_limits, quota_user_limits):
        connection.execute(delete(limits).where(limits.c.project_id == project_id))
    connection.execute(delete(quota_usage).where(quota_usage.c.project_id == project_id, quota_usage.c.used == 0))
    connection.execute(update(users).where(users.c.default_project_id == project_id).values(default_project_id=None))
    connection.execute(delete(projects).where(projects.c.id == project_id))
    _changed(connection, "project", project_id, project_id, "deleted", at)


def _project(row: Row[*tuple[Any, ...]]) -> Project:
    return Project(
        id=ProjectId(row.id),
        domain_id=DomainId(row.domain_id),
        parent_id=row.parent_id,
        name=row.name,
        description=row.description,
        enabled=row.enabled,
        tags=tuple(row.tags),
        extra=row.extra,
    )


# --- users ---
def insert_user(connection: Connection, user: User, password_hash: str | None, at: int) -> None:
    """Raises Conflict when the domain has one of that name."""
    try:
        connection.execute(insert(users), {**msgspec.structs.asdict(user), "password_hash": password_hash})
    except IntegrityError:
        raise _taken("user", user.name) from None
    _changed(connection, "user", user.id, "", "created", at)


def get_user(connection: Connection, user_id: str) -> User | None:
    """The user, or None."""
    row = connection.execute(select(*USER_COLUMNS).where(users.c.id == user_id)).first()
    return None if row is None else user_of(row)


def find_user(connection: Connection, domain_id: str, name: str) -> User | None:
    """The user of this name in the domain, or None."""
    row = connection.execute(select(*USER_COLUMNS).where(users.c.domain_id == domain_id, users.c.name == name)).first()
    return None if row is None else user_of(row)


def list_users(connection: Connection, filters: Mapping[str, object]) -> tuple[User, ...]:
    """Those whose columns equal ``filters``, by name."""
    rows = connection.execute(
        select(*USER_COLUMNS).where(*_matching(users, filters)).order_by(users.c.name, users.c.id)
    )
    return tuple(user_of(row) for row in rows)


def update_user(connection: Connection, user: User, at: int, *, end_tokens: bool = False) -> None:
    """Raises Conflict when the domain has another one of that name.

    ``end_tokens``: tokens issued until ``at`` end now, and the user's application credentials for good.
    """
    values = msgspec.structs.asdict(user)
    if end_tokens:
        values["tokens_generation"] = users.c.tokens_generation + 1
        application_credentials.delete_all(connection, user.id, at)
    try:
        connection.execute(update(users).where(users.c.id == user.id).values(values))
    except IntegrityError:
        raise _taken("user", user.name) from None
    _changed(connection, "user", user.id, "", "updated", at)


def password_hash(connection: Connection, user_id: str) -> str | None:
    """The hash of the user's password; None without user or password."""
    found: str | None = connection.execute(select(users.c.password_hash).where(users.c.id == user_id)).scalar()
    return found


def password_of(connection: Connection, user_id: str) -> tuple[str | None, int]:
    """The hash of the user's password, None without user or password, and the generation of tokens that it gives."""
    row = connection.execute(
        select(users.c.password_hash, users.c.tokens_generation).where(users.c.id == user_id)
    ).first()
    return (None, 0) if row is None else (row.password_hash, row.tokens_generation)


def set_password(connection: Connection, user_id: str, hashed: str, at: int) -> None:
    """A new password; tokens issued until now end. Which those are the database says: no clock need be right for it."""
    values = {"password_hash": hashed, "tokens_generation": users.c.tokens_generation + 1}
    connection.execute(update(users).where(users.c.id == user_id).values(values))
    _changed(connection, "user", user_id, "", "password_changed", at)


def delete_user(connection: Connection, user_id: str, at: int) -> None:
    """The user with its application credentials and, by foreign key, its roles."""
    application_credentials.delete_all(connection, user_id, at)
    connection.execute(delete(users).where(users.c.id == user_id))
    _changed(connection, "user", user_id, "", "deleted", at)


def user_of(row: Row[*tuple[Any, ...]]) -> User:
    """The user of a row that has USER_COLUMNS."""
    return User(
        id=UserId(row.id),
        domain_id=DomainId(row.domain_id),
        name=row.name,
        default_project_id=row.default_project_id,
        description=row.description,
        email=row.email,
        enabled=row.enabled,
        extra=row.extra,
    )


def replace_hash(connection: Connection, user_id: str, *, old: str, new: str) -> None:
    """Write the same password's new hash, unless the password was changed meanwhile."""
    connection.execute(
        update(users).where(users.c.id == user_id, users.c.password_hash == old).values(password_hash=new)
    )
