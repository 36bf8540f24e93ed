"""What is asked after a boot is answered alike by a process that never saw it: from rows, or by asking the host."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from berthline.domain.ids import NetworkId, new_id
from berthline.identity import Identity, IdentitySettings
from berthline.images import Images
from berthline.images.stores.folder import FolderStore
from berthline.metadata.app import create_metadata_app
from berthline.network.local import LocalNetworkService
from berthline.network.nics.in_store import StoreNetworkService
from berthline.saga import Engine, Worker
from berthline.store import Connection, Store
from berthline.store.control.sagas import StoredSagaLog
from berthline.store.control.workers import StoredWorkers
from berthline.store.engine.location import Location
from berthline.workflows.compute import Compute
from berthline.workflows.definitions import definitions
from tests.api.builder import Cloud, HandClock, application
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World


@pytest.fixture
async def late(
    cloud: Cloud, world: World, clock: HandClock, database: Location, tmp_path: Path
) -> AsyncIterator[Callable[[], Cloud]]:
    """Starts another process beside the same hosts and the same dataplane. It takes up no saga."""
    begun: list[Cloud] = []

    def start() -> Cloud:
        store = Store(database, durable=False)
        images = Images(store, clock, FolderStore(tmp_path / "images"))
        network = StoreNetworkService(store, clock, world.outside.dataplane)
        worker = Worker(StoredWorkers(store), new_id(), drives=False)
        outside = replace(world.outside, store=store, images=images, network=network, waiting_ports={})
        outside = replace(outside, epoch_of=worker.epoch_of)
        engine: Engine[Connection] = Engine(StoredSagaLog(store), definitions(outside), clock, worker=worker)
        services = replace(
            cloud.services,
            store=store,
            identity=Identity(store, clock, IdentitySettings(hash_time_cost=1, hash_memory_kib=8)),
            images=images,
            network=LocalNetworkService(store, clock),
            compute=Compute(outside, engine),
        )
        begun.append(Cloud(application(services), services, clock, cloud.people, cloud.roles))
        return begun[-1]

    yield start
    for one in begun:
        await one.close()
        one.services.store.close()


async def answers(client: httpx.AsyncClient, paths: list[str]) -> dict[str, Any]:
    """Status and body of each path."""
    found: dict[str, Any] = {}
    for path in paths:
        answer = await client.get(path, headers=LATEST)
        found[path] = (answer.status_code, answer.json())
    return found


async def console(client: httpx.AsyncClient, server: str) -> tuple[int, str]:
    """Status and lines of a server's serial console."""
    body = {"os-getConsoleOutput": {"length": None}}
    answer = await client.post(f"/compute/v2.1/servers/{server}/action", json=body, headers=LATEST)
    return answer.status_code, answer.json()["output"]


async def test_all_that_is_asked_of_a_server(
    ground: Ground, world: World, cloud: Cloud, late: Callable[[], Cloud]
) -> None:
    server = await ground.boot(world, metadata={"role": "web"})
    other = late()
    of_first, of_other = await cloud.client_for("admin"), await other.client_for("admin")
    (saga,) = (await of_first.get(f"/berthline/v1/sagas?subject={server}")).json()["sagas"]
    (action,) = (await of_first.get(f"/compute/v2.1/servers/{server}/os-instance-actions", headers=LATEST)).json()[
        "instanceActions"
    ]
    paths = [
        f"/compute/v2.1/servers/{server}",
        "/compute/v2.1/servers/detail?all_tenants=1",
        f"/compute/v2.1/servers/{server}/os-interface",
        f"/compute/v2.1/servers/{server}/diagnostics",
        f"/compute/v2.1/servers/{server}/os-instance-actions/{action['request_id']}",
        f"/berthline/v1/servers/{server}/waterfall",
        f"/berthline/v1/sagas/{saga['id']}",
        "/berthline/v1/sagas",
        "/berthline/v1/leaks",
        "/compute/v2.1/os-hypervisors/detail",
        "/compute/v2.1/os-services",
        "/compute/v2.1/os-availability-zone/detail",
        f"/image/v2/images/{ground.image}",
    ]
    expected = await answers(of_first, paths)
    assert await answers(of_other, paths) == expected
    assert {status for status, _ in expected.values()} == {200}
    lines = await console(of_first, server)
    assert lines[0] == 200
    assert "ready" in lines[1]
    assert await console(of_other, server) == lines
    image = f"/image/v2/images/{ground.image}/file"
    assert (await of_other.get(image)).content == (await of_first.get(image)).content
    assert (await other.anonymous().get("/healthz")).json()["ready"] is True


async def test_a_plan_is_the_same_before_and_after_a_boot(
    ground: Ground, world: World, cloud: Cloud, late: Callable[[], Cloud]
) -> None:
    other = late()
    clients = [await one.client_for("red-member") for one in (cloud, other)]

    async def planned(client: httpx.AsyncClient) -> Any:
        answer = await client.post("/compute/v2.1/servers?dry_run=true", json=ground.body(), headers=LATEST)
        assert answer.status_code == 200, answer.text
        plan = answer.json()["plan"]
        return plan["quota_left"], [server["hostId"] for server in plan["servers"]]

    assert await planned(clients[0]) == await planned(clients[1])
    await ground.boot(world)
    assert await planned(clients[0]) == await planned(clients[1])


async def test_a_repeated_request_is_answered_by_whichever_process(
    ground: Ground, world: World, cloud: Cloud, late: Callable[[], Cloud]
) -> None:
    """The answer says no password again, since none is kept; and no second server is made."""
    other = late()
    key = {**LATEST, "Idempotency-Key": new_id()}
    first, again = [
        await client.post("/compute/v2.1/servers", json=ground.body(), headers=key)
        for client in [await one.client_for("red-member") for one in (cloud, other)]
    ]
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["server"]["id"] == first.json()["server"]["id"]
    await world.settle()
    listed = (await ground.red.get("/compute/v2.1/servers")).json()["servers"]
    assert [server["id"] for server in listed] == [first.json()["server"]["id"]]


async def test_a_guest_is_told_who_it_is_by_whichever_process(
    ground: Ground, world: World, late: Callable[[], Cloud]
) -> None:
    """169.254.169.254 is answered by the one that has the networks' namespaces, which may change."""
    server = await ground.boot(world, metadata={"role": "web"})
    shown = (await ground.red.get(f"/compute/v2.1/servers/{server}")).json()["server"]
    address = shown["addresses"]["private"][0]["addr"]
    other = late()
    told = []
    for store in (world.store, other.services.store):
        transport = httpx.ASGITransport(create_metadata_app(store, NetworkId(ground.network)), client=(address, 40000))
        async with httpx.AsyncClient(transport=transport, base_url="http://169.254.169.254") as guest:
            meta = (await guest.get("/openstack/latest/meta_data.json")).json()
            told.append({name: value for name, value in meta.items() if name != "random_seed"})
    assert told[0] == told[1]
    assert told[0]["uuid"] == server


async def test_a_console_of_a_host_that_this_process_does_not_reach_says_so(
    ground: Ground, world: World, cloud: Cloud, late: Callable[[], Cloud]
) -> None:
    server = await ground.boot(world)
    other = late()
    held: Any = other.services.compute
    held._outside = replace(held._outside, hypervisors={})
    body = {"os-getConsoleOutput": {"length": None}}
    client = await other.client_for("admin")
    answer = await client.post(f"/compute/v2.1/servers/{server}/action", json=body, headers=LATEST)
    assert answer.status_code >= 400
    assert (await console(await cloud.client_for("admin"), server))[0] == 200
