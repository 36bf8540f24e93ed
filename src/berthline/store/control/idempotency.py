"""Idempotency keys: what a request that carried one made, kept so that the same request again makes nothing.

The row is written in the transaction that does the work, so that there is never one without the other.
"""

from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, select, tuple_, update

from berthline.domain.errors import BerthlineError, Forbidden, IdempotencyKeyReused
from berthline.domain.ids import ProjectId, UserId
from berthline.store.engine.upserts import insert
from berthline.store.tables.control import idempotency_keys as keys

KEPT_SECONDS: Final = 86_400
"""How long a key is known: a day."""


class Keyed(msgspec.Struct, frozen=True, kw_only=True):
    """A request that carries a key. ``digest`` (SHA-256, hex) stands for everything that makes it that request.

    The key is the user's own in the project ("" without one); ``roles`` are those that the user has there now.
    """

    user_id: UserId
    project_id: ProjectId
    roles: frozenset[str]
    key: str
    digest: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The first answer. ``status`` None: the work is begun and not ended, and ``body`` says what to wait for."""

    status: int | None
    headers: dict[str, str]
    body: str


class AlreadyDone(BerthlineError):
    """Another request with this key was first, and its answer is kept. Never shown: it ends a transaction."""

    status = 409


def recall(connection: Connection, asked: Keyed, at: int) -> Kept | None:
    """The first answer to this request; None when there was none in the last day.

    Raises Forbidden when the caller has lost a role that it had then, and IdempotencyKeyReused when the key was sent
    with another request.
    """
    row = connection.execute(
        select(keys.c.request_digest, keys.c.roles, keys.c.status, keys.c.response).where(
            *_own(asked), keys.c.created_at > _oldest(at)
        )
    ).first()
    if row is None:
        return None
    if not asked.roles.issuperset(row.roles):
        raise Forbidden(
            f"Idempotency-Key '{asked.key}' was sent before with more rights than this token has: its answer is not"
            " given again. Use such a token, or send a new request with a new key."
        )
    if row.request_digest != asked.digest:
        raise IdempotencyKeyReused(
            f"Idempotency-Key '{asked.key}' was sent before with another request. Send a new request with a new key."
        )
    headers, body = msgspec.json.decode(row.response, type=tuple[dict[str, str], str])
    return Kept(status=row.status, headers=headers, body=body)


def keep(connection: Connection, asked: Keyed, answer: Kept, at: int) -> None:
    """Keep the answer, in the transaction of the work. Raises AlreadyDone when another request was first."""
    values = {
        "request_digest": asked.digest,
        "roles": sorted(asked.roles),
        "status": answer.status,
        "response": _response(answer),
        "created_at": at,
    }
    statement = insert(keys).values(user_id=asked.user_id, project_id=asked.project_id, key=asked.key, **values)
    written = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "project_id", "key"], set_=values, where=keys.c.created_at <= _oldest(at)
        )
    )
    if written.rowcount != 1:
        raise AlreadyDone(f"the request with key {asked.key} is answered already")


def complete(connection: Connection, asked: Keyed, answer: Kept) -> None:
    """Put the answer in the place of what was to be waited for."""
    connection.execute(
        update(keys)
        .where(*_own(asked), keys.c.request_digest == asked.digest, keys.c.status.is_(None))
        .values(status=answer.status, response=_response(answer))
    )


def forget_expired(connection: Connection, at: int, limit: int) -> int:
    """Delete up to ``limit`` keys that are older than a day; returns how many."""
    own = (keys.c.user_id, keys.c.project_id, keys.c.key)
    expired = select(*own).where(keys.c.created_at <= _oldest(at)).limit(limit)
    return connection.execute(delete(keys).where(tuple_(*own).in_(expired))).rowcount


def _own(asked: Keyed) -> tuple[ColumnElement[bool], ...]:
    """Finds the key among the caller's own."""
    return keys.c.user_id == asked.user_id, keys.c.project_id == asked.project_id, keys.c.key == asked.key


def _oldest(at: int) -> int:
    return at - KEPT_SECONDS * 1_000_000


def _response(answer: Kept) -> str:
    return msgspec.json.encode((answer.headers, answer.body)).decode()
