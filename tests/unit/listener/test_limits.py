"""What one connection may send: sizes are refused as soon as they are known, and what is held stays small."""

import pytest

from tests.unit.listener.server import REQUEST, serving

POST = b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
HEAD = b"GET /x HTTP/1.1\r\nHost: h\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"x" * 3000, 414),
        (b"GET /" + b"x" * 3000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        (HEAD + b"A: " + b"x" * 3000 + b"\r\n\r\n", 431),
        (HEAD + b"A: " + b"x" * 9000, 431),
        (HEAD + b"x" * 9000, 431),
        (HEAD + b"A: " + b"x" * 1500 + b"\r\nB: " + b"x" * 1500 + b"\r\nC: " + b"x" * 1500 + b"\r\n\r\n", 431),
        (HEAD + b"a:\r\n" * 200, 431),
        (b"\r\n" * 9000, 431),
    ],
)
async def test_what_is_too_large_is_refused_and_the_connection_ends(sent: bytes, status: int) -> None:
    async with serving(target_bytes=2048, header_bytes=2048, headers_bytes=4096) as served:
        client = await served.client()
        await client.send(sent)
        assert (await client.answer())[0] == status
        assert await client.ended() == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"1;" + b"x" * 40_000,
        b"1;x=%b\r\na\r\n" % (b"y" * 1000) * 40,
        b"0\r\nA: " + b"x" * 3000 + b"\r\n\r\n",
        b"0\r\nA: " + b"x" * 40_000,
        b"0\r\n" + b"a:\r\n" * 200 + b"\r\n",
    ],
)
async def test_what_stands_around_chunks_is_limited_too(sent: bytes) -> None:
    async with serving(target_bytes=2048, header_bytes=2048, headers_bytes=4096) as served:
        client = await served.client()
        await client.send(POST)
        assert await served.answers()
        await client.send(sent)
        assert (await client.answer())[0] == 431
        assert await client.ended() == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x01\x02",
        b"hello\r\n\r\n",
        b"GET /x HTTP/1.1\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET x HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n",
        b"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n",
        HEAD + b"no colon\r\n\r\n",
        HEAD + b"A\x00: b\r\n\r\n",
        HEAD + b"A: b\x00\r\n\r\n",
        HEAD + b"A : b\r\n\r\n",
        HEAD + b"Content-Length: x\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: +1\r\n\r\n",
        HEAD + b"Content-Length: " + b"9" * 1000 + b"\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n1\r\na\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
        HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}",
        POST + b"x\r\n",
        POST + b"-1\r\na\r\n",
        POST + b"1\r\nab\r\n",
        POST + b"f" * 40 + b"\r\n",
    ],
)
async def test_what_is_no_request_is_refused_and_the_connection_ends(sent: bytes) -> None:
    async with serving() as served:
        client = await served.client()
        await client.send(sent)
        status, body = await client.answer()
        assert status == 400, body
        assert await client.ended() == b""


@pytest.mark.parametrize("version", [b"0.9", b"2.0"])
async def test_other_versions_of_http_are_told_which_is_spoken(version: bytes) -> None:
    async with serving() as served:
        client = await served.client()
        await client.send(b"GET /x HTTP/%b\r\nHost: h\r\n\r\n" % version)
        assert (await client.answer())[0] == 505


async def test_a_header_without_end_holds_no_more_than_the_limit_and_stops_nobody() -> None:
    async with serving(headers_bytes=65_536) as served:
        client = await served.client()
        await client.send(HEAD + b"A: ")
        most, sent = 0, 0
        piece = b"x" * 65_536
        while sent < 200 << 20:
            await client.send(piece)
            sent += len(piece)
            most = max(most, served.room.held)
            if sent % (64 << 20) == 0:
                assert await served.answers()
        assert (await client.answer())[0] == 431
        assert most < 512 << 10


async def test_bytes_of_all_unfinished_requests_together_are_bounded_and_the_oldest_goes() -> None:
    async with serving(held_bytes=1 << 20) as served:
        clients = [await served.client() for _ in range(20)]
        for client in clients:
            await client.send(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + bytes(65_536))
            assert await served.answers()
            assert served.room.held <= 1 << 20
        assert (await clients[0].answer())[0] == 503
        await clients[-1].send(bytes(100_000 - 65_536))
        assert await clients[-1].answer() == (200, b"100000")


async def test_a_body_in_small_chunks_is_read() -> None:
    async with serving() as served:
        client = await served.client()
        await client.send(POST + b"1\r\na\r\n" * 50_000 + b"0\r\n\r\n")
        assert await client.answer() == (200, b"50000")


async def test_trailers_are_dropped_and_no_headers_of_the_request() -> None:
    async with serving() as served:
        client = await served.client()
        await client.send(POST + b"1\r\na\r\n0\r\nX-Auth-Token: t\r\n\r\n" + REQUEST)
        assert await client.answer() == (200, b"1")
        assert await client.answer() == (200, b"0")
        assert [dict(headers).get(b"x-auth-token") for _, headers, _ in served.seen] == [None, None]


async def test_requests_in_a_row_are_answered_in_order_and_what_is_wrong_after_them() -> None:
    async with serving() as served:
        client = await served.client()
        await client.send(
            REQUEST + b"POST /wait HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab" + REQUEST + b"no\r\n"
        )
        assert await client.answer() == (200, b"0")
        served.go_on.set()
        assert [await client.answer() for _ in range(2)] == [(200, b"2"), (200, b"0")]
        assert (await client.answer())[0] == 400
        assert await client.ended() == b""


async def test_requests_that_wait_for_an_answer_are_bounded() -> None:
    async with serving() as served:
        client = await served.client()
        await client.send(b"GET /wait HTTP/1.1\r\nHost: h\r\n\r\n" + REQUEST * 5000)
        await client.send(REQUEST)
        served.go_on.set()
        statuses: list[int] = []
        while not client.reader.at_eof() and (not statuses or statuses[-1] == 200):
            statuses.append((await client.answer())[0])
        assert statuses == [200] * 65 + [400]


async def test_another_protocol_that_is_offered_is_declined() -> None:
    async with serving() as served:
        client = await served.client()
        await client.send(HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + REQUEST)
        assert [await client.answer() for _ in range(2)] == [(200, b"0")] * 2
