"""The proxy, before a tiny server that remembers what reached it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.interop.proxy import Fault, FaultProxy, path_kind

PORT = "11111111-2222-4333-8444-555555555555"
BODY = b'{"answer": "' + b"x" * 5000 + b'"}'


class TinyServer:
    """Answers every request with the same body, and keeps what it was sent."""

    def __init__(self) -> None:
        self.reached: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = 5 if head.startswith(b"POST") else 0
        self.reached.append(head.split(b"\r\n", 1)[0] + await reader.readexactly(length))
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)
        await writer.drain()
        writer.close()


@pytest.fixture
def server() -> TinyServer:
    return TinyServer()


@pytest.fixture
async def proxy(server: TinyServer) -> AsyncIterator[FaultProxy]:
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listener, FaultProxy(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}").running() as running:
        yield running


async def send(proxy: FaultProxy, method: str = "POST") -> httpx.Response:
    content = b"hello" if method == "POST" else None
    async with httpx.AsyncClient(base_url=proxy.url, trust_env=False) as client:
        return await client.request(method, f"/v2.0/ports/{PORT}?fields=id", content=content)


async def test_what_is_sent_arrives_and_what_is_answered_comes_back(proxy: FaultProxy, server: TinyServer) -> None:
    reply = await send(proxy)
    assert (reply.status_code, reply.content) == (201, BODY)
    assert server.reached == [f"POST /v2.0/ports/{PORT}?fields=id HTTP/1.1hello".encode()]
    assert [str(seen) for seen in proxy.seen] == ["1 POST ports/{id} -> 201"]
    assert proxy.seen[0].body == b"hello"


async def test_requests_are_counted_by_method_and_kind_of_path(proxy: FaultProxy) -> None:
    for method in ("POST", "GET", "GET"):
        await send(proxy, method)
    assert proxy.counts() == Counter({("GET", "ports/{id}"): 2, ("POST", "ports/{id}"): 1})
    assert [seen.number for seen in proxy.changes()] == [1]
    proxy.clear()
    assert proxy.counts() == Counter()


async def test_a_refused_request_is_answered_503_and_not_delivered(proxy: FaultProxy, server: TinyServer) -> None:
    proxy.clear({2: Fault.REFUSED})
    assert [(await send(proxy)).status_code for _ in range(3)] == [201, 503, 201]
    assert len(server.reached) == 2


async def test_the_first_request_of_a_kind_is_struck_once(proxy: FaultProxy, server: TinyServer) -> None:
    proxy.first["GET", "ports/{id}"] = Fault.REFUSED
    assert [(await send(proxy, method)).status_code for method in ("POST", "GET", "GET")] == [201, 503, 201]


async def test_a_reset_request_is_not_delivered(proxy: FaultProxy, server: TinyServer) -> None:
    proxy.clear({1: Fault.RESET})
    with pytest.raises(httpx.TransportError):
        await send(proxy)
    assert server.reached == []


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.TORN])
async def test_a_lost_or_torn_reply_comes_after_the_request_was_carried_out(
    proxy: FaultProxy, server: TinyServer, fault: Fault
) -> None:
    proxy.clear({1: fault})
    with pytest.raises(httpx.TransportError):
        await send(proxy)
    assert len(server.reached) == 1
    assert (proxy.seen[0].status, proxy.seen[0].fault) == (201, fault)


@pytest.mark.parametrize(("fault", "early"), [(Fault.DELAYED, 0), (Fault.LATE, 1)])
async def test_a_delay_lies_before_the_delivery_or_before_the_reply(
    proxy: FaultProxy, server: TinyServer, fault: Fault, early: int
) -> None:
    proxy.delay = 3600.0
    proxy.clear({1: fault})
    waiting = asyncio.create_task(send(proxy))
    await proxy.holding.wait()
    assert not waiting.done()
    assert len(server.reached) == early
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_delayed_request_is_answered_in_the_end(proxy: FaultProxy) -> None:
    proxy.delay = 0.01
    proxy.clear({1: Fault.DELAYED, 2: Fault.LATE})
    assert [(await send(proxy)).content for _ in range(2)] == [BODY, BODY]


def test_ids_in_a_path_are_no_part_of_its_kind() -> None:
    assert path_kind(f"/v2.0/ports/{PORT}/add_allowed_address_pairs") == "ports/{id}/add_allowed_address_pairs"
    assert path_kind(f"/v2.0/quotas/{PORT.replace('-', '')}?x={PORT}") == "quotas/{id}"
    assert path_kind("/v2.0/extensions") == "extensions"
    assert path_kind("/") == ""
