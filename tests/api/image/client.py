"""Short words for what image tests do all the time."""

from pathlib import Path
from typing import Any

import httpx

from berthline.domain.image_store import image_of

IMAGES = "/image/v2/images"
BYTES = {"content-type": "application/octet-stream"}
PATCH = {"content-type": "application/openstack-images-v2.1-json-patch"}


async def create(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    body = {"name": "tiny", "disk_format": "raw", "container_format": "bare", **fields}
    answer = await client.post(IMAGES, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def put(client: httpx.AsyncClient, image_id: str, content: Any) -> httpx.Response:
    return await client.put(f"{IMAGES}/{image_id}/file", content=content, headers=BYTES)


async def upload(client: httpx.AsyncClient, content: bytes = b"some bytes", **fields: Any) -> dict[str, Any]:
    made = await create(client, **fields)
    answer = await put(client, made["id"], content)
    assert answer.status_code == 204, answer.text
    return await show(client, made["id"])


async def show(client: httpx.AsyncClient, image_id: str) -> dict[str, Any]:
    answer = await client.get(f"{IMAGES}/{image_id}")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def patch(client: httpx.AsyncClient, image_id: str, *operations: dict[str, Any]) -> httpx.Response:
    import json

    return await client.patch(f"{IMAGES}/{image_id}", content=json.dumps(operations), headers=PATCH)


async def names(client: httpx.AsyncClient, query: str = "") -> list[str]:
    answer = await client.get(f"{IMAGES}?{query}")
    assert answer.status_code == 200, answer.text
    return [image["name"] for image in answer.json()["images"]]


def kept(folder: Path) -> list[str | None]:
    """The image of each file in the folder; None for what is no whole one's."""
    return [image_of(path.name) for path in folder.iterdir()]
