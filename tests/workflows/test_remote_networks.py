"""Servers whose networks are a foreign Neutron's: done wholly or leaving nothing there, whatever fails and whenever."""

import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from berthline.domain.compute import RequestedNetwork
from berthline.domain.errors import PortInUse, Refused
from berthline.domain.hypervisor import GuestSpec
from berthline.domain.ids import HostName, PortId, ServerId
from berthline.hypervisor.memory import SimulatedHost
from berthline.store import Store
from berthline.testing.faults import FAULT_KINDS, Fault, FaultSchedule
from tests.interop.proxy import Fault as HttpFault
from tests.interop.proxy import FaultProxy
from tests.workflows.remote_world import NetworkCloud, RemoteProcess, RemoteWorld, network_cloud, remote_member
from tests.workflows.world import HOSTS

LIVES = 12
FREE = {"device_id": "", "device_owner": "", "binding:host_id": ""}


@pytest.fixture
async def networks(tmp_path: Path) -> AsyncIterator[NetworkCloud]:
    async with network_cloud(tmp_path / "networks") as found:
        yield found


def held(port: Mapping[str, Any]) -> dict[str, Any]:
    return {name: port[name] for name in FREE}


async def check_gone(networks: NetworkCloud, world: RemoteWorld, kept: PortId | None) -> None:
    """Nothing is left of any server, here or there; the user's port is, and is free."""
    assert await world.leaks() == ()
    assert await world.guests() == set()
    left = {port["id"]: held(port) for port in await networks.ports()}
    assert left == ({} if kept is None else {kept: FREE})


async def live(networks: NetworkCloud, world: RemoteWorld, kept: PortId) -> int:
    """Boot a server on the user's port and a new one, delete it, through as many processes as it takes."""
    asked = (RequestedNetwork(port_id=kept), RequestedNetwork(network_id=networks.network))
    server: ServerId | None = None
    asked_to_delete = False
    for _ in range(LIVES):
        async with world.process() as process:
            assert isinstance(process, RemoteProcess)
            if server is None:
                server = (await process.boot_on(*asked)).id
            if not await process.quiet():
                continue
            if not asked_to_delete:
                await check_settled(networks, world, process, server, kept)
                asked_to_delete = True
            if server in process.servers():
                await process.compute.delete(remote_member(), server)
                if not await process.quiet():
                    continue
                if server in process.servers():  # refused for good: it says so, and may be asked again
                    assert process.servers()[server].vm_state == "error"
                    continue
            break
    else:
        raise AssertionError(f"not finished after {LIVES} processes: {world.schedule.struck}")
    await check_gone(networks, world, kept)
    return len(world.schedule.calls)


async def check_settled(
    networks: NetworkCloud, world: RemoteWorld, process: RemoteProcess, server: ServerId, kept: PortId
) -> None:
    found = process.servers()[server]
    ports = {port["id"]: port for port in await networks.ports()}
    assert found.vm_state in {"active", "error"}
    if found.vm_state == "error":
        assert found.fault is not None
        if not any("take back" in struck for struck in world.schedule.struck):
            await check_gone(networks, world, kept)
        return
    info = process.store.read_now(lambda c: process.neutron.network_info(c, [server]))[server]
    assert info.vifs[0].id == kept
    assert {vif.id for vif in info} == set(ports)
    assert {port["status"] for port in ports.values()} == {"ACTIVE"}
    owner = {"device_id": server, "device_owner": "compute:nova", "binding:host_id": found.host}
    assert [held(ports[vif.id]) for vif in info] == [owner, owner]
    assert all(vif.fixed_ips() for vif in info)


def schedules(effects: int) -> Iterator[tuple[Fault, ...]]:
    """One fault at every effect; a refusal or a kill, and a kill at an effect that follows."""
    for effect, kind in itertools.product(range(effects), FAULT_KINDS):
        yield (Fault(effect, kind),)
    for effect in range(effects):
        for later in (effect + 1, effect + 2):
            yield (Fault(effect, "refused"), Fault(later, "killed after"))
            yield (Fault(effect, "killed after"), Fault(later, "killed before"))


