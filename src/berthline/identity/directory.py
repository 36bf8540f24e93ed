"""Domains, projects and users: made, shown, changed and deleted, by those who may. Roles are in ``grants``."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import BadRequest, Conflict, Forbidden, NotFound
from berthline.domain.identity import DEFAULT_DOMAIN, Domain, Project, User, new_identity_id
from berthline.domain.ids import DomainId, ProjectId, UserId
from berthline.identity.fields import or_else
from berthline.identity.grants import Grants
from berthline.identity.groups import Groups
from berthline.identity.passwords import Passwords
from berthline.identity.registry import Registry
from berthline.identity.rights import may_read_all, require_admin, require_reader_of_all
from berthline.identity.roles import Roles
from berthline.store import Connection, Store
from berthline.store.identity import directory as rows

T = TypeVar("T")
DEEPEST: Final = 5
"""How many projects may stand below one another: Keystone's max_project_tree_depth."""

Filters = Mapping[str, object]
"""Column names with the value each must have."""


class DomainFields(msgspec.Struct, frozen=True, kw_only=True):
    """Of a new domain or of a change; what is UNSET takes its default or stays. ``id`` is for a new one alone."""

    id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    extra: dict[str, object] | UnsetType = UNSET


class ProjectFields(msgspec.Struct, frozen=True, kw_only=True):
    """Likewise; ``domain_id`` and ``parent_id`` cannot change later."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    domain_id: str | UnsetType = UNSET
    parent_id: str | UnsetType = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    extra: dict[str, object] | UnsetType = UNSET


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """A project, those above it and below it, nearest first, and the ids of those on which the caller has a role."""

    project: Project
    parents: tuple[Project, ...]
    subtree: tuple[Project, ...]
    held: frozenset[ProjectId]


class UserFields(msgspec.Struct, frozen=True, kw_only=True):
    """Likewise; ``domain_id`` cannot change later."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    domain_id: str | UnsetType = UNSET
    default_project_id: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    password: str | UnsetType | None = UNSET
    extra: dict[str, object] | UnsetType = UNSET

    def __repr__(self) -> str:
        return f"UserFields(name={self.name!r}, password hidden)"


