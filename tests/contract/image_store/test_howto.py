"""The settings of docs/howto/images.md, each with this machine's own paths, on a cloud that takes an image in."""

import re
import tomllib
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from berthline.bootstrap.cloud import running_cloud
from berthline.config import Settings
from tests.contract.image_store.places import Bucket
from tests.contract.image_store.s3_service import ACCESS_KEY, SECRET_KEY
from tests.unit.bootstrap.test_cloud import settings, user_of

PAGE = Path(__file__).parents[3] / "docs/howto/images.md"
ALL = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
BLOCKS = [block for block in ALL if "web_download" not in block]
BYTES = b"the bytes of an image"


def of_page(number: int, data: Path, told: dict[str, str]) -> Settings:
    """The settings of the page's block, with ``told`` in the place of what stands there."""
    text = BLOCKS[number]
    for there, here in told.items():
        assert there in text
        text = text.replace(there, here)
    given: dict[str, Any] = tomllib.loads(text)
    return msgspec.structs.replace(settings(data), images=msgspec.convert(given["images"], type(Settings().images)))


async def takes_images(chosen: Settings) -> str:
    """Take one in, give it out; its id."""
    async with running_cloud(chosen, durable=False) as cloud, user_of(cloud) as client:
        image_id = await _taken(client)
        health = (await client.get("/healthz")).json()
        assert health["parts"]["images"] == {"ready": True}
    return image_id


async def _taken(client: httpx.AsyncClient) -> str:
    made = (await client.post("/image/v2/images", json={"disk_format": "raw", "container_format": "bare"})).json()
    path = f"/image/v2/images/{made['id']}/file"
    put = await client.put(path, content=BYTES, headers={"Content-Type": "application/octet-stream"})
    assert put.status_code == 204, put.text
    assert (await client.get(path)).content == BYTES
    return str(made["id"])


def test_the_page_has_a_block_for_each_place() -> None:
    assert len(BLOCKS) == 3


def test_the_block_on_downloads_is_taken_as_it_stands() -> None:
    (block,) = [block for block in ALL if block not in BLOCKS]
    given = tomllib.loads(block)["images"]
    assert msgspec.convert(given, type(Settings().images)).web_download.hosts == (
        "cloud.debian.org",
        "cloud-images.ubuntu.com",
        "*.example.org",
    )


@pytest.mark.parametrize(("number", "there"), [(0, "/srv/berthline/images"), (1, "/mnt/images")])
async def test_folders(tmp_path: Path, number: int, there: str) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    image_id = await takes_images(of_page(number, tmp_path / "data", {there: str(folder)}))
    assert [path.name[:36] for path in folder.iterdir() if path.name.startswith(image_id)] == [image_id]
    assert not (tmp_path / "data" / "images").exists()


async def test_an_s3_service_and_the_move_to_it(tmp_path: Path, bucket: Bucket) -> None:
    """From the default folder, by copying the files under the same names."""
    data, secret = tmp_path / "data", tmp_path / "secret"
    secret.write_text(f"{SECRET_KEY}\n")
    image_id = await takes_images(settings(data))
    client = bucket.swift.client()
    for file in (data / "images").iterdir():
        client.put_object(Bucket=bucket.bucket, Key=f"cloud/{file.name}", Body=file.read_bytes())
    told = {"https://s3.example.org": bucket.swift.endpoint, '"images"': f'"{bucket.bucket}"', "KEY": ACCESS_KEY}
    chosen = of_page(2, data, {**told, "/etc/berthline/s3-secret": str(secret)})
    async with running_cloud(chosen, durable=False) as cloud, user_of(cloud) as user:
        assert (await user.get(f"/image/v2/images/{image_id}/file")).content == BYTES
    other = await takes_images(chosen)
    assert {name[:36] for name in bucket.left()} == {"cloud-id", image_id, other}
