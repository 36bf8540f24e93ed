"""RBAC policies, changed while others come to use what they open."""

from functools import partial
from typing import Any

from berthline.domain.errors import (
    AddressGroupInUse,
    AddressGroupNotFound,
    DuplicateRbacPolicy,
    ExternalNetworkInUse,
    NetworkNotFound,
    OverQuota,
    RbacPolicyInUse,
    RbacPolicyNotFound,
    SecurityGroupNotFound,
)
from berthline.domain.network import AddressGroup, RbacPolicy
from berthline.network import address_groups, networks, rbac_policies, security_groups
from berthline.network.requests import (
    AddressGroupCreate,
    AskedGateway,
    NetworkUpdate,
    RbacPolicyCreate,
    RbacPolicyUpdate,
    RouterCreate,
    SecurityGroupCreate,
    SecurityGroupRuleCreate,
)
from berthline.network.routers import routers
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.store.network import networks as network_rows
from tests.unit.store.races.beside import Beside
from tests.unit.store.races.cloud import (
    AT,
    MEMBER,
    OTHER_PROJECT,
    PROJECT,
    SETTINGS,
    STRANGER,
    new_group,
    new_network,
    new_port,
    only_one,
    with_subnet,
)


def opened(
    connection: Connection, object_id: str, kind: str = "network", action: str = "access_as_shared"
) -> RbacPolicy:
    """A new policy of the member's for the stranger."""
    request = RbacPolicyCreate(object_type=kind, object_id=object_id, action=action, target_tenant=OTHER_PROJECT)
    return rbac_policies.create(connection, MEMBER, request, AT)


def closed(connection: Connection, policy: RbacPolicy) -> None:
    rbac_policies.delete(connection, MEMBER, policy.id, AT)


def test_a_network_is_closed_or_gets_a_strangers_port(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)
    policy = beside.one.write_now(lambda c: opened(c, network.id))
    only_one(
        beside.race(lambda c: new_port(c, network, STRANGER), lambda c: closed(c, policy)),
        RbacPolicyInUse,
        NetworkNotFound,
    )


def test_a_policy_is_narrowed_or_used(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)
    policy = beside.one.write_now(lambda c: opened(c, network.id))
    narrowed = RbacPolicyUpdate(target_tenant=PROJECT)
    ends = beside.race(
        lambda c: rbac_policies.update(c, MEMBER, policy.id, narrowed, AT), lambda c: new_port(c, network, STRANGER)
    )
    only_one(ends, RbacPolicyInUse, NetworkNotFound)


def test_a_way_out_is_closed_or_used(beside: Beside) -> None:
    network = beside.one.write_now(new_network)
    policy = beside.one.write_now(lambda c: opened(c, network.id, action="access_as_external"))
    asked = RouterCreate(external_gateway_info=AskedGateway(network_id=network.id))
    ends = beside.race(lambda c: routers.create(c, STRANGER, asked, SETTINGS, AT), lambda c: closed(c, policy))
    only_one(ends, RbacPolicyInUse, ExternalNetworkInUse, NetworkNotFound)


def test_a_group_is_closed_or_a_strangers_port_has_it(beside: Beside) -> None:
    group = beside.one.write_now(new_group)
    policy = beside.one.write_now(lambda c: opened(c, group.id, "security_group"))
    network = beside.one.write_now(lambda c: new_network(c, STRANGER))
    taken = partial(new_port, network=network, asked=STRANGER, security_groups=[group.id])
    only_one(beside.race(taken, lambda c: closed(c, policy)), RbacPolicyInUse, SecurityGroupNotFound)


