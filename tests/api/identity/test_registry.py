"""Regions, services and endpoints that admins add to the catalogue; and those of the cloud itself, which stay."""

from typing import Any

import httpx
import pytest

from berthline.domain.identity import RegisteredEndpoint, RegisteredRegion, RegisteredService
from berthline.identity import registry
from berthline.store import Connection, Store
from berthline.store.identity import catalog as rows
from tests.api.builder import Cloud, login

V3 = "/identity/v3"
URL = "http://other.test:8776/v3/%(project_id)s"


async def make(admin: httpx.AsyncClient, noun: str, **values: Any) -> Any:
    answer = await admin.post(f"{V3}/{noun}s", json={noun: values})
    assert answer.status_code == 201, answer.text
    return answer.json()[noun]


async def make_endpoint(admin: httpx.AsyncClient, **more: Any) -> tuple[Any, Any]:
    """A service of volumes with one endpoint; gives back both."""
    service = await make(admin, "service", type="volumev3", name="cinder")
    values = {"service_id": service["id"], "interface": "public", "url": URL, "region_id": "RegionOne"}
    return service, await make(admin, "endpoint", **values | more)


async def catalog_of(cloud: Cloud, scope: Any) -> dict[str, Any]:
    """The services, by type, of a new token of the admin's."""
    body = login("admin", cloud.people["admin"].password, scope=scope)
    answer = await cloud.anonymous().post(f"{V3}/auth/tokens", json=body)
    assert answer.status_code == 201, answer.text
    return {each["type"]: each for each in answer.json()["token"]["catalog"]}


