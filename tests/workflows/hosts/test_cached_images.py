"""Images to be ready on the hosts of an aggregate: fetched once, through kills, and by hosts that come back."""

import itertools

import pytest
from msgspec.structs import replace

from berthline.domain.errors import BadRequest, NotFound
from berthline.domain.ids import HostName, new_id
from berthline.store import Connection, Store
from berthline.store.compute import aggregates
from berthline.store.control.sagas import list_sagas
from berthline.store.images import images
from berthline.testing.faults import FAULT_KINDS, Fault, FaultKind
from berthline.workflows.hosts.cached_images import KIND, MOST
from tests.workflows.world import CLOCK, HOSTS, IMAGE, OTHER_IMAGE, SHA512, Process, World, member

BOTH = (IMAGE, OTHER_IMAGE)


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def gathered(world: World, *hosts: str) -> int:
    """An aggregate of these hosts; its number."""

    def work(connection: Connection) -> int:
        number = aggregates.add(connection, new_id(), "ready", None, CLOCK.now())
        for host in hosts:
            aggregates.add_host(connection, number, HostName(host))
        return number

    return world.store.write_now(work)


async def cached(world: World) -> dict[str, set[str]]:
    return {host.host: {image.sha512 for image in await host.cached_images()} for host in world.hosts}


def states(process: Process) -> list[str]:
    return [saga.state for saga in process.store.read_now(list_sagas) if saga.kind == KIND]


async def test_the_hosts_of_the_aggregate_have_them_and_no_others(world: World) -> None:
    number = gathered(world, "host-b")
    async with world.process() as process:
        await process.compute.cached_images.want(member(), number, BOTH)
        assert await process.quiet()
        assert await cached(world) == {"host-a": set(), "host-b": set(SHA512.values())}
        await process.compute.cached_images.want(member(), number, BOTH)
        assert await process.quiet(), "what is there is left as it is"
        assert states(process) == ["done", "done"]


@pytest.mark.parametrize(("effect", "kind"), tuple(itertools.product(range(2), FAULT_KINDS)))
async def test_they_are_fetched_whatever_fails(store: Store, effect: int, kind: FaultKind) -> None:
    """A kill, a lost reply: it goes on. A refusal of one image leaves it out, and the other one comes all the same."""
    world = World(store)
    number = gathered(world, "host-a")
    asked, refused = False, kind == "refused"
    for _ in range(3):
        async with world.process() as process:
            if not asked:
                assert await process.quiet()
                world.schedule.begin_again(Fault(effect, kind))
                await process.compute.cached_images.want(member(), number, BOTH)
                asked = True
            if await process.quiet():
                break
    assert [call.split()[0] for call in world.schedule.calls[:2]] == ["cache_image"] * 2
    assert [len(found) for found in (await cached(world)).values()] == [1 if refused else 2, 0]
    (saga,) = store.read_now(list_sagas)
    assert saga.state == ("undone" if refused else "done")
    if refused:
        assert saga.failure is not None
        assert sorted(BOTH)[effect] in saga.failure.message
    assert await world.leaks() == ()


async def test_a_host_that_is_away_has_them_when_it_is_back_and_is_asked_once(world: World) -> None:
    number = gathered(world, *HOSTS)
    world.schedule.hosts_away = True
    async with world.process() as process:
        for _ in range(3):
            await process.compute.cached_images.want(member(), number, BOTH)
        assert states(process) == ["forward"] * len(HOSTS)
        await process.compute.cached_images.want(member(), number, [IMAGE])
        assert len(states(process)) == 2 * len(HOSTS), "another wish is another saga"
    world.schedule.hosts_away = False
    async with world.process() as process:
        assert await process.quiet()
        assert await cached(world) == {host: set(SHA512.values()) for host in HOSTS}
        assert set(states(process)) == {"done"}


async def test_an_image_that_is_gone_by_then_is_named_and_the_other_comes(world: World) -> None:
    number = gathered(world, "host-a")
    world.schedule.hosts_away = True
    async with world.process() as process:
        await process.compute.cached_images.want(member(), number, BOTH)

    def end(connection: Connection) -> None:
        image = images.get(connection, OTHER_IMAGE)
        assert image is not None
        images.update_image(connection, replace(image, status="deactivated"))

    world.store.write_now(end)
    world.schedule.hosts_away = False
    async with world.process() as process:
        assert await process.quiet()
        assert (await cached(world))["host-a"] == {SHA512[IMAGE]}
        (saga,) = process.store.read_now(list_sagas)
        assert saga.failure is not None
        assert OTHER_IMAGE in saga.failure.message


async def test_what_is_not_there_begins_nothing(world: World) -> None:
    number = gathered(world, "host-a")
    async with world.process() as process:
        want = process.compute.cached_images.want
        with pytest.raises(NotFound):
            await want(member(), number + 1, BOTH)
        for wrong in ([IMAGE, new_id()], [new_id() for _ in range(MOST + 1)]):
            with pytest.raises(BadRequest):
                await want(member(), number, wrong)  # type: ignore[arg-type]
        assert states(process) == []
        assert await process.quiet()
    assert await cached(world) == {"host-a": set(), "host-b": set()}
