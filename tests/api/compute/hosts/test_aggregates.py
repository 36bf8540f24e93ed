"""os-aggregates and os-availability-zone: what operators say of hosts, and servers that are placed by it."""

from typing import Any

import httpx
import pytest

from berthline.domain.ids import new_id
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

AGGREGATES = "/compute/v2.1/os-aggregates"
SERVERS = "/compute/v2.1/servers"
ZONES = "/compute/v2.1/os-availability-zone"


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


async def make(ground: Ground, name: str, zone: str | None = None, *hosts: str) -> int:
    body = {"aggregate": {"name": name} | ({} if zone is None else {"availability_zone": zone})}
    answer = await ground.admin.post(AGGREGATES, json=body, headers=LATEST)
    assert answer.status_code == 200, answer.text
    made: int = answer.json()["aggregate"]["id"]
    for host in hosts:
        assert (await act(ground, made, add_host={"host": host})).status_code == 200
    return made


async def act(ground: Ground, aggregate: int, /, **body: Any) -> httpx.Response:
    return await ground.admin.post(f"{AGGREGATES}/{aggregate}/action", json=body, headers=LATEST)


async def show(ground: Ground, aggregate: int, minor: int = 100) -> dict[str, Any]:
    shown: dict[str, Any] = (await ground.admin.get(f"{AGGREGATES}/{aggregate}", headers=at(minor))).json()["aggregate"]
    return shown


