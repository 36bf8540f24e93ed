"""Subnet pools and address scopes, of which two take at once."""

from functools import partial
from typing import Any

from berthline.domain.errors import (
    AddressScopeInUse,
    AddressScopeNotFound,
    AddressScopePrefixConflict,
    IllegalSubnetPoolPrefixUpdate,
    InvalidInput,
    RbacPolicyInUse,
    SubnetAllocationError,
    SubnetPoolDeleteError,
    SubnetPoolNotFound,
    SubnetPoolQuotaExceeded,
)
from berthline.domain.network import AddressScope, Subnet, SubnetPool
from berthline.network import address_scopes, rbac_policies, subnet_pools
from berthline.network.requests import (
    AddressScopeCreate,
    RbacPolicyCreate,
    SubnetCreate,
    SubnetPoolCreate,
    SubnetPoolUpdate,
)
from berthline.network.subnets import subnets
from berthline.store import Connection
from berthline.store.network import subnet_pools as pool_rows
from tests.unit.store.races.beside import Beside
from tests.unit.store.races.cloud import ADMIN, AT, MEMBER, OTHER_PROJECT, STRANGER, new_network, only_one


def a_pool(connection: Connection, prefix: str = "10.11.0.0/23", **fields: Any) -> SubnetPool:
    request = SubnetPoolCreate(name="pool", prefixes=[prefix], min_prefixlen=24, **fields)
    return subnet_pools.create(connection, ADMIN if fields.get("is_default") else MEMBER, request, AT)


def a_scope(connection: Connection) -> AddressScope:
    return address_scopes.create(connection, MEMBER, AddressScopeCreate(name="s", ip_version=4), AT)


def a_subnet(connection: Connection, pool: SubnetPool, caller: Any = MEMBER, **fields: Any) -> Subnet:
    """A subnet of the pool, on a network of its own."""
    network = new_network(connection, caller)
    request = SubnetCreate(network_id=network.id, ip_version=4, subnetpool_id=pool.id, **fields)
    return subnets.create(connection, caller, request, AT)


def test_no_prefix_is_given_twice(beside: Beside) -> None:
    pool = beside.one.write_now(a_pool)
    ends = beside.race(lambda c: a_subnet(c, pool), lambda c: a_subnet(c, pool))
    assert {subnet.cidr for subnet in ends.results} == {"10.11.0.0/24", "10.11.1.0/24"}, ends


def test_the_last_prefix_is_one_subnets(beside: Beside) -> None:
    pool = beside.one.write_now(lambda c: a_pool(c, "10.11.0.0/24"))
    only_one(beside.race(lambda c: a_subnet(c, pool), lambda c: a_subnet(c, pool)), SubnetAllocationError)
    other = beside.one.write_now(lambda c: a_pool(c, "10.12.0.0/16"))
    asked = partial(a_subnet, pool=other, cidr="10.12.7.0/24")
    only_one(beside.race(asked, asked), SubnetAllocationError)


def test_the_last_of_a_share_is_one_subnets(beside: Beside) -> None:
    pool = beside.one.write_now(lambda c: a_pool(c, "10.11.0.0/16", default_quota=256))
    only_one(beside.race(lambda c: a_subnet(c, pool), lambda c: a_subnet(c, pool)), SubnetPoolQuotaExceeded)


def test_a_pool_is_deleted_or_a_subnet_is_of_it(beside: Beside) -> None:
    pool = beside.one.write_now(a_pool)
    ends = beside.race(lambda c: a_subnet(c, pool), lambda c: subnet_pools.delete(c, MEMBER, pool.id, AT))
    only_one(ends, SubnetPoolDeleteError, SubnetPoolNotFound)


def test_a_prefix_is_taken_away_or_given(beside: Beside) -> None:
    pool = beside.one.write_now(lambda c: a_pool(c, "10.11.0.0/23"))
    gone = partial(subnet_pools.remove_prefixes, caller=MEMBER, pool_id=pool.id, asked=["10.11.0.0/24"], at=AT)
    ends = beside.race(lambda c: a_subnet(c, pool, cidr="10.11.0.0/24"), gone)
    only_one(ends, IllegalSubnetPoolPrefixUpdate, SubnetAllocationError)


def test_no_two_pools_of_a_scope_overlap(beside: Beside) -> None:
    scope = beside.one.write_now(a_scope)
    one = beside.one.write_now(lambda c: a_pool(c, "10.11.0.0/16", address_scope_id=scope.id))
    wider = SubnetPoolUpdate(prefixes=["10.8.0.0/13"])
    ends = beside.race(
        lambda c: a_pool(c, "10.12.0.0/16", address_scope_id=scope.id),
        lambda c: subnet_pools.update(c, MEMBER, one.id, wider, AT),
    )
    only_one(ends, AddressScopePrefixConflict)


def test_a_scope_is_deleted_or_gets_a_pool(beside: Beside) -> None:
    scope = beside.one.write_now(a_scope)
    ends = beside.race(
        lambda c: a_pool(c, address_scope_id=scope.id), lambda c: address_scopes.delete(c, MEMBER, scope.id, AT)
    )
    only_one(ends, AddressScopeInUse, AddressScopeNotFound)


def test_one_pool_is_the_default(beside: Beside) -> None:
    made = partial(a_pool, is_default=True)
    only_one(beside.race(made, made), InvalidInput)
    assert len(beside.one.read_now(lambda c: pool_rows.defaults(c, None))) == 1


def test_a_shared_pool_is_closed_or_used(beside: Beside) -> None:
    pool = beside.one.write_now(a_pool)
    asked = RbacPolicyCreate(
        object_type="subnetpool", object_id=pool.id, action="access_as_shared", target_tenant=OTHER_PROJECT
    )
    policy = beside.one.write_now(lambda c: rbac_policies.create(c, MEMBER, asked, AT))
    ends = beside.race(lambda c: a_subnet(c, pool, STRANGER), lambda c: rbac_policies.delete(c, MEMBER, policy.id, AT))
    only_one(ends, RbacPolicyInUse, SubnetPoolNotFound)
