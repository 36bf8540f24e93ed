"""A network with a way out, made for a project that has none: Neutron's auto-allocated topology, "get me a network".

Neutron makes the parts one after another and cleans up what a failure leaves. Here they are one transaction, the
caller's own: a boot that fails takes the network with it, and of many who ask at once the first makes it.
"""

import ipaddress
from typing import Final, NamedTuple

from msgspec import UNSET

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import (
    AutoAllocationFailure,
    BadRequest,
    IpAddressGenerationFailure,
    OverQuota,
    Overtaken,
    SubnetAllocationError,
    SubnetPoolQuotaExceeded,
)
from berthline.domain.ids import NetworkId, ProjectId
from berthline.domain.network import Ipv6Mode, Subnet, SubnetPool
from berthline.ipam.prefixes import first_free
from berthline.ipam.subnets import IpNetwork
from berthline.network import networks, policy
from berthline.network.requests import (
    AskedGateway,
    NetworkCreate,
    RouterCreate,
    RouterInterfaceAsked,
    SubnetCreate,
    Unset,
)
from berthline.network.routers import routers
from berthline.network.settings import NetworkSettings
from berthline.network.subnets import pooled, subnets
from berthline.network.subnets.availability import addresses_left
from berthline.store import Connection, Store
from berthline.store.control import quotas
from berthline.store.network import auto_topologies as rows
from berthline.store.network import routers as router_rows
from berthline.store.network import subnet_pools
from berthline.store.network import subnets as subnet_rows

LENGTHS: Final = {4: 26, 6: 64}
"""Length of the prefix of each subnet, by IP version."""

ALSO_OWN: Final = frozenset({"", "null", "None"})
"""What clients write in the place of a project's id when they mean that of their token."""


