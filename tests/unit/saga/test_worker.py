"""What a worker may begin, by its own measure of how long ago it asked; and what it does when it was replaced."""

import asyncio

import pytest

from berthline.domain.errors import LeaseLost, NotHere, StoreUnavailable
from berthline.saga import Holder, Turn, Worker


class Ledger:
    """A worker log in memory, of which a test says what it answers."""

    def __init__(self) -> None:
        self.joined: list[Holder] = []
        self.left: list[Holder] = []
        self.replaced = False
        self.places = {"host-a": 3}
        self.fails = False

    async def join(self, holder: Holder, lease_seconds: float) -> None:
        self.joined.append(holder)
        self.replaced = False

    async def turn(self, holder: Holder, lease_seconds: float) -> Turn | None:
        if self.fails:
            raise StoreUnavailable("its disk is full")
        return None if self.replaced else Turn(places=dict(self.places), loops={"projector": 7}, now=1)

    async def leave(self, holder: Holder) -> None:
        self.left.append(holder)


class Bench:
    def __init__(self) -> None:
        self.ledger = Ledger()
        self.seconds = 100.0
        self.worker = Worker(self.ledger, "w", lease_seconds=6.0, elapsed=lambda: self.seconds)


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_nothing_is_begun_in_the_last_third_of_a_lease(bench: Bench) -> None:
    await bench.worker.join()
    bench.seconds += 3.9
    assert bench.worker.epoch_of("host-a") == 3
    bench.seconds += 0.2
    with pytest.raises(LeaseLost, match="ends soon"):
        bench.worker.epoch_of("host-a")
    assert bench.worker.loop("projector") == 7
    bench.seconds += 2
    assert bench.worker.loop("projector") is None
    await bench.worker.turn()
    assert bench.worker.epoch_of("host-a") == 3


async def test_a_lease_counts_from_when_it_was_asked_for(bench: Bench) -> None:
    turn = bench.ledger.turn

    async def slow(holder: Holder, lease_seconds: float) -> Turn | None:
        bench.seconds += 5
        return await turn(holder, lease_seconds)

    bench.ledger.turn = slow  # type: ignore[method-assign]
    await bench.worker.join()
    with pytest.raises(LeaseLost):
        bench.worker.epoch_of("host-a")


async def test_what_is_done_elsewhere_is_told_with_its_place(bench: Bench) -> None:
    with pytest.raises(LeaseLost):
        bench.worker.epoch_of("host-a")
    await bench.worker.join()
    with pytest.raises(NotHere) as elsewhere:
        bench.worker.epoch_of("host-b")
    assert elsewhere.value.place == "host-b"
    assert bench.worker.holder_for("host-b") is None
    assert bench.worker.holder_for("host-a") == bench.worker.holder_for(None) == Holder("w", 1)


async def test_a_replaced_worker_drops_what_it_has_and_joins_anew(bench: Bench) -> None:
    told: list[str] = []
    bench.worker.on_lost(lambda: told.append("lost"))
    await bench.worker.join()
    bench.ledger.replaced = True
    await bench.worker.turn()
    assert told == ["lost"]
    assert bench.ledger.joined == [Holder("w", 1), Holder("w", 2)]
    assert bench.worker.holder == Holder("w", 2)


async def test_a_place_that_is_given_away_is_kept_for_what_is_in_hand_there(bench: Bench) -> None:
    await bench.worker.join()
    with bench.worker.in_hand("host-a"):
        bench.ledger.places = {"host-b": 1}
        await bench.worker.turn()
        assert bench.worker.epoch_of("host-a") == 3
        assert bench.worker.holder_for("host-a") is None
        await bench.worker.turn()
        assert bench.worker.epoch_of("host-a") == 3
    with pytest.raises(NotHere):
        bench.worker.epoch_of("host-a")


async def test_a_store_that_fails_ends_no_loop_and_the_lease_is_renewed_after(bench: Bench) -> None:
    bench.worker.lease_seconds = 0.03
    await bench.worker.join()
    bench.ledger.fails = True
    turning = asyncio.create_task(bench.worker.run())
    await asyncio.wait_for(bench.worker.next_turn(), 60)
    await asyncio.wait_for(bench.worker.next_turn(), 60)
    bench.ledger.fails = False
    bench.seconds += 10
    while bench.worker.loop("projector") is None:
        await asyncio.wait_for(bench.worker.next_turn(), 60)
    turning.cancel()
    assert bench.ledger.joined == [Holder("w", 1)]


async def test_a_worker_that_leaves_has_nothing_and_leaves_once(bench: Bench) -> None:
    await bench.worker.join()
    await bench.worker.leave()
    await bench.worker.leave()
    assert bench.ledger.left == [Holder("w", 1)]
    assert bench.worker.holder is None
    assert not bench.worker.places


async def test_a_process_that_only_accepts_holds_no_saga(bench: Bench) -> None:
    accepting = Worker(bench.ledger, "api", drives=False)
    await accepting.join()
    assert accepting.holder == Holder("api", 1)
    assert accepting.holder_for(None) is None
