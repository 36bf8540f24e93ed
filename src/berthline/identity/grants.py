"""Roles, and who holds them on which project, domain or on the system."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import BadRequest, Forbidden, NotFound
from berthline.domain.identity import IMPLIED, SYSTEM, Assignment, Role, Scope, new_identity_id
from berthline.domain.ids import DomainId, RoleId, UserId
from berthline.identity.rights import require_admin, require_reader_of_all
from berthline.store import Connection, Store
from berthline.store.identity import directory as identity_rows
from berthline.store.identity import roles as rows


class RoleFields(msgspec.Struct, frozen=True, kw_only=True):
    """Of a new role or of a change; what is UNSET takes its default or stays."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    domain_id: str | UnsetType | None = UNSET


class AssignmentQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which assignments; None matches all. ``effective``: with the roles that those assigned imply."""

    user_id: str | None = None
    role_id: str | None = None
    scope: Scope | None = None
    effective: bool = False


class NamedAssignment(msgspec.Struct, frozen=True, kw_only=True):
    """An assignment with names: each of user and target is (name, domain id, domain name); "" where there is none."""

    assignment: Assignment
    role_name: str
    user: tuple[str, str, str]
    target: tuple[str, str, str]


class Grants:
    """Every method takes the caller first and raises Forbidden when the caller may not, NotFound, or Conflict."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create_role(self, caller: Caller, fields: RoleFields) -> Role:
        require_admin(caller)
        if isinstance(fields.name, UnsetType):
            raise BadRequest("name is missing")
        domain = None if isinstance(fields.domain_id, UnsetType) else fields.domain_id
        description = None if isinstance(fields.description, UnsetType) else fields.description
        role = Role(
            id=RoleId(new_identity_id()),
            name=fields.name,
            domain_id=None if domain is None else DomainId(domain),
            description=description,
        )
        at = self._clock.now()

        def work(connection: Connection) -> Role:
            if domain is not None and identity_rows.get_domain(connection, domain) is None:
                raise NotFound(f"Could not find domain: {domain}.")
            rows.insert_role(connection, role, at)
            return role

        return await self._store.write(work)

    async def role(self, caller: Caller, role_id: str) -> Role:
        require_reader_of_all(caller)
        return self._store.read_now(lambda connection: _role(connection, role_id))

    async def roles(self, caller: Caller, filters: Mapping[str, object]) -> tuple[Role, ...]:
        require_reader_of_all(caller)
        return await self._store.read(lambda connection: rows.list_roles(connection, filters))

    async def update_role(self, caller: Caller, role_id: str, fields: RoleFields) -> Role:
        """Also raises Forbidden for another name of admin, member or reader, which rights hang on."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> Role:
            before = _role(connection, role_id)
            after = before
            if not isinstance(fields.name, UnsetType):
                after = msgspec.structs.replace(after, name=fields.name)
            if not isinstance(fields.description, UnsetType):
                after = msgspec.structs.replace(after, description=fields.description)
            if not isinstance(fields.domain_id, UnsetType) and fields.domain_id != before.domain_id:
                raise BadRequest("a role stays in its domain")
            if after.name != before.name:
                _refuse_if_built_in(before)
            rows.update_role(connection, after, at)
            return after

        return await self._store.write(work)

    async def delete_role(self, caller: Caller, role_id: str) -> None:
        """Also raises Forbidden for admin, member and reader."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            _refuse_if_built_in(_role(connection, role_id))
            rows.delete_role(connection, role_id, at)

        await self._store.write(work)

    async def grant(self, caller: Caller, user_id: str, role_id: str, scope: Scope) -> None:
        """Idempotent."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            rows.assign(connection, _assignment(connection, user_id, role_id, scope), at)

        await self._store.write(work)

    async def revoke(self, caller: Caller, user_id: str, role_id: str, scope: Scope) -> None:
        """Raises NotFound when the user does not hold the role there."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            if not rows.unassign(connection, _assignment(connection, user_id, role_id, scope), at):
                raise NotFound("Could not find role assignment: the user does not hold this role there.")

        await self._store.write(work)

    async def check(self, caller: Caller, user_id: str, role_id: str, scope: Scope) -> None:
        """Raises NotFound when the user does not hold the role there."""
        require_reader_of_all(caller)

        def work(connection: Connection) -> None:
            wanted = _assignment(connection, user_id, role_id, scope)
            if wanted not in rows.list_assignments(connection, user_id=user_id, role_id=role_id, scope=scope):
                raise NotFound("Could not find role assignment: the user does not hold this role there.")

        self._store.read_now(work)

    async def roles_of(self, caller: Caller, user_id: str, scope: Scope) -> tuple[Role, ...]:
        """The roles assigned to the user on the scope."""
        require_reader_of_all(caller)

        def work(connection: Connection) -> tuple[Role, ...]:
            _check_user(connection, user_id)
            _check_target(connection, scope)
            held = rows.list_assignments(connection, user_id=user_id, scope=scope)
            return tuple(_role(connection, assignment.role_id) for assignment in held)

        return await self._store.read(work)

    async def assignments(self, caller: Caller, query: AssignmentQuery) -> tuple[NamedAssignment, ...]:
        """All that match."""
        require_reader_of_all(caller)
        return await self._store.read(lambda connection: _named(connection, query))


