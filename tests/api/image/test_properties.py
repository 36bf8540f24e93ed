"""Properties of images: each by its schema, Glance's own refused; and paths and bodies as Glance reads them."""

import json
import uuid
from typing import Any

import httpx
import pytest

from berthline.store import Store
from berthline.store.tables.image import images
from tests.api.builder import Cloud
from tests.api.image.client import IMAGES, PATCH, create, patch, show

ID = str(uuid.uuid4())
OTHER = str(uuid.uuid4()).upper()


@pytest.mark.parametrize("name", ["kernel_id", "ramdisk_id"])
async def test_ids_of_images_are_null_or_a_uuid(member: httpx.AsyncClient, name: str) -> None:
    made: dict[str, Any] = {}
    for value in (None, ID, OTHER):
        made = await create(member, **{name: value, "own": "kept"})
        assert (name in made, made[name], made["own"]) == (True, value, "kept")
        assert await show(member, made["id"]) == made
        listed = (await member.get(f"{IMAGES}?limit=1")).json()["images"][0]
        assert listed == made
    wrongs: tuple[Any, ...] = ("abc", "", ID[:-1], f"{ID}0", ID.replace("-", ""), 5, [], {})
    for wrong in wrongs:
        answer = await member.post(IMAGES, json={name: wrong})
        assert answer.status_code == 400, (wrong, answer.text)
        for op in ("add", "replace"):
            changed = await patch(member, made["id"], {"op": op, "path": f"/{name}", "value": wrong})
            assert changed.status_code == 400, (wrong, changed.text)
    assert await show(member, made["id"]) == made


@pytest.mark.parametrize("name", ["kernel_id", "ramdisk_id"])
async def test_ids_of_images_change_to_null_and_back(member: httpx.AsyncClient, name: str) -> None:
    made = await create(member)
    path = f"/{name}"
    for value in (ID, None, OTHER, None):
        changed = await patch(member, made["id"], {"op": "add", "path": path, "value": value})
        assert changed.status_code == 200, changed.text
        assert (await show(member, made["id"]))[name] == value
    replaced = await patch(member, made["id"], {"op": "replace", "path": path, "value": ID})
    assert replaced.json()[name] == ID
    for value in (None, ID):
        await patch(member, made["id"], {"op": "add", "path": path, "value": value})
        removed = await patch(member, made["id"], {"op": "remove", "path": path})
        assert (removed.status_code, name in removed.json()) == (200, False)


@pytest.mark.parametrize(
    "name", ["instance_uuid", "architecture", "os_distro", "os_version", "description", "anything_else"]
)
async def test_all_others_are_texts(member: httpx.AsyncClient, name: str) -> None:
    made = await create(member, **{name: "text"})
    assert made[name] == "text"
    for wrong in (None, 5, True, ["a"], {"a": "b"}):
        assert (await member.post(IMAGES, json={name: wrong})).status_code == 400
        changed = await patch(member, made["id"], {"op": "replace", "path": f"/{name}", "value": wrong})
        assert changed.status_code == 400
    assert (await show(member, made["id"]))[name] == "text"


@pytest.mark.parametrize("name", ["os_glance_foo", "os_glance_import_task", "os_glance", "os_glanced", "location"])
async def test_glances_own_names_are_refused(cloud: Cloud, member: httpx.AsyncClient, name: str) -> None:
    made = await create(member)
    for client in (member, await cloud.client_for("admin")):
        assert (await client.post(IMAGES, json={name: "x"})).status_code == 403
        for operation in (
            {"op": "add", "path": f"/{name}", "value": "x"},
            {"op": "replace", "path": f"/{name}", "value": "x"},
            {"op": "remove", "path": f"/{name}"},
            {"op": "add", "path": f"/{name}/-", "value": "x"},
        ):
            assert (await patch(client, made["id"], operation)).status_code == 403, operation
        old = {"content-type": PATCH["content-type"].replace("v2.1", "v2.0")}
        content = json.dumps([{"add": f"/{name}", "value": "x"}])
        answer = await client.patch(f"{IMAGES}/{made['id']}", content=content, headers=old)
        assert answer.status_code == 403
    assert await show(member, made["id"]) == made
    assert (await create(member, OS_GLANCE_foo="x", my_os_glance="y"))["my_os_glance"] == "y"


async def test_what_was_set_before_there_was_a_schema_hinders_no_change(
    member: httpx.AsyncClient, store: Store
) -> None:
    made = await create(member)
    old = {"kernel_id": "abc", "os_glance_foo": "x"}
    store.write_now(lambda connection: connection.execute(images.update().values(properties=old)))
    changed = await patch(member, made["id"], {"op": "replace", "path": "/name", "value": "new"})
    assert changed.status_code == 200, changed.text
    assert {name: changed.json()[name] for name in old} == old


async def test_the_schema_says_so(member: httpx.AsyncClient) -> None:
    properties = (await member.get("/image/v2/schemas/image")).json()["properties"]
    for name in ("kernel_id", "ramdisk_id"):
        assert properties[name]["type"] == ["null", "string"]
        assert properties[name]["pattern"].startswith("^([0-9a-fA-F]){8}-")
    assert properties["os_distro"]["type"] == "string"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_a_path_that_ends_in_a_slash_is_another(member: httpx.AsyncClient, method: str) -> None:
    made = await create(member)
    item = f"{IMAGES}/{made['id']}"
    for path in (
        f"{IMAGES}/",
        f"{item}/",
        f"{item}/file/",
        f"{item}/members/",
        f"{item}/tags/",
        "/image/v2/schemas/image/",
    ):
        answer = await member.request(method, path, json={} if method == "POST" else None)
        assert answer.status_code == 404, (path, answer.text)
        assert answer.headers["x-openstack-request-id"].startswith("req-")
        assert method == "HEAD" or answer.json()["error"]["code"] == 404
    assert await show(member, made["id"]) == made
    for path in ("/image/", "/image/v2/", "/image/versions/"):
        assert (await member.get(path)).status_code in {200, 300}


async def test_other_members_of_a_members_body_do_not_matter(cloud: Cloud, member: httpx.AsyncClient) -> None:
    made = await create(member)
    blue, other = cloud.people["blue-member"], await cloud.client_for("blue-member")
    path = f"{IMAGES}/{made['id']}/members"
    added = await member.post(path, json={"member": blue.project_id, "status": "accepted", "more": [1]})
    assert (added.status_code, added.json()["status"]) == (200, "pending")
    body: dict[str, Any] = {"status": "accepted", "member": blue.project_id, "id": None, "more": {"a": 1}}
    changed = await other.put(f"{path}/{blue.project_id}", json=body)
    assert (changed.status_code, changed.json()["status"]) == (200, "accepted")
    wrongs: tuple[Any, ...] = ({"member": blue.project_id}, {"status": "perhaps"}, {"status": None}, [])
    for wrong in wrongs:
        assert (await other.put(f"{path}/{blue.project_id}", json=wrong)).status_code == 400
