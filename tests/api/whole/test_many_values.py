"""Lists are asked by many values: the right list or a refusal, in every list of every service, never a failure."""

from functools import lru_cache
from urllib.parse import quote

import httpx
import pytest

from berthline.api.compute.servers import query as servers_query
from berthline.api.image import listing as images_listing
from berthline.api.listing import MOST_VALUES, PAGING
from berthline.store.network import floating_ips, networks, ports, routers, security_groups, subnets
from tests.api.compute.conftest import LATEST
from tests.api.test_routes import every_route
from tests.api.whole.conftest import Whole

MANY = 1100
KINDS = {"fixed_ips": "ip_address_substr=10.{}", "revision_number": "{}", "ip_version": "{}", "sort": "name:asc"}
"""What the values of a parameter look like, where it is not just any text."""


ANYWHERE = ("tags", "limit", "nobody")
"""What is asked where nothing is refused: such a route reads no query."""
OPEN = ("/image/v2/images",)
"""But here any other parameter is an attribute of the owner's."""


def parameters() -> list[str]:
    """Every query parameter that some list knows, and one that none does."""
    nouns = (networks, subnets, ports, routers, security_groups, floating_ips)
    known = {name for noun in nouns for name in noun.LISTED.filters}
    known |= set(servers_query.SCHEMA.known)
    known |= {*images_listing._COLUMNS, *images_listing._KNOWN, *PAGING}
    known |= {"domain_id", "parent_id", "is_domain", "user.id", "role.id", "group.id", "scope.project.id", "nobody"}
    return sorted(known)


@lru_cache
def queries(name: str) -> tuple[str, ...]:
    """A value of a parameter, then many: one by one, between commas, and as Glance's list."""
    values = [quote(KINDS.get(name, "v{}").format(number)) for number in range(MANY)]
    joined = ",".join(values)
    return (
        f"{name}={values[0]}",
        "&".join(f"{name}={value}" for value in values),
        f"{name}={joined}",
        f"{name}=in:{joined}",
    )


def is_unknown(answer: httpx.Response) -> bool:
    """Whether the list has no such parameter: then it is not read at all."""
    return answer.status_code == 400 and ("unknown query parameter" in answer.text or "was unexpected" in answer.text)


@pytest.mark.slow
@pytest.mark.parametrize("service", ["identity", "image", "network", "compute", "berthline"])
async def test_no_list_fails_on_many_values(whole: Whole, service: str) -> None:
    lists = [path for method, path in every_route() if method == "GET" and path.startswith(f"/{service}/v")]
    assert lists
    for path in map(whole.path, lists):
        anything = not is_unknown(await whole.admin.get(f"{path}?nobody=1", headers=LATEST))
        for name in ANYWHERE if anything and path not in OPEN else parameters():
            one, *many = queries(name)
            if is_unknown(await whole.admin.get(f"{path}?{one}", headers=LATEST)):
                continue
            for query in many:
                answer = await whole.admin.get(f"{path}?{query}", headers=LATEST)
                assert answer.status_code < 500, (path, name, answer.text[:200])


@pytest.mark.parametrize(
    "path",
    [
        "/network/v2.0/ports",
        "/compute/v2.1/servers",
        "/image/v2/images",
        "/identity/v3/users",
        "/network/v2.0/subnets/x",
    ],
)
@pytest.mark.parametrize("comma", [",", "%2C", "&tags="])
async def test_more_values_than_the_most_are_refused_by_name(whole: Whole, path: str, comma: str) -> None:
    query = "name=a&tags=" + comma.join("v" for _ in range(MOST_VALUES + 1))
    answer = await whole.admin.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert f"most of them for tags ({MOST_VALUES + 1}): send at most {MOST_VALUES}" in answer.text


async def names(client: httpx.AsyncClient, plural: str, **query: str | list[str]) -> set[str]:
    answer = await client.get(f"/network/v2.0/{plural}", params=query)
    assert answer.status_code == 200, answer.text
    return {found["name"] for found in answer.json()[plural.replace("-", "_")]}


