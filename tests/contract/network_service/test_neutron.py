"""What holds of networks over HTTP alone: how many requests, lost answers, and what is kept of them."""

import asyncio
import contextlib
from collections import Counter
from typing import Any

import msgspec
import pytest

from berthline.domain.clock import SystemClock
from berthline.domain.errors import (
    Transient,
)
from berthline.domain.ids import HostName, ServerId
from berthline.domain.network_info import NetworkInfo
from berthline.network.neutron.service import NeutronNetworkService
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.store.network.nics import remote as remote_nics
from tests.interop.proxy import Fault, FaultProxy

from .ground import HOST, Ground, by, neutron_settings, on

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIST = ("GET", "ports")


def proxy_of(ground: Ground) -> FaultProxy:
    assert ground.proxy is not None
    return ground.proxy


def counted(ground: Ground) -> Counter[tuple[str, str]]:
    """The requests since the last ``clear``."""
    kinds = proxy_of(ground).counts()
    return Counter({(method, path.removeprefix("network/v2.0/")): count for (method, path), count in kinds.items()})


def again(ground: Ground, **changes: Any) -> NeutronNetworkService:
    """The service of a new process: it remembers nothing."""
    settings = neutron_settings(ground.cloud, proxy_of(ground).url, **changes)
    return NeutronNetworkService(settings, ground.store, SystemClock())


def kept(ground: Ground, server_id: ServerId) -> NetworkInfo:
    return ground.store.read_now(lambda connection: remote_nics.network_info(connection, [server_id])[server_id])


# --- how many requests ---


@pytest.mark.parametrize("count", [1, 10])
async def test_any_number_of_new_nics_takes_three_requests(remote: Ground, count: int) -> None:
    network = await remote.project.network()
    proxy_of(remote).clear()
    await remote.allocate((on(network),) * count)
    assert counted(remote) == {("GET", "networks"): 1, ("POST", "ports"): 1, ("GET", "subnets"): 1}


async def test_with_groups_and_addresses_it_is_five(remote: Ground) -> None:
    network = await remote.project.network()
    await remote.project.make("security_group", name="web")
    proxy_of(remote).clear()
    await remote.allocate((on(network, fixed_ip="10.0.0.9"), on(network), on(network, fixed_ip="10.0.0.8")), "web")
    assert counted(remote) == {
        ("GET", "networks"): 1,
        ("GET", "security-groups"): 1,
        ("GET", "ports"): 1,
        ("POST", "ports"): 1,
        ("GET", "subnets"): 1,
    }


async def test_a_port_that_was_there_takes_one_request_more(remote: Ground) -> None:
    network = await remote.project.network()
    ports = [await remote.project.port(network) for _ in range(3)]
    proxy_of(remote).clear()
    await remote.allocate((on(network), *(by(port) for port in ports)))
    assert counted(remote) == {
        ("GET", "networks"): 1,
        ("GET", "ports"): 1,
        ("POST", "ports"): 1,
        ("PUT", "ports/{id}"): 3,
        ("GET", "subnets"): 1,
        ("GET", "floatingips"): 1,
    }


async def test_five_and_one_for_each_port_that_was_there_are_enough_for_any_mix(remote: Ground) -> None:
    """What does not fit is read by the next look: the floating IPs of ports that were there before."""
    network = await remote.project.network()
    await remote.project.make("security_group", name="web")
    ports = [await remote.project.port(network) for _ in range(2)]
    later: list[ServerId] = []
    remote.service.on_unread(later.append)
    proxy_of(remote).clear()
    server_id, info = await remote.allocate(
        (on(network, fixed_ip="10.0.0.9"), *(by(port) for port in ports), on(network)), "web"
    )
    assert counted(remote) == {
        ("GET", "networks"): 1,
        ("GET", "security-groups"): 1,
        ("GET", "ports"): 1,
        ("POST", "ports"): 1,
        ("GET", "subnets"): 1,
        ("PUT", "ports/{id}"): 2,
    }
    assert [vif.id for vif in info][1:3] == ports
    assert later == [server_id]


async def test_deallocation_is_one_list_and_one_request_a_port(remote: Ground) -> None:
    network = await remote.project.network()
    port = await remote.project.port(network)
    server_id, _ = await remote.allocate((on(network), by(port), on(network)))
    proxy_of(remote).clear()
    await remote.service.deallocate_for_instance(server_id)
    assert counted(remote) == {LIST: 1, ("DELETE", "ports/{id}"): 2, ("PUT", "ports/{id}"): 1}


async def test_a_waiting_server_does_not_ask_all_the_time(remote: Ground) -> None:
    service = again(remote, look_seconds=30.0)
    network = await remote.project.network()
    server_id, _ = await remote.allocate((on(network),))
    proxy_of(remote).clear()
    for _ in range(5):
        (state,) = await service.nic_states(server_id)
        assert not state.up
    assert counted(remote) == {LIST: 1}
    await service.get_instance_network_info([server_id])  # a hint: something changed
    proxy_of(remote).clear()
    await service.nic_states(server_id)
    assert counted(remote) == {LIST: 1}
    service.close()


