"""What every network service keeps to, whoever has the networks: compute cannot tell them apart."""

import asyncio
from typing import Any

import pytest

from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.errors import (
    BadRequest,
    Conflict,
    NotFound,
    PortInUse,
)
from berthline.domain.ids import HostName, NetworkId, PortId, ServerId, new_id
from berthline.domain.network import DhcpOption
from berthline.network.service import NicKey
from berthline.store import Connection

from .ground import HOST, Ground, by, on

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def info_of(ground: Ground, server_id: ServerId) -> Any:
    return (await ground.service.get_instance_network_info([server_id]))[server_id]


async def test_nics_come_in_the_order_asked(ground: Ground) -> None:
    red = await ground.project.network("red", "10.1.0.0/24")
    blue = await ground.project.network("blue", "10.2.0.0/24")
    mine = await ground.project.port(blue, fixed_ips=[{"ip_address": "10.2.0.77"}])
    asked = (on(blue, tag="first"), by(mine, tag="mine"), on(red, fixed_ip="10.1.0.9"), on(blue))
    server_id, given = await ground.allocate(asked)
    assert [vif.network.label for vif in given] == ["blue", "blue", "red", "blue"]
    assert [vif.tag for vif in given] == ["first", "mine", None, None]
    assert [vif.preserve_on_delete for vif in given] == [False, True, False, False]
    assert given.vifs[1].id == mine
    assert [ip.address for ip in given.vifs[2].fixed_ips()] == ["10.1.0.9"]
    assert given.vifs[1].fixed_ips()[0].address == "10.2.0.77"
    now = await info_of(ground, server_id)
    assert [(vif.id, vif.address, vif.fixed_ips(), vif.tag) for vif in now] == [
        (vif.id, vif.address, vif.fixed_ips(), vif.tag) for vif in given
    ]


async def test_ports_are_made_bound_for_the_server(ground: Ground) -> None:
    network = await ground.project.network()
    server = await ground.server("database")
    server_id, given = await ground.allocate((on(network), on(network)), server=server)
    ports = await ground.project.ports_of(server_id)
    assert set(ports) == {vif.id for vif in given}
    for vif in given:
        port = ports[vif.id]
        assert port["device_owner"] == "compute:nova"
        assert port["binding:host_id"] == HOST
        assert port["dns_name"] == "database"
        assert port["mac_address"] == vif.address
        assert port["project_id"] == ground.project.project_id
        assert [fixed["ip_address"] for fixed in port["fixed_ips"]] == [ip.address for ip in vif.fixed_ips()]
        assert len(port["security_groups"]) == 1


async def test_network_info_tells_all_of_a_nic(ground: Ground) -> None:
    network = await ground.project.network(mtu=1400)
    _, given = await ground.allocate((on(network),))
    (vif,) = given
    assert (vif.type, vif.vnic_type, vif.devname) == ("ovs", "normal", ("tap" + vif.id)[:14])
    assert vif.network.id == network
    assert vif.network.mtu == 1400
    assert vif.network.bridge == "br-int"
    (subnet,) = vif.network.subnets
    assert (subnet.cidr, subnet.gateway, subnet.version, subnet.dns) == ("10.0.0.0/24", "10.0.0.1", 4, ("9.9.9.9",))
    assert vif.revision == (await ground.project.get(f"ports/{vif.id}"))["revision_number"]


async def test_none_means_no_nic(ground: Ground) -> None:
    await ground.project.network()
    server_id, given = await ground.allocate("none")
    assert given.vifs == ()
    assert await ground.project.ports_of(server_id) == {}


@pytest.mark.parametrize("asked", [None, "auto"])
async def test_the_one_network_is_meant(ground: Ground, asked: Any) -> None:
    network = await ground.project.network()
    _, given = await ground.allocate(asked)
    assert [vif.network.id for vif in given] == [network]


async def test_nothing_said_and_no_network_is_no_nic(ground: Ground) -> None:
    _, given = await ground.allocate(None)
    assert given.vifs == ()


