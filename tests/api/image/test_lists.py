"""Lists of images: filters, pages, order."""

import httpx
import pytest

from tests.api.builder import Cloud
from tests.api.image.client import IMAGES, create, names, upload


async def test_filters(member: httpx.AsyncClient) -> None:
    small = await upload(member, b"x" * 10, name="small", tags=["a", "b"], os_distro="debian")
    await upload(member, b"x" * 1000, name="large", tags=["a"], visibility="private", protected=True)
    await create(member, name="empty, queued", disk_format="qcow2", min_ram=64)
    await create(member, name="hidden", os_hidden=True)
    wanted = {
        "name=small": ["small"],
        "name=in:small,large": ["large", "small"],
        'name=in:small,"empty, queued"': ["empty, queued", "small"],
        "status=queued": ["empty, queued"],
        "status=active": ["large", "small"],
        "disk_format=qcow2": ["empty, queued"],
        "container_format=bare&status=active": ["large", "small"],
        "visibility=private": ["large"],
        "visibility=public": [],
        "tag=a": ["large", "small"],
        "tag=a&tag=b": ["small"],
        "size_min=11": ["large"],
        "size_max=10": ["small"],
        "protected=true": ["large"],
        "min_ram=64": ["empty, queued"],
        "os_hidden=true": ["hidden"],
        "os_distro=debian": ["small"],
        "os_distro=other": [],
        f"id={small['id']}": ["small"],
        f"checksum={small['checksum']}": ["small"],
        f"owner={small['owner']}&name=small": ["small"],
        "owner=other": [],
        "name=%27%20OR%201=1": [],
    }
    assert {query: sorted(await names(member, query)) for query in wanted} == wanted


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1",
        "limit=x",
        "limit=%D9%A3",
        "size_min=x",
        "visibility=mine",
        "member_status=maybe",
        "sort_key=secret",
        "sort_dir=up&sort_key=name",
        "sort=name:up",
        "protected=perhaps",
        "marker=nothing",
        "created_at=gt:2020",
        "os_hash_algo=sha512",
        "virtual_size=1",
        'name=in:"a',
    ],
)
async def test_a_bad_query_is_400(member: httpx.AsyncClient, query: str) -> None:
    assert (await member.get(f"{IMAGES}?{query}")).status_code == 400


async def test_pages_follow_each_other_in_any_order(cloud: Cloud, member: httpx.AsyncClient) -> None:
    sizes = [3, 1, 2, 1, 3, 2, 1]
    for number, size in enumerate(sizes):
        cloud.clock.advance(1)
        await upload(member, b"x" * size, name=f"n{number}")
    await create(member, name="n7")
    expected = {
        "": ["n7", "n6", "n5", "n4", "n3", "n2", "n1", "n0"],
        "sort_key=name&sort_dir=asc": [f"n{number}" for number in range(8)],
        "sort=size:asc,name:desc": ["n7", "n6", "n3", "n1", "n5", "n2", "n4", "n0"],
        "sort_key=size&sort_key=created_at&sort_dir=desc&sort_dir=asc": [
            "n0",
            "n4",
            "n2",
            "n5",
            "n1",
            "n3",
            "n6",
            "n7",
        ],
    }
    for query, order in expected.items():
        seen: list[str] = []
        path = f"/v2/images?limit=3&{query}"
        while path:
            body = (await member.get("/image" + path)).json()
            seen += [image["name"] for image in body["images"]]
            path = body.get("next", "")
        assert seen == order, query
    assert await names(member, "limit=0") == []


async def test_a_list_has_25_images_unless_told_otherwise(member: httpx.AsyncClient) -> None:
    for _ in range(27):
        await create(member)
    assert len(await names(member)) == 25
    assert len(await names(member, "limit=5000")) == 27
