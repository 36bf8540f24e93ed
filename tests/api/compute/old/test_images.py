"""/images and their metadata until they are gone: the Image API's images, in Nova's words."""

from typing import Any

import httpx
import pytest

from berthline.domain.ids import new_id
from tests.api.builder import HandClock
from tests.api.compute.conftest import Ground

IMAGES = "/compute/v2.1/images"


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


async def _image(client: httpx.AsyncClient, name: str, **properties: Any) -> str:
    answer = await client.post("/image/v2/images", json={"name": name, **properties})
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


async def _names(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get(IMAGES, params=query)
    assert answer.status_code == 200, answer.text
    return [image["name"] for image in answer.json()["images"]]


async def test_an_image_is_shown_in_nova_s_words(ground: Ground) -> None:
    server = new_id()
    image = await _image(ground.red, "snap", min_ram=64, min_disk=2, instance_uuid=server, auto_disk_config="True")
    shown = (await ground.red.get(f"{IMAGES}/{image}", headers=at(35))).json()["image"]
    assert (shown["id"], shown["name"], shown["minRam"], shown["minDisk"]) == (image, "snap", 64, 2)
    assert (shown["status"], shown["progress"], shown["OS-EXT-IMG-SIZE:size"]) == ("SAVING", 25, None)
    assert shown["metadata"] == {"instance_uuid": server, "auto_disk_config": "True"}
    assert (shown["OS-DCF:diskConfig"], shown["server"]["id"]) == ("AUTO", server)
    assert [link["rel"] for link in shown["links"]] == ["self", "bookmark", "alternate"]
    assert shown["links"][0]["href"].endswith(f"{IMAGES}/{image}")
    whole = (await ground.red.get(f"{IMAGES}/{ground.image}")).json()["image"]
    assert (whole["status"], whole["progress"], whole["OS-EXT-IMG-SIZE:size"]) == ("ACTIVE", 100, 4096)
    listed = (await ground.red.get(f"{IMAGES}/detail")).json()["images"]
    assert listed == [shown, whole]


async def test_the_list_is_chosen_from_by_nova_s_parameters(ground: Ground, clock: HandClock) -> None:
    server = new_id()
    await _image(ground.red, "snap", instance_uuid=server, image_type="snapshot", min_ram=64)
    assert await _names(ground.red) == ["snap", "img"]
    assert await _names(ground.red, name="img") == await _names(ground.red, status="ACTIVE") == ["img"]
    assert await _names(ground.red, type="snapshot") == await _names(ground.red, minRam=64) == ["snap"]
    assert await _names(ground.red, server=server) == ["snap"]
    assert await _names(ground.red, server=f"http://cloud/servers/{server}") == ["snap"]
    assert await _names(ground.red, **{"property-image_type": "snapshot"}) == ["snap"]
    assert await _names(ground.red, **{"property-image_type": "base"}) == []
    clock.advance(60)
    late = (await ground.red.get(f"{IMAGES}/{await _image(ground.red, 'late')}")).json()["image"]["created"]
    assert await _names(ground.red, **{"changes-since": late}) == ["late"]
    assert await _names(ground.blue) == []


async def test_pages_follow_each_other(ground: Ground) -> None:
    for name in ("b", "c"):
        await _image(ground.red, name)
    page = (await ground.red.get(IMAGES, params={"limit": 2})).json()
    assert [image["name"] for image in page["images"]] == ["c", "b"]
    following = (await ground.red.get(page["images_links"][0]["href"])).json()
    assert [image["name"] for image in following["images"]] == ["img"]
    assert "images_links" not in following
    for query in ({"limit": "x"}, {"marker": new_id()}, {"offset": "5"}, {"minRam": "x"}, {"changes-since": "then"}):
        assert (await ground.red.get(IMAGES, params=query)).status_code == 400, query


async def test_an_image_is_deleted_by_its_owner_alone(ground: Ground) -> None:
    public = await _image(ground.admin, "public", visibility="public")
    assert (await ground.blue.delete(f"{IMAGES}/{ground.image}")).status_code == 404
    for client in (ground.red, ground.reader):
        answer = await client.delete(f"{IMAGES}/{public}")
        assert answer.status_code == 403
        assert answer.json()["forbidden"]["message"] == "You are not allowed to delete the image."
    assert (await ground.reader.delete(f"{IMAGES}/{ground.image}")).status_code == 403
    assert (await ground.red.delete(f"{IMAGES}/{ground.image}")).status_code == 204
    answer = await ground.red.get(f"{IMAGES}/{ground.image}")
    assert (answer.status_code, answer.json()["itemNotFound"]["message"]) == (404, "Image not found.")


async def test_metadata_is_set_and_removed_until_2_38(ground: Ground) -> None:
    path = f"{IMAGES}/{ground.image}/metadata"
    answer = await ground.red.post(path, json={"metadata": {"a": "1", "b": "2"}}, headers=at(38))
    assert (answer.status_code, answer.json()) == (200, {"metadata": {"a": "1", "b": "2"}})
    answer = await ground.red.put(f"{path}/a", json={"meta": {"a": "3"}})
    assert (answer.status_code, answer.json()) == (200, {"meta": {"a": "3"}})
    assert (await ground.red.get(path)).json() == {"metadata": {"a": "3", "b": "2"}}
    assert (await ground.red.get(f"{path}/b")).json() == {"meta": {"b": "2"}}
    answer = await ground.red.put(path, json={"metadata": {"c": "4"}})
    assert answer.json() == {"metadata": {"c": "4"}}
    assert (await ground.red.delete(f"{path}/c")).status_code == 204
    assert (await ground.red.delete(f"{path}/c")).status_code == 404
    assert (await ground.red.get(f"{path}/c")).status_code == 404
    assert (await ground.red.get(f"/image/v2/images/{ground.image}")).json().get("c") is None
    assert (await ground.red.get(path, headers=at(39))).status_code == 404


@pytest.mark.parametrize(
    ("metadata", "status"),
    [({"status": "active"}, 403), ({"name": "x"}, 403), ({"os_glance_x": "1"}, 403), ({"a/b": "1"}, 400),
     ({"a": "x" * 256}, 400), ({"a": 1}, 400), ({str(number): "x" for number in range(129)}, 403)],
)  # fmt: skip
async def test_what_is_no_metadata_changes_nothing(ground: Ground, metadata: dict[str, Any], status: int) -> None:
    before = (await ground.red.get(f"/image/v2/images/{ground.image}")).json()
    answer = await ground.red.post(f"{IMAGES}/{ground.image}/metadata", json={"metadata": metadata})
    assert answer.status_code == status, answer.text
    assert (await ground.red.get(f"/image/v2/images/{ground.image}")).json() == before


async def test_who_may_not_write_the_image_may_not_write_its_metadata(ground: Ground) -> None:
    path = f"{IMAGES}/{ground.image}/metadata"
    for client, status in ((ground.reader, 403), (ground.blue, 404)):
        assert (await client.post(path, json={"metadata": {"a": "1"}})).status_code == status
        assert (await client.put(f"{path}/a", json={"meta": {"a": "1"}})).status_code == status
    assert (await ground.red.put(f"{path}/a", json={"meta": {"b": "1"}})).status_code == 400
    assert (await ground.red.get(path)).json() == {"metadata": {}}
