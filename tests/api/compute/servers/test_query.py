"""The query of GET /servers by microversion: what is honoured, what is ignored, and what is refused."""

from typing import Any

import httpx
import pytest

from berthline.api.compute.servers.query import SORTS_NOTHING
from tests.api.builder import HandClock
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

LISTS = ("/compute/v2.1/servers", "/compute/v2.1/servers/detail")


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


@pytest.fixture
async def three(ground: Ground, world: World) -> list[str]:
    """Ids of three servers, in order of their making."""
    return [await ground.boot(world, name) for name in ("b", "a", "c")]


async def _names(client: httpx.AsyncClient, minor: int, /, **query: Any) -> list[str]:
    found = []
    for path in LISTS:
        answer = await client.get(path, params=query, headers=at(minor))
        assert answer.status_code == 200, answer.text
        found.append([server["name"] for server in answer.json()["servers"]])
    assert found[0] == found[1]
    return found[0]


async def _refused(client: httpx.AsyncClient, minor: int, code: int = 400, /, **query: Any) -> None:
    for path in LISTS:
        answer = await client.get(path, params=query, headers=at(minor))
        assert answer.status_code == code, (minor, query, answer.text)


async def test_sort_keys_that_sort_nothing_are_ignored_until_2_75(ground: Ground, three: list[str]) -> None:
    assert len(SORTS_NOTHING) == 21
    for key in SORTS_NOTHING:
        assert await _names(ground.red, 1, sort_key=key) == ["c", "a", "b"]
        assert await _names(ground.red, 74, sort_key=key, sort_dir="asc") == ["c", "a", "b"]
        await _refused(ground.red, 75, sort_key=key)
    both = {"sort_key": ["memory_mb", "display_name"], "sort_dir": ["desc", "asc"]}
    assert await _names(ground.red, 1, **both) == ["a", "b", "c"], "an ignored key takes its direction along"
    await ground.red.post(f"{LISTS[0]}/{three[0]}/action", json={"lock": None})
    assert await _names(ground.red, 72, sort_key="locked") == ["c", "a", "b"]
    assert await _names(ground.red, 73, sort_key="locked") == ["b", "c", "a"]
    assert await _names(ground.red, 75, sort_key="locked", sort_dir="asc") == ["a", "c", "b"]