async def server(ground: Ground, server_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = (await ground.admin.get(f"{SERVERS}/{server_id}", headers=LATEST)).json()["server"]
    return shown


def message(answer: httpx.Response) -> str:
    told: str = next(iter(answer.json().values()))["message"]
    return told


async def test_an_aggregate_lives(ground: Ground) -> None:
    body = {"aggregate": {"name": "fast", "availability_zone": "z1"}}
    made = (await ground.admin.post(AGGREGATES, json=body, headers=at(1))).json()["aggregate"]
    plain = {"id", "name", "availability_zone", "created_at", "updated_at", "deleted_at", "deleted"}
    assert set(made) == plain
    assert (made["name"], made["availability_zone"], made["updated_at"], made["deleted"]) == ("fast", "z1", None, False)
    number = made["id"]
    assert (await act(ground, number, add_host={"host": "host-a"})).json()["aggregate"]["hosts"] == ["host-a"]
    changed = await act(ground, number, set_metadata={"metadata": {"ssd": "true", "old": "x"}})
    assert changed.json()["aggregate"]["metadata"] == {"ssd": "true", "old": "x", "availability_zone": "z1"}
    await act(ground, number, set_metadata={"metadata": {"old": None, "new": "y"}})
    shown = await show(ground, number, 40)
    assert set(shown) == plain | {"hosts", "metadata"}
    assert shown["metadata"] == {"ssd": "true", "new": "y", "availability_zone": "z1"}
    assert set(await show(ground, number, 41)) == set(shown) | {"uuid"}
    assert (await ground.admin.get(AGGREGATES, headers=at(40))).json() == {"aggregates": [shown]}
    renamed = await ground.admin.put(f"{AGGREGATES}/{number}", json={"aggregate": {"name": " quick "}}, headers=LATEST)
    assert renamed.json()["aggregate"]["name"] == "quick"
    kept = await ground.admin.delete(f"{AGGREGATES}/{number}", headers=LATEST)
    assert (kept.status_code, "Host aggregate is not empty" in message(kept)) == (400, True)
    assert (await act(ground, number, remove_host={"host": "host-a"})).json()["aggregate"]["hosts"] == []
    assert (await ground.admin.delete(f"{AGGREGATES}/{number}", headers=LATEST)).status_code == 200
    gone = await ground.admin.get(f"{AGGREGATES}/{number}", headers=LATEST)
    assert (gone.status_code, message(gone)) == (404, f"Aggregate {number} could not be found.")


async def test_aggregates_are_for_admins(ground: Ground) -> None:
    number = await make(ground, "one")
    for client in (ground.red, ground.reader):
        for answer in (
            await client.get(AGGREGATES, headers=LATEST),
            await client.get(f"{AGGREGATES}/{number}", headers=LATEST),
            await client.post(AGGREGATES, json={"aggregate": {"name": "two"}}, headers=LATEST),
            await client.put(f"{AGGREGATES}/{number}", json={"aggregate": {"name": "two"}}, headers=LATEST),
            await client.delete(f"{AGGREGATES}/{number}", headers=LATEST),
            await client.post(f"{AGGREGATES}/{number}/action", json={"add_host": {"host": "host-a"}}, headers=LATEST),
        ):
            assert answer.status_code == 403
        assert (await client.get(ZONES, headers=LATEST)).status_code == 200
        assert (await client.get(f"{ZONES}/detail", headers=LATEST)).status_code == 403
    assert (await show(ground, number))["hosts"] == []


async def test_what_is_wrong_is_refused_and_changes_nothing(ground: Ground) -> None:
    number = await make(ground, "one", "z1", "host-a")
    other = await make(ground, "two", "z2")
    before = await show(ground, number), await show(ground, other)

    async def put(item: dict[str, Any], aggregate: int = number) -> httpx.Response:
        return await ground.admin.put(f"{AGGREGATES}/{aggregate}", json={"aggregate": item}, headers=LATEST)

    for answer, status, word in (
        (
            await ground.admin.post(AGGREGATES, json={"aggregate": {"name": "one"}}, headers=LATEST),
            409,
            "already exists",
        ),
        (await put({"name": "two"}), 409, "already exists"),
        (await put({}), 400, "name"),
        (await put({"availability_zone": ""}), 400, "empty named"),
        (await put({"availability_zone": None}), 400, "empty named"),
        (await put({"availability_zone": "a:b"}), 400, "availability_zone"),
        (await put({"name": "x"}, 999), 404, "999"),
        (await ground.admin.get(f"{AGGREGATES}/x", headers=LATEST), 400, "integer"),
        (await ground.admin.get(f"{AGGREGATES}/-1", headers=LATEST), 404, "could not be found"),
        (await act(ground, number, add_host={"host": "host-a"}), 409, "already has host"),
        (await act(ground, other, add_host={"host": "host-a"}), 409, "already in availability zone(s) ['z1']"),
        (await act(ground, number, add_host={"host": "nowhere"}), 404, "nowhere"),
        (await act(ground, 999, add_host={"host": "host-b"}), 404, "999"),
        (await act(ground, number, remove_host={"host": "host-b"}), 404, "host-b"),
        (await act(ground, number, set_metadata={"metadata": {"availability_zone": None}}), 400, "empty named"),
        (await act(ground, number, set_metadata={"metadata": {"a": "b" * 256}}), 400, "a"),
        (await act(ground, number), 400, "one of"),
        (await act(ground, number, add_host={"host": "host-b"}, remove_host={"host": "host-a"}), 400, "one of"),
        (await act(ground, number, add_host={"host": "host-b", "more": 1}), 400, "more"),
    ):
        assert answer.status_code == status, answer.text
        assert word in message(answer)
    assert (await show(ground, number), await show(ground, other)) == before


async def test_a_zone_is_that_of_the_aggregate_and_servers_are_in_it(ground: Ground, world: World) -> None:
    await make(ground, "one", "z1", "host-a")
    shown = (await ground.red.get(ZONES, headers=LATEST)).json()["availabilityZoneInfo"]
    assert [(zone["zoneName"], zone["zoneState"]["available"], zone["hosts"]) for zone in shown] == [
        ("nova", True, None),
        ("z1", True, None),
    ]
    detail = (await ground.admin.get(f"{ZONES}/detail", headers=LATEST)).json()["availabilityZoneInfo"]
    assert {zone["zoneName"]: list(zone["hosts"]) for zone in detail} == {"nova": ["host-b"], "z1": ["host-a"]}
    services = (await ground.admin.get("/compute/v2.1/os-services", headers=LATEST)).json()["services"]
    assert {service["host"]: service["zone"] for service in services} == {"host-a": "z1", "host-b": "nova"}
    for zone, host in (("z1", "host-a"), ("nova", "host-b")):
        for _ in range(3):
            made = await server(ground, await ground.boot(world, availability_zone=zone))
            assert (made["OS-EXT-SRV-ATTR:host"], made["OS-EXT-AZ:availability_zone"]) == (host, zone)
            assert made["pinned_availability_zone"] == zone
    free = [await server(ground, await ground.boot(world)) for _ in range(2)]
    assert {one["OS-EXT-AZ:availability_zone"] for one in free} == {"z1", "nova"}, "no zone asked for: any host"
    assert {one["pinned_availability_zone"] for one in free} == {None}
    wrong = await ground.red.post(SERVERS, json=ground.body(availability_zone="z9"), headers=LATEST)
    assert (wrong.status_code, message(wrong)) == (400, "The requested availability zone is not available")
    apart = await ground.admin.post(
        f"{SERVERS}?dry_run=1", json=ground.body(availability_zone="z1:host-b"), headers=LATEST
    )
    assert apart.status_code == 409 or "network" in apart.text.lower()


async def test_a_server_is_pinned_to_the_zone_it_is_in_and_let_go(ground: Ground, world: World) -> None:
    await make(ground, "one", "z1", "host-a")
    path = f"{SERVERS}/{await ground.boot(world, availability_zone='nova')}"
    changes: tuple[tuple[str | None, int, str], ...] = (
        ("nova", 200, ""),
        ("z1", 409, "Unpin first"),
        (None, 200, ""),
        (None, 200, ""),
        ("z1", 409, "'nova', but 'z1'"),
        ("", 400, "pinned_availability_zone"),
        ("nova", 200, ""),
    )
    for zone, status, word in changes:
        before = (await ground.red.get(path, headers=LATEST)).json()["server"]
        body = {"server": {"pinned_availability_zone": zone, "name": f"in {zone} {status}"}}
        answer = await ground.red.put(path, json=body, headers=LATEST)
        assert answer.status_code == status, answer.text
        assert word in answer.text
        shown = (await ground.red.get(path, headers=LATEST)).json()["server"]
        if status == 200:
            assert (shown["pinned_availability_zone"], shown["name"]) == (zone, f"in {zone} {status}")
        else:
            assert shown == before, "a refused change changes nothing"
    body = {"server": {"pinned_availability_zone": None}}
    old = await ground.red.put(path, json=body, headers={"OpenStack-API-Version": "compute 2.103"})
    assert (old.status_code, "pinned_availability_zone" in old.text) == (400, True)


async def test_a_zone_does_not_change_under_servers(ground: Ground, world: World) -> None:
    number = await make(ground, "one", "z1", "host-a")
    plain = await make(ground, "plain", None, "host-a")
    kept = await ground.boot(world, availability_zone="z1")
    twin = await make(ground, "twin", "z1")
    late = await make(ground, "late", "z2")
    for answer, status in (
        (await act(ground, number, remove_host={"host": "host-a"}), 409),
        (await act(ground, number, set_metadata={"metadata": {"availability_zone": "z2"}}), 400),
        (await act(ground, plain, set_metadata={"metadata": {"availability_zone": "z2"}}), 400),
        (await ground.admin.put(f"{AGGREGATES}/{number}", json={"aggregate": {"availability_zone": "z"}}), 400),
    ):
        assert answer.status_code == status, answer.text
    assert (await act(ground, twin, add_host={"host": "host-a"})).status_code == 200, "the same zone"
    assert (await act(ground, number, remove_host={"host": "host-a"})).status_code == 200, "the twin has it there"
    assert (await act(ground, plain, remove_host={"host": "host-a"})).status_code == 200, "it names no zone"
    there = await ground.boot(world, availability_zone="nova")
    refused = await act(ground, late, add_host={"host": "host-b"})
    assert (refused.status_code, "from 'None' to 'z2' but the host already has 1" in message(refused)) == (409, True)
    for one in (kept, there):
        await ground.red.delete(f"{SERVERS}/{one}", headers=LATEST)
    await world.settle()
    assert (await act(ground, late, add_host={"host": "host-b"})).status_code == 200
    assert (await act(ground, twin, set_metadata={"metadata": {"availability_zone": "z3"}})).status_code == 200
    names = [zone["zoneName"] for zone in (await ground.red.get(ZONES, headers=LATEST)).json()["availabilityZoneInfo"]]
    assert names == ["z2", "z3"]
    assert (await act(ground, late, remove_host={"host": "host-b"})).status_code == 200
    assert (await server(ground, await ground.boot(world, availability_zone="nova")))["status"] == "ACTIVE"


async def test_a_zone_whose_hosts_are_disabled_is_not_available(ground: Ground) -> None:
    await make(ground, "one", "z1", "host-a")
    services = (await ground.admin.get("/compute/v2.1/os-services", headers=LATEST)).json()["services"]
    off = next(service["id"] for service in services if service["host"] == "host-a")
    await ground.admin.put(f"/compute/v2.1/os-services/{off}", json={"status": "disabled"}, headers=LATEST)
    for path in (ZONES, f"{ZONES}/detail"):
        shown = (await ground.admin.get(path, headers=LATEST)).json()["availabilityZoneInfo"]
        found = [(zone["zoneName"], zone["zoneState"]["available"]) for zone in shown]
        assert found == [("nova", True), ("z1", False)]
    wrong = await ground.red.post(SERVERS, json=ground.body(availability_zone="z1"), headers=LATEST)
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    ("value", "host"), [("true", "host-a"), ("<or> no <or> true", "host-a"), ("s== nvme", "host-b"), ("false", None)]
)
async def test_a_flavor_asks_for_metadata_of_aggregates(
    ground: Ground, world: World, value: str, host: str | None
) -> None:
    first, second = await make(ground, "one", None, "host-a"), await make(ground, "two", None, "host-b")
    await act(ground, first, set_metadata={"metadata": {"ssd": "true, yes"}})
    await act(ground, second, set_metadata={"metadata": {"ssd": "nvme"}})
    specs = {"extra_specs": {"aggregate_instance_extra_specs:ssd": value}}
    await ground.admin.post(f"/compute/v2.1/flavors/{ground.flavor}/os-extra_specs", json=specs, headers=LATEST)
    for _ in range(2):
        made = await server(ground, await ground.boot(world))
        assert made["OS-EXT-SRV-ATTR:host"] == host
        if host is None:
            assert f"it is in no aggregate with ssd {value}" in made["fault"]["details"]