async def test_nothing_is_left_at_neutron_whatever_fails_and_whenever(store: Store, networks: NetworkCloud) -> None:
    kept = await networks.make_port()
    effects = await live(networks, RemoteWorld(store, networks), kept)
    assert effects >= 7
    ran = 0
    for faults in schedules(effects):
        schedule = FaultSchedule(*faults)
        try:
            await live(networks, RemoteWorld(store, networks, schedule), kept)
        except BaseException as error:
            error.add_note(f"{faults}; struck: {schedule.struck}; calls: {schedule.calls}")
            raise
        ran += 1
    print(f"{ran} schedules over {effects} effects")
    await networks.delete_port(kept)


async def test_every_request_may_be_lost(store: Store, networks: NetworkCloud) -> None:
    """Each request of a boot and a delete, not delivered, or carried out without an answer."""
    kept = await networks.make_port()
    ran = 0
    async with FaultProxy(networks.cloud.url).running() as proxy:
        through = msgspec.structs.replace(networks.settings, endpoint=f"{proxy.url}/network")
        behind = NetworkCloud(networks.cloud, through, networks.client, networks.network)
        await live(behind, RemoteWorld(store, behind), kept)
        requests = len(proxy.seen)
        assert requests >= 8
        for number, fault in itertools.product(range(1, requests + 1), (HttpFault.RESET, HttpFault.LOST)):
            proxy.clear({number: fault})
            world = RemoteWorld(store, behind)
            try:
                await live(behind, world, kept)
            except BaseException as error:
                error.add_note(f"{fault} at {number}: {[str(seen) for seen in proxy.seen]}")
                raise
            ran += 1
    print(f"{ran} lost requests")
    await networks.delete_port(kept)


async def test_a_nic_is_attached_and_detached(store: Store, networks: NetworkCloud) -> None:
    world = RemoteWorld(store, networks)
    kept = await networks.make_port()
    async with world.process() as process:
        assert isinstance(process, RemoteProcess)
        server = (await process.boot_on(RequestedNetwork(network_id=networks.network))).id
        assert await process.quiet()
        interfaces = process.compute.interfaces
        for wanted in (RequestedNetwork(port_id=kept), RequestedNetwork(network_id=networks.network)):
            attachment = await interfaces.attach(remote_member(), server, wanted)
            port = await interfaces.attached(attachment)
            assert (wanted.port_id or port) == port
            assert port in world.networks.dataplane.plugged()
            with pytest.raises(PortInUse):
                await interfaces.attach(remote_member(), server, RequestedNetwork(port_id=port))
            await interfaces.detach(remote_member(), server, port)
            assert await process.quiet()
            assert port not in world.networks.dataplane.plugged()
        assert len(await networks.ports()) == 2
        await process.compute.delete(remote_member(), server)
        assert await process.quiet()
    await check_gone(networks, world, kept)
    await networks.delete_port(kept)


class FailingHost(SimulatedHost):
    """A host that starts the guest, and then says that it could not."""

    async def start_paused(self, spec: GuestSpec) -> None:
        await super().start_paused(spec)
        raise Refused(f"host {self.host} has no luck today")


async def test_the_next_host_gets_the_same_ports(store: Store, networks: NetworkCloud) -> None:
    world = RemoteWorld(store, networks)
    kept = await networks.make_port()
    facts = world.hosts[0]._facts
    world.hosts[0] = FailingHost(HostName(HOSTS[0]), facts, networks.dataplane)
    async with world.process() as process:
        assert isinstance(process, RemoteProcess)
        first = await process.boot_on(RequestedNetwork(port_id=kept), RequestedNetwork(network_id=networks.network))
        assert first.host == HOSTS[0]
        assert await process.quiet()
        found = process.servers()[first.id]
        assert (found.vm_state, found.host) == ("active", HOSTS[1])
        await check_settled(networks, world, process, first.id, kept)
        sagas = [call for call in world.schedule.calls if call in {"realise", "take back"}]
        assert sagas == ["realise", "realise"]  # nothing was taken back between the hosts
        await process.compute.delete(remote_member(), first.id)
        assert await process.quiet()
    await check_gone(networks, world, kept)
    await networks.delete_port(kept)