async def test_a_service_is_made_shown_chosen_changed_and_deleted(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    made = await make(admin, "service", type="dns", name="designate", description="names", colour="red")
    path = f"{V3}/services/{made['id']}"
    assert (made["enabled"], made["colour"], made["links"]) == (True, "red", {"self": f"http://cloud.test{path}"})
    bare = await make(admin, "service", type="dns")
    assert (bare["name"], "description" in bare) == ("", False)
    listed = (await admin.get(f"{V3}/services?type=dns")).json()["services"]
    assert [each["id"] for each in listed] == [bare["id"], made["id"]]
    assert (await admin.get(f"{V3}/services?name=designate")).json()["services"] == [made]
    changed = (await admin.patch(path, json={"service": {"description": "x", "enabled": False, "size": 1}})).json()
    assert changed["service"] == {**made, "description": "x", "enabled": False, "size": 1}
    assert (await admin.get(path)).json() == changed
    assert [(await admin.delete(path)).status_code for _ in range(2)] == [204, 404]
    assert (await admin.get(path)).status_code == (await admin.patch(path, json={"service": {}})).status_code == 404
    for wrong in ({}, {"type": ""}, {"type": "x" * 256}, {"type": "x", "enabled": "yes"}):
        assert (await admin.post(f"{V3}/services", json={"service": wrong})).status_code == 400


async def test_an_endpoint_is_made_shown_chosen_changed_and_deleted(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    service, made = await make_endpoint(admin, name="volumes")
    path = f"{V3}/endpoints/{made['id']}"
    assert (made["region"], made["region_id"], made["enabled"], made["name"]) == ("RegionOne",) * 2 + (True, "volumes")
    for query in (f"service_id={service['id']}", f"service_id={service['id']}&interface=public&region_id=RegionOne"):
        assert (await admin.get(f"{V3}/endpoints?{query}")).json()["endpoints"] == [made]
    assert (await admin.get(f"{V3}/endpoints?service_id={service['id']}&interface=admin")).json()["endpoints"] == []
    change = {"url": "https://new.test/", "interface": "internal", "region_id": None, "enabled": False}
    changed = (await admin.patch(path, json={"endpoint": change})).json()["endpoint"]
    assert changed == {**made, **change, "region": None}
    assert (await admin.get(path)).json()["endpoint"] == changed
    assert [(await admin.delete(path)).status_code for _ in range(2)] == [204, 404]
    assert (await admin.get(path)).status_code == (await admin.patch(path, json={"endpoint": {}})).status_code == 404


async def test_an_older_region_is_made_with_its_endpoint(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    service, made = await make_endpoint(admin, region_id=None, region="new")
    assert (made["region"], made["region_id"]) == ("new", "new")
    assert (await admin.get(f"{V3}/regions/new")).json()["region"]["description"] == ""
    assert (await admin.delete(f"{V3}/regions/new")).status_code == 403  # it has an endpoint
    assert (await admin.delete(f"{V3}/services/{service['id']}")).status_code == 204
    assert (await admin.get(f"{V3}/endpoints/{made['id']}")).status_code == 404
    assert (await admin.delete(f"{V3}/regions/new")).status_code == 204


@pytest.mark.parametrize(
    "wrong",
    [
        {"interface": "secret"},
        {"url": "no url"},
        {"url": "http://x/%(password)s"},
        {"url": "http://x/$(admin_token)s"},
        {"region_id": "nowhere"},
        {"service_id": "0" * 32},
        {"enabled": 1},
    ],
)
async def test_an_endpoint_that_cannot_be_changes_nothing(cloud: Cloud, wrong: dict[str, object]) -> None:
    admin = await cloud.client_for("admin")
    service, made = await make_endpoint(admin)
    body = {"service_id": service["id"], "interface": "admin", "url": "http://x/", "region": None} | wrong
    assert (await admin.post(f"{V3}/endpoints", json={"endpoint": body})).status_code == 400
    assert (await admin.patch(f"{V3}/endpoints/{made['id']}", json={"endpoint": wrong})).status_code == 400
    assert (await admin.get(f"{V3}/endpoints?service_id={service['id']}")).json()["endpoints"] == [made]
    assert (await admin.post(f"{V3}/endpoints", json={"endpoint": {"url": "http://x/"}})).status_code == 400


async def test_regions_are_made_by_an_id_or_get_one(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    answer = await admin.put(f"{V3}/regions/north", json={"region": {"description": "cold", "colour": "white"}})
    assert answer.status_code == 201, answer.text
    north = answer.json()["region"]
    assert (north["id"], north["parent_region_id"], north["colour"]) == ("north", None, "white")
    inner = await make(admin, "region", parent_region_id="north", id="")
    assert len(inner["id"]) == 32
    assert (await admin.get(f"{V3}/regions?parent_region_id=north")).json()["regions"] == [inner]
    shown = (await (await cloud.client_for("red-reader")).get(f"{V3}/regions")).json()["regions"]
    assert [each["id"] for each in shown] == ["RegionOne", *sorted(["north", inner["id"]])]
    changed = await admin.patch(f"{V3}/regions/{inner['id']}", json={"region": {"description": None, "size": 1}})
    assert changed.json()["region"] == {**inner, "size": 1}
    for again in ("north", "RegionOne"):
        assert (await admin.post(f"{V3}/regions", json={"region": {"id": again}})).status_code == 409
    longest = "x" * 255
    assert (await admin.put(f"{V3}/regions/{longest}", json={"region": {"id": longest}})).status_code == 201
    assert (await admin.delete(f"{V3}/regions/{longest}")).status_code == 204
    assert (await admin.put(f"{V3}/regions/a", json={"region": {"id": "b"}})).status_code == 400
    assert (await admin.post(f"{V3}/regions", json={"region": {"id": "a/b"}})).status_code == 400
    for parent, status in (("nowhere", 404), (inner["id"], 400), ("north", 400)):
        body = {"region": {"parent_region_id": parent}}
        assert (await admin.patch(f"{V3}/regions/north", json=body)).status_code == status
    assert (await admin.delete(f"{V3}/regions/north")).status_code == 204
    assert (await admin.get(f"{V3}/regions/{inner['id']}")).status_code == 404
    assert (await admin.delete(f"{V3}/regions/north")).status_code == 404


async def test_a_region_above_one_with_endpoints_stays(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    await make(admin, "region", id="north")
    await make(admin, "region", id="inner", parent_region_id="north")
    await make_endpoint(admin, region_id="inner")
    assert (await admin.delete(f"{V3}/regions/north")).status_code == 403
    assert (await admin.get(f"{V3}/regions/inner")).status_code == 200


async def test_new_tokens_show_what_is_enabled_with_urls_filled_in(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    service, endpoint = await make_endpoint(admin)
    project = cloud.people["admin"].project_id
    shown = {
        "id": endpoint["id"],
        "interface": "public",
        "region": "RegionOne",
        "region_id": "RegionOne",
        "url": f"http://other.test:8776/v3/{project}",
    }
    wanted = {"id": service["id"], "type": "volumev3", "name": "cinder", "endpoints": [shown]}
    found = await catalog_of(cloud, {"project": {"id": project}})
    assert found["volumev3"] == wanted
    assert found.keys() >= {"identity", "image", "network", "compute"}
    assert wanted in (await admin.get(f"{V3}/auth/catalog")).json()["catalog"]
    assert (await catalog_of(cloud, {"system": {"all": True}}))["volumev3"]["endpoints"] == []
    path = f"{V3}/endpoints/{endpoint['id']}"
    await admin.patch(path, json={"endpoint": {"enabled": False}})
    assert (await catalog_of(cloud, {"project": {"id": project}}))["volumev3"]["endpoints"] == []
    await admin.patch(f"{V3}/services/{service['id']}", json={"service": {"enabled": False}})
    assert "volumev3" not in await catalog_of(cloud, {"project": {"id": project}})


async def test_what_is_the_clouds_own_is_refused_by_name(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    for noun in ("service", "endpoint", "region"):
        before = (await admin.get(f"{V3}/{noun}s")).json()
        for each in before[f"{noun}s"]:
            path = f"{V3}/{noun}s/{each['id']}"
            for answer in (await admin.delete(path), await admin.patch(path, json={noun: {"description": "x"}})):
                assert answer.status_code == 403
                assert "is this cloud's own" in answer.json()["error"]["message"]
        assert (await admin.get(f"{V3}/{noun}s")).json() == before
    compute = (await admin.get(f"{V3}/services?type=compute")).json()["services"][0]
    body = {"endpoint": {"service_id": compute["id"], "interface": "public", "url": "http://elsewhere.test/"}}
    answer = await admin.post(f"{V3}/endpoints", json=body)
    assert answer.status_code == 403
    assert "the service compute (nova) is this cloud's own" in answer.json()["error"]["message"]


@pytest.mark.parametrize("name", ["red-member", "blue-member", "red-reader"])
async def test_only_admins_write_the_catalogue(cloud: Cloud, name: str) -> None:
    """What is there and what is not are answered alike."""
    client, admin = await cloud.client_for(name), await cloud.client_for("admin")
    service, endpoint = await make_endpoint(admin)
    await make(admin, "region", id="north")
    for noun, known in (("service", service["id"]), ("endpoint", endpoint["id"]), ("region", "north")):
        for which in (known, "0" * 32):
            path = f"{V3}/{noun}s/{which}"
            answers = [await client.patch(path, json={noun: {"description": "x"}}), await client.delete(path)]
            assert [each.status_code for each in answers] == [403, 403]
    values = {"service_id": service["id"], "interface": "public", "url": URL}
    for noun, body in (("service", {"type": "x"}), ("endpoint", values), ("region", {})):
        assert (await client.post(f"{V3}/{noun}s", json={noun: body})).status_code == 403
    assert (await client.put(f"{V3}/regions/x", json={"region": {}})).status_code == 403


async def test_there_are_only_so_many(cloud: Cloud, store: Store) -> None:
    """Where a transaction is counted as many as there may be, one more is refused, also of a region made on the way."""
    admin = await cloud.client_for("admin")
    service = await make(admin, "service", type="x")

    def fill(connection: Connection) -> None:
        for number in range(registry.MOST[RegisteredService] - 1):
            kept = RegisteredService(id=f"s{number}", type="x", name="", description=None, enabled=False, extra={})
            rows.add(connection, kept, 0)
        for number in range(registry.MOST[RegisteredRegion]):
            rows.add(connection, RegisteredRegion(id=f"r{number}", parent_region_id=None, description="", extra={}), 0)
        for number in range(registry.MOST[RegisteredEndpoint] - 1):
            made = RegisteredEndpoint(
                id=f"e{number}",
                service_id="s0",
                interface="public",
                region_id=None,
                url="http://x/",
                enabled=False,
                extra={},
            )
            rows.add(connection, made, 0)

    store.write_now(fill)
    values = {"service_id": service["id"], "interface": "public", "url": "http://x/"}
    for noun, body in (("service", {"type": "x"}), ("region", {}), ("endpoint", values | {"region": "new"})):
        answer = await admin.post(f"{V3}/{noun}s", json={noun: body})
        assert (answer.status_code, "as many as there may be" in answer.text) == (403, True), noun
    await make(admin, "endpoint", **values)
    assert (await admin.post(f"{V3}/endpoints", json={"endpoint": values})).status_code == 403