class Directory:
    """Every method takes the caller first and raises Forbidden when the caller may not, NotFound, or Conflict."""

    def __init__(self, store: Store, clock: Clock, passwords: Passwords) -> None:
        self._store = store
        self._clock = clock
        self._passwords = passwords
        self.grants = Grants(store, clock)
        self.roles = Roles(store, clock)
        self.registry = Registry(store, clock)
        self.groups = Groups(store, clock)

    # --- domains ---
    async def create_domain(self, caller: Caller, fields: DomainFields) -> Domain:
        """Under ``id``, else under a new one."""
        require_admin(caller)
        domain = Domain(
            id=DomainId(or_else(fields.id, new_identity_id())),
            name=_required(fields.name, "name"),
            description=or_else(fields.description, ""),
            enabled=or_else(fields.enabled, True),
            tags=or_else(fields.tags, ()),
            extra=or_else(fields.extra, {}),
        )
        at = self._clock.now()

        def work(connection: Connection) -> Domain:
            if rows.get_domain(connection, domain.id) is not None:
                raise Conflict(f"there is already a domain with the id {domain.id}: choose another id")
            rows.insert_domain(connection, domain, at)
            return domain

        return await self._store.write(work)

    async def domain(self, caller: Caller, domain_id: str) -> Domain:
        if not may_read_all(caller) and domain_id != caller.domain_id:
            raise Forbidden("You are not authorized to see this domain.")
        return await self._store.read_short(lambda connection: _domain(connection, domain_id))

    async def domains(self, caller: Caller, filters: Filters) -> tuple[Domain, ...]:
        require_reader_of_all(caller)
        return await self._store.read(lambda connection: rows.list_domains(connection, filters))

    async def update_domain(self, caller: Caller, domain_id: str, fields: DomainFields) -> Domain:
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> Domain:
            rows.lock(connection, "domain", domain_id)
            changed = _changed(_domain(connection, domain_id), fields)
            rows.update_domain(connection, changed, at)
            return changed

        return await self._store.write(work)

    async def delete_domain(self, caller: Caller, domain_id: str) -> None:
        """Also raises Forbidden while the domain is enabled, as Keystone does."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            rows.lock(connection, "domain", domain_id)
            if _domain(connection, domain_id).enabled:
                raise Forbidden("Cannot delete a domain that is enabled, disable it first.")
            rows.delete_domain(connection, domain_id, at)

        await self._store.write(work)

    # --- projects ---
    async def create_project(self, caller: Caller, fields: ProjectFields) -> Project:
        """In ``domain_id``, else in the parent's domain, else in the caller's."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> Project:
            domain_id, parent_id = _place(connection, fields, caller.domain_id)
            project = Project(
                id=ProjectId(new_identity_id()),
                domain_id=domain_id,
                parent_id=parent_id,
                name=_required(fields.name, "name"),
                description=or_else(fields.description, ""),
                enabled=or_else(fields.enabled, True),
                tags=or_else(fields.tags, ()),
                extra=or_else(fields.extra, {}),
            )
            rows.insert_project(connection, project, at)
            return project

        return await self._store.write(work)

    async def project(self, caller: Caller, project_id: str) -> Project:
        """An admin sees any; others the one their token is scoped to."""
        _check_sees_project(caller, project_id)
        return await self._store.read_short(lambda connection: _project(connection, project_id))

    async def family(self, caller: Caller, project_id: str) -> Family:
        """The project with those above and below it; who may see the project may."""
        _check_sees_project(caller, project_id)

        def work(connection: Connection) -> Family:
            held = rows.projects_of_user(connection, caller.user_id)
            return Family(
                project=_project(connection, project_id),
                parents=rows.parents_of(connection, project_id),
                subtree=rows.projects_below(connection, project_id),
                held=frozenset(project.id for project in held),
            )

        return await self._store.read(work)

    async def projects(self, caller: Caller, filters: Filters) -> tuple[Project, ...]:
        require_reader_of_all(caller)
        return await self._store.read(lambda connection: rows.list_projects(connection, filters))

    async def projects_of_user(self, caller: Caller, user_id: str) -> tuple[Project, ...]:
        """Those on which the user has a role; one's own, or anybody's for an admin."""
        _require_self(caller, user_id)
        return await self._store.read(lambda connection: rows.projects_of_user(connection, user_id))

    async def domains_of_user(self, caller: Caller, user_id: str) -> tuple[Domain, ...]:
        """Likewise for domains."""
        _require_self(caller, user_id)
        return await self._store.read(lambda connection: rows.domains_of_user(connection, user_id))

    async def holds_on_system(self, caller: Caller, user_id: str) -> bool:
        """Likewise whether there is one on the system."""
        _require_self(caller, user_id)
        return await self._store.read(lambda connection: rows.holds_on_system(connection, user_id))

    async def update_project(self, caller: Caller, project_id: str, fields: ProjectFields) -> Project:
        """``extra`` is merged into what is there. Also raises BadRequest for a change of domain or parent."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> Project:
            rows.lock(connection, "project", project_id)
            before = _project(connection, project_id)
            if or_else(fields.domain_id, before.domain_id) != before.domain_id:
                raise BadRequest("a project stays in its domain")
            if or_else(fields.parent_id, before.parent_id) != before.parent_id:
                raise Forbidden("Update of `parent_id` is not allowed.")
            changed = _changed(before, fields)
            rows.update_project(connection, changed, at)
            return changed

        return await self._store.write(work)

    async def update_project_tags(
        self, caller: Caller, project_id: str, change: Callable[[tuple[str, ...]], tuple[str, ...]]
    ) -> Project:
        """Apply a pure ``change`` to the tags, whose errors pass through."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> Project:
            rows.lock(connection, "project", project_id)
            before = _project(connection, project_id)
            after = msgspec.structs.replace(before, tags=change(before.tags))
            rows.update_project(connection, after, at)
            return after

        return await self._store.write(work)

    async def delete_project(self, caller: Caller, project_id: str) -> None:
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            rows.lock(connection, "project", project_id)
            _project(connection, project_id)
            rows.delete_project(connection, project_id, at)

        await self._store.write(work)

    # --- users ---
    async def create_user(self, caller: Caller, fields: UserFields) -> User:
        """In ``domain_id``, else in the caller's domain; without a password it cannot log in."""
        require_admin(caller)
        password = or_else(fields.password, None)
        hashed = None if password is None else await self._passwords.hash(password)
        at = self._clock.now()
        default_project = or_else(fields.default_project_id, None)
        user = User(
            id=UserId(new_identity_id()),
            domain_id=DomainId(or_else(fields.domain_id, caller.domain_id)),
            name=_required(fields.name, "name"),
            default_project_id=None if default_project is None else ProjectId(default_project),
            description=or_else(fields.description, ""),
            email=or_else(fields.email, None),
            enabled=or_else(fields.enabled, True),
            extra=or_else(fields.extra, {}),
        )

        def work(connection: Connection) -> User:
            _held_domain(connection, user.domain_id)
            rows.insert_user(connection, user, hashed, at)
            return user

        return await self._store.write(work)

    async def user(self, caller: Caller, user_id: str) -> User:
        _require_self(caller, user_id)
        return await self._store.read_short(lambda connection: _user(connection, user_id))

    async def users(self, caller: Caller, filters: Filters) -> tuple[User, ...]:
        require_reader_of_all(caller)
        return await self._store.read(lambda connection: rows.list_users(connection, filters))

    async def update_user(self, caller: Caller, user_id: str, fields: UserFields) -> User:
        """``extra`` is merged. A new password, or disabling, ends all of the user's tokens."""
        require_admin(caller)
        password = or_else(fields.password, None)
        hashed = None if password is None else await self._passwords.hash(password)
        at = self._clock.now()

        def work(connection: Connection) -> User:
            rows.lock(connection, "user", user_id)
            before = _user(connection, user_id)
            if or_else(fields.domain_id, before.domain_id) != before.domain_id:
                raise BadRequest("a user stays in its domain")
            changed = _changed(before, fields)
            rows.update_user(connection, changed, at, end_tokens=before.enabled and not changed.enabled)
            if hashed is not None:
                rows.set_password(connection, user_id, hashed, at)
            return changed

        return await self._store.write(work)

    async def delete_user(self, caller: Caller, user_id: str) -> None:
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            rows.lock(connection, "user", user_id)
            _user(connection, user_id)
            rows.delete_user(connection, user_id, at)

        await self._store.write(work)


