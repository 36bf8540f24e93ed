"""Networks, subnets and ports, changed by two who do not know of each other."""

from functools import partial
from typing import Any

from berthline.domain.errors import (
    InvalidInput,
    InvalidSharedSetting,
    IpAddressAlreadyAllocated,
    NetworkInUse,
    NetworkNotFound,
    OverQuota,
    PolicyNotAuthorized,
    PortNotFound,
    SubnetInUse,
)
from berthline.domain.network import OWNER_METADATA
from berthline.ipam.mac import eui64_address
from berthline.network import networks, tags
from berthline.network.ports import ports
from berthline.network.requests import AskedAddress, NetworkUpdate, PortCreate, PortUpdate, SubnetUpdate
from berthline.network.subnets import subnets
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.store.network import networks as network_rows
from berthline.store.network import ports as port_rows
from tests.unit.store.races.beside import Beside
from tests.unit.store.races.cloud import (
    ADMIN,
    AT,
    MEMBER,
    PROJECT,
    SETTINGS,
    STRANGER,
    new_network,
    new_port,
    new_subnet,
    only_one,
    with_subnet,
)


def test_two_changes_of_a_network_are_both_kept(beside: Beside) -> None:
    network = beside.one.write_now(new_network)

    def change(connection: Connection, **fields: Any) -> None:
        networks.update(connection, MEMBER, network.id, NetworkUpdate(**fields), SETTINGS, AT)

    assert beside.race(partial(change, name="new"), partial(change, description="said")).errors == []
    found = beside.one.read_now(lambda c: networks.find(c, MEMBER, network.id))
    assert (found.name, found.description, found.revision) == ("new", "said", network.revision + 2)


def test_two_changes_of_a_subnet_are_both_kept(beside: Beside) -> None:
    _, subnet = beside.one.write_now(with_subnet)

    def change(connection: Connection, **fields: Any) -> None:
        subnets.update(connection, MEMBER, subnet.id, SubnetUpdate(**fields), AT)

    assert beside.race(partial(change, name="new"), partial(change, description="said")).errors == []
    found = beside.one.read_now(lambda c: subnets.find(c, MEMBER, subnet.id))
    assert (found.name, found.description) == ("new", "said")


def test_two_changes_of_a_port_are_both_kept(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)
    port = beside.one.write_now(lambda c: new_port(c, network))

    def change(connection: Connection, **fields: Any) -> None:
        ports.update(connection, MEMBER, port.id, PortUpdate(**fields), AT)

    assert beside.race(partial(change, name="new"), partial(change, description="said")).errors == []
    found = beside.one.read_now(lambda c: ports.find(c, MEMBER, port.id))
    assert (found.name, found.description, found.revision) == ("new", "said", port.revision + 2)


def test_tags_that_two_add_are_both_there(beside: Beside) -> None:
    network = beside.one.write_now(new_network)

    def add(connection: Connection, tag: str) -> None:
        tags.change(connection, MEMBER, "networks", network.id, "add", [tag], AT)

    assert beside.race(partial(add, tag="one"), partial(add, tag="two")).errors == []
    assert beside.one.read_now(lambda c: networks.find(c, MEMBER, network.id)).tags == ("one", "two")


def test_subnets_of_a_network_do_not_overlap(beside: Beside) -> None:
    network = beside.one.write_now(new_network)
    ends = beside.race(lambda c: new_subnet(c, network, "10.0.0.0/24"), lambda c: new_subnet(c, network, "10.0.0.0/25"))
    only_one(ends, InvalidInput)


def test_a_network_has_one_metadata_port_with_an_address_in_each_subnet(beside: Beside) -> None:
    network = beside.one.write_now(new_network)
    ends = beside.race(lambda c: new_subnet(c, network, "10.0.0.0/24"), lambda c: new_subnet(c, network, "10.0.1.0/24"))
    assert ends.errors == []
    (port,) = beside.one.read_now(lambda c: port_rows.of_network(c, network.id, OWNER_METADATA))
    assert {fixed.subnet_id for fixed in port.fixed_ips} == {subnet.id for subnet in ends}


