"""Host names of servers over HTTP: alone, several at once, and given by the caller."""

from typing import Any

import pytest
from sqlalchemy import select

from berthline.store.tables.network import ports
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

SERVERS = "/compute/v2.1/servers"


async def _host_names(ground: Ground) -> list[str]:
    shown = (await ground.red.get(f"{SERVERS}/detail", headers=LATEST)).json()["servers"]
    return sorted(server["OS-EXT-SRV-ATTR:hostname"] for server in shown)


async def test_a_name_that_is_no_host_name_loses_what_does_not_fit(world: World, ground: Ground) -> None:
    await ground.boot(world, "foo(bar)")
    assert await _host_names(ground) == ["foobar"]


@pytest.mark.parametrize(("name", "expected"), [("a" * 63, ["a" * 61 + "-1", "a" * 61 + "-2"]), ("x", ["x-1", "x-2"])])
async def test_several_servers_have_several_host_names(
    world: World, ground: Ground, name: str, expected: list[str]
) -> None:
    await ground.boot(world, name, max_count=2, min_count=2)
    assert await _host_names(ground) == expected


async def test_a_name_without_anything_to_keep_gives_the_server_s_id(world: World, ground: Ground) -> None:
    await ground.boot(world, "\u4e2d\u6587", max_count=2, min_count=2)
    shown = (await ground.red.get(f"{SERVERS}/detail", headers=LATEST)).json()["servers"]
    assert len(shown) == 2
    assert all(one["OS-EXT-SRV-ATTR:hostname"] == f"Server-{one['id']}" for one in shown)
    named = select(ports.c.dns_name).where(ports.c.device_owner == "compute:nova")
    names = await world.store.read(lambda connection: set(connection.execute(named).scalars()))
    assert names == {f"server-{one['id']}" for one in shown}, "names in the DNS are in lower case"


@pytest.mark.parametrize("counts", [{"max_count": 2}, {"min_count": 2}, {"min_count": 1, "max_count": "3"}])
@pytest.mark.parametrize("path", [SERVERS, f"{SERVERS}?dry_run=true"])
async def test_one_host_name_is_not_for_several_servers(ground: Ground, counts: dict[str, Any], path: str) -> None:
    answer = await ground.red.post(path, json=ground.body(hostname="web", **counts), headers=LATEST)
    assert answer.status_code == 400
    assert "hostname" in answer.json()["badRequest"]["message"]
    assert await _host_names(ground) == []
