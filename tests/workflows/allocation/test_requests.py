"""What a request for networks may say, and what it is told when it cannot be met: Nova's words and statuses.

Every refusal is checked to have changed no row.
"""

from collections.abc import Callable

import pytest

from berthline.domain.compute import RequestedNetwork
from berthline.domain.errors import (
    BerthlineError,
    ExternalNetworkAttachForbidden,
    FixedIpAlreadyInUse,
    InvalidInput,
    NetworkAmbiguous,
    NetworkNotFoundForServer,
    NetworkRequiresSubnet,
    NoMoreFixedIps,
    NoUniqueMatch,
    PolicyNotAuthorized,
    PortBindingFailed,
    PortInUse,
    PortLimitExceeded,
    PortNotFoundForServer,
    PortNotUsable,
    PortNotUsableDNS,
    PortRequiresFixedIP,
    SecurityGroupCannotBeApplied,
    SecurityGroupNotFoundForServer,
    UnableToAutoAllocateNetwork,
)
from berthline.domain.ids import NetworkId, PortId, ProjectId
from berthline.network.service import Asked
from berthline.store import Store
from tests.workflows.allocation.ground import BLUE, RED, Ground, by, change, member, on, refused

NOWHERE = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def ground(store: Store) -> Ground:
    made = Ground(store)
    made.allocate((on(made.plain("first", project=BLUE)),), server=made.server(BLUE), caller=member(BLUE))
    made.port(made.plain("warm", project=BLUE), project_id=RED)  # red's default group and quota rows are there now
    return made


# --- none given, auto, none ---
@pytest.mark.parametrize("asked", [None, "auto", (RequestedNetwork(tag="nic1"),)])
def test_nothing_named_is_the_one_available_network(ground: Ground, asked: Asked) -> None:
    network = ground.plain("only")
    ground.plain("down", admin_state_up=False)
    ground.plain("outside", external=True)
    (nic,) = ground.allocate(asked)
    (port,) = ground.ports_of((nic,))
    assert port.network_id == network
    assert nic.tag == ("nic1" if isinstance(asked, tuple) else None)


@pytest.mark.parametrize("asked", [None, "auto"])
def test_several_available_networks_are_ambiguous_in_novas_very_words(ground: Ground, asked: Asked) -> None:
    one, two = ground.plain("one"), ground.plain("two", project=BLUE, shared=True)
    error = refused(ground, NetworkAmbiguous, asked)
    assert error.message == "Multiple possible networks found, use a Network ID to be more specific."
    assert error.status == 409
    assert error.details["candidates"] == [{"id": one, "name": "one"}, {"id": two, "name": "two"}]


def test_no_network_at_all_is_no_nic_unless_one_is_needed(ground: Ground) -> None:
    ground.plain("down", admin_state_up=False)
    assert ground.allocate(None) == ()
    error = refused(ground, UnableToAutoAllocateNetwork, "auto")
    assert error.status == 400


def test_none_takes_nothing(ground: Ground) -> None:
    ground.plain("one")
    server = ground.server()
    before = ground.everything()
    assert ground.allocate("none", server=server) == ()
    assert ground.everything() == before
    assert ground.info(server).vifs == ()


def test_a_server_of_no_project_gets_no_nics(ground: Ground) -> None:
    error = refused(ground, InvalidInput, None, server=ground.server(ProjectId("")))
    assert "empty project id for instance" in error.message


# --- networks ---
def test_networks_that_are_not_visible_are_all_named_with_what_would_work(ground: Ground) -> None:
    mine, theirs = ground.plain("mine"), ground.plain("theirs", project=BLUE)
    error = refused(ground, NetworkNotFoundForServer, (on(mine), on(theirs), on(NetworkId(NOWHERE))))
    assert error.name == "NetworkNotFound"
    assert error.message.startswith(f"Network {theirs}, {NOWHERE} could not be found.")
    assert error.details["items"] == [1, 2]
    assert error.details["candidates"] == [{"id": mine, "name": "mine"}]


def test_shared_networks_are_visible_and_order_is_the_requests(ground: Ground) -> None:
    shared, mine = ground.plain("shared", project=BLUE, shared=True), ground.plain("mine")
    nics = ground.allocate((on(shared, tag="a"), on(mine), on(shared), on(mine, tag="b")))
    assert [port.network_id for port in ground.ports_of(nics)] == [shared, mine, shared, mine]
    assert [(nic.position, nic.tag) for nic in nics] == [(0, "a"), (1, None), (2, None), (3, "b")]
    assert len({port.mac_address for port in ground.ports_of(nics)}) == 4


