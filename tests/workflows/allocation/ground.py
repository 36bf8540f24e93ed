"""What allocation is tested on: networks, ports, groups and servers as rows, without HTTP and without sagas."""

from functools import partial
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from berthline.domain.auth import Caller
from berthline.domain.compute import Nic, RequestedNetwork
from berthline.domain.errors import BerthlineError
from berthline.domain.ids import (
    DomainId,
    HostName,
    NetworkId,
    PortId,
    ProjectId,
    RbacPolicyId,
    SecurityGroupId,
    SubnetId,
    UserId,
    new_id,
    new_request_id,
)
from berthline.domain.network import (
    ACCESS_EXTERNAL,
    ACCESS_SHARED,
    EVERYBODY,
    Action,
    AllocationPool,
    DhcpOption,
    Network,
    Port,
    RbacPolicy,
    SecurityGroup,
    SharedType,
    Subnet,
)
from berthline.domain.network_info import NetworkInfo
from berthline.network.nics.allocation import allocate_for_instance
from berthline.network.ports.rows import Draft, bare_port, write_ports
from berthline.network.requests import AskedAddress
from berthline.network.service import Asked, Instance
from berthline.store import Connection, Store
from berthline.store.compute import hosts
from berthline.store.compute.servers import servers
from berthline.store.control import quotas
from berthline.store.network import networks, rbac_policies, security_groups, subnets
from berthline.store.network import ports as port_rows
from berthline.store.network.info import network_info
from berthline.store.tables import metadata
from berthline.store.tables.network import ports
from tests.unit.store.compute.values import make_host, make_server

AT = 1_700_000_000_000_000
RED, BLUE = ProjectId("red"), ProjectId("blue")
HOST, OTHER_HOST = HostName("host-1"), HostName("host-2")


def member(project: ProjectId = RED, *, admin: bool = False) -> Caller:
    """Somebody of a project."""
    return Caller(
        user_id=UserId("user"),
        user_name="user",
        project_id=project,
        project_name=project,
        domain_id=DomainId("default"),
        roles=frozenset({"member", "admin"} if admin else {"member"}),
        request_id=new_request_id(),
    )


