"""Application credentials: made by a user for a program, shown and deleted; and the access rules they go by."""

import secrets
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from berthline.domain.auth import Caller, Delegation
from berthline.domain.clock import Clock
from berthline.domain.errors import BadRequest, Conflict, Forbidden, NotFound
from berthline.domain.identity import AccessRule, ApplicationCredential, Role, Scope, new_identity_id
from berthline.domain.ids import UserId
from berthline.identity.passwords import Passwords
from berthline.identity.rights import require_admin, require_reader_of_all
from berthline.store import Connection, Store
from berthline.store.identity import application_credentials as rows
from berthline.store.identity import directory as identity_rows
from berthline.store.identity.roles import hold_roles, list_inferences, list_roles
from berthline.store.identity.tokens import standing

MOST: Final = 500
"""Of one user."""
MOST_RULES: Final = 1000
"""Access rules of one user; they outlive the credentials that go by them."""
SECRET_BYTES: Final = 64


class RoleName(msgspec.Struct, frozen=True, kw_only=True):
    """A role by id or by name."""

    id: str | None = None
    name: str | None = None


class RuleFields(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the user's by its id, or what a rule says; both only when they say the same."""

    id: str | None = None
    service: str | None = None
    path: str | None = None
    method: str | None = None


class CredentialFields(msgspec.Struct, frozen=True, kw_only=True):
    """Of a new one. ``secret`` None: one is made. ``roles`` empty: all of the token's. ``expires_at`` in µs."""

    name: str
    secret: str | None = None
    description: str | None = None
    project_id: str | None = None
    roles: tuple[RoleName, ...] = ()
    expires_at: int | None = None
    unrestricted: bool = False
    rules: tuple[RuleFields, ...] = ()

    def __repr__(self) -> str:
        return f"CredentialFields(name={self.name!r}, secret hidden)"


def delegation_of(credential: ApplicationCredential) -> Delegation:
    """What a token of the credential is good for."""
    return Delegation(unrestricted=credential.unrestricted, rules=credential.rules)


class ApplicationCredentials:
    """Every method takes the caller first and raises Forbidden when the caller may not, NotFound, or Conflict."""

    def __init__(self, store: Store, clock: Clock, passwords: Passwords) -> None:
        self._store = store
        self._clock = clock
        self._passwords = passwords

    async def create(self, caller: Caller, user_id: str, fields: CredentialFields) -> tuple[ApplicationCredential, str]:
        """For the caller himself, on the project of his token; and its secret, which is told this once.

        Also raises BadRequest for a role that the token does not have, and for a time that is past.
        """
        if user_id != caller.user_id:
            raise Forbidden(
                "You are not authorized to perform the requested action: Cannot create an application credential for "
                "another user."
            )
        _require_unrestricted(caller)
        if not caller.project_id:
            raise _invalid("a token that is scoped to a project makes them, for this project")
        if fields.project_id not in {None, caller.project_id}:
            raise _invalid("it is for the project of the token that makes it")
        at = self._clock.now()
        if fields.expires_at is not None and fields.expires_at <= at:
            raise _invalid("expires_at is past")
        # all that can be refused is, before the work of a hash
        await self._store.read(lambda connection: _draft(connection, caller, fields))
        secret = fields.secret or secrets.token_urlsafe(SECRET_BYTES)
        hashed = await self._passwords.hash(secret)

        def work(connection: Connection) -> ApplicationCredential:
            identity_rows.lock(connection, "user", user_id)
            identity_rows.hold(connection, "project", caller.project_id)
            made, new_rules = _draft(connection, caller, fields, lasting=True)
            rows.insert_rules(connection, user_id, new_rules)
            rows.insert_credential(connection, made, hashed, at)
            return made

        return await self._store.write(work), secret

    async def list(
        self, caller: Caller, user_id: str, filters: Mapping[str, object]
    ) -> tuple[ApplicationCredential, ...]:
        """The user's: one's own, or anybody's for an admin."""
        _require_owner_or_reader(caller, user_id)
        wanted = {**filters, "user_id": user_id}
        return await self._store.read(lambda connection: rows.list_credentials(connection, wanted))

    async def show(self, caller: Caller, user_id: str, credential_id: str) -> ApplicationCredential:
        _require_owner_or_reader(caller, user_id)
        return await self._store.read(lambda connection: _credential(connection, user_id, credential_id))

    async def delete(self, caller: Caller, user_id: str, credential_id: str) -> None:
        """Its tokens end at once."""
        _require_unrestricted(caller)
        _require_owner_or_admin(caller, user_id)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            if not rows.delete_credentials(connection, user_id, at, id=credential_id):
                raise _unknown(credential_id)

        await self._store.write(work)

    async def rules(self, caller: Caller, user_id: str, filters: Mapping[str, object]) -> tuple[AccessRule, ...]:
        """The user's access rules, also those that no credential goes by any more."""
        _require_owner_or_reader(caller, user_id)
        return await self._store.read(lambda connection: rows.list_rules(connection, user_id, filters))

    async def rule(self, caller: Caller, user_id: str, rule_id: str) -> AccessRule:
        _require_owner_or_reader(caller, user_id)
        return await self._store.read(lambda connection: _rule(connection, user_id, rule_id))

    async def delete_rule(self, caller: Caller, user_id: str, rule_id: str) -> None:
        """Also raises Forbidden while a credential goes by it."""
        _require_owner_or_admin(caller, user_id)

        def work(connection: Connection) -> None:
            if not rows.delete_rule(connection, user_id, rule_id):
                raise _unknown_rule(rule_id)

        await self._store.write(work)


def _draft(
    connection: Connection, caller: Caller, fields: CredentialFields, *, lasting: bool = False
) -> tuple[ApplicationCredential, tuple[AccessRule, ...]]:
    """The credential, and those of its rules that are to be made. ``lasting``: its roles are held until the commit."""
    if rows.count_credentials(connection, caller.user_id) >= MOST:
        raise Forbidden(
            f"Unable to create additional application credentials, maximum of {MOST} already exceeded for user."
        )
    if rows.find_credential(connection, caller.user_id, fields.name) is not None:
        raise Conflict(
            f"there is already an application credential named {fields.name} of this user: choose another name"
        )
    chosen = _roles(connection, caller, fields.roles)
    if lasting:
        hold_roles(connection, sorted(role.id for role in chosen))
        if _roles(connection, caller, fields.roles) != chosen:
            raise _invalid("its roles were changed at this very moment: ask again")
    rules, new = _rules(connection, caller.user_id, fields.rules)
    made = ApplicationCredential(
        id=new_identity_id(),
        user_id=UserId(caller.user_id),
        project_id=caller.project_id,
        name=fields.name,
        description=fields.description,
        unrestricted=fields.unrestricted,
        expires_at=fields.expires_at,
        roles=chosen,
        rules=rules or None,
    )
    return made, new


def _roles(connection: Connection, caller: Caller, asked: Collection[RoleName]) -> tuple[Role, ...]:
    """The roles asked for with all that they imply, by name. Raises BadRequest for one that the token does not have."""
    now = standing(connection, caller.user_id, Scope("project", caller.project_id))
    held = {} if now is None or not now.usable else {role.id: role.name for role in now.roles}
    usable = {role_id for role_id, name in held.items() if caller.carries(name)}
    wanted = {role_id for role_id in usable if not asked}
    for each in asked:
        found = {role_id for role_id in usable if each in (RoleName(id=role_id), RoleName(name=held[role_id]))}
        if not found:
            raise _invalid("Cannot create an application credential with unassigned role")
        wanted |= found
    inferences = list_inferences(connection) if asked else ()
    while more := {each.implied_id for each in inferences if each.prior_id in wanted} - wanted:
        wanted |= more
    if not wanted or not wanted <= usable:
        raise _invalid("Cannot create an application credential with unassigned role")
    return tuple(role for role in list_roles(connection, {"domain_id": None}) if role.id in wanted)


def _rules(
    connection: Connection, user_id: str, asked: Collection[RuleFields]
) -> tuple[tuple[AccessRule, ...], tuple[AccessRule, ...]]:
    """The rules asked for, each once, and those of them that the user does not have yet."""
    if not asked:
        return (), ()
    known = rows.list_rules(connection, user_id, {})
    by_id = {rule.id: rule for rule in known}
    by_request = {(rule.service, rule.path, rule.method): rule for rule in known}
    chosen: dict[str, AccessRule] = {}
    for each in asked:
        if each.id is not None:
            if each.id not in by_id:
                raise _unknown_rule(each.id)
            rule = by_id[each.id]
            said = {(each.service, rule.service), (each.path, rule.path), (each.method, rule.method)}
            if any(one not in {None, other} for one, other in said):
                raise _invalid(f"the access rule {each.id} says something else: leave its id out for a new one")
        elif each.service is None or each.path is None or each.method is None:
            raise _invalid("an access rule has a service, a path and a method, or the id of one that is there")
        else:
            request = each.service, each.path, each.method
            fresh = AccessRule(id=new_identity_id(), service=each.service, path=each.path, method=each.method)
            rule = by_request.setdefault(request, fresh)
        chosen[rule.id] = rule
    if len(by_request) > MOST_RULES:
        raise Forbidden(f"a user has at most {MOST_RULES} access rules: delete those that are not in use")
    return tuple(chosen.values()), tuple(rule for rule in chosen.values() if rule.id not in by_id)


def _require_unrestricted(caller: Caller) -> None:
    if caller.delegation is not None and not caller.delegation.unrestricted:
        raise Forbidden(
            "You are not authorized to perform the requested action: Using method 'application_credential' is not "
            "allowed for managing additional application credentials."
        )


def _require_owner_or_reader(caller: Caller, user_id: str) -> None:
    if user_id != caller.user_id:
        require_reader_of_all(caller)


def _require_owner_or_admin(caller: Caller, user_id: str) -> None:
    if user_id != caller.user_id:
        require_admin(caller)


def _credential(connection: Connection, user_id: str, credential_id: str) -> ApplicationCredential:
    found = rows.list_credentials(connection, {"id": credential_id, "user_id": user_id})
    if not found:
        raise _unknown(credential_id)
    return found[0]


def _rule(connection: Connection, user_id: str, rule_id: str) -> AccessRule:
    found = rows.list_rules(connection, user_id, {"id": rule_id})
    if not found:
        raise _unknown_rule(rule_id)
    return found[0]


def _unknown(credential_id: str) -> NotFound:
    return NotFound(f"Could not find Application Credential: {credential_id}.")


def _unknown_rule(rule_id: str) -> NotFound:
    return NotFound(f"Could not find Access Rule: {rule_id}.")


def _invalid(why: str) -> BadRequest:
    return BadRequest(f"Invalid application credential: {why}.")