def test_a_network_without_subnets_is_refused_when_it_is_named(ground: Ground) -> None:
    bare = ground.network("bare")
    error = refused(ground, NetworkRequiresSubnet, (on(ground.plain("good")), on(bare)))
    assert error.message == f"Network {bare} requires a subnet in order to boot instances on."
    assert error.details == {"item": 1}


def test_external_networks_are_for_admins(ground: Ground) -> None:
    outside = ground.plain("outside", project=BLUE, external=True)
    error = refused(ground, ExternalNetworkAttachForbidden, (on(outside),))
    assert (error.status, error.details) == (403, {"item": 0})
    assert error.message == f"It is not allowed to create an interface on external network {outside}"
    assert len(ground.allocate((on(outside),), caller=member(admin=True))) == 1
    shared = ground.plain("outside and shared", project=BLUE, external=True, shared=True)
    assert len(ground.allocate((on(shared),))) == 1


def test_being_ambiguous_is_told_before_being_external(ground: Ground) -> None:
    ground.plain("outside", external=True)
    ground.plain("one")
    ground.plain("two")
    refused(ground, NetworkAmbiguous, None)


# --- ports ---
def test_ports_and_networks_in_any_mix_keep_the_order_of_the_request(ground: Ground) -> None:
    net, other = ground.plain("net"), ground.plain("other")
    first, second = ground.port(net), ground.port(net)
    server = ground.server()
    nics = ground.allocate(
        (on(other), by(second, tag="x"), on(net, fixed_ip=ground.address(net, 99)), by(first)), server=server
    )
    assert [nics[1].port_id, nics[3].port_id] == [second, first]
    assert [nic.preserve_on_delete for nic in nics] == [False, True, False, True]
    info = ground.info(server)
    assert [vif.id for vif in info.vifs] == [nic.port_id for nic in nics]
    assert [vif.network.id for vif in info.vifs] == [other, net, net, net]
    assert [ip.address for ip in info.vifs[2].fixed_ips()] == [ground.address(net, 99)]


def test_a_port_that_is_not_there_or_not_ones_own(ground: Ground) -> None:
    net = ground.plain("net", shared=True)
    theirs = ground.port(net, project_id=BLUE)
    mine = ground.port(net)
    for port in (PortId(NOWHERE), theirs):
        error = refused(ground, PortNotFoundForServer, (by(mine), by(port)))
        assert (error.name, error.status) == ("PortNotFound", 400)
        assert error.message == f"Port id {port} could not be found."
        assert error.details == {"item": 1}
    error = refused(ground, PortNotUsable, (by(theirs),), caller=member(admin=True))
    assert error.message.startswith(f"Port {theirs} not usable for instance ")


def test_a_port_is_used_once(ground: Ground) -> None:
    net = ground.plain("net")
    port = ground.port(net)
    assert refused(ground, PortInUse, (on(net), by(port), by(port))).details == {"item": 2}
    ground.allocate((by(port),))
    error = refused(ground, PortInUse, (by(port),))
    assert (error.status, error.message) == (409, f"Port {port} is still in use.")


def test_a_port_needs_an_address_unless_it_was_made_without(ground: Ground) -> None:
    bare = ground.network("bare")
    waiting = ground.port(bare)
    error = refused(ground, PortRequiresFixedIP, (by(waiting),))
    assert error.message == f"Port {waiting} requires a FixedIP in order to be used."
    without = ground.port(ground.plain("net"), bare=True)
    (nic,) = ground.allocate((by(without),))
    assert ground.ports_of((nic,))[0].fixed_ips == ()


def test_a_port_whose_binding_failed(ground: Ground) -> None:
    port = change(ground, ground.port(ground.plain("net")), binding_vif_type="binding_failed")
    error = refused(ground, PortBindingFailed, (by(port),))
    assert error.message == f"Binding failed for port {port}, please check neutron logs for more information."


def test_a_port_of_another_host_name(ground: Ground) -> None:
    net = ground.plain("net")
    port = ground.port(net, dns_name="db")
    error = refused(ground, PortNotUsableDNS, (by(port),))
    assert "Value db assigned to dns_name attribute does not match instance's hostname web" in error.message
    (nic,) = ground.allocate((by(ground.port(net, dns_name="web")),))
    assert ground.ports_of((nic,))[0].dns_name == "web"


def test_names_of_hosts_are_the_same_in_any_case(ground: Ground) -> None:
    port = ground.port(ground.plain("net"), dns_name="web")
    (nic,) = ground.allocate((by(port),), server=ground.server(hostname="Web"))
    assert ground.ports_of((nic,))[0].dns_name == "web"


