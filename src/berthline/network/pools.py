"""Subnet pools and address scopes: each verb is one transaction, or one read."""

from collections.abc import Sequence
from functools import partial

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import AddressScopeNotFound, SubnetPoolNotFound
from berthline.domain.network import AddressScope, SubnetPool
from berthline.network import address_scopes, policy, subnet_pools
from berthline.network.requests import (
    AddressScopeCreate,
    AddressScopeUpdate,
    SubnetPoolCreate,
    SubnetPoolUpdate,
)
from berthline.store import Store
from berthline.store.engine.pages import ListRequest
from berthline.store.network import address_scopes as scope_rows
from berthline.store.network import subnet_pools as pool_rows


class PoolService:
    """Neutron's verbs for subnet pools."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, caller: Caller, requests: Sequence[SubnetPoolCreate]) -> tuple[SubnetPool, ...]:
        """All of them or none."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: tuple(subnet_pools.create(connection, caller, each, at) for each in requests)
        )

    async def show(self, caller: Caller, pool_id: str) -> SubnetPool:
        """One pool that the caller sees."""
        return await self._store.read_short(lambda connection: subnet_pools.find(connection, caller, pool_id))

    async def page(self, caller: Caller, wanted: ListRequest) -> tuple[SubnetPool, ...]:
        """One page of the pools that the caller sees."""
        page = partial(pool_rows.page, wanted=wanted, visible_to=policy.visible_to(caller), viewer=caller.project_id)
        found = await self._store.read(page)
        if found is None:
            raise SubnetPoolNotFound(f"Subnet pool {wanted.marker} could not be found.")
        return found

    async def update(
        self, caller: Caller, pool_id: str, request: SubnetPoolUpdate, revision: int | None = None
    ) -> SubnetPool:
        """Change a pool."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: subnet_pools.update(connection, caller, pool_id, request, at, revision)
        )

    async def delete(self, caller: Caller, pool_id: str, revision: int | None = None) -> None:
        """Delete a pool of which no subnet is."""
        at = self._clock.now()
        await self._store.write(lambda connection: subnet_pools.delete(connection, caller, pool_id, at, revision))

    async def add_prefixes(self, caller: Caller, pool_id: str, prefixes: Sequence[str]) -> SubnetPool:
        """Have more prefixes in a pool."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: subnet_pools.add_prefixes(connection, caller, pool_id, prefixes, at)
        )

    async def remove_prefixes(self, caller: Caller, pool_id: str, prefixes: Sequence[str]) -> SubnetPool:
        """Have prefixes that nobody has in a pool no more."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: subnet_pools.remove_prefixes(connection, caller, pool_id, prefixes, at)
        )


class ScopeService:
    """Neutron's verbs for address scopes."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, caller: Caller, requests: Sequence[AddressScopeCreate]) -> tuple[AddressScope, ...]:
        """All of them or none."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: tuple(address_scopes.create(connection, caller, each, at) for each in requests)
        )

    async def show(self, caller: Caller, scope_id: str) -> AddressScope:
        """One scope that the caller sees."""
        return await self._store.read_short(lambda connection: address_scopes.find(connection, caller, scope_id))

    async def page(self, caller: Caller, wanted: ListRequest) -> tuple[AddressScope, ...]:
        """One page of the scopes that the caller sees."""
        page = partial(scope_rows.page, wanted=wanted, visible_to=policy.visible_to(caller), viewer=caller.project_id)
        found = await self._store.read(page)
        if found is None:
            raise AddressScopeNotFound(f"Address scope {wanted.marker} could not be found.")
        return found

    async def update(self, caller: Caller, scope_id: str, request: AddressScopeUpdate) -> AddressScope:
        """Rename a scope, or share it."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: address_scopes.update(connection, caller, scope_id, request, at)
        )

    async def delete(self, caller: Caller, scope_id: str) -> None:
        """Delete a scope without pools."""
        at = self._clock.now()
        await self._store.write(lambda connection: address_scopes.delete(connection, caller, scope_id, at))
