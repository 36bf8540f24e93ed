"""Who has to go when there is no more room, and who never has to."""

import asyncio

import pytest

from berthline.listener.room import Queue, Room, Stage, share_of
from tests.unit.listener.server import REQUEST, serving


class Guest:
    def __init__(self, name: str, address: str = "a") -> None:
        self.name = name
        self.address = address
        self.stage = Stage.SILENT
        self.held = 0
        self.share: Queue | None = None
        self.gone = False

    def give_way(self) -> None:
        self.gone = True


def filled(room: Room, stages: dict[str, Stage], address: str = "a") -> dict[str, Guest]:
    guests = {name: Guest(name, address or name) for name in stages}
    for name, guest in guests.items():
        assert room.enter(guest)
        room.move(guest, stages[name])
    return guests


def test_those_give_way_first_that_ask_for_least_and_of_them_the_oldest() -> None:
    room = Room(5, 5, 100)
    stages = {"body": Stage.BODY, "head": Stage.HEAD, "idle": Stage.IDLE, "silent": Stage.SILENT}
    guests = filled(room, stages, "") | filled(room, {"answered": Stage.ANSWERED})
    for expected in ("silent", "idle", "head", "body"):
        newcomer = Guest("new", f"new {expected}")
        assert room.enter(newcomer)
        room.move(newcomer, Stage.ANSWERED)
        assert {name for name, guest in guests.items() if guest.gone} == {expected}
        del guests[expected]
    assert not room.enter(Guest("one too many", "d"))
    assert not guests["answered"].gone
    assert (room.count, room.gave_way) == (5, 4)


def test_a_share_is_used_up_by_its_address_alone() -> None:
    room = Room(8, 2, 100)
    own = filled(room, {"one": Stage.ANSWERED, "two": Stage.ANSWERED})
    assert not room.enter(Guest("three"))
    other = Guest("other", "b")
    assert room.enter(other)
    room.move(own["one"], Stage.IDLE)
    assert room.enter(Guest("three"))
    assert (own["one"].gone, own["two"].gone, other.gone) == (True, False, False)


def test_no_address_gets_everything() -> None:
    room = Room(8, 100, 100)
    filled(room, {str(number): Stage.ANSWERED for number in range(6)})
    assert not room.enter(Guest("seven"))
    assert room.enter(Guest("other", "b"))


def test_bytes_are_counted_until_the_end() -> None:
    room = Room(8, 8, 100)
    guests = filled(room, {"head": Stage.HEAD, "body": Stage.BODY, "answered": Stage.ANSWERED})
    for guest in guests.values():
        room.hold(guest, 40)
    assert [name for name, guest in guests.items() if guest.gone] == ["head"]
    assert room.held == 80
    room.leave(guests["head"])  # a second time
    room.leave(guests["body"])
    room.move(guests["body"], Stage.IDLE)
    room.hold(guests["body"], 7)
    assert (room.count, room.held) == (1, 40)


@pytest.mark.parametrize(
    ("host", "share"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:2", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        (":", ":"),
    ],
)
def test_whose_share_an_address_counts_in(host: str, share: str) -> None:
    assert share_of("", host) == share
    assert share_of("net ", host) == f"net {share}"


async def test_thousands_of_silent_connections_keep_nobody_from_being_answered() -> None:
    async with serving(connections=100, connections_per_address=50) as served:
        for number in range(600):
            await served.client()
            if number % 20 == 0:
                assert await served.answers()
                assert await served.answers("127.0.0.2")
            assert served.room.count <= 100
        assert served.room.gave_way > 500


async def test_heads_that_never_end_keep_nobody_from_being_answered() -> None:
    async with serving(connections=30, connections_per_address=10) as served:
        for number in range(100):
            await (await served.client()).send(b"GET /x HTTP/1.1\r\n")
            if number % 10 == 0:
                assert await served.answers()
                assert await served.answers("127.0.0.2")


async def test_a_kept_connection_outlives_silent_ones() -> None:
    async with serving(connections=30, connections_per_address=10) as served:
        kept = await served.client()
        await kept.send(REQUEST)
        await kept.answer()
        for _ in range(50):
            await served.client()
        await kept.send(REQUEST)
        assert await kept.answer() == (200, b"0")


async def test_who_comes_when_all_are_being_answered_is_told_to_come_again() -> None:
    async with serving(connections=8, connections_per_address=4) as served:
        busy = [await served.client() for _ in range(4)]
        for client in busy:
            await client.send(b"GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")
        while served.waiting < 4:  # noqa: ASYNC110
            await asyncio.sleep(0)
        refused = await served.client()
        status, body = await refused.answer()
        assert (status, b"too many connections" in body) == (503, True)
        assert await refused.ended() == b""
        assert await served.answers("127.0.0.2")
        served.go_on.set()
        assert [await client.answer() for client in busy] == [(200, b"0")] * 4
        assert await served.answers()
