"""Roles, and which of them imply which."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import BadRequest, Forbidden, NotFound
from berthline.domain.identity import ADMIN, BUILT_IN, Inference, Role, new_identity_id
from berthline.domain.ids import DomainId, RoleId
from berthline.identity.rights import require_admin, require_reader_of_all
from berthline.store import Connection, Store
from berthline.store.identity import directory as identity_rows
from berthline.store.identity import roles as rows


class RoleFields(msgspec.Struct, frozen=True, kw_only=True):
    """Of a new role or of a change; what is UNSET takes its default or stays."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    domain_id: str | UnsetType | None = UNSET
    extra: dict[str, object] | UnsetType = UNSET


class Implications(msgspec.Struct, frozen=True, kw_only=True):
    """A role with those that it implies itself; what these imply in turn is left to them."""

    prior: Role
    implied: tuple[Role, ...]


class Roles:
    """Every method takes the caller first and raises Forbidden when the caller may not, NotFound, or Conflict."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, caller: Caller, fields: RoleFields) -> Role:
        """Of the whole cloud, or of ``domain_id``. It gives no right by itself."""
        require_admin(caller)
        if isinstance(fields.name, UnsetType):
            raise BadRequest("name is missing")
        domain = None if isinstance(fields.domain_id, UnsetType) else fields.domain_id
        role = Role(
            id=RoleId(new_identity_id()),
            name=fields.name,
            domain_id=None if domain is None else DomainId(domain),
            description=None if isinstance(fields.description, UnsetType) else fields.description,
            extra={} if isinstance(fields.extra, UnsetType) else fields.extra,
        )
        at = self._clock.now()

        def work(connection: Connection) -> Role:
            if domain is not None:
                identity_rows.hold(connection, "domain", domain)
                if identity_rows.get_domain(connection, domain) is None:
                    raise NotFound(f"Could not find domain: {domain}.")
            rows.insert_role(connection, role, at)
            return role

        return await self._store.write(work)

    async def show(self, caller: Caller, role_id: str) -> Role:
        require_reader_of_all(caller)
        return await self._store.read_short(lambda connection: get_role(connection, role_id))

    async def list(self, caller: Caller, filters: Mapping[str, object]) -> tuple[Role, ...]:
        """Those whose columns equal ``filters``, by name."""
        require_reader_of_all(caller)
        return await self._store.read(lambda connection: rows.list_roles(connection, filters))

    async def update(self, caller: Caller, role_id: str, fields: RoleFields) -> Role:
        """``extra`` is merged. Also raises Forbidden for another name of a role that rights hang on."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> Role:
            rows.lock_role(connection, role_id)
            before = get_role(connection, role_id)
            after = before
            if not isinstance(fields.name, UnsetType):
                after = msgspec.structs.replace(after, name=fields.name)
            if not isinstance(fields.description, UnsetType):
                after = msgspec.structs.replace(after, description=fields.description)
            if not isinstance(fields.extra, UnsetType):
                after = msgspec.structs.replace(after, extra={**before.extra, **fields.extra})
            if not isinstance(fields.domain_id, UnsetType) and fields.domain_id != before.domain_id:
                raise BadRequest("a role stays in its domain")
            if after.name != before.name:
                _refuse_if_built_in(before)
            rows.update_role(connection, after, at)
            return after

        return await self._store.write(work)

    async def delete(self, caller: Caller, role_id: str) -> None:
        """Also raises Forbidden for admin, member and reader."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            rows.lock_role(connection, role_id)
            _refuse_if_built_in(get_role(connection, role_id))
            rows.delete_role(connection, role_id, at)

        await self._store.write(work)

    async def imply(self, caller: Caller, prior_id: str, implied_id: str) -> Implications:
        """From now on who holds the one role holds the other.

        Also raises Forbidden when that would give the admin role, or give a role of one domain to holders of a role of
        the whole cloud (Keystone refuses both).
        """
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> Implications:
            rows.hold_roles(connection, (prior_id, implied_id))
            prior, implied = get_role(connection, prior_id), get_role(connection, implied_id)
            if implied.name == ADMIN:
                raise Forbidden(f"{implied.id} cannot be an implied role: admin is assigned, never implied.")
            if prior.domain_id is None and implied.domain_id is not None:
                raise Forbidden("A role of the whole cloud cannot imply a role of one domain.")
            rows.imply(connection, Inference(prior.id, implied.id), at)
            return Implications(prior=prior, implied=(implied,))

        return await self._store.write(work)

    async def implied(self, caller: Caller, prior_id: str, implied_id: str) -> Implications:
        """The two roles. Raises NotFound when the one does not imply the other itself."""
        require_reader_of_all(caller)

        def work(connection: Connection) -> Implications:
            prior, implied = get_role(connection, prior_id), get_role(connection, implied_id)
            if Inference(prior.id, implied.id) not in rows.list_inferences(connection, prior.id):
                raise _not_implied(prior_id, implied_id)
            return Implications(prior=prior, implied=(implied,))

        return await self._store.read(work)

    async def no_longer_imply(self, caller: Caller, prior_id: str, implied_id: str) -> None:
        """Also raises Forbidden for what admin and member imply in every cloud."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            prior, implied = get_role(connection, prior_id), get_role(connection, implied_id)
            whole_cloud = prior.domain_id is None and implied.domain_id is None
            if whole_cloud and implied.name in BUILT_IN.get(prior.name, ()):
                raise Forbidden(f"that {prior.name} implies {implied.name} cannot be changed: rights hang on it")
            if not rows.no_longer_imply(connection, Inference(prior.id, implied.id), at):
                raise _not_implied(prior_id, implied_id)

        await self._store.write(work)

    async def implications(self, caller: Caller, prior_id: str) -> Implications:
        """What the role implies itself, by name."""
        require_reader_of_all(caller)

        def work(connection: Connection) -> Implications:
            prior = get_role(connection, prior_id)
            return Implications(prior=prior, implied=_implied(connection, rows.list_inferences(connection, prior.id)))

        return await self._store.read(work)

    async def all_implications(self, caller: Caller) -> tuple[Implications, ...]:
        """Every role that implies any, by name, with what it implies."""
        require_reader_of_all(caller)

        def work(connection: Connection) -> tuple[Implications, ...]:
            roles = rows.list_roles(connection, {})
            said = frozenset(rows.list_inferences(connection))
            every = (
                Implications(prior=prior, implied=tuple(role for role in roles if Inference(prior.id, role.id) in said))
                for prior in roles
            )
            return tuple(each for each in every if each.implied)

        return await self._store.read(work)


def get_role(connection: Connection, role_id: str) -> Role:
    """The role. Raises NotFound."""
    found = rows.get_role(connection, role_id)
    if found is None:
        raise NotFound(f"Could not find role: {role_id}.")
    return found


def _refuse_if_built_in(role: Role) -> None:
    if role.domain_id is None and role.name in BUILT_IN:
        raise Forbidden(f"the role {role.name} cannot be renamed or deleted: what users may do is said in terms of it")


def _not_implied(prior_id: str, implied_id: str) -> NotFound:
    return NotFound(f"{prior_id} does not imply {implied_id}.")


def _implied(connection: Connection, inferences: Sequence[Inference]) -> tuple[Role, ...]:
    wanted = {each.implied_id for each in inferences}
    return tuple(role for role in rows.list_roles(connection, {}) if role.id in wanted)