@pytest.mark.parametrize("many", [1, 17, MANY])
async def test_many_tags_find_what_few_find(whole: Whole, many: int) -> None:
    others = ",".join(f"other{number}" for number in range(many))
    for name, tags in (("none", []), ("a", ["a"]), ("both", ["a", "b"])):
        body = {"security_group": {"name": name}}
        made = (await whole.admin.post("/network/v2.0/security-groups", json=body)).json()["security_group"]["id"]
        await whole.admin.put(f"/network/v2.0/security-groups/{made}/tags", json={"tags": tags})
    everything = await names(whole.admin, "security-groups")
    untagged = everything - {"a", "both"}
    for query, expected in (
        ({"tags": "a,b"}, {"both"}),
        ({"tags": "a,a"}, {"a", "both"}),
        ({"tags": f"a,{others}"}, set[str]()),
        ({"tags-any": f"b,{others}"}, {"both"}),
        ({"tags-any": others}, set[str]()),
        ({"not-tags": "a,b"}, everything - {"both"}),
        ({"not-tags": f"a,{others}"}, everything),
        ({"not-tags-any": f"a,{others}"}, untagged),
    ):
        assert await names(whole.admin, "security-groups", **query) == expected, query
    ids = [f"{number}" for number in range(many)]
    assert await names(whole.admin, "networks", id=[*ids, whole.ids["networks"]]) == {"n"}


async def test_many_tags_of_images_and_servers_find_what_few_find(whole: Whole) -> None:
    image, server = whole.ids["image_id"], whole.ids["server_id"]
    for tag in ("a", "b"):
        assert (await whole.admin.put(f"/image/v2/images/{image}/tags/{tag}")).status_code == 204
    body = {"tags": ["a", "b"]}
    assert (await whole.admin.put(f"/compute/v2.1/servers/{server}/tags", json=body, headers=LATEST)).is_success
    others = [f"other{number}" for number in range(MANY)]
    for tags, count in ((["a", "b", "a"], 1), (["a", *others], 0)):
        answer = await whole.admin.get("/image/v2/images", params={"tag": tags, "visibility": "all"})
        assert len(answer.json()["images"]) == count
    for name, tags, count in (
        ("tags", ["a", "b"], 1),
        ("tags", ["a", *others], 0),
        ("tags-any", ["a", *others], 1),
        ("not-tags", ["a", *others], 1),
        ("not-tags-any", ["a", *others], 0),
    ):
        answer = await whole.admin.get("/compute/v2.1/servers", params={name: ",".join(tags)}, headers=LATEST)
        assert len(answer.json()["servers"]) == count, (name, len(tags))


async def test_few_parts_of_addresses_are_looked_for(whole: Whole) -> None:
    async def found(count: int) -> httpx.Response:
        parts = [f"ip_address_substr=.{number}.{number}" for number in range(count)]
        return await whole.admin.get("/network/v2.0/ports", params={"fixed_ips": parts})

    assert (await found(ports.MOST_PARTS)).status_code == 200
    refused = await found(ports.MOST_PARTS + 1)
    assert refused.status_code == 400
    assert "at most 32 ip_address_substr" in refused.text


async def test_a_sort_key_that_comes_again_costs_nothing(whole: Whole) -> None:
    first = (await whole.admin.get("/network/v2.0/ports", params={"limit": 1})).json()["ports"][0]["id"]
    for path, key in (("/network/v2.0/ports", "name"), ("/compute/v2.1/servers", "uuid"), ("/image/v2/images", "name")):
        marker = {"servers": whole.ids["server_id"], "images": whole.ids["image_id"]}.get(
            path.rpartition("/")[2], first
        )
        query = {"sort_key": [key, "created_at"] * 300, "marker": marker}
        answer = await whole.admin.get(path, params=query)
        assert answer.status_code == 200, answer.text
