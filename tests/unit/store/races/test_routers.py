"""Routers, floating IPs and security groups, changed by two who do not know of each other."""

from functools import partial

from berthline.domain.errors import (
    AutoAllocationFailure,
    BadRequest,
    FloatingIPNotFound,
    FloatingIPPortAlreadyAssociated,
    NotFound,
    PortNotFound,
    RouterInterfaceInUseByFloatingIP,
    RouterInUse,
    SecurityGroupInUse,
    SecurityGroupNotFound,
    SecurityGroupRuleExists,
)
from berthline.domain.network import Network, Port, Router, Subnet
from berthline.network import auto_topologies, floating_ips, networks, security_groups
from berthline.network.ports import ports
from berthline.network.requests import (
    AskedAddress,
    FloatingIpCreate,
    FloatingIpUpdate,
    NetworkCreate,
    PortUpdate,
    RouterInterfaceAsked,
    RouterUpdate,
    SecurityGroupRuleCreate,
    SecurityGroupUpdate,
)
from berthline.network.routers import routers
from berthline.store import Connection
from berthline.store.network import floating_ips as floating_rows
from berthline.store.network import routers as router_rows
from berthline.store.network import security_groups as group_rows
from tests.unit.store.races.beside import Beside
from tests.unit.store.races.cloud import (
    ADMIN,
    AT,
    MEMBER,
    PROJECT,
    SETTINGS,
    new_group,
    new_network,
    new_port,
    new_router,
    new_subnet,
    only_one,
    outside,
    with_subnet,
)


def join(connection: Connection, router: Router, subnet: Subnet) -> None:
    routers.add_interface(connection, MEMBER, router.id, RouterInterfaceAsked(subnet_id=subnet.id), AT)


def leave(connection: Connection, router: Router, subnet: Subnet) -> None:
    routers.remove_interface(connection, MEMBER, router.id, RouterInterfaceAsked(subnet_id=subnet.id), AT)


def way_out(beside: Beside) -> tuple[Network, Router, Network, Subnet, Port]:
    """An external network, a router to it from a network with a subnet, and a port there."""

    def make(connection: Connection) -> tuple[Network, Router, Network, Subnet, Port]:
        out = outside(connection)
        router = new_router(connection, out)
        network, subnet = with_subnet(connection)
        join(connection, router, subnet)
        return out, router, network, subnet, new_port(connection, network)

    return beside.one.write_now(make)


def test_legs_of_a_router_do_not_overlap(beside: Beside) -> None:
    router = beside.one.write_now(new_router)
    _, one = beside.one.write_now(lambda c: with_subnet(c, "10.0.0.0/24"))
    _, other = beside.one.write_now(lambda c: with_subnet(c, "10.0.0.0/25"))
    only_one(beside.race(lambda c: join(c, router, one), lambda c: join(c, router, other)), BadRequest)
    assert len(beside.one.read_now(lambda c: router_rows.interfaces(c, router.id))) == 1


def test_a_router_is_deleted_or_gets_a_leg(beside: Beside) -> None:
    router = beside.one.write_now(new_router)
    _, subnet = beside.one.write_now(with_subnet)
    ends = beside.race(lambda c: join(c, router, subnet), lambda c: routers.delete(c, MEMBER, router.id, AT, None))
    only_one(ends, RouterInUse, NotFound)


def test_two_changes_of_a_router_are_both_kept(beside: Beside) -> None:
    router = beside.one.write_now(new_router)
    ends = beside.race(
        lambda c: routers.update(c, MEMBER, router.id, RouterUpdate(name="new"), AT, None),
        lambda c: routers.update(c, MEMBER, router.id, RouterUpdate(description="said"), AT, None),
    )
    assert ends.errors == []
    found = beside.one.read_now(lambda c: routers.find(c, MEMBER, router.id))
    assert (found.name, found.description) == ("new", "said")


def test_a_leg_stays_while_a_floating_ip_comes_to_lead_through_it(beside: Beside) -> None:
    out, router, _, subnet, port = way_out(beside)
    lead = FloatingIpCreate(floating_network_id=out.id, port_id=port.id)
    ends = beside.race(lambda c: floating_ips.create(c, MEMBER, lead, AT), lambda c: leave(c, router, subnet))
    only_one(ends, RouterInterfaceInUseByFloatingIP, NotFound)


def test_a_floating_ip_does_not_lead_to_a_port_that_is_being_deleted(beside: Beside) -> None:
    out, _, _, _, port = way_out(beside)
    lead = FloatingIpCreate(floating_network_id=out.id, port_id=port.id)
    ends = beside.race(
        lambda c: ports.delete(c, MEMBER, port.id, AT), lambda c: floating_ips.create(c, MEMBER, lead, AT)
    )
    assert ends.first == frozenset(), ends
    if ends.errors:
        only_one(ends, PortNotFound)
    else:  # it led there first, and was freed with the port
        found = beside.one.read_now(lambda c: floating_ips.find(c, MEMBER, ends.second.id))
        assert found.fixed_port_id is None


