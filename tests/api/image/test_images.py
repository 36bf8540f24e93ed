"""Images as objects: make, show, list, change, delete, tag, share; and what is nobody else's business."""

import asyncio
import json
import uuid
from typing import Any

import httpx
import pytest

from tests.api.builder import Cloud
from tests.api.image.client import IMAGES, create, names, patch, put, show, upload


async def test_a_new_image_is_queued_and_shown_as_glance_shows_it(cloud: Cloud, member: httpx.AsyncClient) -> None:
    answer = await member.post(
        IMAGES,
        json={
            "name": "tiny",
            "disk_format": "qcow2",
            "container_format": "bare",
            "tags": ["b", "a", "a"],
            "min_disk": 1,
            "owner_specified.openstack.md5": "",
        },
    )
    assert answer.status_code == 201
    image = answer.json()
    assert answer.headers["location"] == f"http://cloud.test/image/v2/images/{image['id']}"
    assert image == await show(member, image["id"])
    path = f"/v2/images/{image['id']}"
    expected = {
        "name": "tiny",
        "status": "queued",
        "visibility": "shared",
        "owner": cloud.people["red-member"].project_id,
        "protected": False,
        "os_hidden": False,
        "size": None,
        "virtual_size": None,
        "checksum": None,
        "os_hash_algo": None,
        "os_hash_value": None,
        "min_disk": 1,
        "min_ram": 0,
        "tags": ["a", "b"],
        "self": path,
        "file": f"{path}/file",
        "schema": "/v2/schemas/image",
        "owner_specified.openstack.md5": "",
    }
    assert {name: image[name] for name in expected} == expected


@pytest.mark.parametrize(
    "body",
    [
        {"disk_format": "vmdk"},
        {"container_format": "ova"},
        {"visibility": "everyone"},
        {"min_disk": -1},
        {"min_ram": "much"},
        {"min_ram": 2**40},
        {"name": "x" * 256},
        {"name": 5},
        {"tags": ["x" * 256]},
        {"tags": "x"},
        {"protected": "perhaps"},
        {"own": 5},
        {"own": {"nested": "x"}},
        {"id": "../../etc/passwd"},
        {"id": "00000000-0000-4000-8000-00000000000A"},
        {f"own{number}": "x" for number in range(200)},
    ],
)
async def test_a_malformed_image_is_400(member: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await member.post(IMAGES, json=body)
    assert answer.status_code == 400
    assert await names(member) == []


@pytest.mark.parametrize(
    ("body", "choices"),
    [
        ({"visibility": "all"}, "The choices of visibility are: public, private, shared, community."),
        ({"disk_format": "vmdk"}, "The choices of disk_format are: iso, qcow2, raw."),
        ({"container_format": "ova"}, "The choices of container_format are: bare."),
        ({"min_disk": -1}, "$.min_disk`."),
        ({"disk_format": ["raw"]}, "The choices of disk_format are: iso, qcow2, raw."),
    ],
)
async def test_a_choice_that_there_is_not_is_told_the_others(
    member: httpx.AsyncClient, body: dict[str, Any], choices: str
) -> None:
    answer = await member.post("/image/v2/images", json={"name": "x", **body})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].endswith(choices)


@pytest.mark.parametrize("name", ["status", "size", "checksum", "created_at", "file", "locations"])
async def test_what_only_the_cloud_says_cannot_be_set(member: httpx.AsyncClient, name: str) -> None:
    assert (await member.post(IMAGES, json={name: "x"})).status_code == 403
    made = await create(member)
    assert (await patch(member, made["id"], {"op": "replace", "path": f"/{name}", "value": "x"})).status_code == 403


async def test_a_chosen_id(member: httpx.AsyncClient) -> None:
    chosen = str(uuid.uuid4())
    assert (await create(member, id=chosen))["id"] == chosen
    assert (await member.post(IMAGES, json={"id": chosen})).status_code == 409


