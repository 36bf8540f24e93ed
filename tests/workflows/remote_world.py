"""The fault tests' world, with its networks at another cloud's Network API, reached over HTTP as any Neutron is.

That cloud is Berthline too, in this process: a Neutron with a Keystone. Its simulated dataplane is the one that the
hosts plug into, so that ports there come up when guests start here.
"""

import contextlib
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec

from berthline.bootstrap import clouds_file
from berthline.bootstrap.cloud import Cloud, running_cloud
from berthline.config import Dataplane, Settings, Simulated
from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.auth import Caller
from berthline.domain.compute import RequestedNetwork, Server
from berthline.domain.ids import HostName, NetworkId, PortId, ServerId
from berthline.hypervisor.memory import SimulatedHost
from berthline.network.neutron.service import NeutronNetworkService
from berthline.network.neutron.settings import NeutronSettings
from berthline.network.service import NicKey
from berthline.reconcile.leaks import find_leaks
from berthline.store import Store
from berthline.store.control.leaks import Leak
from berthline.testing.faults import FaultSchedule
from berthline.workflows.definitions import definitions
from berthline.workflows.requests import ServerRequest
from tests.databases import databases_of_the_run
from tests.workflows.world import CLOCK, FLAVOR, HOSTS, IMAGE, Process, World, member


@dataclasses.dataclass(frozen=True)
class NetworkCloud:
    """A cloud that has networks, an admin of it, and the network that servers are put on."""

    cloud: Cloud
    settings: NeutronSettings
    client: httpx.AsyncClient
    network: NetworkId

    async def ports(self) -> list[dict[str, Any]]:
        """Every port that is somebody's device or was made by a user, as the admin sees them."""
        reply = await self.client.get("/network/v2.0/ports")
        assert reply.is_success, reply.text
        return [port for port in reply.json()["ports"] if not port["device_owner"].startswith("network:")]

    async def make_port(self) -> PortId:
        """A port of the project that no server has yet."""
        reply = await self.client.post("/network/v2.0/ports", json={"port": {"network_id": self.network}})
        assert reply.is_success, reply.text
        return PortId(reply.json()["port"]["id"])

    async def delete_port(self, port: PortId) -> None:
        """Delete a port as its user would."""
        assert (await self.client.delete(f"/network/v2.0/ports/{port}")).is_success

    @property
    def dataplane(self) -> SimulatedDataplane:
        """Where its ports are real, and where guests plug in."""
        found = self.cloud.outside.dataplane
        assert isinstance(found, SimulatedDataplane)
        return found


@contextlib.asynccontextmanager
async def network_cloud(folder: Path) -> AsyncIterator[NetworkCloud]:
    """A network cloud with one network, while the block runs. Its admin's own project is the one that is used."""
    wanted = Settings(
        data=str(folder),
        database=databases_of_the_run().setting(folder),
        listen="127.0.0.1:0",
        dataplane=Dataplane(kind="simulated"),
        simulated=Simulated(hosts=0),
    )
    async with running_cloud(wanted, serve=True, durable=False) as cloud:
        auth = clouds_file.read(cloud.folder.clouds).clouds[clouds_file.ADMIN_CLOUD].auth
        async with httpx.AsyncClient(base_url=cloud.url, trust_env=False) as client:
            user = {"name": auth.username, "domain": {"id": "default"}, "password": auth.password}
            scope = {"project": {"name": auth.project_name, "domain": {"id": "default"}}}
            body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
            token = await client.post("/identity/v3/auth/tokens", json=body)
            client.headers["X-Auth-Token"] = token.headers["X-Subject-Token"]
            network = (await client.post("/network/v2.0/networks", json={"network": {"name": "net"}})).json()["network"]
            for version, cidr in ((4, "10.0.0.0/24"), (6, "2001:db8::/64")):
                subnet = {"network_id": network["id"], "ip_version": version, "cidr": cidr}
                assert (await client.post("/network/v2.0/subnets", json={"subnet": subnet})).is_success
            settings = NeutronSettings(
                endpoint=f"{cloud.url}/network",
                auth="password",
                auth_url=f"{cloud.url}/identity",
                username=auth.username,
                password=auth.password,
                project=auth.project_name,
                projects="name",
                look_seconds=0.01,
            )
            yield NetworkCloud(cloud, settings, client, NetworkId(network["id"]))


class FaultyNeutron(NeutronNetworkService):
    """A Neutron whose effects for servers are effects on the schedule."""

    schedule: FaultSchedule

    async def realise(self, server_id: ServerId, bind_host: HostName) -> None:
        realise = super().realise
        await self.schedule.strike("realise", lambda: realise(server_id, bind_host))

    async def take_back(self, server_id: ServerId, nic: NicKey | None = None) -> None:
        take_back = super().take_back
        await self.schedule.strike("take back", lambda: take_back(server_id, nic))


class RemoteWorld(World):
    """What outlives a process: its own store and hosts; its networks are elsewhere."""

    def __init__(self, store: Store, networks: NetworkCloud, schedule: FaultSchedule | None = None) -> None:
        super().__init__(store, schedule)
        self.networks = networks
        facts = self.hosts[0]._facts
        self.hosts = [SimulatedHost(HostName(name), facts, networks.dataplane) for name in HOSTS]

    def begin(self) -> "RemoteProcess":
        return RemoteProcess(self)

    async def leaks(self) -> tuple[Leak, ...]:
        """Every leak here; the dataplane that the hosts plug into is the network cloud's to look after."""
        return await find_leaks(self.store, self.dataplane, self.hosts)


class RemoteProcess(Process):
    """A life of Berthline whose compute uses networks elsewhere."""

    def __init__(self, world: RemoteWorld) -> None:
        super().__init__(world)
        self.networks = world.networks
        self.neutron = FaultyNeutron(world.networks.settings, self.store, CLOCK)
        self.neutron.schedule = world.schedule
        self.outside = dataclasses.replace(self.outside, network=self.neutron)
        self.engine = self.engine_type(
            self.log_type(self.store), definitions(self.outside), CLOCK, worker=self.worker, retry=self.retry_after
        )
        self.compute = self.compute_type(self.outside, self.engine)

    async def stop(self) -> None:
        await super().stop()
        self.neutron.close()

    async def boot_on(self, *asked: RequestedNetwork) -> Server:
        """Ask for one server with these NICs."""
        request = ServerRequest(name="guest", image_id=IMAGE, flavor_id=FLAVOR.id, networks=asked or "none")
        (server,) = await self.compute.create(remote_member(), request)
        return server


def remote_member() -> Caller:
    """The member, whose project the network cloud knows by another name."""
    return msgspec.structs.replace(member(), project_name="admin")
