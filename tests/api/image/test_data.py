"""The bytes of images: taken in, judged, given out, and never half kept."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from berthline.domain.ids import ImageId
from berthline.domain.image_store import CHUNK, BytesName
from berthline.hypervisor.config_drive import build_config_drive
from berthline.images import ImageSettings
from berthline.images.stores.folder import FolderStore
from berthline.store import Store
from berthline.store.images.images import base_image
from tests.api.builder import Cloud
from tests.api.image.client import BYTES, IMAGES, create, kept, put, show, upload
from tests.api.image.qcow2 import MIB, VIRTUAL_SIZE, qcow2, vmdk


async def test_raw_bytes_come_back_as_they_went_in(member: httpx.AsyncClient, folder: Path) -> None:
    content = bytes(range(256)) * 20_000
    image = await upload(member, content)
    assert image["status"] == "active"
    assert (image["size"], image["virtual_size"]) == (len(content), len(content))
    assert image["checksum"] == hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert (image["os_hash_algo"], image["os_hash_value"]) == ("sha512", hashlib.sha512(content).hexdigest())
    answer = await member.get(f"{IMAGES}/{image['id']}/file")
    assert answer.content == content
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["content-md5"] == image["checksum"]
    assert kept(folder) == [image["id"]]


PARTS = {
    "bytes=0-0": (0, 0),
    "bytes=2-5": (2, 5),
    "bytes = 2 - 5": (2, 5),
    "bytes=7-": (7, 9),
    "bytes=7-999": (7, 9),
    "bytes=-3": (7, 9),
    "bytes=-999": (0, 9),
    "bytes=0-": (0, 9),
}


async def test_a_part_of_the_bytes(member: httpx.AsyncClient) -> None:
    image = await upload(member, b"0123456789")
    for text, (first, last) in PARTS.items():
        answer = await member.get(f"{IMAGES}/{image['id']}/file", headers={"Range": text})
        assert (answer.status_code, answer.content) == (206, b"0123456789"[first : last + 1]), text
        assert answer.headers["content-range"] == f"bytes {first}-{last}/10"
        assert answer.headers["content-length"] == str(last + 1 - first)
        assert answer.headers["content-md5"] == image["checksum"]
    for text in ("bytes 2-5/10", "bytes 2-5/*"):  # as old clients of Glance ask
        answer = await member.get(f"{IMAGES}/{image['id']}/file", headers={"Content-Range": text})
        assert (answer.status_code, answer.content) == (206, b"2345"), text
    whole = await member.get(f"{IMAGES}/{image['id']}/file")
    assert "content-range" not in whole.headers


async def test_a_part_goes_past_chunks(member: httpx.AsyncClient) -> None:
    content = bytes(range(256)) * (3 * CHUNK // 256)
    image = await upload(member, content)
    asked = {"Range": f"bytes={CHUNK - 3}-{2 * CHUNK + 4}"}
    answer = await member.get(f"{IMAGES}/{image['id']}/file", headers=asked)
    assert answer.content == content[CHUNK - 3 : 2 * CHUNK + 5]


async def test_a_part_that_there_is_not_is_refused(member: httpx.AsyncClient) -> None:
    image = await upload(member, b"0123456789")
    none = await create(member)
    wrong = ("bytes=10-", "bytes=10-12", "bytes=5-2", "bytes=-0", "bytes=", "bytes=-", "bytes=a-b", "lines=1-2", "5")
    headers = [{"Range": text} for text in wrong]
    headers += [
        {"Content-Range": text} for text in ("bytes 5-10/*", "bytes 10-11/*", "bytes */10", "2-5", "bytes 5-2/10")
    ]
    for each in headers:
        answer = await member.get(f"{IMAGES}/{image['id']}/file", headers=each)
        assert answer.status_code == 416, (each, answer.text)
        assert answer.json()["error"]["message"]
    several = await member.get(f"{IMAGES}/{image['id']}/file", headers={"Range": "bytes=0-1,4-5"})
    assert several.status_code == 400
    asked = {"Range": "bytes=0-1"}
    assert (await member.get(f"{IMAGES}/{none['id']}/file", headers=asked)).status_code == 204


async def test_a_good_qcow2_is_taken(member: httpx.AsyncClient) -> None:
    for version in (2, 3):
        image = await upload(member, qcow2(version=version), disk_format="qcow2")
        assert (image["status"], image["virtual_size"]) == ("active", VIRTUAL_SIZE)


@pytest.mark.parametrize("also_a_disk", [False, True])
async def test_a_cd_rom_is_taken(member: httpx.AsyncClient, store: Store, also_a_disk: bool) -> None:
    content = build_config_drive({"boot": b"x" * 4096})
    if also_a_disk:  # as those that start from a memory stick too: with a partition in a master boot record
        entry = bytes.fromhex("80 000001 17 1f2001 00000000 00100000")
        content = content[:446].ljust(446, b"\0") + entry.ljust(64, b"\0") + b"\x55\xaa" + content[512:]
    image = await upload(member, content, disk_format="iso")
    assert (image["status"], image["virtual_size"]) == ("active", len(content))
    base = store.read_now(lambda connection: base_image(connection, ImageId(image["id"])))
    assert base.disk_format == "raw"


REFUSED = {
    "zeros said to be a CD-ROM": ("iso", bytes(65536)),
    "qcow2 said to be a CD-ROM": ("iso", qcow2()),
    "backing file": ("qcow2", qcow2(backing_file=b"/etc/shadow")),
    "backing file by offset alone": ("qcow2", qcow2(version=2, backing_file=b"x")),
    "data file": ("qcow2", qcow2(incompatible=1 << 2)),
    "encrypted by AES": ("qcow2", qcow2(encryption=1)),
    "encrypted by AES, version 2": ("qcow2", qcow2(version=2, encryption=1)),
    "encrypted by LUKS": ("qcow2", qcow2(encryption=2)),
    "encrypted in a way that nobody knows": ("qcow2", qcow2(encryption=1 << 24)),
    "marked as corrupt": ("qcow2", qcow2(incompatible=1 << 1)),
    "LUKS said to be raw": ("raw", b"LUKS\xba\xbe\x00\x01".ljust(65536, b"\0")),
    "unknown feature": ("qcow2", qcow2(incompatible=1 << 20)),
    "unknown version": ("qcow2", qcow2(version=9)),
    "no qcow2 at all": ("qcow2", b"\0" * 65536),
    "cut off header": ("qcow2", qcow2()[:100]),
    "qcow2 said to be raw": ("raw", qcow2()),
    "qcow2 with a backing file said to be raw": ("raw", qcow2(backing_file=b"/etc/shadow")),
    "vmdk said to be raw": ("raw", vmdk()),
    "nothing": ("qcow2", b""),
}


@pytest.mark.parametrize("why", REFUSED)
async def test_what_is_not_what_it_says_is_refused_and_leaves_nothing(
    member: httpx.AsyncClient, folder: Path, why: str
) -> None:
    disk_format, content = REFUSED[why]
    made = await create(member, disk_format=disk_format)
    answer = await put(member, made["id"], content)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    after = await show(member, made["id"])
    assert (after["status"], after["size"], after["checksum"]) == ("queued", None, None)
    assert list(folder.iterdir()) == []
    goods = {"qcow2": qcow2(), "raw": b"good bytes", "iso": build_config_drive({"a": b"b"})}
    good = goods[disk_format]
    assert (await put(member, made["id"], good)).status_code == 204


async def test_an_absurd_virtual_size_is_refused(member: httpx.AsyncClient, folder: Path) -> None:
    for size in (2**64 - 1, 2**63, 2**50):
        made = await create(member, disk_format="qcow2")
        assert (await put(member, made["id"], qcow2(virtual_size=size))).status_code == 413
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("announced", [True, False])
async def test_no_bytes_are_an_image_of_size_0(member: httpx.AsyncClient, folder: Path, announced: bool) -> None:
    async def nothing() -> AsyncIterator[bytes]:
        for block in (b"", b""):
            yield block

    made = await create(member)
    answer = await put(member, made["id"], b"" if announced else nothing())
    assert answer.status_code == 204, answer.text
    image = await show(member, made["id"])
    assert (image["status"], image["size"], image["virtual_size"]) == ("active", 0, 0)
    assert image["checksum"] == hashlib.md5(b"", usedforsecurity=False).hexdigest()
    got = await member.get(f"{IMAGES}/{made['id']}/file")
    assert (got.status_code, got.content, got.headers["content-length"]) == (200, b"", "0")
    assert kept(folder) == [made["id"]]
    assert (await put(member, made["id"], b"later")).status_code == 409


async def test_another_content_type_is_415(member: httpx.AsyncClient) -> None:
    made = await create(member)
    answer = await member.put(
        f"{IMAGES}/{made['id']}/file", content=b"{}", headers={"content-type": "application/json"}
    )
    assert answer.status_code == 415


async def test_formats_must_be_set_before_an_upload(member: httpx.AsyncClient) -> None:
    made = (await member.post(IMAGES, json={"name": "bare"})).json()
    assert (await put(member, made["id"], b"x")).status_code == 400


async def test_an_image_without_data_gives_204(member: httpx.AsyncClient) -> None:
    made = await create(member)
    answer = await member.get(f"{IMAGES}/{made['id']}/file")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_an_upload_takes_constant_memory(member: httpx.AsyncClient, folder: Path) -> None:
    """Seen by what is held between sender and disk: never more than a block or two of forty."""
    made = await create(member)
    sent = ahead = 0

    def on_disk() -> int:
        return sum(part.stat().st_size for part in folder.glob(f"{made['id']}.*.part"))

    async def stream() -> AsyncIterator[bytes]:
        nonlocal sent, ahead
        for _ in range(640):
            sent += 65536
            ahead = max(ahead, sent - on_disk())
            yield b"z" * 65536

    assert (await put(member, made["id"], stream())).status_code == 204
    assert (await show(member, made["id"]))["size"] == sent == 40 * CHUNK
    assert ahead <= 2 * CHUNK


async def test_a_download_is_in_blocks(cloud: Cloud, member: httpx.AsyncClient) -> None:
    content = b"q" * (3 * CHUNK + 5)
    image = await upload(member, content)
    blocks = [block async for block in cloud.services.images.read(ImageId(image["id"]))]
    assert b"".join(blocks) == content
    assert max(map(len, blocks)) <= CHUNK


async def test_deleting_an_image_deletes_its_file(member: httpx.AsyncClient, folder: Path) -> None:
    image = await upload(member)
    assert len(list(folder.iterdir())) == 1
    assert (await member.delete(f"{IMAGES}/{image['id']}")).status_code == 204
    assert list(folder.iterdir()) == []


async def test_a_limit_on_the_bytes_of_one_image(cloud: Cloud, member: httpx.AsyncClient, folder: Path) -> None:
    cloud.services.images._settings = ImageSettings(max_bytes=CHUNK)

    async def more() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"a" * 65536

    made = await create(member)
    assert (await put(member, made["id"], b"a" * (CHUNK + 1))).status_code == 413
    assert (await put(member, made["id"], more())).status_code == 413
    assert (await show(member, made["id"]))["status"] == "queued"
    assert list(folder.iterdir()) == []
    assert (await put(member, made["id"], b"a" * CHUNK)).status_code == 204


async def test_what_hosts_are_told_of_an_image(cloud: Cloud, store: Store, member: httpx.AsyncClient) -> None:
    image = await upload(member, qcow2(), disk_format="qcow2")
    told = store.read_now(lambda connection: base_image(connection, ImageId(image["id"])))
    assert (told.disk_format, told.size, told.sha512) == ("qcow2", 65536, image["os_hash_value"])


@pytest.mark.parametrize("name", ["../escape", "/etc/passwd", "", "x.part", "0000"])
async def test_no_name_but_an_id_touches_a_file(tmp_path: Path, name: str) -> None:
    from berthline.domain.errors import NotFound

    files = FolderStore(tmp_path)
    with pytest.raises(NotFound):
        await files.begin(BytesName(name), 1)
    with pytest.raises(NotFound):
        await files.delete(BytesName(name))
    with pytest.raises(NotFound):
        await files.size(BytesName(name))
    with pytest.raises(NotFound):
        await anext(files.read(BytesName(name)))
    files.close()


async def test_mebibytes_are_counted_exactly(cloud: Cloud, member: httpx.AsyncClient) -> None:
    from sqlalchemy import insert

    from berthline.store.tables.identity import quota_limits

    project = cloud.people["red-member"].project_id
    row = {"project_id": project, "resource": "image_size_mib", "hard_limit": 3}
    cloud.services.store.write_now(lambda connection: connection.execute(insert(quota_limits), row).close())
    first = await upload(member, b"a" * (MIB + 1))
    made = await create(member)
    assert (await put(member, made["id"], b"a" * (MIB + 1))).status_code == 413
    assert (await put(member, made["id"], b"a" * MIB)).status_code == 204
    assert (await put(member, (await create(member))["id"], b"a")).status_code == 413
    await member.delete(f"{IMAGES}/{first['id']}")
    assert (await put(member, (await create(member))["id"], b"a" * 2 * MIB)).status_code == 204


async def test_uploads_at_once_do_not_pass_the_quota(cloud: Cloud, member: httpx.AsyncClient) -> None:
    from sqlalchemy import insert

    from berthline.store.tables.identity import quota_limits

    project = cloud.people["red-member"].project_id
    row = {"project_id": project, "resource": "image_size_mib", "hard_limit": 2}
    cloud.services.store.write_now(lambda connection: connection.execute(insert(quota_limits), row).close())
    made = [await create(member) for _ in range(6)]
    answers = await asyncio.gather(*(put(member, image["id"], b"a" * MIB) for image in made))
    assert sorted(answer.status_code for answer in answers) == [204, 204, 413, 413, 413, 413]


async def test_an_uploads_headers_may_lie_about_its_length_only_to_be_refused(member: httpx.AsyncClient) -> None:
    made = await create(member)
    headers = {**BYTES, "content-length": str(2**62)}
    assert (await member.put(f"{IMAGES}/{made['id']}/file", content=b"x", headers=headers)).status_code == 413
    assert (await show(member, made["id"]))["status"] == "queued"
