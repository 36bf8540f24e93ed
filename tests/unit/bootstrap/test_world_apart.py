"""A cloud on a world that outlives it, and on one that begins anew under it."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from berthline.bootstrap.cloud import running_cloud
from berthline.config import Dataplane, Settings, Simulated
from berthline.domain.ids import HostName, ServerId
from berthline.domain.start import StartRefused
from berthline.simulated.address import Address
from berthline.simulated.server import WorldServer
from berthline.simulated.world import World
from tests.contract.hypervisor.worlds import FACTS
from tests.unit.bootstrap.test_cloud import all_ended, boot, settled, statuses, user_of

LIMIT = 60.0


def on(address: Address, folder: Path) -> Settings:
    return Settings(data=str(folder), dataplane=Dataplane(kind="simulated"), simulated=Simulated(world=str(address)))


def new_world() -> World:
    return World(FACTS, [HostName("one"), HostName("two")])


async def guests(world: World) -> dict[ServerId, str]:
    return {server: power for host in world.hosts.values() for server, power in (await host.powers()).items()}


async def test_a_restarted_cloud_finds_its_guests_as_the_world_kept_them(tmp_path: Path) -> None:
    world, at = new_world(), Address(str(tmp_path / "w"))
    async with WorldServer(world).serving(at):
        async with running_cloud(on(at, tmp_path / "data"), durable=False) as cloud, user_of(cloud) as client:
            await boot(cloud, client, 3)
            assert await all_ended(client) == ["ACTIVE"] * 3
            await settled(cloud)
        before = await guests(world)
        assert sorted(before.values()) == ["running"] * 3
        stopped = min(before)
        (host,) = [host for host in world.hosts.values() if stopped in await host.guests()]
        host.guest_powers_off(stopped)
        async with running_cloud(on(at, tmp_path / "data"), durable=False) as cloud, user_of(cloud) as client:
            async with asyncio.timeout(LIMIT):
                while "SHUTOFF" not in await statuses(client):  # noqa: ASYNC110 - it is asked over HTTP
                    await asyncio.sleep(0.01)
            await settled(cloud)
            assert await cloud.leaks() == ()
            assert (await guests(world))[stopped] == "shutoff"
            for server in before:
                assert (await client.delete(f"/compute/v2.1/servers/{server}")).status_code == 204
            await settled(cloud)
            assert await cloud.leaks() == ()
        assert await guests(world) == {}


async def test_a_world_that_begins_anew_is_filled_again_by_the_cloud_that_runs(tmp_path: Path) -> None:
    at, world = Address(str(tmp_path / "w")), new_world()
    async with contextlib.AsyncExitStack() as worlds:
        await worlds.enter_async_context(WorldServer(new_world()).serving(at))
        async with running_cloud(on(at, tmp_path / "data"), durable=False) as cloud, user_of(cloud) as client:
            await boot(cloud, client, 3)
            assert await all_ended(client) == ["ACTIVE"] * 3
            await settled(cloud)
            await worlds.aclose()
            await worlds.enter_async_context(WorldServer(world).serving(at))
            async with asyncio.timeout(LIMIT):
                while not (world.filled("hosts") and world.filled("dataplane")):  # noqa: ASYNC110 - the cloud tells nobody
                    await asyncio.sleep(0.01)
            assert sorted((await guests(world)).values()) == ["running"] * 3
            await settled(cloud)
            assert await statuses(client) == ["ACTIVE"] * 3
            assert await cloud.leaks() == ()


async def test_a_world_that_is_not_there_or_not_ours_refuses_the_start(tmp_path: Path) -> None:
    world, at = new_world(), Address(str(tmp_path / "w"))
    with pytest.raises(StartRefused, match="berthline simulate"):
        async with running_cloud(on(at, tmp_path / "data"), durable=False):
            pass
    async with WorldServer(world).serving(at):
        async with running_cloud(on(at, tmp_path / "data"), durable=False):
            pass
        with pytest.raises(StartRefused, match="cloud"):
            async with running_cloud(on(at, tmp_path / "other"), durable=False):
                pass
