"""A running Berthline as the Neutron with its Keystone, and the two network services that stand on its networks."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from berthline.bootstrap import clouds_file
from berthline.bootstrap.cloud import Cloud
from berthline.domain.auth import Caller
from berthline.domain.compute import RequestedNetwork
from berthline.domain.ids import DomainId, HostName, NetworkId, PortId, ProjectId, ServerId, UserId, new_request_id
from berthline.network.neutron.settings import NeutronSettings
from berthline.network.service import Instance, NetworkService
from berthline.store import Store
from berthline.store.compute.servers import servers
from tests.interop.proxy import FaultProxy
from tests.unit.store.compute.values import make_server

HOST = HostName("sim-1")
ROLES = ("member", "reader")


class Project:
    """One project of the cloud, new for each test: its networks, made and looked at over HTTP by an admin."""

    def __init__(self, client: httpx.AsyncClient, project_id: ProjectId, name: str) -> None:
        self.client = client
        self.project_id = project_id
        self.name = name

    def caller(self, *roles: str) -> Caller:
        """A user of the project."""
        return Caller(
            user_id=UserId("someone"),
            user_name="someone",
            project_id=self.project_id,
            project_name=self.name,
            domain_id=DomainId("default"),
            roles=frozenset(roles or ROLES),
            request_id=new_request_id(),
        )

    async def make(self, noun: str, **values: Any) -> dict[str, Any]:
        """Create one network, subnet, port …; its answer."""
        body = {noun: {"project_id": self.project_id, **values}}
        reply = await self.client.post(f"/network/v2.0/{noun.replace('_', '-')}s", json=body)
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()[noun]
        return made

    async def network(self, name: str = "net", cidr: str = "10.0.0.0/24", **values: Any) -> NetworkId:
        """A network with one subnet."""
        made = await self.make("network", name=name, **values)
        version = 6 if ":" in cidr else 4
        servers = ["2620:fe::9" if version == 6 else "9.9.9.9"]
        await self.make("subnet", network_id=made["id"], cidr=cidr, ip_version=version, dns_nameservers=servers)
        return NetworkId(made["id"])

    async def port(self, network_id: NetworkId, **values: Any) -> PortId:
        """A port that is there before any server."""
        return PortId((await self.make("port", network_id=network_id, **values))["id"])

    async def get(self, path: str, **query: Any) -> Any:
        """Read one thing or a list, out of its envelope."""
        reply = await self.client.get(f"/network/v2.0/{path}", params=query)
        assert reply.status_code == 200, reply.text
        (inner,) = reply.json().values()
        return inner

    async def put(self, path: str, **body: Any) -> None:
        """Change one thing."""
        reply = await self.client.put(f"/network/v2.0/{path}", json=body)
        assert reply.status_code == 200, reply.text

    async def delete(self, path: str) -> None:
        """Delete one thing."""
        reply = await self.client.delete(f"/network/v2.0/{path}")
        assert reply.status_code == 204, reply.text

    async def ports(self) -> dict[str, dict[str, Any]]:
        """Every port of the project, by id."""
        return {port["id"]: port for port in await self.get("ports", project_id=self.project_id)}

    async def ports_of(self, server_id: ServerId) -> dict[str, dict[str, Any]]:
        """Every port that has the server as its device, by id."""
        return {port["id"]: port for port in await self.get("ports", device_id=server_id)}


@dataclass
class Ground:
    """One network service over a project's networks, and the store where its servers are."""

    service: NetworkService
    store: Store
    project: Project
    new_project: Callable[[], Awaitable[Project]]
    cloud: Cloud
    proxy: FaultProxy | None = None

    async def server(self, hostname: str = "web") -> Instance:
        """A server that was just written."""
        server_id = ServerId(str(uuid.uuid4()))
        row = make_server(id=server_id, project_id=self.project.project_id, hostname=hostname)
        await self.store.write(lambda connection: servers.insert(connection, row))
        return Instance(
            server_id=server_id,
            project_id=self.project.project_id,
            hostname=hostname,
            availability_zone="nova",
        )

    async def allocate(self, asked: Any, *groups: str, server: Instance | None = None, **more: Any) -> Any:
        """The NetworkInfo of a new server, or of this one, and its id."""
        instance = server or await self.server()
        given = await self.service.allocate_for_instance(
            self.project.caller(), instance, asked, groups, bind_host=HOST, **more
        )
        return instance.server_id, given


def on(network_id: NetworkId, **more: Any) -> RequestedNetwork:
    """One NIC on a network."""
    return RequestedNetwork(network_id=network_id, **more)


def by(port_id: PortId, **more: Any) -> RequestedNetwork:
    """One NIC by a port."""
    return RequestedNetwork(port_id=port_id, **more)


def neutron_settings(cloud: Cloud, network_url: str, **changes: Any) -> NeutronSettings:
    """How compute reaches this cloud's networks: as its admin."""
    auth = clouds_file.read(cloud.folder.clouds).clouds[clouds_file.ADMIN_CLOUD].auth
    fields: dict[str, Any] = {
        "endpoint": f"{network_url}/network",
        "auth": "password",
        "auth_url": f"{cloud.url}/identity/v3",
        "username": auth.username,
        "password": auth.password,
        "project": auth.project_name,
        "look_seconds": 0.0,
    }
    return NeutronSettings(**(fields | changes))


async def admin_client(cloud: Cloud, user: str = "admin") -> httpx.AsyncClient:
    """The user admin or demo of the cloud, over HTTP."""
    name = clouds_file.ADMIN_CLOUD if user == "admin" else clouds_file.USER_CLOUD
    auth = clouds_file.read(cloud.folder.clouds).clouds[name].auth
    who = {"name": auth.username, "domain": {"id": "default"}, "password": auth.password}
    scope = {"project": {"name": auth.project_name, "domain": {"id": "default"}}}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": who}}, "scope": scope}}
    client = httpx.AsyncClient(base_url=cloud.url, timeout=60, trust_env=False)
    reply = await client.post("/identity/v3/auth/tokens", json=body)
    client.headers["X-Auth-Token"] = reply.headers["X-Subject-Token"]
    client.headers["X-Test-User"] = reply.json()["token"]["user"]["id"]
    return client


async def new_project(client: httpx.AsyncClient) -> Project:
    """A project of its own, in which the admin is a member: so compute may ask in its view."""
    name = f"project-{uuid.uuid4().hex[:8]}"
    made = (await client.post("/identity/v3/projects", json={"project": {"name": name}})).json()["project"]
    role = (await client.get("/identity/v3/roles", params={"name": "member"})).json()["roles"][0]["id"]
    user = client.headers["X-Test-User"]
    reply = await client.put(f"/identity/v3/projects/{made['id']}/users/{user}/roles/{role}")
    assert reply.status_code == 204, reply.text
    return Project(client, ProjectId(made["id"]), name)
