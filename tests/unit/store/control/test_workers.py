"""Who lives, and what each of them has: shares of hosts, loops, sagas; by the store's time, whatever others believe."""

from collections.abc import Sequence

import msgspec
import pytest
from sqlalchemy import text

from berthline.domain.compute import Host
from berthline.domain.errors import LeaseLost
from berthline.domain.ids import HostName, ProjectId
from berthline.saga import Holder, SagaRecord, Turn
from berthline.store import Connection, Store
from berthline.store.compute import hosts
from berthline.store.control import workers
from berthline.store.control.sagas import StoredSagaLog, get_saga, insert_saga
from berthline.store.control.workers import LOOPS, StoredWorkers

SECOND = 1_000_000
LEASE = 6.0
HOST = Host(
    name=HostName(""),
    chassis="c",
    hypervisor_type="simulated",
    vcpus=4,
    memory_mb=4096,
    disk_gb=10,
    vcpus_used=0,
    memory_mb_used=0,
    disk_gb_used=0,
    running_vms=0,
    enabled=True,
    up=True,
)


class HandClock:
    def __init__(self) -> None:
        self.time = 1_800_000_000 * SECOND

    def now(self) -> int:
        return self.time


class Crew:
    """Some workers on one store, whose time the test moves."""

    def __init__(self, store: Store, number: int) -> None:
        self.store = store
        self.clock = HandClock()
        self.log = StoredWorkers(store, clock=self.clock)

        def add(connection: Connection) -> None:
            for index in range(number):
                hosts.upsert(connection, msgspec.structs.replace(HOST, name=HostName(f"host-{index:02}")), 1)

        store.write_now(add)

    async def join(self, *names: str) -> tuple[Holder, ...]:
        holders = tuple(Holder(name, 1) for name in names)
        for holder in holders:
            await self.log.join(holder, LEASE)
        return holders

    async def turn(self, holder: Holder) -> Turn:
        turn = await self.log.turn(holder, LEASE)
        assert turn is not None
        return turn

    async def turns(self, *holders: Holder) -> dict[str, Turn]:
        """One turn of each, and what they have when all took theirs."""
        for holder in holders:
            await self.turn(holder)
        return {holder.id: await self.turn(holder) for holder in holders}


@pytest.fixture
def crew(store: Store) -> Crew:
    return Crew(store, 10)


def check_each_host_has_one(turns: Sequence[Turn], number: int) -> None:
    names = [name for turn in turns for name in turn.places]
    assert len(names) == len(set(names)) == number


async def test_hosts_are_spread_evenly_and_again_when_workers_come_and_go(crew: Crew) -> None:
    (one,) = await crew.join("one")
    assert len((await crew.turn(one)).places) == 10
    (two,) = await crew.join("two")
    both = await crew.turns(one, two)
    assert sorted(len(turn.places) for turn in both.values()) == [5, 5]
    check_each_host_has_one(list(both.values()), 10)
    (three,) = await crew.join("three")
    all_of_them = await crew.turns(one, two, three)
    assert sorted(len(turn.places) for turn in all_of_them.values()) == [3, 3, 4]
    check_each_host_has_one(list(all_of_them.values()), 10)
    await crew.log.leave(two)
    left = await crew.turns(one, three)
    assert sorted(len(turn.places) for turn in left.values()) == [5, 5]


async def test_a_host_keeps_its_owner_as_long_as_shares_are_even(crew: Crew) -> None:
    one, two = await crew.join("one", "two")
    before = await crew.turns(one, two)
    assert await crew.turns(two, one, two, one) == before


async def test_each_change_of_owner_raises_a_hosts_epoch(crew: Crew) -> None:
    (one,) = await crew.join("one")
    first = await crew.turn(one)
    assert set(first.places.values()) == {1}
    (two,) = await crew.join("two")
    taken = (await crew.turn(two)).places
    assert set(taken.values()) == {2}
    await crew.log.leave(two)
    again = (await crew.turn(one)).places
    assert {again[name] for name in taken} == {3}
    assert {epoch for name, epoch in again.items() if name not in taken} == {1}


async def test_a_worker_whose_lease_ended_is_replaced_and_knows_it(crew: Crew) -> None:
    dead, alive = await crew.join("dead", "alive")
    await crew.turns(dead, alive)
    crew.clock.time += 5 * SECOND
    assert len((await crew.turn(alive)).places) == 5
    crew.clock.time += 2 * SECOND
    taken = await crew.turn(alive)
    assert len(taken.places) == 10
    assert set(taken.loops) == set(LOOPS)
    assert await crew.log.turn(dead, LEASE) is None
    await crew.log.join(Holder("dead", 2), LEASE)
    assert len((await crew.turn(Holder("dead", 2))).places) == 5


async def test_a_worker_that_is_late_and_that_nobody_replaced_goes_on(crew: Crew) -> None:
    (late,) = await crew.join("late")
    before = await crew.turn(late)
    crew.clock.time += 60 * SECOND
    assert msgspec.structs.replace(await crew.turn(late), now=before.now) == before