async def test_capabilities_choose_hosts(ground: Ground, world: World) -> None:
    filled = await server(ground, await ground.boot(world))
    specs = {"extra_specs": {"capabilities:num_instances": ">= 1", "capabilities:vcpus_total": ">= 4"}}
    await ground.admin.post(f"/compute/v2.1/flavors/{ground.flavor}/os-extra_specs", json=specs, headers=LATEST)
    for _ in range(3):
        made = await server(ground, await ground.boot(world))
        assert made["OS-EXT-SRV-ATTR:host"] == filled["OS-EXT-SRV-ATTR:host"]


async def test_images_are_made_ready_on_the_hosts_of_an_aggregate(ground: Ground, world: World) -> None:
    number = await make(ground, "ready", None, "host-b")
    path, body = f"{AGGREGATES}/{number}/images", {"cache": [{"id": ground.image}]}
    answer = await ground.admin.post(path, json=body, headers=LATEST)
    assert (answer.status_code, answer.content) == (202, b"")
    await world.settle()
    there = world.outside.hypervisors.items()
    assert {name: len(await host.cached_images()) for name, host in there} == {"host-a": 0, "host-b": 1}
    wrong: tuple[tuple[dict[str, Any], int], ...] = (
        ({"cache": []}, 400),
        ({"cache": [{"id": ground.image}] * 2}, 400),
        ({"cache": [{"id": "x"}]}, 400),
        ({"cache": [{"id": new_id()}]}, 400),
        ({"cache": [{"id": ground.image, "more": 1}]}, 400),
        ({}, 400),
    )
    for sent, status in wrong:
        assert (await ground.admin.post(path, json=sent, headers=LATEST)).status_code == status, sent
    assert (await ground.red.post(path, json=body, headers=LATEST)).status_code == 403
    old = await ground.admin.post(path, json=body, headers={"OpenStack-API-Version": "compute 2.80"})
    assert old.status_code == 404
    assert (await ground.admin.post(f"{AGGREGATES}/{number + 9}/images", json=body, headers=LATEST)).status_code == 404
    assert (await ground.admin.post(f"{AGGREGATES}/x/images", json=body, headers=LATEST)).status_code == 400
