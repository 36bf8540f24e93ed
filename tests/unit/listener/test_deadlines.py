"""How long a client may take. No test looks at a clock: each waits for the end that must come."""

import asyncio

from tests.unit.listener.server import REQUEST, serving

SOON = 0.05
LONG = 3600.0
POST = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n"


async def test_who_says_nothing_is_gone() -> None:
    async with serving(first_byte_seconds=SOON, head_seconds=LONG, idle_seconds=LONG) as served:
        assert await (await served.client()).ended() == b""


async def test_who_asks_nothing_more_is_gone() -> None:
    async with serving(first_byte_seconds=LONG, head_seconds=LONG, idle_seconds=SOON) as served:
        client = await served.client()
        await client.send(REQUEST)
        assert await client.answer() == (200, b"0")
        assert await client.ended() == b""


async def test_a_head_that_never_ends_is_too_late_however_steadily_it_comes() -> None:
    async with serving(first_byte_seconds=LONG, head_seconds=SOON, idle_seconds=LONG) as served:
        client = await served.client()
        await client.send(b"GET /x HTTP/1.1\r\nHost: h\r\n")
        answered = asyncio.create_task(client.answer())
        while not answered.done():
            await client.send(b"a:\r\n")
            await asyncio.sleep(SOON / 10)
        assert answered.result()[0] == 408
        assert await client.ended() == b""


async def test_a_head_on_a_used_connection_has_the_same_deadline() -> None:
    async with serving(first_byte_seconds=LONG, head_seconds=SOON, idle_seconds=LONG) as served:
        client = await served.client()
        await client.send(REQUEST + b"G")
        assert await client.answer() == (200, b"0")
        assert (await client.answer())[0] == 408


async def test_a_body_that_stops_is_too_late_and_its_handler_hears_that_the_client_is_gone() -> None:
    async with serving(body_seconds=SOON, idle_seconds=LONG) as served:
        client = await served.client()
        await client.send(POST + b"abc")
        assert (await client.answer())[0] == 408
        assert await client.ended() == b""
        assert [size for _, _, size in served.seen] == [-1]


async def test_a_body_that_trickles_is_too_late() -> None:
    async with serving(body_seconds=SOON, bytes_per_second=1_000_000, idle_seconds=LONG) as served:
        client = await served.client()
        await client.send(POST)
        answered = asyncio.create_task(client.answer())
        while not answered.done():
            await client.send(b"a")
            await asyncio.sleep(SOON / 10)
        assert answered.result()[0] == 408


async def test_a_body_whose_first_read_is_enough_for_the_application_has_its_time_too() -> None:
    async with serving(bytes_per_second=1_000_000) as served:
        client = await served.client()
        await client.send(POST + bytes(90_000))  # more than is held for an application that has not read yet
        for _ in range(3):
            assert await served.answers()
        await client.send(bytes(10_000))
        assert await client.answer() == (200, b"100000")


async def test_a_request_that_is_being_answered_has_all_the_time_it_takes() -> None:
    async with serving(first_byte_seconds=SOON, head_seconds=SOON, body_seconds=SOON, idle_seconds=SOON) as served:
        client = await served.client()
        await client.send(b"GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")
        assert await (await served.client()).ended() == b""  # which has waited longer than every deadline
        assert served.waiting == 1
        served.go_on.set()
        assert await client.answer() == (200, b"0")


async def test_what_comes_after_an_answer_that_did_not_wait_for_it_is_read_to_its_end() -> None:
    async with serving() as served:
        client = await served.client()
        await client.send(b"POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345")
        assert await client.answer() == (401, b"no")
        await client.send(b"67890" + REQUEST)
        assert await client.answer() == (200, b"0")


async def test_what_comes_too_slowly_after_such_an_answer_ends_the_connection_without_a_second_one() -> None:
    async with serving(body_seconds=SOON) as served:
        client = await served.client()
        await client.send(b"POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345")
        assert await client.answer() == (401, b"no")
        assert await client.ended() == b""


async def test_who_takes_nothing_of_an_answer_is_cut_off() -> None:
    async with serving(send_seconds=SOON, bytes_per_second=1 << 30) as served:
        client = await served.client()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
        while served.room.count or not served.seen:  # noqa: ASYNC110 - the room says nothing of its own
            await asyncio.sleep(SOON / 10)


async def test_who_takes_an_answer_and_asked_to_close_gets_all_of_it() -> None:
    async with serving() as served:
        client = await served.client()
        await client.send(b"GET /big HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        assert len((await client.answer())[1]) == 1 << 23