def _check_sees_project(caller: Caller, project_id: str) -> None:
    if not may_read_all(caller) and (not caller.project_id or project_id != caller.project_id):
        raise Forbidden("You are not authorized to see this project.")


def _require_self(caller: Caller, user_id: str) -> None:
    if user_id != caller.user_id:
        require_reader_of_all(caller)


def _domain(connection: Connection, domain_id: str) -> Domain:
    found = rows.get_domain(connection, domain_id)
    if found is None:
        raise NotFound(f"Could not find domain: {domain_id}.")
    return found


def _held_domain(connection: Connection, domain_id: str) -> Domain:
    """The domain, which is not ended before what is made in it is there."""
    rows.hold(connection, "domain", domain_id)
    return _domain(connection, domain_id)


def _project(connection: Connection, project_id: str) -> Project:
    found = rows.get_project(connection, project_id)
    if found is None:
        raise NotFound(f"Could not find project: {project_id}.")
    return found


def _user(connection: Connection, user_id: str) -> User:
    found = rows.get_user(connection, user_id)
    if found is None:
        raise NotFound(f"Could not find user: {user_id}.")
    return found


def _place(connection: Connection, fields: ProjectFields, own_domain: DomainId) -> tuple[DomainId, str]:
    """The domain and parent of a new project. Raises Forbidden where projects nest as deep as they may."""
    if isinstance(fields.parent_id, str):
        rows.hold(connection, "project", fields.parent_id)
    parent = rows.get_project(connection, fields.parent_id) if isinstance(fields.parent_id, str) else None
    asked = or_else(fields.domain_id, None)
    if parent is not None:
        if asked is not None and asked != parent.domain_id:
            raise BadRequest("the parent project is in another domain than the one asked for")
        if len(rows.parents_of(connection, parent.id)) + 2 > DEEPEST:
            raise Forbidden(f"Max hierarchy depth reached for {parent.id} branch: projects nest {DEEPEST} deep.")
        return parent.domain_id, parent.id
    parent_domain = or_else(fields.parent_id, None)
    if asked is not None and parent_domain is not None and asked != parent_domain:
        raise NotFound(f"Could not find project: {parent_domain}.")
    domain_id = asked or parent_domain or own_domain or DEFAULT_DOMAIN
    return _held_domain(connection, domain_id).id, domain_id


def _required(value: str | UnsetType, name: str) -> str:
    if isinstance(value, UnsetType):
        raise BadRequest(f"{name} is missing")
    return value


Noun = TypeVar("Noun", Domain, Project, User)


def _changed(before: Noun, fields: DomainFields | ProjectFields | UserFields) -> Noun:
    """``before`` with what ``fields`` sets; ``extra`` merged, a password left out."""
    changes: dict[str, object] = {}
    for name in fields.__struct_fields__:
        value = getattr(fields, name)
        if value is not UNSET and name != "password":
            changes[name] = value
    extra = changes.get("extra")
    if isinstance(extra, dict):
        changes["extra"] = {**before.extra, **extra}
    return msgspec.structs.replace(before, **changes)