class Ground:
    """Makes what a test needs, and allocates on it; every method is one transaction."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._cidrs = iter(range(1, 200))
        for name in (HOST, OTHER_HOST):
            store.write_now(partial(hosts.upsert, host=make_host(name), at=AT))

    def network(self, name: str = "net", *, project: ProjectId = RED, **changes: Any) -> NetworkId:
        """A network without subnets."""
        number = next(self._cidrs)
        fields: dict[str, Any] = {
            "id": NetworkId(new_id()),
            "project_id": project,
            "name": name,
            "description": "",
            "admin_state_up": True,
            "shared": False,
            "opened": False,
            "external": False,
            "is_default": False,
            "mtu": 1442,
            "port_security_enabled": True,
            "dns_domain": "",
            "network_type": "geneve",
            "physical_network": None,
            "segmentation_id": number,
            "revision": 1,
            "created_at": AT,
            "updated_at": AT,
        }
        made = Network(**(fields | changes))
        self.store.write_now(lambda connection: networks.add(connection, made))
        for action, wanted in ((ACCESS_SHARED, made.shared), (ACCESS_EXTERNAL, made.external)):
            if wanted:
                self.open(made.id, EVERYBODY, action)
        return made.id

    def open(self, what: str, target: ProjectId, action: Action = ACCESS_SHARED, kind: SharedType = "network") -> None:
        """Have a project see and use what another one owns."""
        made = RbacPolicy(
            id=RbacPolicyId(new_id()),
            project_id=BLUE,
            object_type=kind,
            object_id=what,
            action=action,
            target_project=target,
        )
        self.store.write_now(lambda connection: rbac_policies.add(connection, made))

    def subnet(self, network: NetworkId, cidr: str, first: str, last: str, **changes: Any) -> SubnetId:
        """A subnet with one pool."""
        fields: dict[str, Any] = {
            "id": SubnetId(new_id()),
            "network_id": network,
            "project_id": RED,
            "name": "",
            "description": "",
            "ip_version": 6 if ":" in cidr else 4,
            "cidr": cidr,
            "gateway_ip": None,
            "enable_dhcp": True,
            "ipv6_ra_mode": None,
            "ipv6_address_mode": None,
            "pools": (AllocationPool(first, last),),
            "dns_nameservers": (),
            "host_routes": (),
            "revision": 1,
            "created_at": AT,
            "updated_at": AT,
        }
        made = Subnet(**(fields | changes))
        self.store.write_now(lambda connection: subnets.add(connection, made))
        return made.id

    def plain(self, name: str = "net", *, last: str = "250", **changes: Any) -> NetworkId:
        """A network with one IPv4 subnet, whose pool ends at ``last``."""
        network = self.network(name, **changes)
        prefix = f"10.{next(self._cidrs)}.0"
        self.subnet(network, f"{prefix}.0/24", f"{prefix}.10", f"{prefix}.{last}", gateway_ip=f"{prefix}.1")
        return network

    def cidr(self, network: NetworkId) -> str:
        """The CIDR of the network's IPv4 subnet."""
        held = self.store.read_now(lambda connection: subnets.of_networks(connection, [network]))[network]
        return next(subnet.cidr for subnet in held if subnet.ip_version == 4)

    def address(self, network: NetworkId, last: int) -> str:
        """The address that ends so in the network's IPv4 subnet."""
        return f"{self.cidr(network).rpartition('.')[0]}.{last}"

    def port(self, network: NetworkId, *, asked: str | None = None, bare: bool = False, **changes: Any) -> PortId:
        """A port that was there before: with an address, the one ``asked``, or ``bare`` of any."""
        port = msgspec.structs.replace(bare_port(network, RED, AT), **changes)
        wanted = () if bare else None if asked is None else (AskedAddress(ip_address=asked),)
        draft = Draft(port=port, asked=wanted)
        self.store.write_now(lambda connection: write_ports(connection, [draft], AT))
        return port.id

    def group(self, name: str, project: ProjectId = RED, *, stateful: bool = True) -> SecurityGroupId:
        """A security group without rules."""
        made = SecurityGroup(
            id=SecurityGroupId(new_id()),
            project_id=project,
            name=name,
            description="",
            stateful=stateful,
            is_default=False,
            revision=1,
            created_at=AT,
            updated_at=AT,
        )
        self.store.write_now(lambda connection: security_groups.add(connection, made))
        return made.id

    def server(self, project: ProjectId = RED, hostname: str = "web") -> Instance:
        """A server's row, without NICs."""
        server = make_server(project_id=project, hostname=hostname)
        self.store.write_now(lambda connection: servers.insert(connection, server))
        return Instance(
            server_id=server.id, project_id=project, hostname=hostname, availability_zone=server.availability_zone
        )

    def allocate(
        self,
        asked: Asked,
        *,
        server: Instance | None = None,
        groups: tuple[str, ...] = (),
        caller: Caller | None = None,
        macs: frozenset[str] | None = None,
        dhcp_options: tuple[DhcpOption, ...] = (),
        first_position: int = 0,
    ) -> tuple[Nic, ...]:
        """Allocate for a server (a new one of red's) in one transaction."""
        for_server = server or self.server()

        def work(connection: Connection) -> tuple[Nic, ...]:
            return allocate_for_instance(
                connection,
                caller or member(),
                for_server,
                asked,
                groups,
                AT,
                bind_host=HOST,
                macs=macs,
                dhcp_options=dhcp_options,
                first_position=first_position,
            )

        return self.store.write_now(work)

    def ports_of(self, nics: tuple[Nic, ...]) -> tuple[Port, ...]:
        """The ports of these NICs, in their order."""
        found = self.store.read_now(lambda connection: port_rows.get_many(connection, [nic.port_id for nic in nics]))
        return tuple(found[nic.port_id] for nic in nics)

    def port_now(self, port: PortId) -> Port:
        """A port as it is now."""
        found = self.store.read_now(lambda connection: port_rows.get(connection, port))
        assert found is not None
        return found

    def info(self, server: Instance) -> NetworkInfo:
        """The server's network information."""
        return self.store.read_now(lambda connection: network_info(connection, [server.server_id]))[server.server_id]

    def left(self, project: ProjectId = RED) -> int | None:
        """How many more ports the project may have."""
        return self.store.read_now(lambda connection: quotas.left(connection, project, ("port",)))["port"]

    def limit_ports(self, limit: int, project: ProjectId = RED) -> None:
        """Set the quota of ports."""
        self.store.write_now(lambda connection: quotas.set_limits(connection, project, {"port": limit}))

    def everything(self) -> dict[str, list[str]]:
        """Every row of every table: what a refused request may not change."""

        def read(connection: Connection) -> dict[str, list[str]]:
            tables = metadata.sorted_tables
            return {table.name: sorted(map(repr, connection.execute(table.select()))) for table in tables}

        return self.store.read_now(read)


def on(network: NetworkId, **more: Any) -> RequestedNetwork:
    """An item that asks for a network."""
    return RequestedNetwork(network_id=network, **more)


def by(port: PortId, **more: Any) -> RequestedNetwork:
    """An item that asks for a port."""
    return RequestedNetwork(port_id=port, **more)


def refused(ground: Ground, kind: type[BerthlineError], asked: Asked, **more: Any) -> BerthlineError:
    """Allocate, and expect this very error and no changed row."""
    server = more.pop("server", None) or ground.server()
    before = ground.everything()
    with pytest.raises(kind) as caught:
        ground.allocate(asked, server=server, **more)
    assert type(caught.value) is kind
    assert ground.everything() == before
    return caught.value


def change(ground: Ground, port: PortId, **values: Any) -> PortId:
    """Change the port's row behind everybody's back."""
    ground.store.write_now(lambda connection: connection.execute(update(ports).where(ports.c.id == port), values))
    return port
