"""The header Idempotency-Key: the same request again is answered with the first answer, and makes nothing.

A key belongs to a project and is known for a day. It is kept in the transaction that does the work, so a crash leaves
neither or both. A request that was refused made nothing, and is not kept: it may be sent again with its key.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import msgspec
from litestar import Response

from berthline.api.body import read_body
from berthline.api.frame import ApiRequest, current_caller, services
from berthline.domain.errors import BadRequest, BerthlineError
from berthline.store import Connection, Store
from berthline.store.control import idempotency
from berthline.store.control.idempotency import Kept, Keyed

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
"""Set to true in an answer that was given before."""
LONGEST_KEY: Final = 255

Keep = Callable[[Connection, Response[bytes]], None]
"""Called with the answer, inside the transaction that does the work."""


@dataclass(frozen=True)
class Once:
    """One request that carries a key, and where its answer is kept."""

    store: Store
    asked: Keyed
    now: Callable[[], int]

    async def recall(self) -> Kept | None:
        """What was answered before. Raises IdempotencyKeyReused."""
        return await self.store.read(lambda connection: idempotency.recall(connection, self.asked, self.now()))

    def keep(self, connection: Connection, answer: Response[bytes]) -> None:
        """Keep the answer in the transaction of the work."""
        idempotency.keep(connection, self.asked, _kept(answer), self.now())

    def begin(self, connection: Connection, waits_for: msgspec.Struct) -> None:
        """Keep what a repetition has to wait for, in the transaction that begins the work."""
        text = msgspec.json.encode(waits_for).decode()
        idempotency.keep(connection, self.asked, Kept(status=None, headers={}, body=text), self.now())

    async def complete(self, answer: Response[bytes]) -> None:
        """Keep the answer to work that was begun before."""
        await self.store.write(lambda connection: idempotency.complete(connection, self.asked, _kept(answer)))


async def once_of(request: ApiRequest) -> Once | None:
    """The key of this request; None without the header. Raises BadRequest for a key that is none."""
    key = request.headers.get(HEADER.lower())
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise BadRequest(f"{HEADER} has 1 to {LONGEST_KEY} printable ASCII characters.")
    digest = hashlib.sha256()
    for part in (request.method.encode(), request.scope["path"].encode(), _canonical(await read_body(request))):
        digest.update(len(part).to_bytes(8) + part)
    asked = Keyed(project_id=current_caller(request).project_id, key=key, digest=digest.hexdigest())
    return Once(services(request).store, asked, services(request).clock.now)


def keep_nothing(_connection: Connection, _answer: Response[bytes]) -> None:
    """What ``work`` is given when the request has no key: it may spare itself the answer inside the transaction."""


async def answer_once(request: ApiRequest, work: Callable[[Keep], Awaitable[Response[bytes]]]) -> Response[bytes]:
    """Do the work and answer, or answer as before. ``work`` calls what it is given inside its transaction.

    Raises what ``work`` raises, and IdempotencyKeyReused.
    """
    once = await once_of(request)
    if once is None:
        return await work(keep_nothing)
    if kept := await once.recall():
        return replay(kept)
    try:
        return await work(once.keep)
    except BerthlineError:
        # another request with the key may have been first: what it took may be why this one was refused
        if kept := await once.recall():
            return replay(kept)
        raise


def replay(kept: Kept) -> Response[bytes]:
    """The first answer again."""
    assert kept.status is not None
    return Response(
        kept.body.encode(),
        status_code=kept.status,
        media_type="application/json",
        headers={**kept.headers, REPLAYED: "true"},
    )


def _kept(answer: Response[bytes]) -> Kept:
    return Kept(status=answer.status_code, headers=dict(answer.headers), body=answer.content.decode())


def _canonical(body: bytes) -> bytes:
    """The body without its blanks and the order of its keys; as it is when it is not JSON, which is refused later."""
    try:
        return msgspec.json.encode(msgspec.json.decode(body), order="deterministic")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body
