"""The contract of network services, kept by our client over the real Neutron with the real Keystone."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio

from bench.openstack import Stack
from berthline.domain.clock import SystemClock
from berthline.network.neutron.service import NeutronNetworkService
from berthline.network.neutron.settings import NeutronSettings
from tests.databases import NewStore
from tests.interop.proxy import FaultProxy

pytest.register_assert_rewrite("tests.contract.network_service.test_network_service")

from tests.contract.network_service.ground import Ground, Project, new_project, on  # noqa: E402
from tests.contract.network_service.test_network_service import *  # noqa: E402, F403

del test_states_are_those_of_the_ports  # noqa: F821 - it plugs a port at a simulated switch; see the end


class Mounted(httpx.AsyncHTTPTransport):
    """Sends what is asked below /network and /identity to where the real services are."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self._places = {"/network": stack.network_url, "/identity/v3": stack.identity_url}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx."""
        path = request.url.raw_path.decode()
        for prefix, place in self._places.items():
            if path.startswith(prefix):
                parts = urlsplit(place)
                whole = f"{parts.path}{path.removeprefix(prefix)}"
                request.url = request.url.copy_with(host=parts.hostname, port=parts.port, raw_path=whole.encode())
                request.headers["Host"] = parts.netloc
        return await super().handle_async_request(request)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(guarded_neutron: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """An admin of the real cloud."""
    stack = guarded_neutron
    assert stack.admin is not None
    async with httpx.AsyncClient(base_url="http://cloud", transport=Mounted(stack), timeout=120) as opened:
        opened.headers["X-Auth-Token"] = stack.token()
        users = (await opened.get("/identity/v3/users", params={"name": "berthline"})).json()["users"]
        opened.headers["X-Test-User"] = users[0]["id"]
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def project(client: httpx.AsyncClient) -> Project:
    return await new_project(client)


@pytest_asyncio.fixture(loop_scope="session")
async def ground(
    guarded_neutron: Stack, client: httpx.AsyncClient, project: Project, new_store: NewStore
) -> AsyncIterator[Ground]:
    """Compute with a store of its own, and an account of its own, at the real Neutron."""
    stack = guarded_neutron
    store = new_store()
    async with FaultProxy(stack.network_url).running() as proxy:
        settings = NeutronSettings(
            endpoint=proxy.url,
            auth="password",
            auth_url=stack.identity_url,
            username="berthline",
            password=stack.site.password,
            look_seconds=0.0,
        )
        service = NeutronNetworkService(settings, store, SystemClock())
        await service.extensions()
        proxy.clear()
        yield Ground(service, store, project, lambda: new_project(client), None, proxy)  # type: ignore[arg-type]
        service.close()
    store.close()


async def test_states_are_those_that_neutron_has(ground: Ground, guarded_neutron: Stack) -> None:
    server_id, given = await ground.allocate((on(await ground.project.network()),) * 2)
    assert [state.up for state in await ground.service.nic_states(server_id)] == [False, False]
    guarded_neutron.plug(given.vifs[1].id)
    assert [state.up for state in await ground.service.nic_states(server_id)] == [False, True]
    info = (await ground.service.get_instance_network_info([server_id]))[server_id]
    assert [vif.active for vif in info] == [False, True]