async def test_a_neutron_that_gives_pages_gives_all(remote: Ground) -> None:
    service = again(remote, page_size=2)
    network = await remote.project.network()
    server_id, given = await remote.allocate((on(network),) * 5)
    proxy_of(remote).clear()
    states = await service.nic_states(server_id)
    assert [state.port_id for state in states] == [vif.id for vif in given]
    assert counted(remote) == {LIST: 3}
    service.close()


async def test_a_server_without_nics_costs_no_request(remote: Ground) -> None:
    proxy_of(remote).clear()
    server_id, given = await remote.allocate("none")
    assert given.vifs == ()
    assert await remote.service.nic_states(server_id) == ()
    assert counted(remote) == {}


async def test_who_does_not_wait_for_ports_asks_nothing(remote: Ground) -> None:
    service = again(remote, wait_for_ports=False)
    server_id, _ = await remote.allocate((on(await remote.project.network()),))
    proxy_of(remote).clear()
    assert [state.up for state in await service.nic_states(server_id)] == [True]
    assert counted(remote) == {}
    service.close()


# --- answers that are lost ---


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.value)
async def test_whatever_request_fails_all_or_nothing_is_allocated(remote: Ground, fault: Fault) -> None:
    proxy = proxy_of(remote)
    network = await remote.project.network()
    port = await remote.project.port(network)
    asked = (on(network), by(port), on(network))
    proxy.clear()
    server_id, _ = await remote.allocate(asked)
    requests = len(proxy.seen)
    await remote.service.deallocate_for_instance(server_id)
    allocated = 0
    for number in range(1, requests + 1):
        server = await remote.server()
        proxy.clear({number: fault})
        with contextlib.suppress(Transient):
            await remote.allocate(asked, server=server)
            allocated += 1
        held = await remote.project.ports_of(server.server_id)
        nics = remote.store.read_now(lambda connection, one=server: remote_nics.in_order(connection, one.server_id))  # type: ignore[misc]
        assert len(held) == len(nics)
        assert [nic.mac_address for nic in nics] == [vif.address for vif in kept(remote, server.server_id)]
        assert {nic.mac_address for nic in nics} == {one["mac_address"] for one in held.values()}
        assert len(nics) in {0, 3}
        await remote.service.deallocate_for_instance(server.server_id)
        assert set(await remote.project.ports()) == {port}
    assert allocated >= (requests - 1 if fault is not Fault.REFUSED else 1)


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.value)
async def test_whatever_request_fails_nothing_is_left_behind(remote: Ground, fault: Fault) -> None:
    proxy = proxy_of(remote)
    network = await remote.project.network()
    port = await remote.project.port(network)
    for number in range(1, 5):
        server_id, _ = await remote.allocate((on(network), by(port), on(network)))
        proxy.clear({number: fault})
        await remote.service.deallocate_for_instance(server_id)
        assert {one["id"]: one["device_id"] for one in (await remote.project.ports()).values()} == {port: ""}
        assert kept(remote, server_id).vifs == ()


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.LOST, Fault.TORN], ids=lambda fault: fault.value)
async def test_a_new_process_finds_what_the_last_one_made(remote: Ground, fault: Fault) -> None:
    proxy = proxy_of(remote)
    network = await remote.project.network()
    port = await remote.project.port(network)
    server = await remote.server()
    asked = (on(network), by(port), on(network))
    caller = remote.project.caller()
    validated = await remote.service.validate_networks(caller, remote.project.project_id, asked)

    def claim(connection: Connection) -> Any:
        return remote.service.claim(connection, caller, server, validated, bind_host=HOST, at=1)

    keys = await remote.store.write(claim)
    proxy.clear({1: fault, 2: fault})
    with pytest.raises(Transient):
        await remote.service.realise(server.server_id, HOST)
    assert proxy.seen[0].method == "POST"
    proxy.clear()
    service = again(remote)
    for _ in range(2):
        await service.realise(server.server_id, HOST)
    held = await remote.project.ports_of(server.server_id)
    assert {one["mac_address"] for one in held.values()} == set(keys)
    assert [vif.address for vif in kept(remote, server.server_id)] == list(keys)
    assert {one["binding:host_id"] for one in held.values()} == {HOST}
    service.close()


async def test_what_was_made_is_taken_back_without_any_answer(remote: Ground) -> None:
    network = await remote.project.network()
    server = await remote.server()
    caller = remote.project.caller()
    validated = await remote.service.validate_networks(caller, remote.project.project_id, (on(network),) * 3)

    def claim(connection: Connection) -> Any:
        return remote.service.claim(connection, caller, server, validated, bind_host=HOST, at=1)

    await remote.store.write(claim)
    proxy_of(remote).clear({1: Fault.LOST})
    with pytest.raises(Transient):
        await remote.service.realise(server.server_id, HOST)
    assert len(await remote.project.ports_of(server.server_id)) == 3
    service = again(remote)
    for _ in range(2):
        await service.take_back(server.server_id)
    assert await remote.project.ports() == {}
    service.close()


