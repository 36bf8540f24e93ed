"""The header Idempotency-Key: the same request again is answered with the first answer, and makes nothing.

A key belongs to a user in a project and is known for a day. It is kept in the transaction that does the work, so that a
crash leaves neither or both. A request that was refused made nothing, and is not kept: it may be sent again.

Rights come first: a caller who may not make such a thing is refused before any key is looked at, and an answer is given
again only to a user who still has every role with which it was given. Secrets in an answer are not kept; what is left
out of a repetition is named in its headers.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import msgspec
from litestar import Response

from berthline.api.body import read_body
from berthline.api.frame import ApiRequest, current_caller, services
from berthline.domain.auth import Caller
from berthline.domain.errors import BadRequest, BerthlineError
from berthline.store import Connection, Store
from berthline.store.control import idempotency
from berthline.store.control.idempotency import Kept, Keyed

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
"""Set to true in an answer that was given before."""
LEFT_OUT: Final = "Idempotency-Left-Out"
"""Set in an answer that was given before to the members that it lacks: secrets are shown once and never kept."""
SECRETS: Final = frozenset({"adminPass"})
"""Members of a thing, in an answer, that are secret."""
LONGEST_KEY: Final = 255

Keep = Callable[[Connection, Response[bytes]], None]
"""Called with the answer, inside the transaction that does the work."""

CheckRights = Callable[[Caller], None]
"""Raises what a caller is told who may not make such a thing at all, whatever else is right about the request."""


@dataclass(frozen=True)
class Once:
    """One request that carries a key, and where its answer is kept."""

    store: Store
    asked: Keyed
    now: Callable[[], int]

    async def recall(self) -> Kept | None:
        """What was answered before. Raises Forbidden and IdempotencyKeyReused."""
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


async def once_of(request: ApiRequest, check_rights: CheckRights) -> Once | None:
    """The key of this request; None without the header.

    Raises what ``check_rights`` raises, with or without a key, and BadRequest for a key that is none.
    """
    caller = current_caller(request)
    check_rights(caller)
    key = request.headers.get(HEADER.lower())
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise BadRequest(f"{HEADER} has 1 to {LONGEST_KEY} printable ASCII characters.")
    digest = hashlib.sha256()
    for part in (request.method.encode(), request.scope["path"].encode(), _canonical(await read_body(request))):
        digest.update(len(part).to_bytes(8) + part)
    asked = Keyed(
        user_id=caller.user_id,
        project_id=caller.project_id,
        roles=caller.roles,
        key=key,
        digest=digest.hexdigest(),
    )
    return Once(services(request).store, asked, services(request).clock.now)


def keep_nothing(_connection: Connection, _answer: Response[bytes]) -> None:
    """What ``work`` is given when the request has no key: it may spare itself the answer inside the transaction."""


async def answer_once(
    request: ApiRequest, check_rights: CheckRights, work: Callable[[Keep], Awaitable[Response[bytes]]]
) -> Response[bytes]:
    """Do the work and answer, or answer as before. ``work`` calls what it is given inside its transaction.

    Raises what ``check_rights`` and ``work`` raise, Forbidden and IdempotencyKeyReused.
    """
    once = await once_of(request, check_rights)
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
    body, left_out = _without_secrets(answer.content)
    headers = dict(answer.headers)
    if left_out:
        headers[LEFT_OUT] = ", ".join(left_out)
    return Kept(status=answer.status_code, headers=headers, body=body.decode())


def _without_secrets(body: bytes) -> tuple[bytes, list[str]]:
    """An answer such as ``{"server": {…}}`` without the secrets in it, and their names in order."""
    if not any(name.encode() in body for name in SECRETS):
        return body, []
    things: dict[str, object] = msgspec.json.decode(body)
    left_out: set[str] = set()
    for noun, thing in things.items():
        if isinstance(thing, dict):
            left_out |= SECRETS & thing.keys()
            things[noun] = {name: value for name, value in thing.items() if name not in SECRETS}
    return msgspec.json.encode(things), sorted(left_out)


def _canonical(body: bytes) -> bytes:
    """The body without its blanks and the order of its keys; as it is when it is not JSON, which is refused later."""
    try:
        return msgspec.json.encode(msgspec.json.decode(body), order="deterministic")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body