# --- addresses ---
def test_a_fixed_ip_outside_is_told_the_subnets(ground: Ground) -> None:
    net = ground.plain("net")
    for address in ("192.0.2.1", ground.address(net, 0), ground.address(net, 255), "no address"):
        error = refused(ground, InvalidInput, (on(net), on(net, fixed_ip=address)))
        assert error.status == 400
        assert error.details["item"] == 1
    assert refused(ground, InvalidInput, (on(net, fixed_ip="192.0.2.1"),)).details["subnets"] == [ground.cidr(net)]


def test_a_fixed_ip_is_had_once(ground: Ground) -> None:
    net = ground.plain("net", last="19")
    address = ground.address(net, 12)
    server = ground.server()
    ground.allocate((on(net, fixed_ip=address),), server=server)
    error = refused(ground, FixedIpAlreadyInUse, (on(net), on(net, fixed_ip=address)))
    assert error.message == f"Fixed IP address {address} is already in use on instance {server.server_id}."
    assert error.details["item"] == 1
    (left,) = error.details["left"].values()  # type: ignore[attr-defined]
    assert left == 9
    twice = ground.address(net, 13)
    assert refused(ground, FixedIpAlreadyInUse, (on(net, fixed_ip=twice), on(net, fixed_ip=twice))).details["item"] == 1


def test_an_address_on_another_projects_network_is_for_its_owner_and_admins_to_choose(ground: Ground) -> None:
    net = ground.plain("net", project=BLUE, shared=True)
    error = refused(ground, PolicyNotAuthorized, (on(net), on(net, fixed_ip=ground.address(net, 12))))
    assert (error.status, error.message) == (403, "rule:create_port:fixed_ips is disallowed by policy")
    ground.allocate((on(net, fixed_ip=ground.address(net, 12)),), caller=member(admin=True))


def test_who_has_an_address_of_another_project_is_not_told(ground: Ground) -> None:
    net = ground.plain("net", shared=True)
    address = ground.address(net, 12)
    ground.allocate((on(net, fixed_ip=address),), server=ground.server(BLUE), caller=member(BLUE, admin=True))
    error = refused(ground, FixedIpAlreadyInUse, (on(net, fixed_ip=address),))
    assert error.message == f"Fixed IP address {address} is already in use on network {net}."


def test_addresses_that_follow_from_the_mac_cannot_be_asked_for_but_come_with_those_that_are(ground: Ground) -> None:
    net = ground.plain("net")
    slaac = ground.subnet(net, "2001:db8::/64", "2001:db8::2", "2001:db8::ffff", ipv6_address_mode="slaac")
    refused(ground, InvalidInput, (on(net, fixed_ip="2001:db8::55"),))
    (nic,) = ground.allocate((on(net, fixed_ip=ground.address(net, 77)),))
    (port,) = ground.ports_of((nic,))
    named, automatic = port.fixed_ips
    assert (named.ip_address, automatic.subnet_id) == (ground.address(net, 77), slaac)


def test_the_nic_that_finds_no_address_is_told_with_what_is_left(ground: Ground) -> None:
    full, roomy = ground.plain("full", last="12"), ground.plain("roomy")
    error = refused(ground, NoMoreFixedIps, (on(full), on(roomy), on(full), on(full), on(full)))
    assert (error.status, error.details["item"]) == (400, 4)
    assert error.message.startswith(f"No fixed IP addresses available for network: {full}.")
    assert list(error.details["left"].values()) == [3]  # type: ignore[attr-defined]
    assert error.details["network"] == {"id": full, "name": "full"}
    assert len(ground.allocate((on(full),) * 3)) == 3
    assert refused(ground, NoMoreFixedIps, (on(full),)).details["item"] == 0


# --- quota ---
def test_the_quota_of_ports_is_exact_and_says_what_is_left(ground: Ground) -> None:
    net = ground.plain("net")
    kept = ground.port(net)
    ground.limit_ports(4)
    assert ground.left() == 2
    error = refused(ground, PortLimitExceeded, (on(net),) * 3)
    assert (error.status, error.details["left"]) == (403, {"port": 2})
    assert error.message.startswith("Maximum number of ports exceeded")
    ground.allocate((on(net), by(kept), on(net)))
    assert ground.left() == 0
    assert len(ground.allocate((by(ground_port_of(ground, net)),))) == 1, "a port that is there costs no quota"


def ground_port_of(ground: Ground, net: NetworkId) -> PortId:
    ground.limit_ports(-1)
    port = ground.port(net)
    ground.limit_ports(1)
    return port