async def _ids(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get(LISTS[0], params=query, headers=at(73))
    assert answer.status_code == 200, answer.text
    return [server["id"] for server in answer.json()["servers"]]


async def _walk(client: httpx.AsyncClient, **query: Any) -> list[str]:
    """All ids, by pages of one."""
    found: list[str] = []
    while page := await _ids(client, limit=1, **query, **({"marker": found[-1]} if found else {})):
        found += page
    return found


@pytest.mark.usefixtures("three")
async def test_every_key_of_nova_s_sorts(ground: Ground) -> None:
    keys = (
        "access_ip_v4 access_ip_v6 auto_disk_config availability_zone config_drive created_at display_description "
        "display_name hostname image_ref instance_type_id kernel_id key_name launch_index launched_at locked_by "
        "power_state progress project_id ramdisk_id root_device_name task_state terminated_at updated_at user_id uuid "
        "vm_state"
    )
    for key in keys.split():
        for minor in (1, 100):
            assert sorted(await _names(ground.red, minor, sort_key=key)) == ["a", "b", "c"]
    for key in (*keys.split(), "locked"):
        for order in ({"sort_key": key, "sort_dir": "asc"}, {"sort_key": [key, "uuid"], "sort_dir": ["desc", "asc"]}):
            assert await _walk(ground.red, **order) == await _ids(ground.red, **order), order
    for key in ("host", "node"):
        assert sorted(await _names(ground.admin, 1, sort_key=key, all_tenants="1")) == ["a", "b", "c"]
        await _refused(ground.red, 1, 403, sort_key=key)
    await _refused(ground.red, 1, sort_key="secret")
    await _refused(ground.red, 1, sort_dir="up")
    await _refused(ground.red, 1, sort_key="uuid", sort_dir=["asc", "desc"])
    assert await _names(ground.red, 1, sort_dir="asc") == ["b", "a", "c"]


async def test_changes_before_takes_what_changed_in_that_second(ground: Ground, world: World, clock: HandClock) -> None:
    clock.advance(seconds=3.7)
    server = await ground.boot(world)
    shown = (await ground.red.get(f"{LISTS[0]}/{server}", headers=LATEST)).json()["server"]["updated"]
    assert await _names(ground.red, 66, **{"changes-before": shown}) == ["web"]
    assert await _names(ground.red, 66, **{"changes-since": shown, "changes-before": shown}) == ["web"]
    assert await _names(ground.red, 66, **{"changes-before": "2001-01-01T00:00:00Z"}) == []
    assert await _names(ground.red, 65, **{"changes-before": "2001-01-01T00:00:00Z"}) == ["web"], "not known yet"
    await _refused(ground.red, 66, **{"changes-before": "never"})
    await _refused(ground.red, 66, **{"changes-since": shown, "changes-before": "2001-01-01T00:00:00Z"})
    await ground.red.delete(f"{LISTS[0]}/{server}")
    await world.settle()
    assert await _names(ground.red, 66, **{"changes-before": "2100-01-01T00:00:00Z"}) == ["web"], "deleted ones too"


@pytest.mark.usefixtures("three")
async def test_filters_come_with_their_microversion(ground: Ground) -> None:
    none: list[str] = []
    all_three = ["c", "a", "b"]
    for name, minor, value in (
        ("ip6", 5, "2001:"), ("tags", 26, "x"), ("tags-any", 26, "x"), ("locked", 73, "true"), ("key_name", 83, "k"),
        ("availability_zone", 83, "mars"), ("config_drive", 83, "true"), ("created_at", 83, "^1999"),
        ("launched_at", 83, "^1999"), ("terminated_at", 83, "."), ("power_state", 83, "4"), ("progress", 83, "7"),
        ("task_state", 83, "rebooting"), ("vm_state", 83, "error"), ("user_id", 83, "nobody"), ("hostname", 90, "^x$"),
    ):  # fmt: skip
        assert await _names(ground.red, minor, **{name: value}) == none, name
        if name != "locked" and not name.startswith("tags") and minor > 1:
            assert await _names(ground.red, minor - 1, **{name: value}) == all_three, name
    assert await _names(ground.red, 25, tags="x") == all_three
    assert await _names(ground.red, 72, locked="true") == all_three
    assert await _names(ground.red, 90, hostname="^a$") == ["a"]
    assert await _names(ground.red, 83, progress="0", created_at="20") == all_three


@pytest.mark.usefixtures("three")
async def test_what_only_admins_filter_by_means_nothing_to_others(ground: Ground) -> None:
    for name in ("description", "display_name", "host", "image_ref", "kernel_id", "locked_by", "node", "uuid"):
        assert len(await _names(ground.red, 100, **{name: "nothing-is-so"})) == 3
        assert await _names(ground.admin, 100, all_tenants="1", **{name: "nothing-is-so"}) == []
    assert len(await _names(ground.red, 100, deleted="true")) == 3
    assert await _names(ground.admin, 100, all_tenants="1", deleted="true") == []
    assert len(await _names(ground.admin, 100, all_tenants="1", soft_deleted="true", deleted="nonsense")) == 3
    assert len(await _names(ground.admin, 100, all_tenants="1", root_device_name="vda", kernel_id="^$")) == 3
    assert await _names(ground.admin, 1, all_tenants="1", display_name="^a$", auto_disk_config="false") == ["a"]


@pytest.mark.usefixtures("three")
async def test_unknown_parameters_are_ignored_until_2_75(ground: Ground) -> None:
    for name in ("colour", "sort", "fields", "page_reverse", "offset"):
        assert len(await _names(ground.red, 74, **{name: "1"})) == 3
        await _refused(ground.red, 75, **{name: "1"})
    for name in ("metadata", "_sa_instance_state"):
        assert len(await _names(ground.red, 74, **{name: "1"})) == 3
        await _refused(ground.admin, 1, **{name: "1"})
    for text in ("-1", "x", "", "1.5", "\u0664"):
        await _refused(ground.red, 1, limit=text)
    assert await _names(ground.red, 1, limit="0") == []
    assert len(await _names(ground.red, 1, limit="9" * 40)) == 3
    for name in ("created_at", "kernel_id", "display_name", "hostname", "flavor"):
        await _refused(ground.red, 1, **{name: "("})
        await _refused(ground.red, 100, **{name: ["x", "[a"]})
    assert len(await _names(ground.red, 25, tags="(")) == 3, "not known yet"
    assert await _names(ground.red, 83, config_drive="perhaps") == []
    assert len(await _names(ground.red, 83, config_drive="False")) == 3
    assert await _names(ground.red, 1, limit=["1", "2"]) == ["c", "a"]


@pytest.mark.usefixtures("three")
async def test_statuses_are_nova_s_words(ground: Ground) -> None:
    assert await _names(ground.red, 37, status="bogus") == []
    await _refused(ground.red, 38, status="bogus")
    for word in ("paused", "VERIFY_RESIZE", "SHELVED_OFFLOADED", "HARD_REBOOT"):
        assert await _names(ground.red, 100, status=word) == []
    assert len(await _names(ground.red, 100, status=["bogus", "active"])) == 3
    await _refused(ground.red, 100, 403, status="deleted")
    assert len(await _names(ground.red, 100, status=["deleted", "ACTIVE"])) == 3
