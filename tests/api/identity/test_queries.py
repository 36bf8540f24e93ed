"""Choosing from lists of identities: exact and inexact filters, pages, what is let pass and what is refused."""

from typing import Any

import httpx
import pytest

from tests.api.builder import Cloud

V3 = "/identity/v3"
NAMES = ("Alpha", "alphabet", "beta", "Ärger", "50%_off")


async def shown(client: httpx.AsyncClient, path: str) -> list[str]:
    answer = await client.get(f"{V3}/{path}")
    assert answer.status_code == 200, answer.text
    noun = path.partition("?")[0]
    return [each["name"] for each in answer.json()[noun]]


async def make_all(admin: httpx.AsyncClient, noun: str) -> None:
    for name in NAMES:
        answer = await admin.post(f"{V3}/{noun}s", json={noun: {"name": name}})
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("noun", ["user", "project", "domain", "role"])
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=Alpha", {"Alpha"}),
        ("name=alpha", set()),
        ("name=Alpha&name=beta", set()),
        ("name__contains=lpha", {"Alpha", "alphabet"}),
        ("name__startswith=alpha", {"alphabet"}),
        ("name__istartswith=ALPHA", {"Alpha", "alphabet"}),
        ("name__endswith=bet", {"alphabet"}),
        ("name__iendswith=BETA", {"beta"}),
        ("name__icontains=%C3%A4RG", {"Ärger"}),
        ("name__contains=%25_", {"50%_off"}),
        ("name__contains=_off&name__startswith=50", {"50%_off"}),
        ("name__equals=beta", {"beta"}),
        ("name__nonsense=beta&nonsense=1&marker=", set(NAMES)),
    ],
)
async def test_lists_are_chosen_as_keystone_chooses(cloud: Cloud, noun: str, query: str, found: set[str]) -> None:
    admin = await cloud.client_for("admin")
    await make_all(admin, noun)
    assert set(await shown(admin, f"{noun}s?{query}")) & set(NAMES) == found
    if "nonsense" not in query:
        assert set(await shown(admin, f"{noun}s?{query}")) == found


async def test_the_catalogue_is_chosen_likewise(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    assert await shown(admin, "services?type__startswith=comp") == ["nova"]
    assert await shown(admin, "services?name=nova&nonsense=1") == ["nova"]
    answer = await admin.get(f"{V3}/endpoints?interface__icontains=PUB")
    assert {each["interface"] for each in answer.json()["endpoints"]} == {"public"}
    assert (await admin.get(f"{V3}/regions?parent_region_id=x")).json()["regions"] == []


async def test_enabled_is_true_named_without_a_value(cloud: Cloud) -> None:
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"]
    await admin.patch(f"{V3}/users/{red.user_id}", json={"user": {"enabled": False}})
    assert "red-member" not in await shown(admin, "users?enabled")
    assert await shown(admin, "users?enabled=false") == ["red-member"]


@pytest.mark.parametrize(
    "query",
    [
        "projects?enabled=perhaps",
        "users?password_expires_at=lt:2026-01-01T00:00:00Z",
        "users?idp_id=x",
        "users?limit=-1",
        "users?" + "&".join(["name__contains=a"] * 21),
    ],
)
async def test_what_cannot_be_chosen_by_is_refused(cloud: Cloud, query: str) -> None:
    assert (await (await cloud.client_for("admin")).get(f"{V3}/{query}")).status_code == 400


@pytest.mark.parametrize("noun", ["users", "projects", "domains", "roles"])
async def test_pages_are_the_list_in_parts(cloud: Cloud, noun: str) -> None:
    admin = await cloud.client_for("admin")
    await make_all(admin, noun.removesuffix("s"))
    whole = (await admin.get(f"{V3}/{noun}")).json()[noun]
    parts: list[Any] = []
    following: str | None = f"{V3}/{noun}?limit=2"
    while following:
        page = (await admin.get(following)).json()
        assert len(page[noun]) <= 2
        parts += page[noun]
        following = page["links"]["next"]
        assert page.get("truncated", False) == (following is not None)
    assert parts == whole
    assert (await admin.get(f"{V3}/{noun}?marker=nothing")).status_code == 404


async def test_projects_are_chosen_by_tags(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    for name, tags in (("one", ["a"]), ("two", ["a", "b"]), ("none", [])):
        await admin.post(f"{V3}/projects", json={"project": {"name": name, "tags": tags}})

    async def made(query: str) -> set[str]:
        return set(await shown(admin, f"projects?{query}")) & {"one", "two", "none"}

    assert await made("tags=a") == {"one", "two"}
    assert await made("tags=a,b") == {"two"}
    assert await made("tags-any=b,c") == {"two"}
    assert await made("not-tags=a,b") == {"one", "none"}
    assert await made("not-tags-any=a,b") == {"none"}
    assert await made("tags=a&not-tags=b") == {"one"}


async def test_flags_of_assignments_are_read_as_keystone_reads_them(cloud: Cloud) -> None:
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"]
    path = f"{V3}/role_assignments?user.id={red.user_id}"
    for flag, count in (
        ("effective", 2),
        ("effective=1", 2),
        ("effective=0", 1),
        ("scope.OS-INHERIT:inherited_to=x", 1),
    ):
        assert len((await admin.get(f"{path}&{flag}")).json()["role_assignments"]) == count
    inherited = await admin.get(f"{path}&scope.OS-INHERIT:inherited_to=projects")
    assert inherited.json()["role_assignments"] == []
