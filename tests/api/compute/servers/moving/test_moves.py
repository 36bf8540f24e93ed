"""resize, confirmResize, revertResize and migrate over HTTP, and the lists of migrations by microversion."""

from typing import Any

import httpx
import pytest

from berthline.domain.ids import new_id
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

SERVERS = "/compute/v2.1/servers"
MIGRATIONS = "/compute/v2.1/os-migrations"


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


async def act(client: httpx.AsyncClient, server: str, minor: int = 100, **body: Any) -> httpx.Response:
    return await client.post(f"{SERVERS}/{server}/action", json=body, headers=at(minor))


def reset(state: str) -> dict[str, Any]:
    return {"os-resetState": {"state": state}}


async def shown(ground: Ground, server: str) -> dict[str, Any]:
    body: dict[str, Any] = (await ground.admin.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"]
    return body


async def new_flavor(ground: Ground, **fields: Any) -> str:
    flavor = {"name": new_id(), "ram": 256, "vcpus": 2, "disk": 2} | fields
    answer = await ground.admin.post("/compute/v2.1/flavors", json={"flavor": flavor})
    assert answer.status_code == 200, answer.text
    made: str = answer.json()["flavor"]["id"]
    return made


def message(answer: httpx.Response) -> tuple[int, str]:
    (fault,) = answer.json().values()
    return answer.status_code, fault["message"]


async def test_a_resize_is_shown_confirmed_and_listed(ground: Ground, world: World) -> None:
    server, large = await ground.boot(world), await new_flavor(ground)
    was, hosts = await shown(ground, server), world.away()
    answer = await act(ground.red, server, resize={"flavorRef": large, "OS-DCF:diskConfig": "AUTO"})
    assert (answer.status_code, answer.content) == (202, b"")
    now = await shown(ground, server)
    assert (now["status"], now["OS-EXT-STS:task_state"], now["progress"]) == ("RESIZE", "resize_prep", 0)
    hosts.end()
    await world.settle()
    now = await shown(ground, server)
    assert (now["status"], now["OS-EXT-STS:vm_state"], now["OS-EXT-STS:task_state"]) == (
        "VERIFY_RESIZE",
        "resized",
        None,
    )
    assert (now["flavor"]["ram"], now["OS-DCF:diskConfig"]) == (256, "AUTO")
    assert now["addresses"] == was["addresses"]
    found = await ground.red.get(f"{SERVERS}?status=VERIFY_RESIZE")
    assert [one["id"] for one in found.json()["servers"]] == [server]
    assert (await act(ground.red, server, confirmResize=None)).status_code == 204
    await world.settle()
    assert (await shown(ground, server))["status"] == "ACTIVE"
    again = await act(ground.red, server, confirmResize=None)
    assert message(again) == (409, f"Cannot 'confirmResize' instance {server} while it is in vm_state active")
    actions = (await ground.red.get(f"{SERVERS}/{server}/os-instance-actions", headers=LATEST)).json()
    assert [one["action"] for one in actions["instanceActions"]] == ["confirmResize", "resize", "create"]
    (migration,) = (await ground.admin.get(MIGRATIONS, headers=LATEST)).json()["migrations"]
    assert (migration["instance_uuid"], migration["status"]) == (server, "confirmed")
    assert (migration["migration_type"], migration["old_instance_type_id"]) == ("resize", 42)


async def test_a_resize_is_reverted(ground: Ground, world: World) -> None:
    server, large = await ground.boot(world), await new_flavor(ground)
    await act(ground.red, server, resize={"flavorRef": large})
    await world.settle()
    hosts = world.away()
    assert (await act(ground.red, server, revertResize=None)).status_code == 202
    assert (await shown(ground, server))["status"] == "REVERT_RESIZE"
    hosts.end()
    await world.settle()
    now = await shown(ground, server)
    assert (now["status"], now["flavor"]["ram"]) == ("ACTIVE", 128)


async def test_in_error_amid_a_move_only_its_way_back_and_a_delete_are_left(ground: Ground, world: World) -> None:
    """Whatever else took it out of ERROR would leave the move held for ever."""
    server, large = await ground.boot(world), await new_flavor(ground)
    await act(ground.admin, server, **reset("error"))
    why = f"Cannot 'revertResize' instance {server} while it is in vm_state error"
    assert message(await act(ground.red, server, revertResize=None)) == (409, why)
    await act(ground.admin, server, **reset("active"))
    await act(ground.red, server, resize={"flavorRef": large})
    await world.settle()
    await act(ground.admin, server, **reset("error"))
    for action in (
        {"reboot": {"type": "HARD"}},
        {"os-stop": None},
        {"rescue": None},
        {"rebuild": {"imageRef": ground.image}},
    ):
        status, text = message(await act(ground.red, server, **action))
        assert (status, "a move of it has not ended" in text) == (409, True)
    assert (await act(ground.red, server, revertResize=None)).status_code == 202
    await world.settle()
    now = await shown(ground, server)
    assert (now["status"], now["flavor"]["ram"]) == ("ACTIVE", 128)


async def test_what_cannot_be_is_refused_with_novas_words(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    was = await shown(ground, server)
    cases = [
        ({"flavorRef": "42"}, "When resizing, instances must change flavor!"),
        ({"flavorRef": "none"}, "Flavor none could not be found."),
        (
            {"flavorRef": await new_flavor(ground, disk=0)},
            "Server disk was unable to be resized because: Resize to zero disk flavor is not allowed.",
        ),
        (
            {"flavorRef": await new_flavor(ground, disk=10**6)},
            "No valid host was found. There are not enough hosts available.",
        ),
    ]
    for asked, why in cases:
        assert message(await act(ground.admin, server, resize=asked)) == (400, why)
    over = await act(ground.red, server, resize={"flavorRef": await new_flavor(ground, vcpus=1000)})
    assert over.status_code == 403
    assert "Quota exceeded for cores: Requested 999, but already used 1 of 20 cores" in over.text
    for wrong in ({}, {"flavorRef": "42", "x": 1}, {"flavorRef": None}, {"flavorRef": "1", "OS-DCF:diskConfig": "no"}):
        assert (await act(ground.red, server, resize=wrong)).status_code == 400
    assert (await act(ground.reader, server, resize={"flavorRef": "42"})).status_code == 403
    assert await shown(ground, server) == was


async def test_only_an_admin_migrates_and_names_the_host(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    assert (await act(ground.red, server, migrate=None)).status_code == 403
    held = (await shown(ground, server))["OS-EXT-SRV-ATTR:host"]
    same = await act(ground.admin, server, migrate={"host": held})
    assert message(same) == (400, "Cannot migrate to the host where the server exists.")
    nowhere = await act(ground.admin, server, migrate={"host": "nowhere"})
    assert message(nowhere) == (400, "Compute host nowhere could not be found.")
    assert (await act(ground.admin, server, migrate={"hosts": "x"})).status_code == 400
    assert (await act(ground.admin, server, minor=55, migrate={"whatever": 1})).status_code in {202, 400}


@pytest.mark.parametrize(
    ("minor", "there", "absent"),
    [
        (1, {"id", "status"}, {"migration_type", "uuid", "user_id", "links"}),
        (23, {"migration_type"}, {"uuid", "project_id"}),
        (59, {"uuid", "migration_type"}, {"user_id", "project_id"}),
        (80, {"uuid", "user_id", "project_id"}, {"hidden", "cross_cell_move"}),
    ],
)
async def test_a_migration_shows_what_its_microversion_has(
    ground: Ground, world: World, minor: int, there: set[str], absent: set[str]
) -> None:
    server, large = await ground.boot(world), await new_flavor(ground)
    await act(ground.red, server, resize={"flavorRef": large})
    await world.settle()
    (shown_one,) = (await ground.admin.get(MIGRATIONS, headers=at(minor))).json()["migrations"]
    assert there <= set(shown_one)
    assert not absent & set(shown_one)


async def test_migrations_are_listed_in_pages_and_by_what_is_asked(ground: Ground, world: World) -> None:
    large = await new_flavor(ground)
    moved = []
    for name in ("a", "b", "c"):
        server = await ground.boot(world, name)
        await act(ground.red, server, resize={"flavorRef": large})
        await world.settle()
        moved.append(server)
    listed = (await ground.admin.get(MIGRATIONS, headers=at(1))).json()["migrations"]
    assert [one["instance_uuid"] for one in listed] == moved
    seen: list[str] = []
    url: str | None = f"{MIGRATIONS}?limit=2"
    while url is not None:
        page = (await ground.admin.get(url, headers=LATEST)).json()
        seen += [one["instance_uuid"] for one in page["migrations"]]
        links = page.get("migrations_links", [])
        url = links[0]["href"] if links else None
    assert seen == moved[::-1]
    for wanted, expected in (
        (f"instance_uuid={moved[1]}", [moved[1]]),
        ("status=confirmed", []),
        ("migration_type=migration", []),
        ("hidden=1", []),
        ("migration_type=resize&status=finished", moved[::-1]),
        ("host=nowhere", []),
        ("changes-since=2999-01-01T00:00:00Z", []),
    ):
        found = (await ground.admin.get(f"{MIGRATIONS}?{wanted}", headers=LATEST)).json()["migrations"]
        assert [one["instance_uuid"] for one in found] == expected, wanted
    for wrong in (f"marker={new_id()}", "limit=x", "unknown=1", "changes-since=no"):
        assert (await ground.admin.get(f"{MIGRATIONS}?{wrong}", headers=LATEST)).status_code == 400
    assert (await ground.red.get(MIGRATIONS, headers=LATEST)).status_code == 403