async def test_a_bulk_that_ended_half_way_is_completed_or_taken_back(remote: Ground) -> None:
    """A Neutron whose plugin makes bulks one by one may leave some: here somebody deletes one of two."""
    network = await remote.project.network()
    server_id, given = await remote.allocate((on(network), on(network)))
    gone = given.vifs[0]
    await remote.project.delete(f"ports/{gone.id}")

    def forget(connection: Connection) -> None:
        nics = remote_nics.in_order(connection, server_id)
        remote_nics.remove(connection, server_id, None, 1)
        fresh = [msgspec.structs.replace(nic, port_id=None, bound_host=None) for nic in nics]
        remote_nics.insert_nics(connection, fresh)

    await remote.store.write(forget)
    await remote.service.realise(server_id, HOST)
    held = await remote.project.ports_of(server_id)
    assert {one["mac_address"] for one in held.values()} == {vif.address for vif in given}
    assert given.vifs[1].id in held


async def test_two_processes_at_once_make_one_port(remote: Ground) -> None:
    network = await remote.project.network()
    server = await remote.server()
    caller = remote.project.caller()
    validated = await remote.service.validate_networks(caller, remote.project.project_id, (on(network),) * 2)

    def claim(connection: Connection) -> Any:
        return remote.service.claim(connection, caller, server, validated, bind_host=HOST, at=1)

    keys = await remote.store.write(claim)
    other = again(remote)
    await asyncio.gather(
        remote.service.realise(server.server_id, HOST), other.realise(server.server_id, HOST), return_exceptions=True
    )
    await other.realise(server.server_id, HOST)
    held = await remote.project.ports_of(server.server_id)
    assert sorted(one["mac_address"] for one in held.values()) == sorted(keys)
    other.close()


# --- what is kept ---


async def test_an_older_state_is_never_kept_over_a_newer(remote: Ground) -> None:
    network = await remote.project.network()
    server_id, given = await remote.allocate((on(network), on(network)))
    first, second = given
    newer = msgspec.structs.replace(first, revision=first.revision + 2, tag="newer")
    older = msgspec.structs.replace(first, revision=first.revision + 1, tag="older")

    def keep(*vifs: Any) -> NetworkInfo:
        return remote.store.write_now(lambda connection: remote_nics.keep(connection, server_id, vifs, 2))

    assert keep(newer).vifs == (newer, second)
    assert keep(older).vifs == (newer, second)
    assert keep(second, older).vifs == (newer, second)
    assert kept(remote, server_id).vifs == (newer, second)


async def test_nothing_is_kept_for_a_deleted_server(remote: Ground) -> None:
    network = await remote.project.network()
    server_id, given = await remote.allocate((on(network),))
    await remote.service.deallocate_for_instance(server_id)
    await remote.store.write(lambda connection: servers.mark_deleted(connection, server_id, 5))
    await remote.store.write(lambda connection: remote_nics.keep(connection, server_id, given.vifs, 6))
    assert kept(remote, server_id).vifs == ()


async def test_a_nic_that_was_released_does_not_come_back(remote: Ground) -> None:
    network = await remote.project.network()
    server_id, given = await remote.allocate((on(network), on(network)))
    await remote.service.deallocate_port_for_instance(server_id, given.vifs[0].id)
    await remote.store.write(lambda connection: remote_nics.keep(connection, server_id, given.vifs, 6))
    assert [vif.id for vif in kept(remote, server_id)] == [given.vifs[1].id]


async def test_a_port_that_is_gone_stays_known_until_it_is_detached(remote: Ground) -> None:
    network = await remote.project.network()
    server_id, given = await remote.allocate((on(network), on(network)))
    await remote.project.delete(f"ports/{given.vifs[0].id}")
    assert [state.port_id for state in await remote.service.nic_states(server_id)] == [given.vifs[1].id]
    info = (await remote.service.get_instance_network_info([server_id]))[server_id]
    assert [vif.id for vif in info] == [vif.id for vif in given]
    await remote.service.deallocate_port_for_instance(server_id, given.vifs[0].id)
    assert [vif.id for vif in kept(remote, server_id)] == [given.vifs[1].id]


async def test_many_servers_are_refreshed_by_four_requests(remote: Ground) -> None:
    network = await remote.project.network(mtu=1300)
    ids = [(await remote.allocate((on(network), on(network))))[0] for _ in range(4)]
    proxy_of(remote).clear()
    found = await remote.service.get_instance_network_info(ids)
    assert {len(info) for info in found.values()} == {2}
    assert {vif.network.mtu for info in found.values() for vif in info} == {1300}
    assert set(counted(remote).values()) == {1}
    assert len(proxy_of(remote).seen) == 4


async def test_ports_are_bound_anew_by_one_request_each(remote: Ground) -> None:
    network = await remote.project.network()
    port = await remote.project.port(network)
    server_id, _ = await remote.allocate((on(network), by(port)))
    service = again(remote)
    proxy_of(remote).clear()
    await service.realise(server_id, HostName("sim-2"))
    assert counted(remote)["PUT", "ports/{id}"] == 2
    assert ("POST", "ports") not in counted(remote)
    held = (await remote.project.ports_of(server_id)).values()
    assert {one["binding:host_id"] for one in held} == {"sim-2"}
    service.close()
