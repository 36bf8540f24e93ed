"""Policies that other services keep here: texts, which say nothing to this cloud. For admins, as in Keystone."""

from typing import Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import BadRequest, Forbidden, NotFound
from berthline.domain.identity import StoredPolicy, new_identity_id
from berthline.identity.fields import or_else
from berthline.identity.rights import require_admin, require_reader_of_all
from berthline.store import Connection, Store
from berthline.store.identity import stored as rows

MOST: Final = 1000

V = TypeVar("V")


class PolicyFields(msgspec.Struct, frozen=True, kw_only=True):
    """Of a new one or of a change; what is UNSET stays."""

    type: str | UnsetType = UNSET
    blob: str | UnsetType = UNSET
    extra: dict[str, object] | UnsetType = UNSET


class StoredPolicies:
    """Every method takes the caller first and raises Forbidden when the caller may not, NotFound, BadRequest."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def list(self, caller: Caller) -> tuple[StoredPolicy, ...]:
        require_reader_of_all(caller)
        return await self._store.read(rows.policies)

    async def show(self, caller: Caller, policy_id: str) -> StoredPolicy:
        require_reader_of_all(caller)
        return await self._store.read(lambda connection: _policy(connection, policy_id))

    async def create(self, caller: Caller, fields: PolicyFields) -> StoredPolicy:
        require_admin(caller)
        if isinstance(fields.type, UnsetType) or isinstance(fields.blob, UnsetType):
            raise BadRequest("a policy has a type and a blob")
        made = StoredPolicy(id=new_identity_id(), type=fields.type, blob=fields.blob, extra=or_else(fields.extra, {}))
        at = self._clock.now()

        def work(connection: Connection) -> StoredPolicy:
            rows.lock_policies(connection)
            if len(rows.policies(connection)) >= MOST:
                raise Forbidden(f"there are {MOST} policies already, which is as many as there may be")
            rows.put_policy(connection, made, at, new=True)
            return made

        return await self._store.write(work)

    async def update(self, caller: Caller, policy_id: str, fields: PolicyFields) -> StoredPolicy:
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> StoredPolicy:
            rows.lock_policies(connection)
            before = _policy(connection, policy_id)
            after = StoredPolicy(
                id=before.id,
                type=or_else(fields.type, before.type),
                blob=or_else(fields.blob, before.blob),
                extra={**before.extra, **or_else(fields.extra, {})},
            )
            rows.put_policy(connection, after, at, new=False)
            return after

        return await self._store.write(work)

    async def delete(self, caller: Caller, policy_id: str) -> None:
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            rows.lock_policies(connection)
            rows.remove_policy(connection, _policy(connection, policy_id).id, at)

        await self._store.write(work)


def _policy(connection: Connection, policy_id: str) -> StoredPolicy:
    found = next((each for each in rows.policies(connection) if each.id == policy_id), None)
    if found is None:
        raise NotFound(f"Could not find policy: {policy_id}.")
    return found
