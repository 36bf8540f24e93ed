"""Our compute takes its networks from the real Neutron: every kind of request, with the requests that it costs."""

import asyncio
from collections import Counter

import pytest

from berthline.domain.compute import RequestedNetwork
from berthline.domain.errors import BerthlineError, PortInUse
from berthline.domain.ids import PortId
from berthline.network.neutron.settings import NeutronSettings
from berthline.store import Store
from tests.interop.cloud import Cloud, NeutronProcess, NeutronWorld, on, with_port
from tests.interop.proxy import FaultProxy
from tests.interop.raw import RawNeutron
from tests.workflows.world import member

MOST_TO_ALLOCATE = 5


@pytest.mark.parametrize("count", [1, 2, 10])
async def test_new_nics_cost_five_requests_at_most_whatever_their_number(cloud: Cloud, count: int) -> None:
    networks = [cloud.raw.network(f"10.{number}.0.0/24")["id"] for number in range(count)]
    cloud.proxy.clear()
    server = await cloud.boot(tuple(on(network) for network in networks))
    assert cloud.proxy.counts() == Counter({("GET", "networks"): 1, ("POST", "ports"): 1, ("GET", "subnets"): 1})
    shown = cloud.raw.ports()
    assert [shown[port]["network_id"] for port in cloud.ports_of(server.id)] == networks
    cloud.check_exact()
    cloud.proxy.clear()
    await cloud.delete(server.id)
    assert cloud.proxy.counts() == Counter({("GET", "ports"): 1, ("DELETE", "ports/{id}"): count})
    cloud.check_exact()


async def test_a_request_with_everything_keeps_to_five_too(cloud: Cloud) -> None:
    network = cloud.raw.network()["id"]
    cloud.proxy.clear()
    server = await cloud.ask((on(network, fixed_ip="10.0.0.9"), on(network)), groups=("default",))
    assert await cloud.process.quiet()
    assert len(cloud.ports_of(server.id)) == 2
    assert sum(cloud.proxy.counts().values()) <= MOST_TO_ALLOCATE, cloud.proxy.counts()


async def test_each_port_that_was_there_before_costs_one_update_and_is_given_back(cloud: Cloud) -> None:
    network = cloud.raw.network()["id"]
    ports = [cloud.raw.make("port", network_id=network, name=f"mine {number}")["id"] for number in range(3)]
    cloud.proxy.clear()
    server = await cloud.boot((with_port(ports[1]), on(network), with_port(ports[0])))
    counts = cloud.proxy.counts()
    assert counts["PUT", "ports/{id}"] == 2
    assert sum(counts.values()) <= MOST_TO_ALLOCATE + 2, counts
    mine = cloud.ports_of(server.id)
    assert (mine[0], mine[2]) == (ports[1], ports[0])
    cloud.check_exact(users=ports[2:])
    cloud.proxy.clear()
    await cloud.delete(server.id)
    counts = cloud.proxy.counts()
    assert counts == Counter({("GET", "ports"): 1, ("DELETE", "ports/{id}"): 1, ("PUT", "ports/{id}"): 2})
    cloud.check_exact(users=ports)
    assert {cloud.raw.ports()[port]["name"] for port in ports} == {"mine 0", "mine 1", "mine 2"}


async def test_a_fixed_ip_is_taken_and_shown(cloud: Cloud) -> None:
    network = cloud.raw.network()["id"]
    server = await cloud.boot((on(network, fixed_ip="10.0.0.77"), on(network)))
    first, second = cloud.info()[server.id].vifs
    assert [fixed.address for fixed in first.fixed_ips()] == ["10.0.0.77"]
    assert [fixed.address for fixed in second.fixed_ips()] != ["10.0.0.77"]
    cloud.check_exact()
    with pytest.raises(BerthlineError) as refused:
        await cloud.boot((on(network, fixed_ip="10.0.0.77"),))
    assert type(refused.value).__name__ == "FixedIpAlreadyInUse"
    cloud.check_exact()


async def test_the_one_network_there_is_need_not_be_named(cloud: Cloud) -> None:
    network = cloud.raw.network()["id"]
    server = await cloud.boot("auto")
    assert [vif.network.id for vif in cloud.info()[server.id].vifs] == [network]
    await cloud.boot("none")
    cloud.check_exact()


