"""The network API over a real network service: clients of every role, and shorthand for what tests make."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from berthline.network.local import LocalNetworkService
from berthline.network.settings import NetworkSettings
from berthline.store import Store
from berthline.store.control.leaks import stored_leaks
from tests.api.builder import Cloud, HandClock

PREFIX = "/network/v2.0"


class Api:
    """One person's view of the network API. ``make`` and ``fetch`` expect success, ``refused`` an error."""

    def __init__(self, client: httpx.AsyncClient, project_id: str) -> None:
        self.client = client
        self.project_id = project_id

    async def make(self, noun: str, plural: str | None = None, **attributes: Any) -> dict[str, Any]:
        """POST one object; its representation."""
        path = (plural or f"{noun}s").replace("_", "-")
        answer = await self.client.post(f"{PREFIX}/{path}", json={noun: attributes})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()[noun]
        return made

    async def fetch(self, path: str, **query: Any) -> Any:
        """GET below /v2.0; the body."""
        answer = await self.client.get(f"{PREFIX}/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def change(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        """PUT below /v2.0; the body."""
        answer = await self.client.put(f"{PREFIX}/{path}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def drop(self, path: str) -> None:
        """DELETE below /v2.0."""
        answer = await self.client.delete(f"{PREFIX}/{path}")
        assert answer.status_code == 204, answer.text

    async def refused(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, str]:
        """Status, type and message of the error that a request is answered with."""
        answer = await self.client.request(method, f"{PREFIX}/{path}", json=body, headers=headers)
        assert answer.status_code >= 400, answer.text
        assert set(answer.json()) == {"NeutronError"}
        error = answer.json()["NeutronError"]
        assert set(error) == {"type", "message", "detail"}
        assert "Traceback" not in answer.text
        return answer.status_code, error["type"], error["message"]

    async def network_with_subnet(self, cidr: str = "10.0.0.0/24", **attributes: Any) -> tuple[str, str]:
        """Ids of a new network and its subnet."""
        network = await self.make("network", name="net")
        version = 6 if ":" in cidr else 4
        subnet = await self.make("subnet", network_id=network["id"], ip_version=version, cidr=cidr, **attributes)
        return network["id"], subnet["id"]


@pytest.fixture
def network_service(store: Store, clock: HandClock) -> LocalNetworkService:
    return LocalNetworkService(store, clock, NetworkSettings(physical_networks=("public", "lab")))


async def _api(cloud: Cloud, name: str) -> Api:
    return Api(await cloud.client_for(name), cloud.people[name].project_id)


@pytest.fixture
async def red(cloud: Cloud) -> Api:
    """A member of project red."""
    return await _api(cloud, "red-member")


@pytest.fixture
async def blue(cloud: Cloud) -> Api:
    """A member of project blue."""
    return await _api(cloud, "blue-member")


@pytest.fixture
async def reader(cloud: Cloud) -> Api:
    """A reader of project red."""
    return await _api(cloud, "red-reader")


@pytest.fixture
async def admin(cloud: Cloud) -> Api:
    """An admin."""
    return await _api(cloud, "admin")


@pytest.fixture(autouse=True)
async def no_leaks(store: Store, cloud: Cloud) -> AsyncIterator[None]:
    """After every test the store has no leak: counters are exact, nothing lacks its owner."""
    yield
    assert store.read_now(stored_leaks) == ()