def test_a_thing_is_deleted_with_a_policy_that_is_just_made(beside: Beside) -> None:
    network = beside.one.write_now(new_network)
    ends = beside.race(lambda c: opened(c, network.id), lambda c: networks.delete(c, MEMBER, network.id, AT))
    assert all(isinstance(error, NetworkNotFound) for error in ends.errors), ends
    group = beside.one.write_now(new_group)
    ends = beside.race(
        lambda c: opened(c, group.id, "security_group"), lambda c: security_groups.delete(c, MEMBER, group.id, AT)
    )
    assert all(isinstance(error, SecurityGroupNotFound) for error in ends.errors), ends
    assert beside.one.read_now(lambda c: quotas.used(c, PROJECT, ["rbac_policy"])) == {"rbac_policy": 0}


def test_an_address_group_is_closed_or_deleted_or_named(beside: Beside) -> None:
    def made(connection: Connection) -> AddressGroup:
        return address_groups.create(connection, MEMBER, AddressGroupCreate(addresses=["10.1.0.0/24"]), AT)

    def named(connection: Connection, addresses: AddressGroup, group: str) -> Any:
        asked = SecurityGroupRuleCreate(
            security_group_id=group, direction="ingress", remote_address_group_id=addresses.id
        )
        return security_groups.create_rules(connection, STRANGER, [asked], AT)

    group = beside.one.write_now(
        lambda c: security_groups.create(c, STRANGER, SecurityGroupCreate(name="theirs"), AT)
    ).id
    first, second = beside.one.write_now(made), beside.one.write_now(made)
    policy = beside.one.write_now(lambda c: opened(c, first.id, "address_group"))
    beside.one.write_now(lambda c: opened(c, second.id, "address_group"))
    gone = (RbacPolicyInUse, AddressGroupInUse, AddressGroupNotFound)
    only_one(beside.race(lambda c: named(c, first, group), lambda c: closed(c, policy)), *gone)
    deleted = partial(address_groups.delete, caller=MEMBER, group_id=second.id, at=AT, revision=None)
    only_one(beside.race(lambda c: named(c, second, group), deleted), *gone)


def test_addresses_that_two_add_are_both_there(beside: Beside) -> None:
    group = beside.one.write_now(lambda c: address_groups.create(c, MEMBER, AddressGroupCreate(), AT))
    add = partial(address_groups.add_addresses, caller=MEMBER, group_id=group.id, at=AT)
    assert beside.race(partial(add, asked=["10.1.0.0/24"]), partial(add, asked=["10.2.0.0/24"])).errors == []
    found = beside.one.read_now(lambda c: address_groups.find(c, MEMBER, group.id))
    assert found.addresses == ("10.1.0.0/24", "10.2.0.0/24")


def test_one_policy_says_a_thing_and_is_deleted_once(beside: Beside) -> None:
    network = beside.one.write_now(new_network)
    ends = beside.race(lambda c: opened(c, network.id), lambda c: opened(c, network.id))
    only_one(ends, DuplicateRbacPolicy)
    (policy,) = ends.results
    only_one(beside.race(lambda c: closed(c, policy), lambda c: closed(c, policy)), RbacPolicyNotFound)
    assert beside.one.read_now(lambda c: quotas.used(c, PROJECT, ["rbac_policy"])) == {"rbac_policy": 0}


def test_the_last_of_the_quota_is_one_policys(beside: Beside) -> None:
    group, network = beside.one.write_now(new_group), beside.one.write_now(new_network)
    beside.one.write_now(lambda c: quotas.set_limits(c, PROJECT, {"rbac_policy": 1}))
    ends = beside.race(lambda c: opened(c, network.id), lambda c: opened(c, group.id, "security_group"))
    only_one(ends, OverQuota)


def test_a_network_is_named_and_opened_at_once(beside: Beside) -> None:
    network = beside.one.write_now(new_network)

    def rename(connection: Connection) -> Any:
        return networks.update(connection, MEMBER, network.id, NetworkUpdate(name="new"), SETTINGS, AT)

    ends = beside.race(lambda c: opened(c, network.id, action="access_as_external"), rename)
    assert ends.errors == []
    found = beside.one.read_now(lambda c: network_rows.get(c, network.id))
    assert found is not None
    assert (found.name, found.external, found.revision) == ("new", True, network.revision + 2)