async def test_security_groups_are_named_by_id_or_name(ground: Ground) -> None:
    network = await ground.project.network()
    web = await ground.project.make("security_group", name="web")
    ssh = await ground.project.make("security_group", name="ssh")
    server_id, _ = await ground.allocate((on(network),), "web", ssh["id"])
    (port,) = (await ground.project.ports_of(server_id)).values()
    assert set(port["security_groups"]) == {web["id"], ssh["id"]}


async def test_the_quota_is_enough_for_some_of_many(ground: Ground) -> None:
    network = await ground.project.network()
    await ground.project.put(f"quotas/{ground.project.project_id}", quota={"port": 5})
    service, project = ground.service, ground.project
    validated = await service.validate_networks(project.caller(), project.project_id, (on(network),) * 2, count=4)

    def look(connection: Connection) -> int:
        return service.affordable(connection, project.project_id, validated, 4)

    assert ground.store.read_now(look) == 2


async def test_dhcp_options_come_and_go(ground: Ground) -> None:
    network = await ground.project.network()
    port = await ground.project.port(network)
    options = (DhcpOption("tftp-server", "192.0.2.9"),)
    server_id, _ = await ground.allocate((on(network), by(port)), dhcp_options=options)
    for one in (await ground.project.ports_of(server_id)).values():
        assert [(each["opt_name"], each["opt_value"]) for each in one["extra_dhcp_opts"]] == [
            ("tftp-server", "192.0.2.9")
        ]
    await ground.service.deallocate_for_instance(server_id)
    assert (await ground.project.get(f"ports/{port}"))["extra_dhcp_opts"] == []


async def test_what_was_there_before_is_unbound_and_the_rest_deleted(ground: Ground) -> None:
    network = await ground.project.network()
    port = await ground.project.port(network, name="mine")
    before = await ground.project.get(f"ports/{port}")
    server_id, _ = await ground.allocate((on(network), by(port), on(network)))
    held = await ground.project.get(f"ports/{port}")
    assert (held["device_id"], held["binding:host_id"], held["dns_name"]) == (server_id, HOST, "web")
    for _again in range(2):
        await ground.service.deallocate_for_instance(server_id)
        left = await ground.project.ports()
        assert set(left) == {port}
        kept = ("device_id", "device_owner", "binding:host_id", "binding:vif_type", "dns_name", "fixed_ips", "name")
        assert [left[port][key] for key in kept] == [before[key] for key in kept]
        assert (await info_of(ground, server_id)).vifs == ()


async def test_one_nic_is_freed_by_its_port(ground: Ground) -> None:
    network = await ground.project.network()
    server_id, given = await ground.allocate((on(network), on(network), on(network)))
    first, second, third = given
    for _again in range(2):
        await ground.service.deallocate_port_for_instance(server_id, second.id)
        assert [vif.id for vif in await info_of(ground, server_id)] == [first.id, third.id]
    other_id, other = await ground.allocate((on(network),))
    await ground.service.deallocate_port_for_instance(server_id, other.vifs[0].id)
    assert len(await ground.project.ports_of(other_id)) == 1


async def test_one_port_is_won_by_one_of_two_servers(ground: Ground) -> None:
    port = await ground.project.port(await ground.project.network())
    servers = [await ground.server() for _ in range(2)]
    done = await asyncio.gather(
        *(ground.allocate((by(port),), server=server) for server in servers), return_exceptions=True
    )
    winners = [server for server, result in zip(servers, done, strict=True) if not isinstance(result, BaseException)]
    assert [type(result) for result in done if isinstance(result, BaseException)] == [PortInUse]
    assert (await ground.project.get(f"ports/{port}"))["device_id"] == winners[0].server_id


async def test_states_are_those_of_the_ports(ground: Ground) -> None:
    network = await ground.project.network()
    server_id, given = await ground.allocate((on(network), on(network)))
    states = await ground.service.nic_states(server_id)
    assert [state.port_id for state in states] == [vif.id for vif in given]
    assert not any(state.up or state.failed for state in states)
    dataplane = ground.cloud.outside.dataplane
    assert isinstance(dataplane, SimulatedDataplane)
    dataplane.plug(given.vifs[1].id, HOST)
    async with asyncio.timeout(60):
        while [state.up for state in await ground.service.nic_states(server_id)] != [False, True]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert [vif.active for vif in await info_of(ground, server_id)] in ([False, True], [False, False])
    dataplane.unplug(given.vifs[1].id)