def _refuse_if_built_in(role: Role) -> None:
    if role.domain_id is None and role.name in {*IMPLIED, "reader"}:
        raise Forbidden(f"the role {role.name} cannot be renamed or deleted: what users may do is said in terms of it")


def _role(connection: Connection, role_id: str) -> Role:
    found = rows.get_role(connection, role_id)
    if found is None:
        raise NotFound(f"Could not find role: {role_id}.")
    return found


def _check_user(connection: Connection, user_id: str) -> None:
    if identity_rows.get_user(connection, user_id) is None:
        raise NotFound(f"Could not find user: {user_id}.")


def _check_target(connection: Connection, scope: Scope) -> None:
    if scope.kind == "project" and identity_rows.get_project(connection, scope.target_id) is None:
        raise NotFound(f"Could not find project: {scope.target_id}.")
    if scope.kind == "domain" and identity_rows.get_domain(connection, scope.target_id) is None:
        raise NotFound(f"Could not find domain: {scope.target_id}.")


def _assignment(connection: Connection, user_id: str, role_id: str, scope: Scope) -> Assignment:
    """The assignment, once all three ends of it are there. A role of one domain may not be held outside of it."""
    _check_user(connection, user_id)
    _check_target(connection, scope)
    role = _role(connection, role_id)
    if role.domain_id is not None and role.domain_id != _domain_of(connection, scope):
        raise Forbidden("a role of one domain can be assigned only within it")
    return Assignment(user_id=UserId(user_id), role_id=role.id, scope=scope)


def _domain_of(connection: Connection, scope: Scope) -> str:
    if scope.kind == "project":
        project = identity_rows.get_project(connection, scope.target_id)
        return project.domain_id if project else ""
    return scope.target_id if scope.kind == "domain" else ""


def _named(connection: Connection, query: AssignmentQuery) -> tuple[NamedAssignment, ...]:
    """The assignments with names: one statement each for assignments, roles, users, projects and domains."""
    roles = {role.id: role for role in rows.list_roles(connection, {})}
    found = rows.list_assignments(
        connection,
        user_id=query.user_id,
        role_id=None if query.effective else query.role_id,
        scope=query.scope,
    )
    if query.effective:
        found = _with_implied(found, roles)
        if query.role_id is not None:
            found = tuple(each for each in found if each.role_id == query.role_id)
    domains = {domain.id: domain.name for domain in identity_rows.list_domains(connection, {})}
    users = {
        user.id: (user.name, str(user.domain_id), domains[user.domain_id])
        for user in identity_rows.list_users(connection, {} if query.user_id is None else {"id": query.user_id})
    }
    targets: dict[Scope, tuple[str, str, str]] = {SYSTEM: ("", "", "")}
    targets |= {Scope("domain", domain_id): (name, "", "") for domain_id, name in domains.items()}
    targets |= {
        Scope("project", project.id): (project.name, str(project.domain_id), domains[project.domain_id])
        for project in identity_rows.list_projects(connection, {})
    }
    return tuple(
        NamedAssignment(
            assignment=each,
            role_name=roles[each.role_id].name,
            user=users[each.user_id],
            target=targets[each.scope],
        )
        for each in found
        if each.scope in targets
    )


def _with_implied(found: tuple[Assignment, ...], roles: Mapping[RoleId, Role]) -> tuple[Assignment, ...]:
    by_name = {role.name: role.id for role in roles.values() if role.domain_id is None}
    result = dict.fromkeys(found)
    for each in found:
        for name in IMPLIED.get(roles[each.role_id].name, ()):
            if name in by_name:
                result[msgspec.structs.replace(each, role_id=by_name[name])] = None
    return tuple(result)
