"""POST /servers?dry_run=true: what would be allocated or why not, with nothing changed."""

from typing import Any

import httpx
import pytest

from berthline.domain.ids import new_id
from berthline.store.control import quotas
from berthline.store.tables import metadata
from tests.api.builder import Cloud
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

SERVERS = "/compute/v2.1/servers"


async def plan(ground: Ground, client: httpx.AsyncClient | None = None, **fields: Any) -> httpx.Response:
    body = ground.body(**fields)
    return await (client or ground.red).post(SERVERS, params={"dry_run": "true"}, json=body, headers=LATEST)


def everything(world: World) -> dict[str, list[Any]]:
    """Every row there is."""
    return world.store.read_now(
        lambda connection: {
            table.name: [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }
    )


async def test_a_plan_says_what_the_server_then_gets(ground: Ground, world: World, cloud: Cloud) -> None:
    networks = [{"uuid": ground.network, "fixed_ip": "10.9.0.244"}, {"uuid": ground.network, "tag": "b"}]
    before = everything(world)
    answer = await plan(ground, networks=networks, min_count=1)
    assert answer.status_code == 200, answer.text
    assert everything(world) == before
    found = answer.json()["plan"]
    (server,) = found["servers"]
    assert [nic["fixed_ips"] for nic in server["networks"]] == [["10.9.0.244"], []]
    assert [nic["tag"] for nic in server["networks"]] == [None, "b"]
    assert {nic["network_name"] for nic in server["networks"]} == {"private"}
    # 191 addresses in the pool, one of them for this server: the one it names lies beside the pool
    assert server["networks"][0]["subnets"][0] == {
        "id": server["networks"][0]["subnets"][0]["id"],
        "cidr": "10.9.0.0/24",
        "addresses_left": 190,
    }
    assert "host" not in server
    project = cloud.people["red-member"].project_id
    real = await ground.boot(world, networks=networks)
    left = world.store.read_now(lambda connection: quotas.left(connection, project, ["instances", "port", "cores"]))
    assert left == {name: found["quota_left"][name] for name in left}
    shown = (await ground.red.get(f"{SERVERS}/{real}", headers=LATEST)).json()["server"]
    assert shown["hostId"] == server["hostId"]


async def test_a_plan_for_several_spreads_them_and_admins_see_hosts(ground: Ground, world: World) -> None:
    answer = await plan(ground, ground.admin, networks="none", max_count=4, min_count=4)
    servers = answer.json()["plan"]["servers"]
    assert [server["name"] for server in servers] == ["web-1", "web-2", "web-3", "web-4"]
    assert sorted(server["host"] for server in servers) == ["host-a", "host-a", "host-b", "host-b"]


async def test_admins_are_told_of_each_host_why_not(ground: Ground, world: World) -> None:
    services = (await ground.admin.get("/compute/v2.1/os-services", headers=LATEST)).json()["services"]
    off = next(service["id"] for service in services if service["host"] == "host-a")
    await ground.admin.put(f"/compute/v2.1/os-services/{off}", json={"status": "disabled"}, headers=LATEST)
    flavor = {"name": "wide", "id": "wide", "ram": 512, "vcpus": 4, "disk": 1}  # four of them fill a host
    await ground.admin.post("/compute/v2.1/flavors", json={"flavor": flavor})
    before = everything(world)
    disabled = {"host": "host-a", "reason": "it is disabled"}
    shown = (await plan(ground, ground.admin, networks="none")).json()["plan"]
    assert (shown["hosts"], shown["more_hosts"]) == ([disabled, {"host": "host-b", "reason": None}], 0)
    assert [server["host"] for server in shown["servers"]] == ["host-b"]
    assert "hosts" not in (await plan(ground)).json()["plan"]
    full = await plan(ground, ground.admin, networks="none", min_count=5, max_count=5, flavorRef="wide")
    details = full.json()["conflictingRequest"]["details"]
    short = {"host": "host-b", "reason": "4 vCPUs wanted, 0 left, 512 MiB of memory wanted, 0 left"}
    assert details == {"servers": 5, "with_a_host": 4, "hosts": [disabled, short], "more_hosts": 0}
    assert everything(world) == before


async def test_why_not_is_told_as_the_real_request_would(ground: Ground, world: World, cloud: Cloud) -> None:
    project = cloud.people["red-member"].project_id
    unlimited = {"instances": -1, "cores": -1, "ram": -1}
    world.store.write_now(lambda connection: quotas.set_limits(connection, project, unlimited))
    before = everything(world)
    none = await plan(ground, networks="none", min_count=33, max_count=33)
    assert none.status_code == 409, none.text
    fault = none.json()["conflictingRequest"]
    assert fault["message"].startswith("No valid host was found.")
    assert fault["details"] == {"servers": 33, "with_a_host": 32}
    refusals: list[tuple[int, dict[str, Any]]] = [
        (400, {"networks": [{"uuid": new_id()}]}),
        (400, {"networks": [{"uuid": ground.network, "fixed_ip": "192.0.2.1"}]}),
        (400, {"flavorRef": "none"}),
        (400, {"name": ""}),
    ]
    for status, fields in refusals:
        answer = await plan(ground, **fields)
        real = await ground.red.post(SERVERS, json=ground.body(**fields), headers=LATEST)
        assert (answer.status_code, answer.json()) == (status, real.json())
    assert (await plan(ground, ground.reader)).status_code == 403
    assert everything(world) == before


@pytest.mark.parametrize(("value", "status"), [("false", 202), ("0", 202), ("maybe", 400), ("", 400)])
async def test_the_parameter_is_a_boolean(ground: Ground, world: World, value: str, status: int) -> None:
    answer = await ground.red.post(SERVERS, params={"dry_run": value}, json=ground.body(), headers=LATEST)
    assert answer.status_code == status
    await world.settle()


async def test_a_plan_reads_no_key(ground: Ground, world: World) -> None:
    headers = LATEST | {"Idempotency-Key": "k"}
    for _ in range(2):
        answer = await ground.red.post(SERVERS, params={"dry_run": "1"}, json=ground.body(), headers=headers)
        assert (answer.status_code, "idempotency-replayed" in answer.headers) == (200, False)
    made = await ground.red.post(SERVERS, json=ground.body(), headers=headers)
    assert (made.status_code, "idempotency-replayed" in made.headers) == (202, False)
    await world.settle()
