"""Imports: of bytes that were staged, and of bytes from a URL; what they leave when they fail; and their tasks."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from berthline.domain.image_store import CHUNK
from berthline.images import ImageSettings
from berthline.images.addresses import parse_networks
from berthline.images.downloads import Downloader, DownloadSettings
from berthline.store import Store
from berthline.store.control import quotas
from berthline.store.images.tasks import KEPT_SECONDS
from tests.api.builder import Cloud, HandClock, build_cloud
from tests.api.image.client import BYTES, IMAGES, create, kept, patch, put, show
from tests.api.image.qcow2 import qcow2
from tests.unit.images.source import Source, said, source

DIRECT = {"method": {"name": "glance-direct"}}
FAILED = {"os_glance_failed_import": "default", "os_glance_importing_to_stores": ""}
DONE = {"os_glance_failed_import": "", "os_glance_importing_to_stores": ""}


@pytest.fixture
async def web() -> AsyncIterator[Source]:
    async with source() as made:
        yield made


@pytest.fixture
async def cloud(store: Store, clock: HandClock, tmp_path: Path, web: Source) -> AsyncIterator[Cloud]:
    """One whose operator lets images come from the loopback."""
    settings = DownloadSettings(hosts=("*",), ports=(web.port,), inner=parse_networks(["127.0.0.1"]))
    made = await build_cloud(
        store,
        clock,
        tmp_path,
        image_settings=ImageSettings(max_bytes=4 * CHUNK),
        downloader=Downloader(settings, clock),
    )
    yield made
    await made.services.images.stop()
    await made.close()


async def stage(client: httpx.AsyncClient, image_id: str, content: Any, **headers: str) -> httpx.Response:
    return await client.put(f"{IMAGES}/{image_id}/stage", content=content, headers=BYTES | headers)


async def begin(client: httpx.AsyncClient, image_id: str, body: Any = None) -> httpx.Response:
    return await client.post(f"{IMAGES}/{image_id}/import", json=DIRECT if body is None else body)


async def staged(client: httpx.AsyncClient, content: bytes, **fields: Any) -> str:
    made = await create(client, **fields)
    answer = await stage(client, made["id"], content)
    assert answer.status_code == 204, answer.text
    return str(made["id"])


def from_web(uri: str) -> dict[str, Any]:
    return {"method": {"name": "web-download", "uri": uri}}


async def tasks_of(client: httpx.AsyncClient, image_id: str) -> list[dict[str, Any]]:
    answer = await client.get(f"{IMAGES}/{image_id}/tasks")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["tasks"]
    return found


async def over(client: httpx.AsyncClient, image_id: str) -> dict[str, Any]:
    """The newest task of an image, once it is over."""
    for _ in range(400):
        task = (await tasks_of(client, image_id))[0]
        if task["status"] != "processing":
            return task
        await asyncio.sleep(0.02)
    raise AssertionError(f"the import of {image_id} does not end")


async def imported(client: httpx.AsyncClient, image_id: str, body: Any = None) -> dict[str, Any]:
    answer = await begin(client, image_id, body)
    assert answer.status_code == 202, answer.text
    return await over(client, image_id)


def counted(cloud: Cloud, name: str = "red-member") -> int:
    project = cloud.people[name].project_id
    return cloud.services.store.read_now(lambda c: quotas.used(c, project, ("image_size_mib",)))["image_size_mib"]


async def test_staged_bytes_become_an_image(cloud: Cloud, member: httpx.AsyncClient, folder: Path) -> None:
    content = qcow2()
    image_id = await staged(member, content, disk_format="qcow2")
    shown = await show(member, image_id)
    assert (shown["status"], shown["size"], shown["checksum"]) == ("uploading", len(content), None)
    assert "os_glance_failed_import" not in shown
    assert (await member.get(f"{IMAGES}/{image_id}/file")).status_code == 204
    assert (counted(cloud), await tasks_of(member, image_id)) == (1, [])

    answer = await begin(member, image_id)
    assert (answer.status_code, answer.content) == (202, b"")
    task = await over(member, image_id)
    shown = await show(member, image_id)
    assert shown["status"] == "active"
    assert shown["stores"] == "default"
    assert DONE.items() <= shown.items()
    assert shown["virtual_size"] == 8 * CHUNK
    assert (await member.get(f"{IMAGES}/{image_id}/file")).content == content
    assert (kept(folder), counted(cloud)) == ([image_id], 1)
    person = cloud.people["red-member"]
    assert (task["type"], task["status"], task["owner"]) == ("api_image_import", "success", person.project_id)
    assert (task["message"], task["result"]) == ("", {"image_id": image_id})
    assert task["user_id"] == person.user_id
    assert task["request_id"] == answer.headers["x-openstack-request-id"]
    assert task["input"] == {"image_id": image_id, "import_req": DIRECT, "backend": ["default"]}
    assert (await begin(member, image_id)).status_code == 409


async def test_staged_bytes_that_are_not_what_the_image_says_leave_a_queued_image_and_nothing_else(
    cloud: Cloud, member: httpx.AsyncClient, folder: Path
) -> None:
    image_id = await staged(member, qcow2(backing_file=b"/etc/passwd"), disk_format="qcow2")
    task = await imported(member, image_id)
    assert task["status"] == "failure"
    assert "refused for its safety" in task["message"]
    shown = await show(member, image_id)
    assert (shown["status"], shown["size"]) == ("queued", None)
    assert FAILED.items() <= shown.items()
    assert (list(folder.iterdir()), counted(cloud)) == ([], 0)
    assert (await stage(member, image_id, qcow2())).status_code == 204
    assert (await imported(member, image_id))["status"] == "success"
    assert DONE.items() <= (await show(member, image_id)).items()
    assert [task["status"] for task in await tasks_of(member, image_id)] == ["success", "failure"]


async def test_an_image_comes_from_a_url(cloud: Cloud, member: httpx.AsyncClient, web: Source, folder: Path) -> None:
    content = bytes(CHUNK + 7)
    web.answers["/disk"] = said(content[:-7] + b"<hold>" + content[-7:], length=len(content))
    made = await create(member)
    assert (await begin(member, made["id"], from_web(web.url("/disk")))).status_code == 202
    shown = await show(member, made["id"])
    assert shown["status"] == "importing"
    assert (shown["os_glance_importing_to_stores"], shown["os_glance_failed_import"]) == ("default", "")
    (task,) = await tasks_of(member, made["id"])
    assert (task["status"], task["result"], "expires_at" in task) == ("processing", None, False)
    for again in (from_web(web.url("/disk")), DIRECT):
        assert (await begin(member, made["id"], again)).status_code == 409
    assert (await put(member, made["id"], b"x")).status_code == 409
    assert (await stage(member, made["id"], b"x")).status_code == 409
    assert (await patch(member, made["id"], {"op": "replace", "path": "/name", "value": "renamed"})).status_code == 200
    web.go_on.set()
    assert (await over(member, made["id"]))["status"] == "success"
    shown = await show(member, made["id"])
    assert (shown["status"], shown["size"], shown["name"]) == ("active", len(content), "renamed")
    assert (kept(folder), counted(cloud)) == ([made["id"]], 2)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (said(b"", 500), "answered 500"),
        (said(b"", length=4 * CHUNK + 1), "too large"),
        (said(b"half", length=9), "connection was lost"),
        (said(qcow2(backing_file=b"/etc/passwd")), "refused for its safety"),
        (said(b"not an image"), "content is raw"),
        (said(b"", 302, "Location: http://169.254.169.254/latest"), "port is none of"),
    ],
)
async def test_a_download_that_fails_leaves_a_queued_image_and_says_why(
    cloud: Cloud, member: httpx.AsyncClient, web: Source, folder: Path, answer: bytes, why: str
) -> None:
    web.answers["/disk"] = answer
    made = await create(member, disk_format="qcow2")
    task = await imported(member, made["id"], from_web(web.url("/disk")))
    assert task["status"] == "failure"
    assert why in task["message"]
    assert "127.0.0.1" not in task["message"] or "from 127.0.0.1 failed" in task["message"]
    shown = await show(member, made["id"])
    assert (shown["status"], shown["size"]) == ("queued", None)
    assert FAILED.items() <= shown.items()
    assert (list(folder.iterdir()), counted(cloud)) == ([], 0)


async def test_more_than_the_quota_has_room_for_is_refused_before_and_while_it_comes(
    cloud: Cloud, member: httpx.AsyncClient, web: Source, folder: Path
) -> None:
    project = cloud.people["red-member"].project_id
    await cloud.services.store.write(lambda c: quotas.set_limits(c, project, {"image_size_mib": 1}))
    made = await create(member)
    assert (await stage(member, made["id"], bytes(CHUNK + 1))).status_code == 413
    web.answers["/said"] = said(bytes(CHUNK + 1))
    web.answers["/unsaid"] = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + bytes(CHUNK + 1)
    for path in ("/said", "/unsaid"):
        task = await imported(member, made["id"], from_web(web.url(path)))
        assert task["status"] == "failure"
        assert "too large" in task["message"]
    assert (await show(member, made["id"]))["status"] == "queued"
    assert list(folder.iterdir()) == []
    assert (await stage(member, made["id"], bytes(CHUNK))).status_code == 204
    other = await create(member)
    assert (await stage(member, other["id"], b"x")).status_code == 413, "staged bytes count"
    assert (await member.delete(f"{IMAGES}/{made['id']}")).status_code == 204
    assert (counted(cloud), list(folder.iterdir())) == (0, [])


async def test_an_image_deleted_while_it_is_imported_leaves_nothing_but_its_task(
    cloud: Cloud, member: httpx.AsyncClient, web: Source, folder: Path
) -> None:
    web.answers["/disk"] = said(b"a" * CHUNK + b"<hold>b", length=CHUNK + 1)
    made = await create(member)
    assert (await begin(member, made["id"], from_web(web.url("/disk")))).status_code == 202
    (task,) = await tasks_of(member, made["id"])
    assert (await member.delete(f"{IMAGES}/{made['id']}")).status_code == 204
    web.go_on.set()
    admin = await cloud.client_for("admin")
    told = (await admin.get(f"/image/v2/tasks/{task['id']}")).json()
    assert (told["status"], told["message"]) == ("failure", "The image was deleted while it was imported.")
    for _ in range(400):
        if not cloud.services.images.imports.running:
            break
        await asyncio.sleep(0.02)
    assert (list(folder.iterdir()), counted(cloud)) == ([], 0)


async def test_a_process_that_ends_queues_what_it_imports(
    cloud: Cloud, member: httpx.AsyncClient, web: Source, folder: Path
) -> None:
    web.answers["/disk"] = said(b"a" * CHUNK + b"<hold>b", length=CHUNK + 1)
    ids = [(await create(member))["id"] for _ in range(6)]
    for image_id in ids:
        assert (await begin(member, image_id, from_web(web.url("/disk")))).status_code == 202
    for _ in range(400):
        if len(web.asked) == 4:
            break
        await asyncio.sleep(0.02)
    assert len(web.asked) == 4, "so many at once, and the rest wait"
    await cloud.services.images.stop()
    for image_id in ids:
        assert (await show(member, image_id))["status"] == "queued"
        (task,) = await tasks_of(member, image_id)
        assert task["message"] == "The process that imported it was stopped. The image is queued: import it again."
    assert (list(folder.iterdir()), counted(cloud)) == ([], 0)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 400, "requires a 'method' field"),
        ({"method": {}}, 400, "requires a 'name' field"),
        ({"method": {"name": "copy-image"}, "all_stores": True}, 400, "Unknown import method name 'copy-image'"),
        ({"method": {"name": "glance-download"}}, 400, "Unknown import method name 'glance-download'"),
        ({"method": {"name": "magic"}}, 400, "Unknown import method name 'magic'"),
        ({"method": {"name": "glance-direct", "uri": "http://x/"}}, 400, "takes no uri"),
        ({"method": {"name": "web-download"}}, 400, "needs the uri"),
        ({"method": {"name": "web-download", "uri": "http://u:p@127.0.0.1/"}}, 400, "does not pass filtering"),
        ({"method": {"name": "web-download", "uri": "file:///etc/passwd"}}, 400, "does not pass filtering"),
        ({**DIRECT, "stores": ["other"]}, 409, "other"),
        ({**DIRECT, "stores": ["default"], "all_stores": True}, 400, "All_stores"),
        ({**DIRECT, "all_stores": "yes"}, 400, "all_stores"),
        ({**DIRECT, "strange": 1}, 400, "strange"),
        (DIRECT, 409, "needs to be staged"),
    ],
)
async def test_what_cannot_be_imported_is_refused_by_name_and_changes_nothing(
    member: httpx.AsyncClient, body: Any, status: int, words: str
) -> None:
    made = await create(member)
    answer = await begin(member, made["id"], body)
    assert answer.status_code == status, answer.text
    assert words in answer.text
    assert await show(member, made["id"]) == {key: made[key] for key in await show(member, made["id"])}
    assert await tasks_of(member, made["id"]) == []


async def test_states_that_cannot_be_imported_or_staged(member: httpx.AsyncClient, web: Source) -> None:
    image_id = await staged(member, b"some bytes")
    assert (await stage(member, image_id, b"again")).status_code == 409
    assert (await put(member, image_id, b"upload")).status_code == 409
    assert (await begin(member, image_id, from_web(web.url("/x")))).status_code == 409
    without = (await member.post(IMAGES, json={"name": "no formats"})).json()["id"]
    assert (await stage(member, without, b"x")).status_code == 204
    answer = await begin(member, without)
    assert (answer.status_code, "needs to be set before import" in answer.text) == (409, True)
    assert (await show(member, image_id))["status"] == "uploading"


async def test_others_neither_stage_nor_import_nor_see_the_tasks(
    cloud: Cloud, member: httpx.AsyncClient, web: Source
) -> None:
    image_id = await staged(member, b"some bytes")
    for name, status in (("blue-member", 404), ("red-reader", 403)):
        client = await cloud.client_for(name)
        assert (await begin(client, image_id)).status_code == status
        assert (await stage(client, image_id, b"x")).status_code == status
    await imported(member, image_id)
    admin = await cloud.client_for("admin")
    assert (
        await patch(admin, image_id, {"op": "replace", "path": "/visibility", "value": "public"})
    ).status_code == 200
    blue = await cloud.client_for("blue-member")
    assert await tasks_of(blue, image_id) == []
    assert len(await tasks_of(await cloud.client_for("red-reader"), image_id)) == 1
    (task,) = await tasks_of(member, image_id)
    for path in ("/image/v2/tasks", f"/image/v2/tasks/{task['id']}"):
        assert (await member.get(path)).status_code == 403
    assert (await member.get(f"{IMAGES}/{'0' * 8}-0000-4000-8000-{'0' * 12}/tasks")).status_code == 404


async def test_admins_list_tasks_in_pages_until_they_are_old(cloud: Cloud, member: httpx.AsyncClient) -> None:
    ids = [await staged(member, b"some bytes") for _ in range(3)]
    for image_id in ids:
        await imported(member, image_id)
    admin = await cloud.client_for("admin")
    first = (await admin.get("/image/v2/tasks?limit=2")).json()
    assert [task["image_id"] for task in first["tasks"]] == [ids[2], ids[1]]
    assert not first["tasks"][0].keys() & {"input", "result", "message"}
    rest = (await admin.get(f"/image{first['next']}")).json()
    assert ([task["image_id"] for task in rest["tasks"]], "next" in rest) == ([ids[0]], False)
    oldest = (await admin.get("/image/v2/tasks?sort_dir=asc&limit=2")).json()
    assert [task["image_id"] for task in oldest["tasks"]] == ids[:2]
    assert [task["image_id"] for task in (await admin.get(f"/image{oldest['next']}")).json()["tasks"]] == ids[2:]
    for query, count in (("status=success", 3), ("status=failure", 0), ("type=import", 0), ("owner=nobody", 0)):
        assert len((await admin.get(f"/image/v2/tasks?{query}")).json()["tasks"]) == count
    for query in ("status=odd", "type=odd", "odd=1", "sort_key=odd", "limit=-1"):
        assert (await admin.get(f"/image/v2/tasks?{query}")).status_code == 400
    assert (await admin.get("/image/v2/tasks?marker=none")).status_code == 404
    assert (await admin.post("/image/v2/tasks", json={"type": "import", "input": {}})).status_code == 400
    assert (await admin.delete(f"/image/v2/tasks/{first['tasks'][0]['id']}")).status_code == 405
    cloud.clock.advance(KEPT_SECONDS + 1)
    await cloud.services.images.sweep()
    admin = await cloud.client_for("admin")
    assert (await admin.get("/image/v2/tasks")).json()["tasks"] == []
    assert (await show(admin, ids[0]))["status"] == "active"


async def test_what_there_is_to_import_with_is_told(cloud: Cloud, member: httpx.AsyncClient, folder: Path) -> None:
    methods = (await member.get("/image/v2/info/import")).json()["import-methods"]
    assert (methods["type"], methods["value"]) == ("array", ["glance-direct", "web-download"])
    (store,) = (await member.get("/image/v2/info/stores")).json()["stores"]
    assert (store["id"], store["default"]) == ("default", "true")
    assert (await member.get("/image/v2/info/stores/detail")).status_code == 403
    admin = await cloud.client_for("admin")
    (told,) = (await admin.get("/image/v2/info/stores/detail")).json()["stores"]
    assert (told["type"], told["properties"]) == ("file", {"data_dir": str(folder)})
    answer = await member.post(IMAGES, json={"name": "new"})
    assert answer.headers["openstack-image-import-methods"] == "glance-direct,web-download"
    assert answer.headers["openstack-image-store-ids"] == "default"
    for name in ("task", "tasks"):
        assert (await member.get(f"/image/v2/schemas/{name}")).json()["name"] == name


async def test_sizes_and_stores_that_are_said_are_held_to(member: httpx.AsyncClient) -> None:
    for route, ends in (("file", "active"), ("stage", "uploading")):
        made = await create(member)

        async def send(content: Any, path: str = f"{IMAGES}/{made['id']}/{route}", **headers: str) -> int:
            sent = BYTES | {name.replace("_", "-"): value for name, value in headers.items()}
            return (await member.put(path, content=content, headers=sent)).status_code

        async def pieces() -> AsyncIterator[bytes]:
            yield b"some"
            yield b"bytes"

        assert await send(b"some bytes", x_openstack_image_size="ten") == 400
        assert await send(b"some bytes", x_openstack_image_size="11") == 400
        assert await send(pieces(), x_openstack_image_size="10") == 400
        assert await send(pieces(), x_openstack_image_size="8") == 413
        assert await send(b"some bytes", x_image_meta_store="other") == 400
        assert (await show(member, made["id"]))["status"] == "queued"
        assert await send(pieces(), x_openstack_image_size="9", x_image_meta_store="default") == 204
        assert (await show(member, made["id"]))["status"] == ends
