"""What POST /servers would allocate: the same transaction as the real one, looked at from inside and rolled back."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import Server
from berthline.domain.errors import Conflict
from berthline.domain.ids import NetworkId, PortId, SubnetId
from berthline.domain.network_info import VIF, Subnet
from berthline.network.service import FoundNic, NetworkService, Validated
from berthline.network.subnets.availability import addresses_left
from berthline.placement.choose import HostRequest, Verdict
from berthline.store import Connection, Store
from berthline.store.network import subnets
from berthline.workflows.requests import ServerRequest
from berthline.workflows.server import counted, placing

COUNTED: Final = ("instances", "cores", "ram", "port")


class PlannedSubnet(msgspec.Struct, frozen=True, kw_only=True):
    """``addresses_left`` after this allocation; None where a guest makes its own address."""

    id: SubnetId
    cidr: str
    addresses_left: int | None


class PlannedNic(msgspec.Struct, frozen=True, kw_only=True):
    """``port_id`` of a port that is there, ``fixed_ips`` that are sure: asked for, or the port's own."""

    network_id: NetworkId
    network_name: str
    port_id: PortId | None
    fixed_ips: tuple[str, ...]
    tag: str | None
    subnets: tuple[PlannedSubnet, ...]


class PlannedServer(msgspec.Struct, frozen=True, kw_only=True):
    server: Server
    nics: tuple[PlannedNic, ...]


class HostsLooked(msgspec.Struct, frozen=True):
    """What is said of hosts before anything is claimed: of the first by name, and of how many more nothing is told."""

    verdicts: tuple[Verdict, ...] = ()
    more: int = 0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """``quota_left`` after this allocation; None is unlimited. ``hosts`` are for admins."""

    servers: tuple[PlannedServer, ...]
    quota_left: dict[str, int | None]
    hosts: HostsLooked = HostsLooked()


def look_at_hosts(connection: Connection, wish: HostRequest) -> HostsLooked:
    """What is said of each host for this wish."""
    return HostsLooked(*placing.verdicts(connection, wish))


async def rolled_back(store: Store, work: Callable[[Connection], Plan]) -> Plan:
    """What ``work`` returns, with everything that it wrote taken back."""

    def inside(connection: Connection) -> None:
        raise _RollBack(work(connection))

    try:
        await store.write(inside)
    except _RollBack as carrier:
        return carrier.plan
    raise AssertionError("the transaction of a plan never commits")


def look(
    connection: Connection,
    network: NetworkService,
    caller: Caller,
    request: ServerRequest,
    validated: Validated,
    claimed: Sequence[Server],
) -> Plan:
    """The plan, read from what was just claimed. Raises Conflict when some server has no host."""
    placed = [server for server in claimed if server.host is not None]
    if len(placed) < len(claimed):
        first = next(server for server in claimed if server.fault is not None)
        details: dict[str, object] = {"servers": len(claimed), "with_a_host": len(placed)}
        if caller.is_admin:
            told = look_at_hosts(connection, placing.request_for(connection, first, wanted_host=request.host))
            details |= {"hosts": told.verdicts, "more_hosts": told.more}
        raise Conflict(first.fault.message if first.fault else "", details)
    if validated.nics is not None:
        nics = tuple(_found_nic(nic) for nic in validated.nics)
        servers = tuple(PlannedServer(server=server, nics=nics) for server in placed)
        names = tuple(name for name in COUNTED if name != "port")
        return Plan(servers=servers, quota_left=counted.left(connection, caller, names))
    info = network.network_info(connection, [server.id for server in placed])
    on = subnets.of_networks(connection, {vif.network.id for found in info.values() for vif in found.vifs})
    left = addresses_left(connection, [subnet for held in on.values() for subnet in held])
    return Plan(
        servers=tuple(
            PlannedServer(
                server=server,
                nics=tuple(_nic(request, place, vif, left) for place, vif in enumerate(info[server.id].vifs)),
            )
            for server in placed
        ),
        quota_left=counted.left(connection, caller, COUNTED),
    )


class _RollBack(Exception):
    """Carries a plan out of a transaction that must not commit."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


def _found_nic(nic: FoundNic) -> PlannedNic:
    """A NIC that a service outside will make: how many addresses are left is not for us to know."""
    return PlannedNic(
        network_id=nic.network_id,
        network_name=nic.label,
        port_id=nic.port_id,
        fixed_ips=(nic.fixed_ip,) if nic.fixed_ip else (),
        tag=nic.tag,
        subnets=tuple(
            PlannedSubnet(id=SubnetId(subnet), cidr=cidr, addresses_left=None) for subnet, cidr in nic.subnets
        ),
    )


def _nic(request: ServerRequest, place: int, vif: VIF, left: dict[SubnetId, int | None]) -> PlannedNic:
    asked = request.networks[place].fixed_ip if isinstance(request.networks, tuple) and request.networks else None
    held = tuple(fixed.address for fixed in vif.fixed_ips())
    return PlannedNic(
        network_id=vif.network.id,
        network_name=vif.network.label,
        port_id=vif.id if vif.preserve_on_delete else None,
        fixed_ips=held if vif.preserve_on_delete else (asked,) if asked else (),
        tag=vif.tag,
        subnets=tuple(_subnet(subnet, left) for subnet in vif.network.subnets),
    )


def _subnet(subnet: Subnet, left: dict[SubnetId, int | None]) -> PlannedSubnet:
    return PlannedSubnet(id=subnet.id, cidr=subnet.cidr, addresses_left=left[subnet.id])
