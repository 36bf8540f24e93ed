"""Both network services as one fixture: our own, in the cloud's store, and one that speaks HTTP to that cloud."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from berthline.bootstrap.cloud import Cloud, running_cloud
from berthline.config import Dataplane, Settings, Simulated
from berthline.domain.clock import SystemClock
from berthline.domain.ids import ProjectId
from berthline.network.neutron.service import NeutronNetworkService
from tests.databases import Databases, NewStore
from tests.interop.proxy import FaultProxy

from .compute import Compute, compute_settings, eventually, running_compute
from .ground import Ground, Project, admin_client, neutron_settings, new_project


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def cloud(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> AsyncIterator[Cloud]:
    """A Berthline whose networks are used."""
    folder = tmp_path_factory.mktemp("neutron")
    settings = Settings(
        data=str(folder),
        database=databases.setting(folder),
        listen="127.0.0.1:0",
        dataplane=Dataplane(kind="simulated"),
        simulated=Simulated(hosts=1),
    )
    async with running_cloud(settings, serve=True, durable=False) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(cloud: Cloud) -> AsyncIterator[httpx.AsyncClient]:
    """An admin of that cloud."""
    opened = await admin_client(cloud)
    yield opened
    await opened.aclose()


@pytest_asyncio.fixture(loop_scope="session")
async def project(client: httpx.AsyncClient) -> Project:
    return await new_project(client)


@pytest_asyncio.fixture(loop_scope="session")
async def remote(
    cloud: Cloud, project: Project, client: httpx.AsyncClient, new_store: NewStore
) -> AsyncIterator[Ground]:
    """Compute with a store of its own; a proxy before the network API counts and fails its requests."""
    store = new_store()
    async with FaultProxy(cloud.url).running() as proxy:
        service = NeutronNetworkService(neutron_settings(cloud, proxy.url), store, SystemClock())
        await service.extensions()
        proxy.clear()
        yield Ground(service, store, project, lambda: new_project(client), cloud, proxy)
        service.close()
    store.close()


@pytest.fixture(params=["own", "neutron"])
def ground(request: pytest.FixtureRequest, cloud: Cloud, project: Project, client: httpx.AsyncClient) -> Ground:
    """Each of the two."""
    if request.param == "neutron":
        found = request.getfixturevalue("remote")
        assert isinstance(found, Ground)
        return found
    outside = cloud.outside
    return Ground(outside.network, outside.store, project, lambda: new_project(client), cloud)


@pytest_asyncio.fixture(loop_scope="session")
async def demo(client: httpx.AsyncClient) -> Project:
    """The other cloud's project demo, which has the name of ours; its admin becomes a member of it."""
    found = (await client.get("/identity/v3/projects", params={"name": "demo"})).json()["projects"][0]
    role = (await client.get("/identity/v3/roles", params={"name": "member"})).json()["roles"][0]["id"]
    user = client.headers["X-Test-User"]
    reply = await client.put(f"/identity/v3/projects/{found['id']}/users/{user}/roles/{role}")
    assert reply.status_code == 204
    return Project(client, ProjectId(found["id"]), "demo")


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(cloud: Cloud) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(cloud.url).running() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def compute(cloud: Cloud, proxy: FaultProxy, tmp_path: Path) -> AsyncIterator[Compute]:
    """The cloud that has no networks of its own; it ends without a leak."""
    async with running_compute(compute_settings(cloud, proxy.url, tmp_path), cloud) as running:
        yield running
        await eventually(running.cloud.leaks, lambda leaks: not leaks)
