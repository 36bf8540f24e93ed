"""A host is lost: fenced, or confirmed to be off; then its servers are elsewhere by priority, so many at once."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import pytest

from berthline.domain.compute import Flavor, RequestedNetwork
from berthline.domain.errors import Conflict, Forbidden, NotFound, Transient
from berthline.domain.hosts.enrolment import EnrolledHost
from berthline.domain.hosts.fencing import Fence, FenceKind
from berthline.domain.hosts.losing import PRIORITY
from berthline.domain.ids import FlavorId, HostName, ServerId
from berthline.hypervisor.memory import SimulatedHost
from berthline.reconcile.losing import BACK, FENCE_ATTEMPTS
from berthline.reconcile.losing import Losing as Loop
from berthline.reconcile.power_state import StartsUnasked, reconcile_power
from berthline.store import Store
from berthline.store.compute import flavors, hosts, left_guests, losses
from berthline.store.control import quotas
from berthline.workflows.compute import Compute
from berthline.workflows.loss.losing import NOT_ALLOWED, REASON, Progress
from berthline.workflows.requests import ServerRequest
from tests.workflows.enrolment.test_removal import admin
from tests.workflows.loss.losing import Losing, LosingWorld
from tests.workflows.server.test_resize import host_of, macs, room_used
from tests.workflows.world import CLOCK, HOSTS, IMAGE, NETWORK, PROJECT, member

A, B = map(HostName, HOSTS)


class Breaker:
    """A fence that works after so many tries."""

    kind: FenceKind = "command"

    def __init__(self, fails: int = 0) -> None:
        self.fails = fails
        self.cuts: list[str] = []

    async def cut(self, host: EnrolledHost) -> None:
        self.cuts.append(host.name)
        if len(self.cuts) <= self.fails:
            raise Transient("the breaker is stuck")


class Clouded(Losing):
    """A process that sees losses through, by a fence or without."""

    def with_fence(self, fence: Fence | None, **settings: Any) -> None:
        kind: FenceKind = "person" if fence is None else fence.kind
        self.outside = replace(self.outside, fence=kind, **settings)
        self.compute = Compute(self.outside, self.engine)
        self.loop = Loop(self.outside, fence)

    async def lose(self, name: HostName, *, confirmed: bool = False, at_once: int | None = None) -> Progress:
        return await self.compute.losses.begin(admin(), name, confirmed=confirmed, at_once=at_once)

    async def turn(self) -> int:
        """What the loops do once."""
        under_way = await self.loop.run_once()
        await self.roster.follow(self.store)
        await self.engine.look()
        return under_way

    async def seen_through(self, name: HostName) -> Progress:
        for _ in range(500):
            await self.turn()
            found = await self.progress(name)
            if found.loss.ended_at is not None:
                assert await self.quiet()
                return found
            await self.engine.idle()
        raise AssertionError("it has no end")

    async def progress(self, name: HostName) -> Progress:
        return await self.compute.losses.progress(admin(), name)


class Cloud(LosingWorld):
    def begin(self) -> Clouded:
        return Clouded(self)


@pytest.fixture
async def process(store: Store) -> AsyncIterator[Clouded]:
    async with Cloud(store).process() as process:
        assert isinstance(process, Clouded)
        process.with_fence(None)
        yield process


async def silent(process: Clouded, host: SimulatedHost) -> None:
    """It lost its power, and nobody has an answer of it."""
    host.lose_power()
    process.world.away.add(host.host)
    await process.store.write(lambda connection: hosts.set_up(connection, host.host, False, CLOCK.now()))


async def booted(process: Clouded, name: str, flavor: str = "tiny", **metadata: str) -> ServerId:
    request = ServerRequest(
        name=name,
        image_id=IMAGE,
        flavor_id=FlavorId(flavor),
        networks=(RequestedNetwork(network_id=NETWORK),),
        min_count=1,
        max_count=1,
        metadata={key.replace("__", ":"): value for key, value in metadata.items()},
    )
    (server,) = await process.compute.create(member(), request)
    assert await process.quiet()
    return server.id


async def on_a(process: Clouded) -> None:
    """What is booted from now on is on host-a."""
    await process.store.write(lambda c: hosts.set_service(c, B, CLOCK.now(), enabled=False))


async def b_takes_guests(process: Clouded) -> None:
    await process.store.write(lambda c: hosts.set_service(c, B, CLOCK.now(), enabled=True))


async def test_a_person_confirms_and_only_what_owners_allowed_is_made_anew(process: Clouded) -> None:
    await on_a(process)
    allowed = await booted(process, "allowed", berthline__recovery="anew")
    kept = await booted(process, "kept")
    stopped = await booted(process, "stopped", berthline__recovery="anew")
    await process.compute.actions.begin(member(), stopped, "stop")
    assert await process.quiet()
    await b_takes_guests(process)
    with pytest.raises(Conflict, match="answers"):
        await process.lose(A, confirmed=True)
    before = macs(process, allowed)
    await silent(process, process.world.host(A))
    with pytest.raises(Conflict, match="See to it that the host is off"):
        await process.lose(A)
    with pytest.raises(Forbidden):
        await process.compute.losses.begin(member(), A, confirmed=True, at_once=None)
    with pytest.raises(NotFound):
        await process.lose(HostName("nowhere"), confirmed=True)
    await process.lose(A, confirmed=True)
    ended = await process.seen_through(A)
    assert (ended.loss.stage, ended.loss.fence, ended.loss.reason) == ("ended", "person", None)
    told = {one.name: one for one in ended.told}
    assert {name: one.state for name, one in told.items()} == {"allowed": "moved", "kept": "left", "stopped": "moved"}
    assert told["kept"].reason == NOT_ALLOWED
    found = process.servers()
    assert (found[allowed].vm_state, found[allowed].host) == ("active", B)
    assert macs(process, allowed) == before
    assert (found[stopped].vm_state, found[stopped].host) == ("stopped", B)
    assert (found[kept].vm_state, found[kept].host) == ("error", A)
    fault = found[kept].fault
    assert fault is not None
    assert "The host of this server was lost" in fault.message

    process.world.away.clear()
    assert await process.look() == 1
    assert process.servers()[kept].vm_state == "active", "as before, now that its host is back"
    assert await process.world.host(A).guests() == {kept}
    await reconcile_power(process.store, process.clock, tuple(process.roster.values()), StartsUnasked(at_once=4))
    await process.engine.look()
    assert await process.quiet()
    process.check_active(process.servers()[kept], 1)
    known = process.store.read_now(lambda connection: hosts.get(connection, A))
    assert known is not None
    assert (known.enabled, known.disabled_reason) == (False, REASON)
    assert room_used(process)[A] == (128, 1)


async def test_nothing_is_started_elsewhere_before_the_fence_says_that_the_host_is_off(process: Clouded) -> None:
    server_id = await booted(process, "guest", berthline__recovery="anew")
    old = host_of(process, server_id)
    fence = Breaker(fails=2)
    process.with_fence(fence)
    await silent(process, old)
    await process.lose(old.host)
    for attempt in (1, 2):
        await process.turn()
        found = await process.progress(old.host)
        assert (found.loss.stage, found.loss.attempts, found.loss.reason) == (
            "fencing",
            attempt,
            "the breaker is stuck",
        )
        assert process.servers()[server_id].host == old.host
        assert process.evacuations(server_id) == ()
    ended = await process.seen_through(old.host)
    assert (ended.loss.stage, ended.loss.fence, fence.cuts) == ("ended", "command", [old.host] * 3)
    assert [(one.name, one.state) for one in ended.told] == [("guest", "moved")]


async def test_a_fence_that_fails_leaves_all_to_a_person(process: Clouded) -> None:
    server_id = await booted(process, "guest", berthline__recovery="anew")
    old = host_of(process, server_id)
    process.with_fence(Breaker(fails=100))
    await silent(process, old)
    await process.lose(old.host)
    ended = await process.seen_through(old.host)
    assert (ended.loss.stage, ended.loss.reason, ended.loss.attempts) == (
        "failed", "the breaker is stuck", FENCE_ATTEMPTS,
    )  # fmt: skip
    assert process.servers()[server_id].vm_state == "active"
    assert not ended.lost
    await process.lose(old.host, confirmed=True)
    assert (await process.seen_through(old.host)).loss.stage == "ended"
    assert process.servers()[server_id].host != old.host


async def test_a_host_that_answers_again_is_not_fenced(process: Clouded) -> None:
    server_id = await booted(process, "guest", berthline__recovery="anew")
    old = host_of(process, server_id)
    fence = Breaker()
    process.with_fence(fence)
    await silent(process, old)
    await process.lose(old.host)
    await process.store.write(lambda connection: hosts.set_up(connection, old.host, True, CLOCK.now()))
    assert (await process.seen_through(old.host)).loss.stage == "ended"
    assert fence.cuts == []
    assert process.evacuations(server_id) == ()


async def test_the_first_are_those_of_flavors_that_say_so_and_then_the_oldest(process: Clouded) -> None:
    """With one at a time, the order shows in the evacuations."""
    first = Flavor(id=FlavorId("first"), name="first", vcpus=1, ram=128, disk=0, extra_specs={PRIORITY: "10"})
    await process.store.write(lambda connection: flavors.add(connection, first, CLOCK.now()))
    await on_a(process)
    await booted(process, "old")
    await booted(process, "young")
    await booted(process, "urgent", flavor="first")
    await booted(process, "apart", berthline__recovery="stay")
    await b_takes_guests(process)
    process.with_fence(None, recovery="anew")
    await silent(process, process.world.host(A))
    begun = await process.lose(A, confirmed=True, at_once=1)
    assert [one.name for one, _ in begun.waiting] == ["urgent", "old", "young", "apart"]
    most = 0
    for _ in range(100):
        await process.turn()
        most = max(most, process.store.read_now(lambda connection: losses.count_moving(connection, A)))
        if (await process.progress(A)).loss.ended_at is not None:
            break
        await process.engine.idle()
    assert most == 1
    made = sorted(
        (evacuation.number, server.name)
        for server in process.servers().values()
        for evacuation in process.evacuations(server.id)
    )
    assert [name for _, name in made] == ["urgent", "old", "young"]


async def test_a_host_that_comes_back_amid_it_keeps_what_was_not_begun(process: Clouded) -> None:
    await on_a(process)
    ids = [await booted(process, f"guest-{number}", berthline__recovery="anew") for number in range(3)]
    await b_takes_guests(process)
    await silent(process, process.world.host(A))
    await process.lose(A, confirmed=True, at_once=1)
    await process.turn()
    assert await process.quiet()
    process.world.away.clear()
    assert await process.look() == 1
    ended = await process.seen_through(A)
    assert (ended.loss.stage, ended.loss.reason) == ("ended", BACK)
    places = {server_id: process.servers()[server_id].host for server_id in ids}
    assert sorted(str(place) for place in places.values()) == [A, A, B]
    assert await process.world.host(A).guests() == {server_id for server_id, host in places.items() if host == A}
    assert process.store.read_now(lambda connection: left_guests.of_host(connection, A)) == ()


async def test_twenty_guests_run_elsewhere(process: Clouded) -> None:
    """The seconds from the decision until all of them do, on simulated hosts that share this machine."""
    await on_a(process)
    for known in process.store.read_now(hosts.candidates):
        larger = msgspec.structs.replace(known, vcpus=64, memory_mb=65536, disk_gb=1000)
        await process.store.write(partial(hosts.upsert, host=larger, at=CLOCK.now()))
    await process.store.write(lambda c: quotas.set_limits(c, PROJECT, {"instances": -1, "cores": -1, "ram": -1}))
    for _ in range(20):
        await process.boot()
    assert await process.quiet()
    await b_takes_guests(process)
    process.with_fence(None, recovery="anew")
    await silent(process, process.world.host(A))
    began = time.monotonic()
    await process.lose(A, confirmed=True)
    ended = await process.seen_through(A)
    took = time.monotonic() - began
    print(f"20 guests run elsewhere {took:.2f} s after the decision")
    assert len([one for one in ended.told if one.state == "moved"]) == 20
    assert len(await process.world.host(B).guests()) == 20
    assert {await process.world.host(B).power(guest) for guest in await process.world.host(B).guests()} == {"running"}
