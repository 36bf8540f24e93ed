"""Lists longer than a page: streamed in keyset pages, and the same as one that is read at once."""

from typing import Any

import pytest

from berthline.store import Connection, Store
from berthline.store.control import quotas
from tests.api.network.conftest import Api

COUNT = 720


@pytest.fixture
async def network_id(red: Api, store: Store) -> str:
    def unlimited(connection: Connection) -> None:
        quotas.set_limits(connection, red.project_id, {"port": -1})

    store.write_now(unlimited)
    network, _ = await red.network_with_subnet("10.0.0.0/16")
    for start in range(0, COUNT, 180):
        body = {"ports": [{"network_id": network, "name": f"n{(start + n) % 7}"} for n in range(180)]}
        assert (await red.client.post("/network/v2.0/ports", json=body)).status_code == 201
    return network


async def every(api: Api, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.fetch("ports", **query))["ports"]
    return found


def own(ports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the metadata port, which belongs to no project."""
    return [port for port in ports if port["project_id"]]


async def test_a_streamed_list_holds_each_once_in_its_order(red: Api, admin: Api, blue: Api, network_id: str) -> None:
    answer = await red.client.get("/network/v2.0/ports")
    assert answer.headers["content-type"] == "application/json"
    assert "content-length" not in answer.headers
    found: list[dict[str, Any]] = answer.json()["ports"]
    assert "ports_links" not in answer.json()
    ids = [port["id"] for port in found]
    assert ids == sorted(set(ids))
    assert len(own(found)) == COUNT
    assert {port["id"] for port in await every(admin)} == set(ids)
    assert await every(blue) == []
    sample = own(found)[400]
    assert sample == (await red.fetch(f"ports/{sample['id']}"))["port"]


async def test_filters_sort_and_fields_hold_on_every_page(red: Api, network_id: str) -> None:
    by_name = await every(red, sort_key="name", sort_dir="desc", network_id=network_id, fields=["id", "name"])
    assert all(set(port) == {"id", "name"} for port in by_name)
    assert [port["name"] for port in by_name] == sorted((port["name"] for port in by_name), reverse=True)
    assert len({port["id"] for port in by_name}) == len(by_name) > COUNT
    assert len(await every(red, name=["n1", "n2", "n3"])) == len([n for n in range(COUNT) if n % 7 in {1, 2, 3}])


async def test_a_limit_ends_a_streamed_list_and_links_go_on(red: Api, network_id: str) -> None:
    first = await red.fetch("ports", limit=500)
    assert len(first["ports"]) == 500
    link, back = first["ports_links"]
    assert (link["rel"], back["rel"]) == ("next", "previous")
    assert (await red.client.get(back["href"])).json()["ports"] == []
    rest = (await red.client.get(link["href"])).json()
    assert [each["rel"] for each in rest["ports_links"]] == ["previous"]
    assert [port["id"] for port in first["ports"] + rest["ports"]] == [port["id"] for port in await every(red)]
    before = (await red.client.get(rest["ports_links"][0]["href"])).json()["ports"]
    assert before == first["ports"]


async def test_a_project_sees_ports_of_others_on_its_network(red: Api, admin: Api, blue: Api, network_id: str) -> None:
    others = [
        await admin.make("port", network_id=network_id, project_id=api.project_id, name="other")
        for api in (blue, admin, blue)
    ]
    seen = {port["id"] for port in await every(red)}
    assert {port["id"] for port in others} <= seen
    assert {port["id"] for port in await every(blue)} == {others[0]["id"], others[2]["id"]}


async def test_a_marker_that_is_not_there_is_refused_before_the_list_begins(red: Api, network_id: str) -> None:
    status, kind, _ = await red.refused("GET", "ports?marker=00000000-0000-4000-8000-000000000000")
    assert (status, kind) == (404, "PortNotFound")
