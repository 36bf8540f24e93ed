"""A small cloud, made by the functions of the network service, and what tests do to it."""

from collections.abc import Callable
from typing import Any, Final

from berthline.domain.auth import Caller
from berthline.domain.compute import Flavor, Host
from berthline.domain.ids import DomainId, FlavorId, HostName, ProjectId, UserId, new_request_id
from berthline.domain.network import Network, Port, Router, SecurityGroup, Subnet
from berthline.network import networks, security_groups
from berthline.network.ports import ports
from berthline.network.requests import (
    AskedGateway,
    NetworkCreate,
    PortCreate,
    RouterCreate,
    SecurityGroupCreate,
    SubnetCreate,
)
from berthline.network.routers import routers
from berthline.network.settings import NetworkSettings
from berthline.network.subnets import subnets
from berthline.store import Connection
from berthline.store.compute import flavors, hosts
from tests.unit.store.races.beside import Ends

PROJECT: Final = ProjectId("33333333333343338333333333333333")
OTHER_PROJECT: Final = ProjectId("44444444444444448444444444444444")
SETTINGS: Final = NetworkSettings()
AT: Final = 1_000_000
FLAVOR: Final = Flavor(id=FlavorId("tiny"), name="tiny", vcpus=1, ram=128, disk=1)
HOST: Final = HostName("host-a")

Work = Callable[[Connection], Any]


def caller(*roles: str, project_id: ProjectId = PROJECT) -> Caller:
    """Somebody of the project."""
    return Caller(
        user_id=UserId("somebody"),
        user_name="somebody",
        project_id=project_id,
        project_name="demo",
        domain_id=DomainId("default"),
        roles=frozenset(roles),
        request_id=new_request_id(),
    )


MEMBER: Final = caller("member", "reader")
STRANGER: Final = caller("member", "reader", project_id=OTHER_PROJECT)
ADMIN: Final = caller("admin", "member", "reader")


def fill(connection: Connection) -> None:
    """One host with room for two servers, and a flavor."""
    host = Host(
        name=HOST,
        chassis=HOST,
        hypervisor_type="simulated",
        hypervisor_version=1,
        cpu_info="",
        vcpus=2,
        memory_mb=256,
        disk_gb=2,
        vcpus_used=0,
        memory_mb_used=0,
        disk_gb_used=0,
        running_vms=0,
        enabled=True,
        up=True,
    )
    hosts.upsert(connection, host, AT)
    flavors.add(connection, FLAVOR, AT)


def new_network(connection: Connection, asked: Caller = MEMBER, **fields: Any) -> Network:
    return networks.create(connection, asked, NetworkCreate(**fields), SETTINGS, AT)


def new_subnet(connection: Connection, network: Network, cidr: str = "10.0.0.0/24", **fields: Any) -> Subnet:
    version = 6 if ":" in cidr else 4
    request = SubnetCreate(network_id=network.id, ip_version=version, cidr=cidr, **fields)
    asked = MEMBER if network.project_id == MEMBER.project_id and not network.external else ADMIN
    return subnets.create(connection, asked, request, AT)


def new_port(connection: Connection, network: Network, asked: Caller = MEMBER, **fields: Any) -> Port:
    return ports.create(connection, asked, [PortCreate(network_id=network.id, **fields)], AT)[0]


def new_group(connection: Connection, name: str = "web", **fields: Any) -> SecurityGroup:
    return security_groups.create(connection, MEMBER, SecurityGroupCreate(name=name, **fields), AT)


def new_router(connection: Connection, outside: Network | None = None) -> Router:
    gateway = AskedGateway(network_id=outside.id) if outside else None
    request = RouterCreate(external_gateway_info=gateway) if gateway else RouterCreate()
    return routers.create(connection, MEMBER, request, SETTINGS, AT)


def with_subnet(connection: Connection, cidr: str = "10.0.0.0/24") -> tuple[Network, Subnet]:
    """A network with one subnet."""
    network = new_network(connection)
    return network, new_subnet(connection, network, cidr)


def outside(connection: Connection) -> Network:
    """An external network with a subnet."""
    network = new_network(connection, ADMIN, external=True)
    new_subnet(connection, network, "192.0.2.0/24")
    return network


def only_one(ends: Ends, *refused: type[BaseException]) -> None:
    """One did it, and the other heard why not."""
    assert len(ends.results) == 1, ends
    assert isinstance(ends.errors[0], refused), ends
