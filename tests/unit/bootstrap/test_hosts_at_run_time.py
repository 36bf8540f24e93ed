"""Hosts come and go while a cloud runs, in every process of it; settings only name them the first time."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from berthline.bootstrap import clouds_file
from berthline.bootstrap.cloud import Cloud, running_cloud
from berthline.config import Simulated
from berthline.domain.ids import HostName
from berthline.simulated.address import Address
from berthline.simulated.server import WorldServer
from berthline.store.compute import enrolled
from tests.unit.bootstrap.test_cloud import all_ended, boot, settings, settled, user_of
from tests.unit.bootstrap.test_world_apart import new_world, on

LIMIT = 60.0
HOSTS = "/berthline/v1/hosts"
NEWEST = {"OpenStack-API-Version": "compute latest"}

pytestmark = pytest.mark.usefixtures("databases")


def admin_of(cloud: Cloud) -> Any:
    return user_of(cloud, clouds_file.ADMIN_CLOUD)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(LIMIT):
        while not await holds():  # noqa: ASYNC110 - it is asked over HTTP
            await asyncio.sleep(0.02)


async def states(admin: httpx.AsyncClient) -> dict[str, str]:
    answer = await admin.get(HOSTS)
    assert answer.status_code == 200, answer.text
    return {host["name"]: host["state"] for host in answer.json()["hosts"]}


async def add(admin: httpx.AsyncClient, name: str, **options: Any) -> httpx.Response:
    return await admin.post(HOSTS, json={"host": {"name": name, **options}})


async def up(admin: httpx.AsyncClient, name: str) -> None:
    async def holds() -> bool:
        return (await states(admin)).get(name) == "up"

    await until(holds)


async def test_a_host_is_added_used_and_removed_while_the_cloud_runs(tmp_path: Path) -> None:
    async with (
        running_cloud(settings(tmp_path), durable=False) as cloud,
        user_of(cloud) as client,
        admin_of(cloud) as admin,
    ):
        assert await states(admin) == {"simulated-1": "up", "simulated-2": "up"}
        answer = await add(
            admin, "big", vcpus=4, memory_mb=10**9, disk_gb=100, reserved_memory_mb=10**8, memory_ratio=1.0
        )
        assert answer.status_code == 201, answer.text
        assert answer.json()["host"]["found"]["memory_mb"] == 10**9
        await up(admin, "big")
        shown = (await admin.get(f"{HOSTS}/big")).json()["host"]
        assert shown["seen"]["memory_mb"] == {"physical": 10**9, "promised": 9 * 10**8, "claimed": 0}
        assert shown["seen"]["vcpus"]["promised"] == 64
        await boot(cloud, client, 1)
        assert await all_ended(client) == ["ACTIVE"]
        await settled(cloud)
        assert (await admin.get(f"{HOSTS}/big")).json()["host"]["seen"]["servers"] == 1, "it has most room"

        (service,) = (await admin.get("/compute/v2.1/os-services?host=big", headers=NEWEST)).json()["services"]
        path = f"/compute/v2.1/os-services/{service['id']}"
        refused = await admin.delete(path, headers=NEWEST)
        assert refused.status_code == 409
        assert "hosting instances" in refused.text
        assert (await admin.delete(f"{HOSTS}/big")).status_code == 409
        (server,) = (await client.get("/compute/v2.1/servers")).json()["servers"]
        await client.delete(f"/compute/v2.1/servers/{server['id']}")
        await settled(cloud)
        assert (await admin.delete(path, headers=NEWEST)).status_code == 204
        assert (await admin.delete(path, headers=NEWEST)).status_code == 404
        assert "big" not in await states(admin)
        assert await cloud.leaks() == ()


async def test_settings_name_hosts_once(tmp_path: Path) -> None:
    async with running_cloud(settings(tmp_path), durable=False) as cloud, admin_of(cloud) as admin:
        assert (await add(admin, "added")).status_code == 201
        await up(admin, "added")
        assert (await admin.delete(f"{HOSTS}/simulated-2")).status_code == 204
    more = msgspec.structs.replace(settings(tmp_path), simulated=Simulated(hosts=3))
    async with running_cloud(more, durable=False) as cloud, admin_of(cloud) as admin:
        expected = {"added": "up", "simulated-1": "up", "simulated-3": "up"}
        assert await states(admin) == expected, "what was removed is not added again, what is new is"
        assert (await add(admin, "simulated-2")).status_code == 201, "but by command"
        await up(admin, "simulated-2")


async def test_bad_hosts_are_refused_and_change_nothing(tmp_path: Path) -> None:
    async with (
        running_cloud(settings(tmp_path), durable=False) as cloud,
        user_of(cloud) as client,
        admin_of(cloud) as admin,
    ):
        before = await states(admin)
        for body, status, said in (
            ({"name": "simulated-1"}, 409, "There is a host simulated-1 already"),
            ({"name": "a/b"}, 400, "$.host.name"),
            ({"name": ""}, 400, "$.host.name"),
            ({"name": "a", "uri": "qemu+tls://h/system"}, 400, "they have no uri"),
            ({"name": "a", "memory_ratio": 0}, 400, "memory_ratio"),
            ({"name": "a", "reserved_disk_gb": -1}, 400, "reserved_disk_gb"),
            ({"name": "a", "colour": "red"}, 400, "colour"),
        ):
            answer = await admin.post(HOSTS, json={"host": body})
            assert (answer.status_code, said in answer.text) == (status, True), (body, answer.text)
        for change, status, said in (
            ({"vcpus": 3}, 400, "The size of a simulated host"),
            ({}, 400, "either enabled"),
            ({"enabled": True, "disabled_reason": "x"}, 400, "disabled_reason goes with"),
            ({"enabled": False, "gateway": False}, 400, "either enabled"),
            ({"name": "b"}, 400, "name"),
        ):
            answer = await admin.patch(f"{HOSTS}/simulated-1", json={"host": change})
            assert (answer.status_code, said in answer.text) == (status, True), (change, answer.text)
        answer = await admin.patch(f"{HOSTS}/simulated-1", json={"host": {"enabled": False, "disabled_reason": "why"}})
        assert (answer.json()["host"]["enabled"], answer.json()["host"]["disabled_reason"]) == (False, "why")
        answer = await admin.patch(f"{HOSTS}/simulated-1", json={"host": {"gateway": False}})
        assert answer.json()["host"]["gateway"] is False
        for answer in (
            await client.get(HOSTS),
            await client.get(f"{HOSTS}/simulated-1"),
            await client.post(HOSTS, json={"host": {"name": "mine"}}),
            await client.patch(f"{HOSTS}/simulated-1", json={"host": {"enabled": True}}),
            await client.delete(f"{HOSTS}/simulated-1"),
        ):
            assert answer.status_code == 403
        for answer in (
            await admin.get(f"{HOSTS}/none"),
            await admin.patch(f"{HOSTS}/none", json={"host": {"enabled": True}}),
            await admin.delete(f"{HOSTS}/none"),
        ):
            assert answer.status_code == 404
        assert (await admin.delete(f"{HOSTS}/simulated-1?servers=sold")).status_code == 400
        assert await states(admin) == before


async def refuses_bad_drains(client: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    """Bad bodies, others than admins, hosts that there are not, and one that was never drained."""
    bodies: tuple[tuple[dict[str, Any], str], ...] = (
        ({"drain": {"at_once": 0}}, "at_once"),
        ({"drain": {"at_once": "2"}}, "at_once"),
        ({"drain": {"servers": 2}}, "servers"),
        ({}, "drain"),
    )
    for body, said in bodies:
        answer = await admin.post(f"{HOSTS}/simulated-1/drain", json=body)
        assert (answer.status_code, said in answer.text) == (400, True), (body, answer.text)
    for answer in (
        await client.post(f"{HOSTS}/simulated-1/drain", json={"drain": {}}),
        await client.post(f"{HOSTS}/none/drain", json={"drain": {"colour": "red"}}),
        await client.get(f"{HOSTS}/simulated-1/drain"),
    ):
        assert answer.status_code == 403
    for answer in (
        await admin.get(f"{HOSTS}/none/drain"),
        await admin.get(f"{HOSTS}/simulated-1/drain"),
        await admin.post(f"{HOSTS}/none/drain", json={"drain": {}}),
    ):
        assert answer.status_code == 404
    assert (await admin.get(f"{HOSTS}/simulated-1")).json()["host"]["enabled"], "nothing changed"


async def replaced(client: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    """Another machine is in the place of the one that was drained, and no other; bad bodies change nothing."""
    for name, body, status in (
        ("simulated-2", {}, 409),
        ("none", {}, 404),
        ("simulated-1", {"uri": "qemu+tls://h/system"}, 400),
        ("simulated-1", {"reserved_vcpus": 3}, 400),
        ("simulated-1", {"virt_type": "xen"}, 400),
    ):
        answer = await admin.post(f"{HOSTS}/{name}/replace", json={"host": body})
        assert answer.status_code == status, (name, body, answer.text)
    assert (await client.post(f"{HOSTS}/simulated-1/replace", json={"host": {}})).status_code == 403
    assert not (await admin.get(f"{HOSTS}/simulated-1")).json()["host"]["enabled"]
    answer = await admin.post(f"{HOSTS}/simulated-1/replace", json={"host": {}})
    assert answer.status_code == 200, answer.text
    shown = answer.json()["host"]
    assert (shown["enabled"], shown["found"]["hypervisor_type"]) == (True, "simulated")
    await up(admin, "simulated-1")


async def test_a_host_is_drained_and_replaced(tmp_path: Path) -> None:
    async with (
        running_cloud(settings(tmp_path), durable=False) as cloud,
        user_of(cloud) as client,
        admin_of(cloud) as admin,
    ):
        await refuses_bad_drains(client, admin)
        assert (await admin.patch(f"{HOSTS}/simulated-2", json={"host": {"enabled": False}})).status_code == 200
        await boot(cloud, client, 3)
        assert await all_ended(client) == ["ACTIVE"] * 3
        await admin.patch(f"{HOSTS}/simulated-2", json={"host": {"enabled": True}})
        servers = (await client.get("/compute/v2.1/servers")).json()["servers"]
        stopped = servers[0]["id"]
        answer = await client.post(f"/compute/v2.1/servers/{stopped}/action", json={"os-stop": None})
        assert answer.status_code == 202, answer.text
        await settled(cloud)
        answer = await admin.post(f"{HOSTS}/simulated-1/drain", json={"drain": {"at_once": 3}})
        assert answer.status_code == 202, answer.text

        async def ended() -> bool:
            return bool((await admin.get(f"{HOSTS}/simulated-1/drain")).json()["drain"]["state"] != "draining")

        await until(ended)
        drain = (await admin.get(f"{HOSTS}/simulated-1/drain")).json()["drain"]
        assert (drain["state"], drain["at_once"], drain["host_answers"]) == ("drained", 3, True)
        assert (drain["left"], drain["waiting"], drain["under_way"], drain["shelved"]) == ([], [], [], [])
        expected = [{"id": key, "host": "simulated-2"} for key in sorted(server["id"] for server in servers)]
        assert [{"id": one["id"], "host": one["host"]} for one in drain["moved"]] == expected
        shown = (await admin.get(f"{HOSTS}/simulated-1")).json()["host"]
        assert (shown["enabled"], shown["disabled_reason"], shown["seen"]["servers"]) == (
            False,
            "it is being drained",
            0,
        )
        acts = (await admin.get(f"/compute/v2.1/servers/{stopped}/os-instance-actions")).json()["instanceActions"]
        assert [act["action"] for act in acts] == ["confirmResize", "migrate", "stop", "create"]
        assert acts[1]["request_id"] == answer.headers["x-openstack-request-id"], "the moves are the request's"
        await replaced(client, admin)
        assert (await admin.delete(f"{HOSTS}/simulated-1")).status_code == 204, "nothing is on it"
        assert (await admin.get(f"{HOSTS}/simulated-1/drain")).status_code == 404
        await settled(cloud)
        assert await cloud.leaks() == ()


async def test_every_process_takes_up_a_host_by_itself(tmp_path: Path) -> None:
    """One answers and one works, on a world apart, which offers the new host."""
    world, at = new_world(), Address(str(tmp_path / "w"))
    both = on(at, tmp_path / "data")
    async with (
        WorldServer(world).serving(at),
        running_cloud(both, role="api", durable=False) as api,
        running_cloud(both, role="worker", durable=False) as worker,
        admin_of(api) as admin,
    ):
        await up(admin, "two")
        assert (await add(admin, "three")).status_code == 201
        await up(admin, "three")

        async def holds() -> bool:
            return "three" in worker.worker.places and "three" in worker.outside.hypervisors

        await until(holds)
        assert "three" in api.outside.hypervisors
        assert HostName("three") in world.hosts
        assert (await admin.delete(f"{HOSTS}/three")).status_code == 204

        async def left() -> bool:
            return not any("three" in each.outside.hypervisors for each in (api, worker))

        await until(left)
        known = worker.outside.store.read_now(lambda connection: enrolled.get(connection, HostName("three")))
        assert known is not None
        assert known.removed_at is not None
