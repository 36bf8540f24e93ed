"""Who holds which role on which project, domain or on the system."""

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import BadRequest, Forbidden, NotFound
from berthline.domain.identity import SYSTEM, Assignment, Role, Scope
from berthline.domain.ids import RoleId, UserId
from berthline.identity.rights import require_admin, require_reader_of_all
from berthline.identity.roles import get_role
from berthline.store import Connection, Store
from berthline.store.identity import directory as identity_rows
from berthline.store.identity import roles as rows
from berthline.store.identity.application_credentials import delete_credentials
from berthline.store.identity.groups import list_group_assignments, list_groups


class AssignmentQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which assignments; None matches all.

    ``effective``: the roles that count, which are those that the assigned ones imply with them, and none of a domain.
    """

    user_id: str | None = None
    group_id: str | None = None
    role_id: str | None = None
    scope: Scope | None = None
    effective: bool = False


class NamedAssignment(msgspec.Struct, frozen=True, kw_only=True):
    """An assignment with names: role, holder and target are (name, domain id, domain name); "" where there is none.

    ``assigned_role_id``: the role that was assigned; another than the one held, when that is implied.
    ``through_group``: the group it was assigned to, where a user holds it by being in one; else "".
    """

    assignment: Assignment
    assigned_role_id: RoleId
    through_group: str
    role: tuple[str, str, str]
    holder: tuple[str, str, str]
    target: tuple[str, str, str]


class Grants:
    """Every method takes the caller first and raises Forbidden when the caller may not, NotFound, or Conflict."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def grant(self, caller: Caller, user_id: str, role_id: str, scope: Scope) -> None:
        """Idempotent."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            hold_target(connection, scope)
            rows.assign(connection, _assignment(connection, user_id, role_id, scope), at)

        await self._store.write(work)

    async def revoke(self, caller: Caller, user_id: str, role_id: str, scope: Scope) -> None:
        """Also the user's application credentials on that project end. Raises NotFound when he does not hold it there.

        Keystone ends them, too: what a program was given is not to come back with another role.
        """
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            identity_rows.lock(connection, "user", user_id)  # no credential is made with the role meanwhile
            if not rows.unassign(connection, _assignment(connection, user_id, role_id, scope), at):
                raise NotFound("Could not find role assignment: the user does not hold this role there.")
            if scope.kind == "project":
                delete_credentials(connection, user_id, at, project_id=scope.target_id)

        await self._store.write(work)

    async def check(self, caller: Caller, user_id: str, role_id: str, scope: Scope) -> None:
        """Raises NotFound when the user does not hold the role there."""
        require_reader_of_all(caller)

        def work(connection: Connection) -> None:
            wanted = _assignment(connection, user_id, role_id, scope)
            if wanted not in rows.list_assignments(connection, user_id=user_id, role_id=role_id, scope=scope):
                raise NotFound("Could not find role assignment: the user does not hold this role there.")

        await self._store.read_short(work)

    async def roles_of(self, caller: Caller, user_id: str, scope: Scope) -> tuple[Role, ...]:
        """The roles assigned to the user on the scope, by name."""
        require_reader_of_all(caller)

        def work(connection: Connection) -> tuple[Role, ...]:
            _check_user(connection, user_id)
            check_target(connection, scope)
            held = {each.role_id for each in rows.list_assignments(connection, user_id=user_id, scope=scope)}
            return tuple(role for role in rows.list_roles(connection, {}) if role.id in held)

        return await self._store.read(work)

    async def assignments(self, caller: Caller, query: AssignmentQuery) -> tuple[NamedAssignment, ...]:
        """All that match."""
        require_reader_of_all(caller)
        return await self._store.read(lambda connection: _named(connection, query))


def _check_user(connection: Connection, user_id: str) -> None:
    if identity_rows.get_user(connection, user_id) is None:
        raise NotFound(f"Could not find user: {user_id}.")


def hold_target(connection: Connection, scope: Scope) -> None:
    """What a role is assigned on is not ended meanwhile: no foreign key says that it is there."""
    if scope.kind != "system":
        identity_rows.hold(connection, scope.kind, scope.target_id)


def check_target(connection: Connection, scope: Scope) -> None:
    """Raise NotFound when there is no such project or domain."""
    if scope.kind == "project" and identity_rows.get_project(connection, scope.target_id) is None:
        raise NotFound(f"Could not find project: {scope.target_id}.")
    if scope.kind == "domain" and identity_rows.get_domain(connection, scope.target_id) is None:
        raise NotFound(f"Could not find domain: {scope.target_id}.")


def _assignment(connection: Connection, user_id: str, role_id: str, scope: Scope) -> Assignment:
    """The assignment, once all three ends of it are there, and the role may be held on the target."""
    _check_user(connection, user_id)
    return Assignment(user_id=UserId(user_id), role_id=grantable_role(connection, role_id, scope).id, scope=scope)


def grantable_role(connection: Connection, role_id: str, scope: Scope) -> Role:
    """The role, once it and the target are there and it may be held on it.

    A role of one domain may be held on projects of that domain, on any domain, and not on the system (as in Keystone).
    """
    check_target(connection, scope)
    role = get_role(connection, role_id)
    if role.domain_id is not None and scope.kind == "system":
        raise BadRequest("a role of one domain cannot be assigned on the system: assign a role of the whole cloud")
    if role.domain_id is not None and scope.kind == "project":
        project = identity_rows.get_project(connection, scope.target_id)
        if project is None or project.domain_id != role.domain_id:
            raise Forbidden("a role of one domain can be assigned only on projects of that domain")
    return role


def _of_users(connection: Connection, query: AssignmentQuery) -> tuple[Assignment, ...]:
    return rows.list_assignments(connection, user_id=query.user_id, role_id=query.role_id, scope=query.scope)


def _of_groups(connection: Connection, query: AssignmentQuery) -> tuple[Assignment, ...]:
    return list_group_assignments(connection, group_id=query.group_id, role_id=query.role_id, scope=query.scope)


def _named(connection: Connection, query: AssignmentQuery) -> tuple[NamedAssignment, ...]:
    """The assignments with names: one statement each for assignments, roles, users, projects and domains."""
    if query.effective:
        found = rows.list_effective(connection, user_id=query.user_id, scope=query.scope)
    else:
        direct = () if query.group_id is not None else _of_users(connection, query)
        groups = () if query.user_id is not None else _of_groups(connection, query)
        found = {each: rows.Source(each.role_id, "") for each in (*direct, *groups)}
    domains = {domain.id: domain.name for domain in identity_rows.list_domains(connection, {})}
    roles = {
        role.id: (role.name, str(role.domain_id or ""), domains[role.domain_id] if role.domain_id else "")
        for role in rows.list_roles(connection, {})
    }
    users = {
        user.id: (user.name, str(user.domain_id), domains[user.domain_id])
        for user in identity_rows.list_users(connection, {} if query.user_id is None else {"id": query.user_id})
    }
    holders = users | {
        group.id: (group.name, str(group.domain_id), domains[group.domain_id])
        for group in (() if query.user_id is not None else list_groups(connection, {}))
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
            assigned_role_id=source.role_id,
            through_group=source.group_id,
            role=roles[each.role_id],
            holder=holders[each.group_id or each.user_id],
            target=targets[each.scope],
        )
        for each, source in found.items()
        if each.scope in targets and query.role_id in {None, each.role_id}
    )
