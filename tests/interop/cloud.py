"""Our compute on simulated hosts, its networks at the real Neutron behind the proxy, and what must then be true."""

import dataclasses
from collections.abc import Mapping, Sequence

from berthline.domain.compute import RequestedNetwork, Server
from berthline.domain.errors import BerthlineError
from berthline.domain.ids import NetworkId, PortId, ServerId
from berthline.domain.network_info import NetworkInfo
from berthline.network.neutron.service import NeutronNetworkService
from berthline.network.neutron.settings import NeutronSettings
from berthline.store import Store
from berthline.workflows.definitions import definitions
from berthline.workflows.requests import NetworksAsked, ServerRequest
from tests.interop.proxy import FaultProxy
from tests.interop.raw import BoundPort, RawNeutron
from tests.workflows.world import CLOCK, FLAVOR, IMAGE, Process, World, member

OWNER = "compute:nova"
FREE = BoundPort(id="", device_id="", device_owner="", host="", vif_type="unbound")


class NeutronWorld(World):
    """What outlives a process, without networks of its own."""

    def __init__(self, store: Store, settings: NeutronSettings) -> None:
        super().__init__(store)
        self.settings = settings

    def begin(self) -> "NeutronProcess":
        """A process that has not started yet."""
        return NeutronProcess(self)


class NeutronProcess(Process):
    """Berthline without HTTP, whose compute uses a Neutron outside."""

    boot_deadline = 60.0
    patience = 120.0

    def __init__(self, world: NeutronWorld) -> None:
        super().__init__(world)
        self.network = NeutronNetworkService(world.settings, self.store, CLOCK)
        self.outside = dataclasses.replace(self.outside, network=self.network)
        self.engine = self.engine_type(
            self.log_type(self.store), definitions(self.outside), CLOCK, worker=self.worker, retry=self.retry_after
        )
        self.compute = self.compute_type(self.outside, self.engine)

    def retry_after(self, attempt: int, last: float) -> float:
        """Seconds before the next attempt: what is real takes a while."""
        return 0.1

    async def start(self) -> None:
        """Begin as bootstrap does: what this Neutron has is asked once, before the first server."""
        await self.network.extensions()
        await super().start()

    async def stop(self) -> None:
        """End at once."""
        await super().stop()
        self.network.close()


class Cloud:
    """One life of Berthline on the real Neutron, and the user who looks at both.

    Attributes:
        process: Berthline.
        raw: Neutron, asked directly.
        proxy: stands between.
    """

    def __init__(self, process: NeutronProcess, raw: RawNeutron, proxy: FaultProxy) -> None:
        self.process = process
        self.raw = raw
        self.proxy = proxy

    async def ask(self, networks: NetworksAsked, groups: tuple[str, ...] | None = None) -> Server:
        """Ask for a server with these networks."""
        request = ServerRequest(
            name="guest", image_id=IMAGE, flavor_id=FLAVOR.id, networks=networks, security_groups=groups
        )
        (server,) = await self.process.compute.create(member(), request)
        return server

    async def boot(self, networks: NetworksAsked) -> Server:
        """A server with these networks, which must become ACTIVE."""
        server = await self.ask(networks)
        assert await self.process.quiet()
        found = self.server(server.id)
        assert found is not None
        assert found.vm_state == "active", found.fault
        return found

    async def delete(self, server_id: ServerId) -> None:
        """Delete a server, and wait until it is gone."""
        await self.process.compute.delete(member(), server_id)
        assert await self.process.quiet()
        assert self.server(server_id) is None

    async def try_attach(self, server_id: ServerId, wanted: RequestedNetwork) -> PortId | None:
        """Attach a NIC, and wait until it is there or given up; its port, None when it is not there."""
        interfaces = self.process.compute.interfaces
        try:
            return await interfaces.attached(await interfaces.attach(member(), server_id, wanted))
        except BerthlineError:
            return None
        finally:
            assert await self.process.quiet()

    async def detach(self, server_id: ServerId, port_id: PortId) -> None:
        """Detach a NIC, and wait until it is gone."""
        await self.process.compute.interfaces.detach(member(), server_id, port_id)
        assert await self.process.quiet()

    def server(self, server_id: ServerId) -> Server | None:
        """The server as it is now; None when it is deleted."""
        return self.process.servers().get(server_id)

    def ports_of(self, server_id: ServerId) -> list[PortId]:
        """The ports of a server's NICs, in order, as Berthline shows them."""
        return [vif.id for vif in self.info()[server_id].vifs]

    def info(self) -> Mapping[ServerId, NetworkInfo]:
        """NetworkInfo of every server there is."""
        ids = list(self.process.servers())
        return self.process.store.read_now(lambda connection: self.process.network.network_info(connection, ids))

    def check_exact(self, users: Sequence[str] = ()) -> None:
        """Neutron holds the ports of living servers, bound to their hosts, and the user's own, free: nothing else.

        Asked of its API, and of its tables by SQL.
        """
        wanted = {port_id: dataclasses.replace(FREE, id=port_id) for port_id in users}
        servers = self.process.servers()
        for server_id, info in self.info().items():
            host = servers[server_id].host
            for vif in info.vifs:
                wanted[vif.id] = BoundPort(vif.id, server_id, OWNER, str(host), "ovs")
        assert self.raw.stored_ports() == wanted
        shown = self.raw.ports().values()
        assert {port["id"]: (port["device_id"], port["binding:host_id"]) for port in shown} == {
            port.id: (port.device_id, port.host) for port in wanted.values()
        }


def on(network_id: str, fixed_ip: str | None = None, tag: str | None = None) -> RequestedNetwork:
    """A new NIC on a network."""
    return RequestedNetwork(network_id=NetworkId(network_id), fixed_ip=fixed_ip, tag=tag)


def with_port(port_id: str) -> RequestedNetwork:
    """A NIC by a port that is there."""
    return RequestedNetwork(port_id=PortId(port_id))