async def test_a_reader_may_look_but_not_touch(cloud: Cloud, member: httpx.AsyncClient) -> None:
    image, reader = await upload(member), await cloud.client_for("red-reader")
    path = f"{IMAGES}/{image['id']}"
    assert (await reader.get(path)).status_code == 200
    assert (await reader.get(f"{path}/file")).content == b"some bytes"
    answers = [
        await reader.post(IMAGES, json={"name": "x"}),
        await patch(reader, image["id"], {"op": "replace", "path": "/name", "value": "x"}),
        await put(reader, image["id"], b"x"),
        await reader.put(f"{path}/tags/x"),
        await reader.post(f"{path}/members", json={"member": "x"}),
        await reader.post(f"{path}/actions/deactivate"),
        await reader.delete(path),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert await show(member, image["id"]) == image


async def test_another_project_learns_nothing(cloud: Cloud, member: httpx.AsyncClient) -> None:
    image, stranger = await upload(member, visibility="private"), await cloud.client_for("blue-member")
    for path in (image["id"], str(uuid.uuid4())):
        there = f"{IMAGES}/{path}"
        answers = [
            await stranger.get(there),
            await stranger.get(f"{there}/file"),
            await patch(stranger, path, {"op": "replace", "path": "/name", "value": "x"}),
            await put(stranger, path, b"x"),
            await stranger.put(f"{there}/tags/x"),
            await stranger.get(f"{there}/members"),
            await stranger.post(f"{there}/members", json={"member": cloud.people["blue-member"].project_id}),
            await stranger.delete(there),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.text.replace(path, "ID") for answer in answers}) == 1
    assert await names(stranger) == []
    assert (await stranger.get(f"{IMAGES}?marker={image['id']}")).status_code == 400


async def test_public_is_for_admins_to_make_and_for_all_to_see(cloud: Cloud, member: httpx.AsyncClient) -> None:
    assert (await member.post(IMAGES, json={"visibility": "public"})).status_code == 403
    own = await create(member)
    assert (
        await patch(member, own["id"], {"op": "replace", "path": "/visibility", "value": "public"})
    ).status_code == 403
    admin, stranger = await cloud.client_for("admin"), await cloud.client_for("blue-reader")
    image = await upload(admin, name="for all", visibility="public")
    assert await names(stranger) == ["for all"]
    assert (await stranger.get(f"{IMAGES}/{image['id']}/file")).status_code == 200
    assert (await member.delete(f"{IMAGES}/{image['id']}")).status_code == 403


async def test_community_images_are_seen_when_asked_for(cloud: Cloud, member: httpx.AsyncClient) -> None:
    image, stranger = await upload(member, visibility="community", name="ours"), await cloud.client_for("blue-member")
    assert await names(stranger) == []
    assert await names(stranger, "visibility=community") == ["ours"]
    assert await names(stranger, "visibility=all") == ["ours"]
    assert (await stranger.get(f"{IMAGES}/{image['id']}")).status_code == 200


async def test_sharing(cloud: Cloud, member: httpx.AsyncClient) -> None:
    image, other, project = (
        await upload(member, name="lent"),
        await cloud.client_for("blue-member"),
        cloud.people["blue-member"].project_id,
    )
    path = f"{IMAGES}/{image['id']}"
    assert (await other.get(path)).status_code == 404
    made = await member.post(f"{path}/members", json={"member": project})
    assert (made.status_code, made.json()["status"]) == (200, "pending")
    assert (await member.post(f"{path}/members", json={"member": project})).status_code == 409
    assert (await other.get(path)).status_code == 200
    assert await names(other) == []
    assert await names(other, "visibility=shared&member_status=pending") == ["lent"]
    assert (await member.put(f"{path}/members/{project}", json={"status": "accepted"})).status_code == 403
    assert (await other.put(f"{path}/members/{project}", json={"status": "accepted"})).status_code == 200
    assert await names(other) == ["lent"]
    assert (await other.get(f"{path}/members")).json()["members"][0]["member_id"] == project
    assert (await other.delete(f"{path}/members/{project}")).status_code == 403
    assert (await other.delete(path)).status_code == 403
    assert (await member.delete(f"{path}/members/{project}")).status_code == 204
    assert (await other.get(path)).status_code == 404
    assert (await member.delete(f"{path}/members/{project}")).status_code == 404


async def test_only_shared_images_have_members(member: httpx.AsyncClient) -> None:
    image = await create(member, visibility="private")
    path = f"{IMAGES}/{image['id']}/members"
    assert (await member.post(path, json={"member": "x"})).status_code == 403
    assert (await member.get(path)).status_code == 403


