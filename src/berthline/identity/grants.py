"""Who holds which role on which project, domain or on the system."""

from typing import Literal, NamedTuple

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import BadRequest, Forbidden, NotFound
from berthline.domain.identity import SYSTEM, Assignment, Role, Scope
from berthline.domain.ids import UserId
from berthline.identity.rights import require_admin, require_reader_of_all
from berthline.identity.roles import get_role
from berthline.store import Connection, Store
from berthline.store.identity import directory as identity_rows
from berthline.store.identity.assignments import (
    Choice,
    Source,
    assign,
    end_credentials,
    list_assignments,
    list_effective,
    unassign,
)
from berthline.store.identity.groups import get_group, list_groups, lock_group
from berthline.store.identity.roles import list_roles


class Holder(NamedTuple):
    """Who holds a role: a user, or all users of a group."""

    kind: Literal["user", "group"]
    id: str


class NamedAssignment(msgspec.Struct, frozen=True, kw_only=True):
    """An assignment with names: role, holder and target are (name, domain id, domain name); "" where there is none.

    ``source``: what was assigned for it, which is something else where the role is implied, held by being in a group,
    or inherited.
    """

    assignment: Assignment
    source: Source
    role: tuple[str, str, str]
    holder: tuple[str, str, str]
    target: tuple[str, str, str]


class Grants:
    """Every method takes the caller first and raises Forbidden when the caller may not, NotFound, or Conflict."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def grant(
        self, caller: Caller, holder: Holder, role_id: str, scope: Scope, *, inherited: bool = False
    ) -> None:
        """Idempotent. ``inherited``, here and below: on the projects below the scope."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            if holder.kind == "group":
                lock_group(connection, holder.id)
            hold_target(connection, scope)
            assign(connection, _assignment(connection, holder, role_id, scope, inherited=inherited), at)

        await self._store.write(work)

    async def revoke(
        self, caller: Caller, holder: Holder, role_id: str, scope: Scope, *, inherited: bool = False
    ) -> None:
        """Also a user's application credentials on these projects end. Raises NotFound when it was not given.

        Keystone ends them, too: what a program was given is not to come back with another role.
        """
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            if holder.kind == "user":
                identity_rows.lock(connection, "user", holder.id)  # no credential is made with the role meanwhile
            revoked = _assignment(connection, holder, role_id, scope, inherited=inherited)
            if not unassign(connection, revoked, at):
                raise _not_held(holder)
            if holder.kind == "user":
                end_credentials(connection, revoked, at)

        await self._store.write(work)

    async def check(
        self, caller: Caller, holder: Holder, role_id: str, scope: Scope, *, inherited: bool = False
    ) -> None:
        """Raises NotFound when the holder was not given the role there."""
        require_reader_of_all(caller)

        def work(connection: Connection) -> None:
            _assignment(connection, holder, role_id, scope, inherited=inherited)
            wanted = _of(holder, scope, inherited=inherited)._replace(role_id=role_id)
            if not list_assignments(connection, wanted):
                raise _not_held(holder)

        await self._store.read_short(work)

    async def roles_of(
        self, caller: Caller, holder: Holder, scope: Scope, *, inherited: bool = False
    ) -> tuple[Role, ...]:
        """The roles assigned to the holder on the scope, by name."""
        require_reader_of_all(caller)

        def work(connection: Connection) -> tuple[Role, ...]:
            _check_holder(connection, holder)
            check_target(connection, scope)
            held = {each.role_id for each in list_assignments(connection, _of(holder, scope, inherited=inherited))}
            return tuple(role for role in list_roles(connection, {}) if role.id in held)

        return await self._store.read(work)

    async def assignments(self, caller: Caller, choice: Choice, *, effective: bool) -> tuple[NamedAssignment, ...]:
        """All that match, as they were made, or ``effective``: the roles that count, each user's, on each target."""
        require_reader_of_all(caller)
        return await self._store.read(lambda connection: _named(connection, choice, effective=effective))


def _check_holder(connection: Connection, holder: Holder) -> None:
    look = identity_rows.get_user if holder.kind == "user" else get_group
    if look(connection, holder.id) is None:
        raise NotFound(f"Could not find {holder.kind}: {holder.id}.")


def _not_held(holder: Holder) -> NotFound:
    return NotFound(f"Could not find role assignment: the {holder.kind} does not hold this role there.")


def _of(holder: Holder, scope: Scope, *, inherited: bool) -> Choice:
    """The holder's assignments on the scope."""
    if holder.kind == "user":
        return Choice(user_id=holder.id, scope=scope, inherited=inherited)
    return Choice(group_id=holder.id, scope=scope, inherited=inherited)


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


def _assignment(connection: Connection, holder: Holder, role_id: str, scope: Scope, *, inherited: bool) -> Assignment:
    """The assignment, once all three ends of it are there, and the role may be held on the target."""
    _check_holder(connection, holder)
    role = _grantable_role(connection, role_id, scope)
    user, group = (holder.id, "") if holder.kind == "user" else ("", holder.id)
    return Assignment(user_id=UserId(user), group_id=group, role_id=role.id, scope=scope, inherited=inherited)


def _grantable_role(connection: Connection, role_id: str, scope: Scope) -> Role:
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


def _named(connection: Connection, choice: Choice, *, effective: bool) -> tuple[NamedAssignment, ...]:
    """The assignments with names: one statement each for assignments, roles, users, groups, projects and domains."""
    if choice.subtree and choice.scope is not None:
        check_target(connection, choice.scope)
    if effective:
        found = list_effective(connection, choice)
    else:
        found = {each: Source(each.role_id, "", None) for each in list_assignments(connection, choice)}
    domains = {domain.id: domain.name for domain in identity_rows.list_domains(connection, {})}
    roles = {
        role.id: (role.name, str(role.domain_id or ""), domains[role.domain_id] if role.domain_id else "")
        for role in list_roles(connection, {})
    }
    users = {
        user.id: (user.name, str(user.domain_id), domains[user.domain_id])
        for user in identity_rows.list_users(connection, {} if choice.user_id is None else {"id": choice.user_id})
    }
    holders = users | {
        group.id: (group.name, str(group.domain_id), domains[group.domain_id])
        for group in (() if choice.user_id is not None else list_groups(connection, {}))
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
            source=source,
            role=roles[each.role_id],
            holder=holders[each.group_id or each.user_id],
            target=targets[each.scope],
        )
        for each, source in found.items()
        if each.scope in targets and choice.role_id in {None, each.role_id}
    )