async def test_each_loop_is_one_workers_and_has_an_epoch_of_its_own(crew: Crew) -> None:
    one, two = await crew.join("one", "two")
    first, second = (await crew.turn(one)).loops, (await crew.turn(two)).loops
    assert set(first) == set(LOOPS)
    assert not second
    await crew.log.leave(one)
    taken = (await crew.turn(two)).loops
    assert all(taken[name] > first[name] for name in LOOPS)
    has = [crew.store.read_now(lambda c, at=at: workers.has_loop(c, "projector", at)) for at in (1, 2)]  # type: ignore[misc]
    assert has == [False, True]


async def test_a_loop_goes_to_a_worker_that_can_run_it(crew: Crew) -> None:
    """Metadata is answered where a switch is, and not by the worker that happens to come first."""
    without = StoredWorkers(crew.store, clock=crew.clock, loops=[name for name in LOOPS if name != "metadata"])
    first = Holder("first", 1)
    await without.join(first, LEASE)
    turn = await without.turn(first, LEASE)
    assert turn is not None
    assert set(turn.loops) == set(LOOPS) - {"metadata"}
    (second,) = await crew.join("second")
    assert set((await crew.turn(second)).loops) == {"metadata"}


async def test_a_process_that_only_accepts_requests_has_nothing_and_is_counted(crew: Crew) -> None:
    accepting = StoredWorkers(crew.store, name="machine:1", drives=False, clock=crew.clock)
    await accepting.join(Holder("api", 1), LEASE)
    assert await accepting.turn(Holder("api", 1), LEASE) == Turn(now=crew.clock.time)
    standing = await accepting.standing()
    assert [(one.name, one.drives) for one in standing.living] == [("machine:1", False)]
    assert standing.hosts_without_owner == 10
    (one,) = await crew.join("one")
    await crew.turn(one)
    assert (await accepting.standing()).hosts_without_owner == 0


async def test_the_time_is_the_databases_where_none_is_given(store: Store) -> None:
    log = StoredWorkers(store)
    before = store.read_now(log.now)
    await log.join(Holder("one", 1), LEASE)
    turn = await log.turn(Holder("one", 1), LEASE)
    assert turn is not None
    assert before <= turn.now < before + 60 * SECOND
    until = store.read_now(lambda connection: connection.execute(text("SELECT until FROM workers")).scalar_one())
    assert until == turn.now + LEASE * SECOND


# --- sagas ---


class Nothing(msgspec.Struct, frozen=True):
    """Input of a saga that is not driven here."""


def submit(store: Store, place: str | None, holder: Holder | None = None) -> SagaRecord:
    return store.write_now(
        lambda connection: insert_saga(
            connection,
            kind="k",
            subject_id="s",
            project_id=ProjectId("p"),
            saga_input=Nothing(),
            holder=holder,
            place=place,
            at=1,
        )
    )


async def test_a_saga_is_claimed_where_its_host_is_owned(crew: Crew) -> None:
    one, two = await crew.join("one", "two")
    both = await crew.turns(one, two)
    log = StoredSagaLog(crew.store)
    mine, theirs = min(both["one"].places), min(both["two"].places)
    here, there = submit(crew.store, mine), submit(crew.store, theirs)
    anywhere, gone = submit(crew.store, None), submit(crew.store, "a-host-of-the-past")
    assert await log.waits(one)
    claimed = await log.claim(one, 10)
    assert {record.id for record in claimed} == {here.id, anywhere.id, gone.id}
    assert {record.holder for record in claimed} == {one}
    assert not any(record.resumed for record in claimed)
    assert not await log.waits(one)
    assert [record.id for record in await log.claim(two, 10)] == [there.id]


async def test_the_sagas_of_a_dead_worker_are_claimed_as_such_and_it_moves_none(crew: Crew) -> None:
    dead, alive = await crew.join("dead", "alive")
    await crew.turns(dead, alive)
    log = StoredSagaLog(crew.store)
    submitted = submit(crew.store, None, dead)
    assert not await log.claim(alive, 10)
    crew.clock.time += 7 * SECOND
    await crew.turn(alive)
    (claimed,) = await log.claim(alive, 10)
    assert (claimed.id, claimed.resumed) == (submitted.id, True)
    with pytest.raises(LeaseLost):
        await log.move(submitted, msgspec.structs.replace(submitted, position=1))
    moved = await log.move(claimed, msgspec.structs.replace(claimed, position=1))
    assert moved.position == 1


async def test_a_worker_that_joined_anew_moves_nothing_of_its_last_life(crew: Crew) -> None:
    (first,) = await crew.join("one")
    submitted = submit(crew.store, None, first)
    await crew.log.leave(first)
    await crew.log.join(Holder("one", 2), LEASE)
    (claimed,) = await StoredSagaLog(crew.store).claim(Holder("one", 2), 10)
    assert claimed.id == submitted.id
    with pytest.raises(LeaseLost):
        await StoredSagaLog(crew.store).move(submitted, msgspec.structs.replace(submitted, position=1))


async def test_what_is_left_to_another_place_is_claimed_there(crew: Crew) -> None:
    one, two = await crew.join("one", "two")
    both = await crew.turns(one, two)
    log = StoredSagaLog(crew.store)
    submitted = submit(crew.store, None, one)
    assert await log.held(one) == {submitted.id}
    await log.leave_to(submitted, min(both["two"].places))
    assert not await log.claim(one, 10)
    assert [record.id for record in await log.claim(two, 10)] == [submitted.id]
    now = crew.store.read_now(lambda connection: get_saga(connection, submitted.id))
    assert now is not None
    assert now.place == min(both["two"].places)