async def test_a_patch_changes_what_it_names_and_nothing_else(cloud: Cloud, member: httpx.AsyncClient) -> None:
    image = await upload(member, os_distro="debian", tags=["a"])
    cloud.clock.advance(5)
    answer = await patch(
        member,
        image["id"],
        {"op": "replace", "path": "/name", "value": "renamed"},
        {"op": "replace", "path": "/os_distro", "value": "ubuntu"},
        {"op": "add", "path": "/hw_~1slashed", "value": "x"},
        {"op": "add", "path": "/tags/-", "value": "b"},
        {"op": "replace", "path": "/min_ram", "value": 64},
        {"op": "replace", "path": "/protected", "value": True},
    )
    assert answer.status_code == 200, answer.text
    changed = {
        "name": "renamed",
        "os_distro": "ubuntu",
        "hw_/slashed": "x",
        "tags": ["a", "b"],
        "min_ram": 64,
        "protected": True,
    }
    expected = {**image, **changed, "updated_at": answer.json()["updated_at"]}
    assert answer.json() == expected == await show(member, image["id"])
    assert answer.json()["updated_at"] > image["updated_at"]
    removed = await patch(member, image["id"], {"op": "remove", "path": "/os_distro"})
    assert "os_distro" not in removed.json()


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"op": "replace", "path": "/nothing", "value": "x"}, 409),
        ({"op": "remove", "path": "/nothing"}, 409),
        ({"op": "remove", "path": "/name"}, 403),
        ({"op": "replace", "path": "/disk_format", "value": "qcow2"}, 403),
        ({"op": "replace", "path": "/id", "value": "x"}, 403),
        ({"op": "replace", "path": "/owner", "value": "x"}, 403),
        ({"op": "replace", "path": "/owner", "value": None}, 400),
        ({"op": "replace", "path": "/name"}, 400),
        ({"op": "replace", "path": "name", "value": "x"}, 400),
        ({"op": "replace", "path": "/", "value": "x"}, 400),
        ({"op": "move", "path": "/name", "from": "/id"}, 400),
        ({"op": "add", "path": "/a/b", "value": "x"}, 400),
        ({"op": "add", "path": "/a~2", "value": "x"}, 400),
        ({"op": "add", "path": "/a~", "value": "x"}, 400),
        ({"op": "replace", "path": "/min_disk", "value": "x"}, 400),
        ({"op": "add", "path": "/own", "value": {"a": 1}}, 400),
        ("text", 400),
    ],
)
async def test_a_bad_patch_changes_nothing(member: httpx.AsyncClient, operation: Any, status: int) -> None:
    image = await upload(member)
    answer = await patch(member, image["id"], {"op": "replace", "path": "/name", "value": "half"}, operation)
    assert answer.status_code == status, answer.text
    assert await show(member, image["id"]) == image


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"replace": "/name", "value": "renamed"}, 200),
        ({"add": "/own", "value": "x"}, 200),
        ({"replace": "/name", "add": "/name", "value": "x"}, 400),
        ({"value": "x"}, 400),
        ({"op": "replace", "path": "/name", "value": "x"}, 400),
    ],
)
async def test_the_old_media_type_has_its_own_words(
    member: httpx.AsyncClient, operation: dict[str, str], status: int
) -> None:
    image = await create(member)
    headers = {"content-type": "application/openstack-images-v2.0-json-patch"}
    answer = await member.patch(f"{IMAGES}/{image['id']}", content=json.dumps([operation]), headers=headers)
    assert answer.status_code == status, answer.text


async def test_a_patch_of_another_media_type_is_415(member: httpx.AsyncClient) -> None:
    image = await create(member)
    assert (await member.patch(f"{IMAGES}/{image['id']}", json=[])).status_code == 415


async def test_a_protected_image_is_not_deleted(member: httpx.AsyncClient) -> None:
    image = await upload(member, protected=True)
    assert (await member.delete(f"{IMAGES}/{image['id']}")).status_code == 403
    await patch(member, image["id"], {"op": "replace", "path": "/protected", "value": False})
    assert (await member.delete(f"{IMAGES}/{image['id']}")).status_code == 204


