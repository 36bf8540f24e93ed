"""What an allocation writes, what a deallocation gives back, and what NetworkInfo then says."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from sqlalchemy import event, update

from berthline.domain.errors import BerthlineError, FixedIpAlreadyInUse, PortInUse, PortLimitExceeded
from berthline.domain.ids import PortId, SecurityGroupId, ServerId, new_id
from berthline.domain.network import DhcpOption, HostRoute
from berthline.domain.network_info import VIF, NetworkInfo
from berthline.network.nics.allocation import (
    allocate_for_instance,
    deallocate_for_instance,
    deallocate_port_for_instance,
)
from berthline.store import Connection, Store
from berthline.store.network import ports as port_rows
from berthline.store.network.info import network_info
from berthline.store.network.nics import ports as server_ports
from berthline.store.tables.network import floating_ips, networks, ports
from tests.workflows.allocation.ground import AT, BLUE, HOST, OTHER_HOST, RED, Ground, by, member, on

ALLOCATION = 10
"""The most statements of an allocation: network with subnets, default group, ports, addresses in use, addresses, links
to groups, events, outbox, quota, NICs."""
OF_PORTS = 6
"""And of one of ports that were there before: ports, networks with subnets, claim, events, outbox, NICs."""


@pytest.fixture
def ground(store: Store) -> Ground:
    return Ground(store)


class Statements:
    """Counts statements, without those that begin and end transactions.

    The addresses in use are read once more when the random point lies late in the pool: that counts once.
    """

    def __init__(self, store: Store) -> None:
        self.seen: list[str] = []
        event.listen(store.engine, "before_cursor_execute", self._hear)

    def _hear(self, _connection: object, _cursor: object, statement: str, *_more: object) -> None:
        again = statement.startswith("SELECT ip FROM addresses") and statement in self.seen
        if not again and not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA")):
            self.seen.append(statement)

    def take(self) -> int:
        count = len(self.seen)
        self.seen.clear()
        return count


# --- ports as they are written ---
def test_a_port_is_made_bound_and_named(ground: Ground) -> None:
    net = ground.plain("net", dns_domain="example.org.")
    server = ground.server(hostname="db-1")
    (port,) = ground.ports_of(ground.allocate((on(net),), server=server))
    assert (port.device_id, port.device_owner) == (server.server_id, "compute:nova")
    assert (port.binding_host, port.binding_vif_type, port.binding_vnic_type) == (HOST, "ovs", "normal")
    assert (port.dns_name, port.project_id, port.admin_state_up) == ("db-1", RED, True)
    assert port.status == "DOWN", "up is what the data plane says, not what was written"


def test_a_port_that_was_there_is_bound_and_keeps_what_is_its_own(ground: Ground) -> None:
    net = ground.plain("net")
    group = SecurityGroupId(ground.group("own"))
    port = ground.port(
        net, name="mine", binding_profile={"note": "x"}, security_group_ids=(group,), asked=ground.address(net, 50)
    )
    server = ground.server()
    (bound,) = ground.ports_of(ground.allocate((by(port),), server=server))
    assert (bound.device_id, bound.device_owner) == (server.server_id, "compute:nova")
    assert (bound.binding_host, bound.binding_vif_type, bound.dns_name) == (HOST, "ovs", "web")
    assert (bound.name, bound.binding_profile, bound.security_group_ids) == ("mine", {"note": "x"}, (group,))
    assert [fixed.ip_address for fixed in bound.fixed_ips] == [ground.address(net, 50)]
    assert bound.revision == 2


def test_dhcp_options_are_every_ports_and_the_owners_come_back(ground: Ground) -> None:
    net = ground.plain("net")
    own = (DhcpOption("mtu", "1400"), DhcpOption("server-ip-address", "10.0.0.9"))
    port = ground.port(net, extra_dhcp_opts=own)
    untouched = ground.port(net, extra_dhcp_opts=own)
    server = ground.server()
    asked = (DhcpOption("mtu", "1300"), DhcpOption("bootfile-name", "pxe.0"))
    nics = ground.allocate((on(net), by(port)), server=server, dhcp_options=asked)
    made, bound = ground.ports_of(nics)
    assert made.extra_dhcp_opts == asked
    assert bound.extra_dhcp_opts == (own[1], *asked)
    ground.allocate((by(untouched),), server=server, first_position=2)
    ground.store.write_now(lambda connection: deallocate_for_instance(connection, server.server_id, AT))
    assert ground.port_now(port).extra_dhcp_opts == own
    assert ground.port_now(untouched).extra_dhcp_opts == own


# --- given back ---
def test_ports_that_were_made_are_deleted_and_ports_that_were_there_are_unbound(ground: Ground) -> None:
    net = ground.plain("net")
    port = ground.port(net, binding_profile={"note": "x"}, asked=ground.address(net, 50))
    left = ground.left()
    server = ground.server()
    nics = ground.allocate((on(net), by(port), on(net)), server=server)
    ground.store.write_now(lambda connection: deallocate_for_instance(connection, server.server_id, AT + 1))
    found = ground.store.read_now(lambda connection: port_rows.get_many(connection, [nic.port_id for nic in nics]))
    assert list(found) == [port]
    kept = found[port]
    assert (kept.device_id, kept.device_owner, kept.dns_name) == ("", "", "")
    assert (kept.binding_host, kept.binding_vif_type, kept.binding_profile) == ("", "unbound", {"note": "x"})
    assert [fixed.ip_address for fixed in kept.fixed_ips] == [ground.address(net, 50)]
    assert ground.left() == left
    before = ground.everything()
    ground.store.write_now(lambda connection: deallocate_for_instance(connection, server.server_id, AT + 2))
    assert ground.everything() == before, "again: no change"


def test_one_nic_is_given_back_and_never_another_servers(ground: Ground) -> None:
    net = ground.plain("net")
    mine, theirs = ground.server(), ground.server()
    nics = ground.allocate((on(net), on(net, tag="stays")), server=mine)
    (other,) = ground.allocate((on(net),), server=theirs)

    def free(port: PortId) -> None:
        ground.store.write_now(lambda connection: deallocate_port_for_instance(connection, mine.server_id, port, AT))

    free(other.port_id)
    assert len(ground.info(theirs)) == 1
    free(nics[0].port_id)
    assert [(vif.id, vif.tag) for vif in ground.info(mine)] == [(nics[1].port_id, "stays")]


def test_the_floating_ip_of_a_deleted_port_leads_nowhere(ground: Ground) -> None:
    net, outside = ground.plain("net"), ground.plain("outside", external=True, project=BLUE)
    server = ground.server()
    (nic,) = ground.allocate((on(net),), server=server)
    (fixed,) = ground.info(server).fixed_ips()
    row = {
        "id": "floating-1",
        "project_id": RED,
        "floating_network_id": outside,
        "floating_ip": ground.address(outside, 66),
        "port_id": ground.port(outside, project_id=""),
        "fixed_port_id": nic.port_id,
        "fixed_ip": fixed.address,
        "status": "ACTIVE",
        "revision": 1,
        "created_at": AT,
        "updated_at": AT,
    }
    ground.store.write_now(lambda connection: connection.execute(floating_ips.insert(), row))
    assert [ip.address for ip in ground.info(server).floating_ips()] == [ground.address(outside, 66)]
    assert ground.info(server).vifs[0].fixed_ips()[0].floating_ips == ground.info(server).floating_ips()
    ground.store.write_now(lambda connection: deallocate_for_instance(connection, server.server_id, AT))
    (kept,) = ground.store.read_now(lambda connection: connection.execute(floating_ips.select()).all())
    assert (kept.fixed_port_id, kept.fixed_ip, kept.status) == (None, None, "DOWN")


def test_a_claim_has_one_winner(ground: Ground) -> None:
    port = ground.port(ground.plain("net"))
    first, second = ground.server(), ground.server()
    owners = [
        server_ports.Owner(
            server_id=server.server_id, project_id=RED, device_owner="compute:nova", dns_name="web", host=HOST
        )
        for server in (first, second)
    ]
    won = [
        ground.store.write_now(lambda connection, owner=owner: server_ports.claim_ports(connection, [port], owner, AT))  # type: ignore[misc]
        for owner in owners
    ]
    assert won == [frozenset({port}), frozenset()]
    assert ground.port_now(port).device_id == first.server_id


async def test_many_at_once_share_neither_port_nor_address_nor_quota(ground: Ground) -> None:
    net = ground.plain("net")
    port = ground.port(net)
    ground.limit_ports(4)
    servers = [ground.server() for _ in range(36)]
    wanted = (by(port),), (on(net, fixed_ip=ground.address(net, 99)),), (on(net),)

    def claim(number: int) -> Callable[[Connection], object]:
        return lambda connection: allocate_for_instance(
            connection, member(), servers[number], wanted[number % 3], (), AT, bind_host=HOST
        )

    ended = await asyncio.gather(
        *(ground.store.write(claim(number)) for number in range(len(servers))), return_exceptions=True
    )
    won = [
        [number % 3 for number, each in enumerate(ended) if not isinstance(each, BaseException)].count(kind)
        for kind in range(3)
    ]
    assert won[0] == 1, "one has the port"
    assert won[1] + won[2] == 3, "three have the ports that are left"
    assert won[1] <= 1, "of whom one may have the address, unless others were quicker"
    refused = {type(each) for each in ended if isinstance(each, BaseException)}
    assert {PortInUse, PortLimitExceeded} <= refused <= {PortInUse, FixedIpAlreadyInUse, PortLimitExceeded}
    assert ground.left() == 0


def test_another_host_gets_the_same_ports(ground: Ground) -> None:
    net = ground.plain("net")
    server = ground.server()
    nics = ground.allocate((on(net), on(net)), server=server)
    before = ground.ports_of(nics)
    ground.store.write_now(
        lambda connection: server_ports.bind_ports_to(connection, server.server_id, OTHER_HOST, AT + 1)
    )
    after = ground.ports_of(nics)
    assert [port.binding_host for port in after] == [OTHER_HOST] * 2
    assert [port.fixed_ips for port in after] == [port.fixed_ips for port in before]
    assert [port.mac_address for port in after] == [port.mac_address for port in before]


# --- what it costs ---
@pytest.mark.sqlite("statements are counted, and an address that is met twice is a statement more")
def test_an_allocation_costs_the_same_for_one_nic_and_for_ten_and_when_many_exist(ground: Ground) -> None:
    net = ground.plain("net")
    ground.limit_ports(-1)
    ground.allocate((on(net),))
    counted = Statements(ground.store)

    def cost(nics: int) -> int:
        server = ground.server()
        counted.take()
        ground.allocate((on(net),) * nics, server=server)
        return counted.take()

    assert max(cost(1), cost(10)) <= ALLOCATION
    ground.allocate((on(net),) * 150)
    assert max(cost(1), cost(10)) <= ALLOCATION


def test_ports_that_were_there_cost_the_same_for_one_and_for_ten(ground: Ground) -> None:
    net = ground.plain("net")
    before = [ground.port(net) for _ in range(11)]
    counted = Statements(ground.store)

    def cost(asked: list[PortId]) -> int:
        server = ground.server()
        counted.take()
        ground.allocate(tuple(by(port) for port in asked), server=server)
        return counted.take()

    assert max(cost(before[:1]), cost(before[1:])) <= OF_PORTS


def test_network_info_of_many_servers_costs_what_that_of_one_costs(ground: Ground) -> None:
    net = ground.plain("net")
    servers = [ground.server() for _ in range(12)]
    for server in servers:
        ground.allocate((on(net), on(net)), server=server)
    counted = Statements(ground.store)
    for some in (servers[:1], servers):
        found = ground.store.read_now(
            lambda connection, some=some: network_info(connection, [server.server_id for server in some])  # type: ignore[misc]
        )
        assert {len(info) for info in found.values()} == {2}
        assert counted.take() == 3


# --- what NetworkInfo says ---
def test_every_field_of_a_vif(ground: Ground) -> None:
    net = ground.network("vlan", network_type="vlan", physical_network="physnet1", segmentation_id=77, mtu=1500)
    ground.subnet(
        net, "10.77.0.0/24", "10.77.0.10", "10.77.0.20",
        gateway_ip="10.77.0.1", dns_nameservers=("10.0.0.2",), host_routes=(HostRoute("10.8.0.0/16", "10.77.0.5"),),
    )  # fmt: skip
    server = ground.server()
    (nic,) = ground.allocate((on(net, tag="front"),), server=server)
    (port,) = ground.ports_of((nic,))
    (vif,) = ground.info(server)
    assert (vif.id, vif.address, vif.ovs_interfaceid) == (port.id, port.mac_address, port.id)
    assert vif.devname == f"tap{port.id}"[:14]
    assert (vif.type, vif.vnic_type, vif.tag, vif.revision) == ("ovs", "normal", "front", port.revision)
    assert vif.details == {
        "port_filter": True, "connectivity": "l2", "bridge_name": "br-int", "bound_drivers": {"0": "ovn"},
    }  # fmt: skip
    assert (vif.active, vif.preserve_on_delete, vif.delegate_create) == (False, False, True)
    assert (vif.network.id, vif.network.label, vif.network.bridge) == (net, "vlan", "br-int")
    meta = vif.network.meta
    assert (meta.mtu, meta.tenant_id, meta.physical_network) == (1500, RED, "physnet1")
    assert (meta.tunneled, meta.injected) == (False, False)
    (subnet,) = vif.network.subnets
    assert (subnet.cidr, subnet.version, subnet.gateway, subnet.dns) == ("10.77.0.0/24", 4, "10.77.0.1", ("10.0.0.2",))
    assert [(route.cidr, route.gateway) for route in subnet.routes] == [("10.8.0.0/16", "10.77.0.5")]
    assert (subnet.enable_dhcp, subnet.dhcp_server) == (True, "10.77.0.1")
    assert [ip.address for ip in subnet.ips] == [fixed.ip_address for fixed in port.fixed_ips]


def test_tunnels_are_told_and_dhcp_servers_only_where_they_answer(ground: Ground) -> None:
    net = ground.network("geneve")
    ground.subnet(net, "10.1.0.0/24", "10.1.0.10", "10.1.0.20", enable_dhcp=False, gateway_ip="10.1.0.1")
    ground.subnet(net, "2001:db8::/64", "2001:db8::2", "2001:db8::ffff", ipv6_address_mode="slaac")
    server = ground.server()
    ground.allocate((on(net),), server=server)
    (vif,) = ground.info(server)
    assert vif.network.meta.tunneled
    assert [subnet.dhcp_server for subnet in vif.network.subnets] == [None, None]


def test_active_is_what_the_port_says_or_that_nobody_wants_it_up(ground: Ground) -> None:
    net = ground.plain("net")
    server = ground.server()
    nics = ground.allocate((on(net), on(net), on(net)), server=server)

    def change(port: PortId, **values: object) -> None:
        ground.store.write_now(lambda connection: connection.execute(update(ports).where(ports.c.id == port), values))

    change(nics[0].port_id, status="ACTIVE")
    change(nics[1].port_id, admin_state_up=False)
    assert [vif.active for vif in ground.info(server)] == [True, True, False]


def test_what_changes_shows_at_once_with_its_revision(ground: Ground) -> None:
    """There is no cache to refresh: MTU, status and order are read from rows, so a part never goes missing."""
    net = ground.plain("net")
    port = ground.port(net)
    server = ground.server()
    ground.allocate((by(port, tag="kept"),), server=server)
    (before,) = ground.info(server)
    assert (before.preserve_on_delete, before.revision, before.network.mtu) == (True, 2, 1442)
    ground.store.write_now(
        lambda connection: connection.execute(update(networks).where(networks.c.id == net), {"mtu": 1300})
    )
    ground.store.write_now(
        lambda connection: server_ports.bind_ports_to(connection, server.server_id, OTHER_HOST, AT + 1)
    )
    (after,) = ground.info(server)
    assert (after.preserve_on_delete, after.revision, after.network.mtu, after.tag) == (True, 3, 1300, "kept")


def test_a_server_without_nics_and_one_that_is_gone_have_none(ground: Ground) -> None:
    gone = ServerId(new_id())
    found = ground.store.read_now(lambda connection: network_info(connection, [gone]))
    assert found == {gone: NetworkInfo()}


def test_nics_attached_later_are_behind_the_others(ground: Ground) -> None:
    net, other = ground.plain("net"), ground.plain("other")
    server = ground.server()
    first = ground.allocate((on(net), on(net)), server=server)
    later = ground.allocate((on(other, tag="later"),), server=server, first_position=2)
    assert [vif.id for vif in ground.info(server)] == [nic.port_id for nic in (*first, *later)]


def test_network_info_is_the_same_for_all_who_read_it(ground: Ground, store: Store) -> None:
    net = ground.plain("net")
    server = ground.server()
    ground.allocate((on(net), on(net)), server=server)
    here = ground.info(server)

    def elsewhere(connection: Connection) -> NetworkInfo:
        return network_info(connection, [server.server_id])[server.server_id]

    assert NetworkInfo.hydrate(here.json()) == here == store.write_now(elsewhere)
    assert isinstance(here.vifs[0], VIF)
    assert msgspec.json.decode(here.json())[0]["devname"] == here.vifs[0].devname


def test_a_refused_allocation_leaves_no_row(ground: Ground) -> None:
    """Whatever step refuses: the ports made before it go with the transaction, and nothing is left to undo."""
    net = ground.plain("net")
    port = ground.port(net)
    ground.limit_ports(2)
    server = ground.server()
    before = ground.everything()
    with pytest.raises(BerthlineError):
        ground.allocate((by(port), on(net), on(net), on(net)), server=server, caller=member())
    assert ground.everything() == before
    assert ground.port_now(port).device_id == ""