def test_a_port_has_the_automatic_address_of_a_subnet_that_is_made_at_the_same_moment(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)
    automatic = {"cidr": "2001:db8::/64", "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    ends = beside.race(lambda c: new_port(c, network), lambda c: new_subnet(c, network, **automatic))
    assert ends.errors == []
    port = beside.one.read_now(lambda c: ports.find(c, MEMBER, ends.first.id))
    assert eui64_address("2001:db8::/64", port.mac_address) in {fixed.ip_address for fixed in port.fixed_ips}


def test_a_network_is_not_unshared_while_a_stranger_takes_a_port_on_it(beside: Beside) -> None:
    network = beside.one.write_now(lambda c: new_network(c, ADMIN, shared=True))
    beside.one.write_now(lambda c: new_subnet(c, network))
    ends = beside.race(
        lambda c: new_port(c, network, STRANGER),
        lambda c: networks.update(c, ADMIN, network.id, NetworkUpdate(shared=False), SETTINGS, AT),
    )
    only_one(ends, InvalidSharedSetting, NetworkNotFound, PolicyNotAuthorized)


def test_a_network_is_deleted_or_gets_a_port(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)
    ends = beside.race(lambda c: new_port(c, network), lambda c: networks.delete(c, MEMBER, network.id, AT))
    only_one(ends, NetworkInUse, NetworkNotFound)


def test_a_network_gets_no_port_once_it_is_being_deleted(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)
    ends = beside.race(lambda c: networks.delete(c, MEMBER, network.id, AT), lambda c: new_port(c, network))
    only_one(ends, NetworkInUse, NetworkNotFound)


def test_a_subnet_is_deleted_or_gives_an_address(beside: Beside) -> None:
    network, subnet = beside.one.write_now(with_subnet)
    ends = beside.race(lambda c: new_port(c, network), lambda c: subnets.delete(c, MEMBER, subnet.id, AT))
    if ends.errors:
        only_one(ends, SubnetInUse)
    else:  # the subnet went first: the port is on a network that gives no addresses
        assert beside.one.read_now(lambda c: ports.find(c, MEMBER, ends.first.id)).fixed_ips == ()


def test_a_network_and_its_subnet_are_each_deleted_once(beside: Beside) -> None:
    network, subnet = beside.one.write_now(with_subnet)
    ends = beside.race(
        lambda c: networks.delete(c, MEMBER, network.id, AT), lambda c: subnets.delete(c, MEMBER, subnet.id, AT)
    )
    assert isinstance(ends.first, type(None)), ends
    assert beside.one.read_now(lambda c: network_rows.get(c, network.id)) is None


def test_a_port_is_deleted_once_and_counted_once(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)
    port = beside.one.write_now(lambda c: new_port(c, network))
    beside.one.write_now(lambda c: new_port(c, network))
    delete = partial(ports.delete, caller=MEMBER, port_id=port.id, at=AT)
    only_one(beside.race(delete, delete), PortNotFound)
    assert beside.one.read_now(lambda c: quotas.used(c, PROJECT, ["port"])) == {"port": 1}


def test_the_last_of_a_quota_is_one_requests(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)
    beside.one.write_now(lambda c: new_port(c, network))
    beside.one.write_now(lambda c: quotas.set_limits(c, PROJECT, {"port": 2}))
    only_one(beside.race(lambda c: new_port(c, network), lambda c: new_port(c, network)), OverQuota)


def test_the_first_of_a_quota_is_one_requests(beside: Beside) -> None:
    """No counter is there yet, so that the first who counts makes it."""
    beside.one.write_now(lambda c: quotas.set_limits(c, PROJECT, {"network": 1}))
    only_one(beside.race(new_network, new_network), OverQuota)


def test_of_several_resources_each_is_judged(beside: Beside) -> None:
    amounts = {"instances": 1, "cores": 2, "ram": 512}
    beside.one.write_now(lambda c: quotas.set_limits(c, "p", {"cores": 5}))
    beside.one.write_now(lambda c: quotas.take(c, "p", amounts))
    try:
        only_one(beside.race(lambda c: quotas.take(c, "p", amounts), lambda c: quotas.take(c, "p", amounts)), OverQuota)
        assert beside.one.read_now(lambda c: quotas.used(c, "p", list(amounts))) == {
            name: 2 * amount for name, amount in amounts.items()
        }
    finally:
        beside.one.write_now(lambda c: quotas.give_back(c, "p", {name: 2 * each for name, each in amounts.items()}))


def test_an_address_that_two_ask_for_is_ones(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)
    asked = [AskedAddress(ip_address="10.0.0.9")]
    ends = beside.race(lambda c: new_port(c, network, fixed_ips=asked), lambda c: new_port(c, network, fixed_ips=asked))
    only_one(ends, IpAddressAlreadyAllocated)


def test_the_last_address_is_ones_and_a_free_one_is_found_by_the_other(beside: Beside) -> None:
    network = beside.one.write_now(new_network)
    beside.one.write_now(lambda c: new_subnet(c, network, "10.0.0.0/29"))
    ends = beside.race(lambda c: new_port(c, network), lambda c: new_port(c, network))
    assert ends.errors == []
    assert ends.first.fixed_ips != ends.second.fixed_ips


def test_many_ports_beside_many_have_macs_and_addresses_of_their_own(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)

    def many(connection: Connection) -> None:
        ports.create(connection, MEMBER, [PortCreate(network_id=network.id)] * 10, AT)

    assert beside.race(many, many).errors == []