async def test_tags(member: httpx.AsyncClient) -> None:
    image = await create(member)
    path = f"{IMAGES}/{image['id']}/tags"
    assert (await member.put(f"{path}/one")).status_code == 204
    assert (await member.put(f"{path}/one")).status_code == 204
    assert (await member.put(f"{path}/two%20words")).status_code == 204
    assert (await show(member, image["id"]))["tags"] == ["one", "two words"]
    assert (await member.delete(f"{path}/one")).status_code == 204
    assert (await member.delete(f"{path}/one")).status_code == 404
    assert (await member.put(f"{path}/{'x' * 256}")).status_code == 400
    assert (await show(member, image["id"]))["tags"] == ["two words"]


async def test_the_quota_of_images_is_exact_under_concurrency(cloud: Cloud, member: httpx.AsyncClient) -> None:
    from sqlalchemy import insert

    from berthline.store.tables.identity import quota_limits

    project = cloud.people["red-member"].project_id
    row = {"project_id": project, "resource": "image_count", "hard_limit": 4}
    cloud.services.store.write_now(lambda connection: connection.execute(insert(quota_limits), row).close())
    answers = await asyncio.gather(*(member.post(IMAGES, json={"name": "x"}) for _ in range(12)))
    made = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert len(made) == 4
    assert {answer.status_code for answer in answers} == {201, 413}
    await member.delete(f"{IMAGES}/{made[0]}")
    assert (await member.post(IMAGES, json={"name": "x"})).status_code == 201


async def test_a_deactivated_image_is_for_admins_only(cloud: Cloud, member: httpx.AsyncClient) -> None:
    image, admin = await upload(member), await cloud.client_for("admin")
    path = f"{IMAGES}/{image['id']}"
    assert (await (await cloud.client_for("blue-member")).post(f"{path}/actions/deactivate")).status_code == 404
    assert (await (await cloud.client_for("red-reader")).post(f"{path}/actions/deactivate")).status_code == 403
    assert (await member.post(f"{path}/actions/deactivate")).status_code == 204
    assert (await show(member, image["id"]))["status"] == "deactivated"
    assert (await member.get(f"{path}/file")).status_code == 403
    assert (await admin.get(f"{path}/file")).status_code == 200
    assert (await member.post(f"{path}/actions/reactivate")).status_code == 204
    assert (await member.get(f"{path}/file")).status_code == 200


async def test_an_admin_gives_an_image_to_another_project(cloud: Cloud, member: httpx.AsyncClient) -> None:
    image, admin, blue = (
        await upload(member, visibility="private"),
        await cloud.client_for("admin"),
        cloud.people["blue-member"],
    )
    answer = await patch(admin, image["id"], {"op": "replace", "path": "/owner", "value": blue.project_id})
    assert answer.status_code == 200
    assert (await member.get(f"{IMAGES}/{image['id']}")).status_code == 404
    assert await names(await cloud.client_for("blue-member")) == ["tiny"]


async def test_versions_and_schemas(cloud: Cloud, member: httpx.AsyncClient) -> None:
    anonymous = cloud.anonymous()
    for path, status in (("/image", 300), ("/image/", 300), ("/image/v2", 300), ("/image/versions", 200)):
        answer = await anonymous.get(path)
        assert answer.status_code == status
        assert answer.json()["versions"][0]["links"][0]["href"] == "http://cloud.test/image/v2/"
    image = await upload(member)
    schema = (await member.get("/image/v2/schemas/image")).json()
    of_owners = {"kernel_id", "ramdisk_id", "instance_uuid", "architecture", "os_distro", "os_version", "description"}
    assert image.keys() | of_owners == schema["properties"].keys()
    for name in ("images", "member", "members"):
        assert (await member.get(f"/image/v2/schemas/{name}")).json()["name"] == name


async def test_an_image_has_no_tasks(member: httpx.AsyncClient) -> None:
    image = await create(member)
    answer = await member.get(f"{IMAGES}/{image['id']}/tasks")
    assert (answer.status_code, answer.json()) == (200, {"tasks": []})
    assert (await member.get(f"{IMAGES}/{uuid.uuid4()}/tasks")).status_code == 404