class AutoTopologyService:
    """Neutron's verbs on auto-allocated topologies. One of another project is refused, whether it exists or not."""

    def __init__(self, store: Store, clock: Clock, settings: NetworkSettings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings

    async def provide(self, caller: Caller, project: str) -> tuple[ProjectId, NetworkId]:
        """The project, and its network, made now unless it is there. Raises as ``provide``, PolicyNotAuthorized."""
        project_id = _project(caller, project, "get_auto_allocated_topology")
        there = await self._store.read_short(lambda connection: rows.get(connection, project_id))
        if there is not None:
            return project_id, there.network_id
        at = self._clock.now()
        return project_id, await self._store.write(
            lambda connection: provide(connection, caller, project_id, self._settings, at)
        )

    async def check(self, caller: Caller, project: str) -> ProjectId:
        """Raise what ``provide`` would raise now; nothing is changed."""
        project_id = _project(caller, project, "get_auto_allocated_topology")
        await self._store.read(lambda connection: check(connection, project_id, self._settings))
        return project_id

    async def remove(self, caller: Caller, project: str) -> None:
        """Delete the network, its subnets and its router; nothing when there is none. Raises as ``remove``."""
        project_id = _project(caller, project, "delete_auto_allocated_topology")
        policy.check_owner(caller, project_id, "delete_auto_allocated_topology")
        at = self._clock.now()
        await self._store.write(lambda connection: remove(connection, caller, project_id, at))


def provide(
    connection: Connection, caller: Caller, project_id: ProjectId, settings: NetworkSettings, at: int
) -> NetworkId:
    """The network that was made for the project, made now unless it is there, in the caller's transaction.

    Raises AutoAllocationFailure, PolicyNotAuthorized; the transaction then has to end.
    """
    there = rows.get(connection, project_id)
    if there is not None:
        return there.network_id
    policy.check_owner(caller, project_id, "create_auto_allocated_topology")
    ground = _ground(connection, project_id, settings)
    if ground.reasons or ground.outside is None:
        raise _failure(list(ground.reasons))
    try:
        return _make(connection, caller, project_id, ground.outside, ground.prefixes, settings, at)
    except (
        BadRequest,
        IpAddressGenerationFailure,
        OverQuota,
        SubnetAllocationError,
        SubnetPoolQuotaExceeded,
    ) as error:
        raise _failure([error.message.rstrip(".")]) from error


def check(connection: Connection, project_id: ProjectId, settings: NetworkSettings) -> None:
    """Raise AutoAllocationFailure when no topology can be made for the project now, and there is none."""
    if rows.get(connection, project_id) is None and (reasons := _ground(connection, project_id, settings).reasons):
        raise _failure(list(reasons))


def remove(connection: Connection, caller: Caller, project_id: ProjectId, at: int) -> None:
    """Delete what was made for the project, all of it or nothing. Raises NetworkInUse, RouterInUse and the like."""
    there = rows.get(connection, project_id)
    if there is None:
        return
    if there.router_id is not None:
        legs = {leg.subnet_id for leg in router_rows.interfaces(connection, there.router_id)}
        for subnet in subnet_rows.of_networks(connection, [there.network_id])[there.network_id]:
            if subnet.id in legs:
                asked = RouterInterfaceAsked(subnet_id=subnet.id)
                routers.remove_interface(connection, caller, there.router_id, asked, at)
        routers.delete(connection, caller, there.router_id, at, None)
    rows.remove(connection, project_id)
    networks.delete(connection, caller, there.network_id, at)


def ports_needed(connection: Connection, project_id: ProjectId, settings: NetworkSettings) -> int:
    """How many ports of the project's quota a topology takes: its router's legs."""
    return len(subnet_pools.defaults(connection, project_id)) or len(_pools(settings))


class _Part(NamedTuple):
    """The prefix of one subnet, and the pool that it is of, if it is of one."""

    prefix: IpNetwork
    pool: SubnetPool | None = None


class _Ground(NamedTuple):
    """What a topology would be made from. ``reasons`` why it cannot be; empty: it can."""

    outside: NetworkId | None
    prefixes: tuple[_Part, ...]
    reasons: tuple[str, ...]


def _ground(connection: Connection, project_id: ProjectId, settings: NetworkSettings) -> _Ground:
    reasons = []
    outside = rows.default_external_network(connection)
    beyond: list[Subnet] = subnet_rows.of_networks(connection, [outside])[outside] if outside else []
    left = addresses_left(connection, beyond)
    if outside is None:
        reasons.append("there is no default external network")
    elif not any(count is None or count > 0 for count in left.values()):
        reasons.append(f"default external network {outside} has no address left for a gateway")
    taken = [ipaddress.ip_network(cidr) for cidr in rows.cidrs_of_project(connection, project_id)]
    taken += [ipaddress.ip_network(subnet.cidr) for subnet in beyond]
    pools = subnet_pools.defaults(connection, project_id)
    parts, without = _of_pools(connection, pools, project_id) if pools else _of_settings(settings, taken)
    reasons += without
    needed = {"network": 1, "subnet": len(parts), "router": 1, "port": len(parts)}
    for resource, amount in quotas.left(connection, project_id, tuple(needed)).items():
        if amount is not None and amount < needed[resource]:
            reasons.append(f"{needed[resource]} more of quota '{resource}' is needed and {amount} is left")
    return _Ground(outside, tuple(parts), tuple(reasons))


def _of_settings(settings: NetworkSettings, taken: list[IpNetwork]) -> tuple[list[_Part], list[str]]:
    """Parts of what the settings set aside that the project has not yet, and why one is missing."""
    parts, reasons = [], []
    pools = _pools(settings)
    if not pools:
        reasons.append("no prefix is set aside for its subnets")
    for pool in pools:
        prefix = first_free(pool, LENGTHS[pool.version], taken)
        if prefix is None:
            reasons.append(f"the project's subnets leave no /{LENGTHS[pool.version]} free in {pool}")
        else:
            parts.append(_Part(prefix))
    return parts, reasons


def _of_pools(
    connection: Connection, pools: tuple[SubnetPool, ...], project_id: ProjectId
) -> tuple[list[_Part], list[str]]:
    """Parts of the default subnet pools, and why one is missing. A subnet is given one again as it is made."""
    parts, reasons = [], []
    for pool in pools:
        try:
            parts.append(_Part(pooled.any_prefix(connection, pool, None, project_id), pool))
        except (SubnetAllocationError, SubnetPoolQuotaExceeded) as error:
            reasons.append(f"default subnet pool {pool.id}: {error.message.rstrip('.')}")
    return parts, reasons


def _make(
    connection: Connection,
    caller: Caller,
    project_id: ProjectId,
    outside: NetworkId,
    parts: tuple[_Part, ...],
    settings: NetworkSettings,
    at: int,
) -> NetworkId:
    wanted = NetworkCreate(project_id=project_id, name="auto_allocated_network")
    network = networks.create(connection, caller, wanted, settings, at)
    made = [subnets.create(connection, caller, _subnet(project_id, network.id, part), at) for part in parts]
    router = routers.create(
        connection,
        caller,
        RouterCreate(
            project_id=project_id,
            name="auto_allocated_router",
            external_gateway_info=AskedGateway(network_id=outside),
        ),
        settings,
        at,
    )
    for subnet in made:
        routers.add_interface(connection, caller, router.id, RouterInterfaceAsked(subnet_id=subnet.id), at)
    topology = rows.AutoTopology(network_id=network.id, router_id=router.id)
    if not rows.add(connection, project_id, topology):
        raise Overtaken(f"others make a topology for project {project_id} at the same moment; try again")
    return network.id


def _subnet(project_id: ProjectId, network_id: NetworkId, part: _Part) -> SubnetCreate:
    """The subnet of a prefix; of a pool it is any that is free once the pool is locked."""
    prefix = part.prefix
    slaac: Ipv6Mode | Unset = "slaac" if prefix.version == 6 and prefix.prefixlen == LENGTHS[6] else UNSET
    return SubnetCreate(
        project_id=project_id,
        network_id=network_id,
        name=f"auto_allocated_subnet_v{prefix.version}",
        ip_version=prefix.version,
        cidr=str(prefix) if part.pool is None else UNSET,
        subnetpool_id=UNSET if part.pool is None else part.pool.id,
        ipv6_ra_mode=slaac,
        ipv6_address_mode=slaac,
    )


def _pools(settings: NetworkSettings) -> tuple[IpNetwork, ...]:
    return tuple(ipaddress.ip_network(cidr) for cidr in (settings.auto_prefix_v4, settings.auto_prefix_v6) if cidr)


def _project(caller: Caller, asked: str, rule: str) -> ProjectId:
    """The project that is meant. Raises PolicyNotAuthorized for another's, BadRequest for none."""
    project_id = caller.project_id if asked in ALSO_OWN else ProjectId(asked)
    if project_id != caller.project_id:
        policy.check_admin(caller, rule)
    if not project_id:
        raise BadRequest("A topology is of a project: use a token scoped to one, or name it in the path.")
    return project_id


def _failure(reasons: list[str]) -> AutoAllocationFailure:
    return AutoAllocationFailure(f"Deployment error: {'; '.join(reasons)}.", {"reasons": reasons})