def test_a_floating_ip_leads_to_an_address_that_its_port_has(beside: Beside) -> None:
    out, _, _, subnet, port = way_out(beside)
    held = port.fixed_ips[0].ip_address
    lead = FloatingIpCreate(floating_network_id=out.id, port_id=port.id, fixed_ip_address=held)
    elsewhere = AskedAddress(subnet_id=subnet.id, ip_address="10.0.0.200" if held != "10.0.0.200" else "10.0.0.201")
    ends = beside.race(
        lambda c: ports.update(c, MEMBER, port.id, PortUpdate(fixed_ips=[elsewhere]), AT),
        lambda c: floating_ips.create(c, MEMBER, lead, AT),
    )
    assert not isinstance(ends.first, BaseException), ends
    led = beside.one.read_now(lambda c: floating_rows.leading_to(c, [port.id]))
    now = beside.one.read_now(lambda c: ports.find(c, MEMBER, port.id))
    assert all(each.fixed_ip_address in {fixed.ip_address for fixed in now.fixed_ips} for each in led)


def test_one_floating_ip_of_a_network_leads_to_an_address(beside: Beside) -> None:
    out, _, _, _, port = way_out(beside)
    lead = FloatingIpCreate(floating_network_id=out.id, port_id=port.id)
    create = partial(floating_ips.create, caller=MEMBER, request=lead, at=AT)
    only_one(beside.race(create, create), FloatingIPPortAlreadyAssociated)


def test_a_floating_ip_is_deleted_once_and_its_router_told(beside: Beside) -> None:
    out, router, _, _, port = way_out(beside)
    floating = beside.one.write_now(
        lambda c: floating_ips.create(c, MEMBER, FloatingIpCreate(floating_network_id=out.id), AT)
    )
    before = beside.one.read_now(lambda c: routers.find(c, MEMBER, router.id)).revision
    ends = beside.race(
        lambda c: floating_ips.update(c, MEMBER, floating.id, FloatingIpUpdate(port_id=port.id), AT, None),
        lambda c: floating_ips.delete(c, MEMBER, floating.id, AT, None),
    )
    after = beside.one.read_now(lambda c: routers.find(c, MEMBER, router.id)).revision
    if ends.errors:
        only_one(ends, FloatingIPNotFound)
        assert after == before
    else:
        assert after == before + 2


def test_a_default_group_is_made_once(beside: Beside) -> None:
    network, _ = beside.one.write_now(lambda c: (lambda n: (n, new_subnet(c, n)))(new_network(c)))
    ends = beside.race(lambda c: new_port(c, network), lambda c: new_port(c, network))
    assert ends.first.security_group_ids == ends.second.security_group_ids


def test_a_group_is_deleted_or_put_on_a_port(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)
    group = beside.one.write_now(new_group)
    ends = beside.race(
        lambda c: new_port(c, network, security_groups=[group.id]),
        lambda c: security_groups.delete(c, MEMBER, group.id, AT),
    )
    only_one(ends, SecurityGroupInUse, SecurityGroupNotFound)


def test_a_rule_is_in_a_group_once(beside: Beside) -> None:
    group = beside.one.write_now(new_group)
    rule = SecurityGroupRuleCreate(security_group_id=group.id, direction="ingress", protocol="tcp")
    create = partial(security_groups.create_rules, caller=MEMBER, requests=[rule], at=AT)
    only_one(beside.race(create, create), SecurityGroupRuleExists)


def test_a_group_is_not_named_by_a_rule_once_it_is_being_deleted(beside: Beside) -> None:
    group, other = beside.one.write_now(lambda c: (new_group(c), new_group(c, "db")))
    rule = SecurityGroupRuleCreate(security_group_id=other.id, direction="ingress", remote_group_id=group.id)
    ends = beside.race(
        lambda c: security_groups.delete(c, MEMBER, group.id, AT),
        lambda c: security_groups.create_rules(c, MEMBER, [rule], AT),
    )
    assert ends.first is None, ends
    assert all(isinstance(error, SecurityGroupNotFound) for error in ends.errors)


def test_two_changes_of_a_group_are_both_kept(beside: Beside) -> None:
    group = beside.one.write_now(new_group)
    ends = beside.race(
        lambda c: security_groups.update(c, MEMBER, group.id, SecurityGroupUpdate(name="new"), AT),
        lambda c: security_groups.update(c, MEMBER, group.id, SecurityGroupUpdate(description="said"), AT),
    )
    assert ends.errors == []
    found = beside.one.read_now(lambda c: group_rows.get(c, group.id))
    assert found is not None
    assert (found.name, found.description) == ("new", "said")


def test_a_project_has_one_topology_of_the_clouds_making(beside: Beside) -> None:
    def default_outside(connection: Connection) -> None:
        wanted = NetworkCreate(external=True, is_default=True)
        network = networks.create(connection, ADMIN, wanted, SETTINGS, AT)
        new_subnet(connection, network, "192.0.2.0/24")

    beside.one.write_now(default_outside)
    provide = partial(auto_topologies.provide, caller=MEMBER, project_id=PROJECT, settings=SETTINGS, at=AT)
    ends = beside.race(provide, provide)
    assert not any(isinstance(error, AutoAllocationFailure) for error in ends.errors)
    assert ends.first == ends.second