# --- security groups ---
def test_groups_by_id_and_name_where_an_id_wins(ground: Ground) -> None:
    net = ground.plain("net")
    web = ground.group("web")
    named_like_an_id = ground.group(web)
    (nic,) = ground.allocate((on(net),), groups=(web, "web", web))
    assert ground.ports_of((nic,))[0].security_group_ids == (web,)
    assert named_like_an_id not in ground.ports_of((nic,))[0].security_group_ids


def test_groups_that_are_unknown_or_named_twice(ground: Ground) -> None:
    net = ground.plain("net")
    theirs = ground.group("theirs", BLUE)
    for wanted in ("nothing", theirs, "theirs"):
        error = refused(ground, SecurityGroupNotFoundForServer, (on(net),), groups=(wanted,))
        assert (error.name, error.status) == ("SecurityGroupNotFound", 400)
    twins = {ground.group("twin"), ground.group("twin")}
    error = refused(ground, NoUniqueMatch, (on(net),), groups=("twin",))
    assert error.status == 409
    assert {each["id"] for each in error.details["candidates"]} == twins  # type: ignore[attr-defined]


@pytest.mark.parametrize("groups", [(), ("default",)])
def test_default_alone_or_nothing_is_the_projects_default_group(ground: Ground, groups: tuple[str, ...]) -> None:
    net = ground.plain("net")
    (nic,) = ground.allocate((on(net),), groups=groups)
    (kept,) = ground.ports_of((nic,))[0].security_group_ids
    (again,) = ground.allocate((on(net),), groups=("default", "default"))
    assert ground.ports_of((again,))[0].security_group_ids == (kept,)


def test_groups_are_for_ports_that_are_made_only(ground: Ground) -> None:
    net = ground.plain("net")
    web, own = ground.group("web"), ground.group("own")
    port = ground.port(net, security_group_ids=(own,))
    nics = ground.allocate((by(port), on(net)), groups=("web",))
    assert [each.security_group_ids for each in ground.ports_of(nics)] == [(own,), (web,)]


def test_stateful_and_stateless_groups_are_not_put_on_one_nic(ground: Ground) -> None:
    net = ground.plain("net")
    ground.group("web")
    one, other = ground.group("one", stateful=False), ground.group("other", stateful=False)
    for mixed in (("one", "web"), ("default", "one"), ("web", other)):
        error = refused(ground, SecurityGroupCannotBeApplied, (on(net),), groups=mixed)
        assert (error.status, error.details["security_groups"]) == (400, list(mixed))
    (nic,) = ground.allocate((on(net),), groups=("one", "other"))
    assert ground.ports_of((nic,))[0].security_group_ids == (one, other)


def test_groups_where_they_cannot_be_applied(ground: Ground) -> None:
    open_net = ground.plain("open", port_security_enabled=False)
    ground.group("web")
    error = refused(ground, SecurityGroupCannotBeApplied, (on(open_net),), groups=("web",))
    assert error.message == (
        "Network requires port_security_enabled and subnet associated in order to apply security groups."
    )
    assert error.details["item"] == 0
    for groups in ((), ("default",)):
        (nic,) = ground.allocate((on(open_net),), groups=groups)
        port = ground.ports_of((nic,))[0]
        assert (port.security_group_ids, port.port_security_enabled) == ((), False)


def test_the_one_network_without_a_subnet_takes_no_groups(store: Store) -> None:
    ground = Ground(store)
    ground.network("bare")
    error = refused(ground, SecurityGroupCannotBeApplied, None)
    assert error.details["item"] == 0


def test_the_one_network_without_subnet_or_port_security_gives_a_nic_without_address(store: Store) -> None:
    ground = Ground(store)
    ground.network("bare", port_security_enabled=False)
    (nic,) = ground.allocate(None)
    assert ground.ports_of((nic,))[0].fixed_ips == ()


WHOLE: list[Callable[[Ground], Asked]] = [
    lambda ground: (on(ground.plain("good")), on(NetworkId(NOWHERE))),
    lambda ground: (on(ground.plain("good")), by(PortId(NOWHERE))),
    lambda ground: (on(ground.plain("good")), on(ground.plain("tiny", last="10")), on(ground.plain("bad", last="9"))),
]


@pytest.mark.parametrize("make", WHOLE)
def test_one_bad_item_takes_the_whole_request_with_it(ground: Ground, make: Callable[[Ground], Asked]) -> None:
    asked = make(ground)
    server = ground.server()
    before = ground.everything()
    with pytest.raises(BerthlineError):
        ground.allocate(asked, server=server)
    assert ground.everything() == before