async def test_a_port_carries_the_servers_name_and_groups(cloud: Cloud) -> None:
    network = cloud.raw.network()["id"]
    group = cloud.raw.make("security_group", name="web")["id"]
    server = await cloud.ask((on(network),), groups=("web",))
    assert await cloud.process.quiet()
    (port,) = cloud.raw.ports().values()
    assert (port["dns_name"], port["security_groups"]) == (server.hostname, [group])
    await cloud.delete(server.id)
    cloud.raw.client.delete(f"/security-groups/{group}")


async def test_of_two_servers_that_want_one_port_one_gets_it(cloud: Cloud) -> None:
    port = cloud.raw.make("port", network_id=cloud.raw.network()["id"])["id"]
    asked = await asyncio.gather(*(cloud.ask((with_port(port),)) for _ in range(4)), return_exceptions=True)
    assert await cloud.process.quiet()
    active = [server for server in cloud.process.servers().values() if server.vm_state == "active"]
    assert len(active) == 1
    assert {type(one) for one in asked if isinstance(one, BaseException)} <= {PortInUse}
    assert cloud.ports_of(active[0].id) == [port]
    cloud.check_exact()


@pytest.mark.parametrize("by", ["network", "port", "fixed ip"])
async def test_a_nic_is_attached_and_detached(cloud: Cloud, by: str) -> None:
    network = cloud.raw.network()["id"]
    mine = cloud.raw.make("port", network_id=network)["id"]
    server = await cloud.boot((on(network),))
    wanted = {
        "network": on(network, tag="second"),
        "port": with_port(mine),
        "fixed ip": RequestedNetwork(network_id=on(network).network_id, fixed_ip="10.0.0.99"),
    }[by]
    kept = [] if by == "port" else [mine]
    cloud.proxy.clear()
    interfaces = cloud.process.compute.interfaces
    port = await interfaces.attached(await interfaces.attach(member(), server.id, wanted))
    assert sum(cloud.proxy.counts().values()) <= MOST_TO_ALLOCATE + 1, cloud.proxy.counts()
    assert cloud.ports_of(server.id)[1] == port
    cloud.check_exact(users=kept)
    await interfaces.detach(member(), server.id, PortId(port))
    assert await cloud.process.quiet()
    assert len(cloud.ports_of(server.id)) == 1
    cloud.check_exact(users=[mine])


async def test_a_port_is_waited_for_until_neutron_says_that_it_is_up(
    store: Store, raw: RawNeutron, proxy: FaultProxy
) -> None:
    world = NeutronWorld(store, NeutronSettings(endpoint=proxy.url, look_seconds=0.1))
    async with world.process() as process:
        assert isinstance(process, NeutronProcess)
        cloud = Cloud(process, raw, proxy)
        server = await cloud.ask((on(raw.network()["id"]),))
        await bound(raw)
        (port,) = raw.stored_ports()
        found = cloud.server(server.id)
        assert found is not None
        assert found.vm_state == "building"
        raw.stack.plug(port)
        assert await process.quiet()
        found = cloud.server(server.id)
        assert found is not None
        assert found.vm_state == "active"
        cloud.check_exact()
        await cloud.delete(server.id)


async def bound(raw: RawNeutron) -> None:
    """Return once there is a port."""
    for _ in range(600):
        if raw.stored_ports():
            return
        await asyncio.sleep(0.05)
    pytest.fail("no port was made in half a minute")


async def test_a_host_that_neutron_cannot_bind_on_gives_everything_back(cloud: Cloud) -> None:
    network = cloud.raw.network()["id"]
    port = cloud.raw.make("port", network_id=network)["id"]
    cloud.raw.stack.rows("update agents set host = concat('not-', host) where host in ('host-a', 'host-b')")
    try:
        server = await cloud.ask((on(network), with_port(port)))
        assert await cloud.process.quiet()
    finally:
        cloud.raw.stack.rows("update agents set host = substr(host, 5) where host like 'not-%'")
    found = cloud.server(server.id)
    assert found is not None
    assert found.vm_state == "error"
    cloud.check_exact(users=[port])
    await cloud.delete(server.id)
    cloud.check_exact(users=[port])
