"""What every network service refuses, with which error, and that nothing is left of it."""

from typing import Any

import pytest

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
    PortInUse,
    PortLimitExceeded,
    PortNotFoundForServer,
    PortNotFree,
    PortNotUsable,
    PortNotUsableDNS,
    PortRequiresFixedIP,
    SecurityGroupCannotBeApplied,
    SecurityGroupNotFoundForServer,
    UnableToAutoAllocateNetwork,
)
from berthline.domain.ids import NetworkId, PortId, ServerId, new_id

from .ground import Ground, by, on

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def info_of(ground: Ground, server_id: ServerId) -> Any:
    return (await ground.service.get_instance_network_info([server_id]))[server_id]


async def refused(ground: Ground, asked: Any, *groups: str, **more: Any) -> BerthlineError:
    """The error that an allocation is refused with; nothing of it is left."""
    before = await ground.project.ports()
    server = await ground.server()
    with pytest.raises(BerthlineError) as caught:
        await ground.allocate(asked, *groups, server=server, **more)
    after = await ground.project.ports()
    kept = ("device_id", "device_owner", "binding:host_id", "fixed_ips", "mac_address")
    assert {id_: [port[key] for key in kept] for id_, port in after.items()} == {
        id_: [port[key] for key in kept] for id_, port in before.items()
    }
    assert (await info_of(ground, server.server_id)).vifs == ()
    assert ground.store.read_now(lambda connection: ground.service.next_position(connection, server.server_id)) == 0
    return caught.value


async def test_auto_needs_a_network(ground: Ground) -> None:
    assert isinstance(await refused(ground, "auto"), UnableToAutoAllocateNetwork)


async def test_two_networks_are_ambiguous(ground: Ground) -> None:
    await ground.project.network("red")
    await ground.project.network("blue", "10.2.0.0/24")
    error = await refused(ground, None)
    assert isinstance(error, NetworkAmbiguous)
    candidates: Any = error.details["candidates"]
    assert {one["name"] for one in candidates} == {"red", "blue"}


async def test_a_network_of_another_project_is_not_found(ground: Ground) -> None:
    other = await ground.new_project()
    theirs = await other.network("theirs")
    mine = await ground.project.network("mine")
    error = await refused(ground, (on(mine), on(theirs)))
    assert isinstance(error, NetworkNotFoundForServer)
    assert error.details["item"] == 1
    candidates: Any = error.details["candidates"]
    assert [one["id"] for one in candidates] == [mine]
    assert "theirs" not in error.message


async def test_an_external_network_is_forbidden(ground: Ground) -> None:
    network = await ground.project.network("public", "10.5.0.0/24", **{"router:external": True})
    assert isinstance(await refused(ground, (on(network),)), ExternalNetworkAttachForbidden)


async def test_a_network_without_a_subnet_is_refused(ground: Ground) -> None:
    network = NetworkId((await ground.project.make("network", name="bare"))["id"])
    assert isinstance(await refused(ground, (on(network),)), NetworkRequiresSubnet)


@pytest.mark.parametrize(("address", "error"), [("10.0.0.5", FixedIpAlreadyInUse), ("192.0.2.1", InvalidInput)])
async def test_an_address_that_cannot_be_had(ground: Ground, address: str, error: type[BerthlineError]) -> None:
    network = await ground.project.network()
    await ground.project.port(network, fixed_ips=[{"ip_address": "10.0.0.5"}])
    assert isinstance(await refused(ground, (on(network), on(network, fixed_ip=address))), error)


async def test_an_address_asked_for_twice(ground: Ground) -> None:
    network = await ground.project.network()
    asked = (on(network, fixed_ip="10.0.0.7"), on(network, fixed_ip="10.0.0.7"))
    assert isinstance(await refused(ground, asked), FixedIpAlreadyInUse)


async def test_a_full_network_is_refused_whole(ground: Ground) -> None:
    roomy = await ground.project.network("roomy", "10.9.0.0/24")
    network = await ground.project.network("full", "10.3.0.0/30")  # one address, beside the gateway's
    assert isinstance(await refused(ground, (on(roomy), on(network), on(network))), NoMoreFixedIps)


async def test_a_port_that_is_not_there_or_not_ones_own(ground: Ground) -> None:
    assert isinstance(await refused(ground, (by(PortId(new_id())),)), PortNotFoundForServer)
    other = await ground.new_project()
    theirs = await other.port(await other.network())
    assert isinstance(await refused(ground, (by(theirs),)), PortNotFoundForServer)


async def test_a_port_in_use_is_refused(ground: Ground) -> None:
    network = await ground.project.network()
    taken = await ground.project.port(network, device_id="somebody")
    free = await ground.project.port(network)
    error = await refused(ground, (by(free), by(taken)))
    assert isinstance(error, PortInUse)
    assert error.details["item"] == 1
    assert isinstance(await refused(ground, (by(free), by(free))), PortInUse)


async def test_a_port_without_an_address_is_refused(ground: Ground) -> None:
    bare = NetworkId((await ground.project.make("network", name="bare"))["id"])
    assert isinstance(await refused(ground, (by(await ground.project.port(bare)),)), PortRequiresFixedIP)


async def test_a_port_with_another_hosts_name_is_refused(ground: Ground) -> None:
    port = await ground.project.port(await ground.project.network(), dns_name="other")
    assert isinstance(await refused(ground, (by(port),)), PortNotUsableDNS)


async def test_security_groups_that_cannot_be(ground: Ground) -> None:
    network = await ground.project.network()
    for _ in range(2):
        await ground.project.make("security_group", name="twin")
    assert isinstance(await refused(ground, (on(network),), "twin"), NoUniqueMatch)
    assert isinstance(await refused(ground, (on(network),), "nobody"), SecurityGroupNotFoundForServer)
    theirs = await (await ground.new_project()).make("security_group", name="theirs")
    assert isinstance(await refused(ground, (on(network),), theirs["id"]), SecurityGroupNotFoundForServer)
    port = await ground.project.port(network)
    for nothing_made in ((by(port),), "none"):
        assert isinstance(await refused(ground, nothing_made, "nobody"), SecurityGroupNotFoundForServer)
    await ground.project.make("security_group", name="only")
    insecure = await ground.project.network("insecure", "10.4.0.0/24", port_security_enabled=False)
    assert isinstance(await refused(ground, (on(insecure),), "only"), SecurityGroupCannotBeApplied)


async def test_the_quota_is_kept(ground: Ground) -> None:
    network = await ground.project.network()
    await ground.project.put(f"quotas/{ground.project.project_id}", quota={"port": 2})
    assert isinstance(await refused(ground, (on(network),) * 3), PortLimitExceeded)
    _, given = await ground.allocate((on(network),) * 2)
    assert len(given) == 2


async def test_macs_that_the_host_offers_are_taken(ground: Ground) -> None:
    network = await ground.project.network()
    offered = frozenset({"fa:16:3e:00:00:01", "fa:16:3e:00:00:02"})
    _, given = await ground.allocate((on(network), on(network)), macs=offered)
    assert {vif.address for vif in given} == offered
    await ground.service.deallocate_for_instance(_)
    assert isinstance(await refused(ground, (on(network),) * 3, macs=offered), PortNotFree)
    port = await ground.project.port(network)
    assert isinstance(await refused(ground, (by(port),), macs=offered), PortNotUsable)
