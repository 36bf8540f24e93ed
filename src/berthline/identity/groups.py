"""Groups of users: made, shown, changed and deleted, and who is in them."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import BadRequest, NotFound
from berthline.domain.identity import Group, User, new_identity_id
from berthline.domain.ids import DomainId
from berthline.identity.rights import require_admin, require_reader_of_all
from berthline.store import Connection, Store
from berthline.store.identity import directory as identity_rows
from berthline.store.identity import groups as rows


class GroupFields(msgspec.Struct, frozen=True, kw_only=True):
    """Of a new group or of a change; what is UNSET takes its default or stays."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    domain_id: str | UnsetType = UNSET
    extra: dict[str, object] | UnsetType = UNSET


class Groups:
    """Every method takes the caller first and raises Forbidden when the caller may not, NotFound, or Conflict."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, caller: Caller, fields: GroupFields) -> Group:
        """In ``domain_id``, else in the caller's domain."""
        require_admin(caller)
        if isinstance(fields.name, UnsetType):
            raise BadRequest("name is missing")
        group = Group(
            id=new_identity_id(),
            domain_id=DomainId(caller.domain_id if isinstance(fields.domain_id, UnsetType) else fields.domain_id),
            name=fields.name,
            description="" if isinstance(fields.description, UnsetType) else fields.description,
            extra={} if isinstance(fields.extra, UnsetType) else fields.extra,
        )
        at = self._clock.now()

        def work(connection: Connection) -> Group:
            identity_rows.hold(connection, "domain", group.domain_id)
            if identity_rows.get_domain(connection, group.domain_id) is None:
                raise NotFound(f"Could not find domain: {group.domain_id}.")
            rows.insert_group(connection, group, at)
            return group

        return await self._store.write(work)

    async def show(self, caller: Caller, group_id: str) -> Group:
        require_reader_of_all(caller)
        return await self._store.read_short(lambda connection: _group(connection, group_id))

    async def list(self, caller: Caller, filters: Mapping[str, object]) -> tuple[Group, ...]:
        """Those whose columns equal ``filters``, by name."""
        require_reader_of_all(caller)
        return await self._store.read(lambda connection: rows.list_groups(connection, filters))

    async def update(self, caller: Caller, group_id: str, fields: GroupFields) -> Group:
        """``extra`` is merged. Also raises BadRequest for another domain."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> Group:
            rows.lock_group(connection, group_id)
            after = before = _group(connection, group_id)
            if not isinstance(fields.domain_id, UnsetType) and fields.domain_id != before.domain_id:
                raise BadRequest("a group stays in its domain")
            if not isinstance(fields.name, UnsetType):
                after = msgspec.structs.replace(after, name=fields.name)
            if not isinstance(fields.description, UnsetType):
                after = msgspec.structs.replace(after, description=fields.description)
            if not isinstance(fields.extra, UnsetType):
                after = msgspec.structs.replace(after, extra={**before.extra, **fields.extra})
            rows.update_group(connection, after, at)
            return after

        return await self._store.write(work)

    async def delete(self, caller: Caller, group_id: str) -> None:
        """What roles its users held by it they hold no longer."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            rows.lock_group(connection, group_id)
            _group(connection, group_id)
            rows.delete_group(connection, group_id, at)

        await self._store.write(work)

    async def add(self, caller: Caller, group_id: str, user_id: str) -> None:
        """Idempotent."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            _lock_both(connection, group_id, user_id)
            rows.add_member(connection, group_id, user_id, at)

        await self._store.write(work)

    async def remove(self, caller: Caller, group_id: str, user_id: str) -> None:
        """Raises NotFound when the user is not in it."""
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            _lock_both(connection, group_id, user_id)
            if not rows.remove_member(connection, group_id, user_id, at):
                raise _not_in(group_id, user_id)

        await self._store.write(work)

    async def check(self, caller: Caller, group_id: str, user_id: str) -> None:
        """Raises NotFound when the user is not in it; of oneself anybody may ask."""
        if user_id != caller.user_id:
            require_reader_of_all(caller)

        def work(connection: Connection) -> None:
            if not rows.is_member(connection, group_id, user_id):
                raise _not_in(group_id, user_id)

        await self._store.read_short(work)

    async def members(self, caller: Caller, group_id: str) -> tuple[User, ...]:
        """Who is in it, by name."""
        require_reader_of_all(caller)

        def work(connection: Connection) -> tuple[User, ...]:
            _group(connection, group_id)
            return rows.members(connection, group_id)

        return await self._store.read(work)

    async def of_user(self, caller: Caller, user_id: str) -> tuple[Group, ...]:
        """Those that the user is in: one's own, or anybody's for an admin."""
        if user_id != caller.user_id:
            require_reader_of_all(caller)

        def work(connection: Connection) -> tuple[Group, ...]:
            _check_user(connection, user_id)
            return rows.groups_of(connection, user_id)

        return await self._store.read(work)


def _group(connection: Connection, group_id: str) -> Group:
    found = rows.get_group(connection, group_id)
    if found is None:
        raise NotFound(f"Could not find group: {group_id}.")
    return found


def _check_user(connection: Connection, user_id: str) -> None:
    if identity_rows.get_user(connection, user_id) is None:
        raise NotFound(f"Could not find user: {user_id}.")


def _lock_both(connection: Connection, group_id: str, user_id: str) -> None:
    """Neither is ended meanwhile, and nobody adds the user at the same moment."""
    identity_rows.lock(connection, "user", user_id)
    rows.lock_group(connection, group_id)
    _group(connection, group_id)
    _check_user(connection, user_id)


def _not_in(group_id: str, user_id: str) -> NotFound:
    return NotFound(f"Could not find user {user_id} in group {group_id}.")