async def test_another_host_gets_the_same_ports(ground: Ground) -> None:
    network = await ground.project.network()
    server_id, given = await ground.allocate((on(network),))
    other = HostName("sim-9")

    def rebind(connection: Connection) -> None:
        ground.service.rebind(connection, server_id, other, 1)

    await ground.store.write(rebind)
    await ground.service.realise(server_id, other)
    (port,) = (await ground.project.ports_of(server_id)).values()
    assert (port["id"], port["binding:host_id"]) == (given.vifs[0].id, other)


async def test_addresses_are_added_and_removed(ground: Ground) -> None:
    network = await ground.project.network()
    server_id, given = await ground.allocate((on(network),))
    caller = ground.project.caller()
    accepted: list[bool] = []
    first = given.fixed_ips()[0].address

    def accept(_connection: Connection) -> None:
        accepted.append(True)

    await ground.service.add_fixed_ip(caller, server_id, network, accept)
    addresses = [ip.address for ip in (await info_of(ground, server_id)).fixed_ips()]
    assert len(set(addresses)) == 2
    assert first in addresses
    await ground.service.remove_fixed_ip(caller, server_id, first, accept)
    assert first not in [ip.address for ip in (await info_of(ground, server_id)).fixed_ips()]
    assert accepted == [True, True]
    with pytest.raises(BadRequest):
        await ground.service.remove_fixed_ip(caller, server_id, first, accept)
    with pytest.raises(BadRequest):
        await ground.service.add_fixed_ip(caller, server_id, NetworkId(new_id()), accept)


async def test_floating_addresses_lead_to_a_server(ground: Ground) -> None:
    project = ground.project
    outer = await project.network("outer", "203.0.113.0/24", **{"router:external": True})
    inner = await project.network("inner")
    router = await project.make("router", name="r", external_gateway_info={"network_id": outer})
    subnet = (await project.get("subnets", network_id=inner))[0]["id"]
    await project.put(f"routers/{router['id']}/add_router_interface", subnet_id=subnet)
    floating = (await project.make("floatingip", floating_network_id=outer))["floating_ip_address"]
    server_id, _ = await ground.allocate((on(inner),))
    caller = project.caller()
    await ground.service.associate_floating_ip(caller, server_id, floating)
    assert [ip.address for ip in (await info_of(ground, server_id)).floating_ips()] == [floating]
    other_id, _ = await ground.allocate((on(inner),))
    with pytest.raises(Conflict):
        await ground.service.disassociate_floating_ip(caller, other_id, floating)
    await ground.service.disassociate_floating_ip(caller, server_id, floating)
    assert (await info_of(ground, server_id)).floating_ips() == ()
    stranger = (await ground.new_project()).caller()
    with pytest.raises(NotFound):
        await ground.service.associate_floating_ip(stranger, server_id, floating)


async def test_a_nic_is_known_by_its_key(ground: Ground) -> None:
    network = await ground.project.network()
    server_id, given = await ground.allocate((on(network), on(network)))
    service = ground.service

    def look(connection: Connection) -> tuple[Any, ...]:
        keys = [service.nic_with_port(connection, server_id, vif.id) for vif in given]
        found = [service.vif(connection, server_id, key) for key in keys if key is not None]
        unknown = service.nic_with_port(connection, server_id, PortId(new_id()))
        return keys, found, unknown, service.vif(connection, server_id, NicKey("nothing"))

    keys, found, unknown, nothing = ground.store.read_now(look)
    assert len(set(keys)) == 2
    assert tuple(found) == given.vifs
    assert (unknown, nothing) == (None, None)
    assert ground.store.read_now(lambda connection: service.next_position(connection, server_id)) == 2
