"""Subnets of pools: which pool is meant, and which of its prefixes a subnet gets."""

import ipaddress
from collections.abc import Iterable, Sequence

from msgspec import UNSET

from berthline.domain.auth import Caller
from berthline.domain.errors import (
    BadRequest,
    InvalidInput,
    MaxPrefixSubnetAllocationError,
    MinPrefixSubnetAllocationError,
    NetworkAddressScopeAffinityError,
    NetworkSubnetPoolAffinityError,
    SubnetAllocationError,
    SubnetPoolQuotaExceeded,
)
from berthline.domain.ids import ProjectId
from berthline.domain.network import Network, Subnet, SubnetPool
from berthline.ipam import prefixes as arithmetic
from berthline.ipam.subnets import IpNetwork
from berthline.network import policy, subnet_pools
from berthline.network.requests import SubnetCreate, given
from berthline.store import Connection
from berthline.store.network import subnet_pools as rows
from berthline.store.network.subnet_pools import Given


def pool_of(connection: Connection, caller: Caller, request: SubnetCreate) -> SubnetPool | None:
    """The pool that a new subnet is to be of, for nobody else to take of until this is done; None for none.

    Raises BadRequest, SubnetPoolNotFound.
    """
    pool_id = given(request.subnetpool_id, None)
    default = given(request.use_default_subnetpool, False)
    sized = given(request.prefixlen, None) is not None
    if given(request.cidr, None) is not None and sized:
        raise _bad("cidr and prefixlen must not be supplied together")
    if default and pool_id is not None:
        raise _bad("subnetpool_id and use_default_subnetpool cannot both be specified")
    if default:
        found = rows.default(connection, request.ip_version, policy.visible_to(caller))
        if found is None:
            raise _bad(f"No default subnetpool found for IPv{request.ip_version}")
        pool_id = found.id
    if pool_id is None:
        if sized:
            raise _bad("prefixlen is of a subnet pool: name one, or a cidr instead")
        return None
    rows.lock(connection, [pool_id])
    pool = subnet_pools.find(connection, caller, pool_id)
    if pool.ip_version != request.ip_version:
        raise _bad(f"Cannot allocate IPv{request.ip_version} subnet from IPv{pool.ip_version} subnet pool")
    if given(request.cidr, None) is None and given(request.allocation_pools, None):
        raise _bad("allocation_pools allowed only for specific subnet requests.")
    return pool


def check_affinity(network: Network, others: Iterable[Subnet], version: int, pool: SubnetPool | None) -> None:
    """Raise unless all subnets of one IP version on a network are of one pool, or of pools of one scope.

    NetworkAddressScopeAffinityError or NetworkSubnetPoolAffinityError.
    """
    scope = network.ipv4_address_scope if version == 4 else network.ipv6_address_scope
    if scope is not None and pool is not None and pool.address_scope_id != scope:
        raise NetworkAddressScopeAffinityError(
            "Subnets of the same address family hosted on the same network must all participate in the same address "
            "scope."
        )
    wanted = None if pool is None else pool.id
    for subnet in others:
        if subnet.ip_version == version and subnet.subnetpool_id != wanted and (scope is None or pool is None):
            raise NetworkSubnetPoolAffinityError(
                "Subnets hosted on the same network must be allocated from the same subnet pool."
            )


def any_prefix(connection: Connection, pool: SubnetPool, length: int | None, project_id: ProjectId) -> IpNetwork:
    """The first free prefix of this length, or the pool's own one, in a pool that is locked.

    Raises SubnetAllocationError, and what ``_check`` raises.
    """
    wanted = pool.default_prefixlen if length is None else length
    given_of = rows.given_of(connection, pool.id)
    _check(pool, wanted, given_of, project_id)
    free = first_free(pool, wanted, given_of)
    if free is None:
        raise SubnetAllocationError(
            f"Failed to allocate subnet: Insufficient prefix space to allocate subnet size /{wanted}."
        )
    return free


def check_prefix(connection: Connection, pool: SubnetPool, cidr: IpNetwork, project_id: ProjectId) -> None:
    """Raise SubnetAllocationError unless a prefix is free in a pool that is locked, and what ``_check`` raises."""
    given_of = rows.given_of(connection, pool.id)
    _check(pool, cidr.prefixlen, given_of, project_id)
    taken = (ipaddress.ip_network(each.cidr) for each in given_of)
    if not arithmetic.within(cidr, subnet_pools.held(pool)) or arithmetic.overlap([cidr], taken):
        raise SubnetAllocationError(
            "Failed to allocate subnet: Cannot allocate requested subnet from the available set of prefixes."
        )


def first_free(pool: SubnetPool, length: int, given_of: Sequence[Given]) -> IpNetwork | None:
    """The first prefix of this length in the pool that no subnet has; None when there is none."""
    taken = [ipaddress.ip_network(each.cidr) for each in given_of]
    found = (arithmetic.first_free(prefix, length, taken) for prefix in subnet_pools.held(pool))
    return next((prefix for prefix in found if prefix is not None), None)


def _check(pool: SubnetPool, length: int, given_of: Iterable[Given], project_id: ProjectId) -> None:
    """Raise MinPrefixSubnetAllocationError, MaxPrefixSubnetAllocationError, SubnetPoolQuotaExceeded."""
    if length > pool.max_prefixlen:
        raise MaxPrefixSubnetAllocationError(
            f"Unable to allocate subnet with prefix length {length}, maximum allowed prefix is {pool.max_prefixlen}."
        )
    if length < pool.min_prefixlen:
        raise MinPrefixSubnetAllocationError(
            f"Unable to allocate subnet with prefix length {length}, minimum allowed prefix is {pool.min_prefixlen}."
        )
    if not pool.default_quota:
        return
    longest = 32 if pool.ip_version == 4 else 128
    own = (ipaddress.ip_network(each.cidr) for each in given_of if each.project_id == project_id)
    used = sum(arithmetic.units(prefix) for prefix in own) + (1 << (longest - length))
    if used > pool.default_quota * arithmetic.QUOTA_UNITS[pool.ip_version]:
        raise SubnetPoolQuotaExceeded("Per-project subnet pool prefix quota exceeded.")


def wants_cidr(request: SubnetCreate) -> str:
    """The cidr of a request for a subnet of no pool, or of one with a cidr. Raises InvalidInput without one."""
    if request.cidr is UNSET or request.cidr is None:
        raise InvalidInput(
            "Invalid input for operation: Bad subnet request: a subnetpool must be specified in the absence of a cidr."
        )
    return request.cidr


def _bad(why: str) -> BadRequest:
    return BadRequest(f"Bad subnets request: {why}.".replace("..", "."))
