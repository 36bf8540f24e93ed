"""Tokens that open consoles: kept as SHA-256, each taken out by who uses it."""

from typing import Final, Literal

import msgspec
from sqlalchemy import Connection

from berthline.domain.ids import ServerId, UserId
from berthline.store.engine.prepared import Prepared

ConsoleKind = Literal["vnc", "serial"]

_ADD: Final = Prepared(
    "INSERT INTO console_tokens (token_hash, server_id, project_id, kind, user_id, expires_at) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)
_COUNT: Final = Prepared("SELECT count(*) FROM console_tokens WHERE server_id = ? AND expires_at > ?")
_COUNT_OF_PROJECT: Final = Prepared("SELECT count(*) FROM console_tokens WHERE project_id = ? AND expires_at > ?")
_TAKE: Final = Prepared(
    "DELETE FROM console_tokens WHERE token_hash = ? AND server_id = ? AND kind = ? AND expires_at > ? "
    "RETURNING user_id"
)
_GET: Final = Prepared(
    "SELECT server_id, kind, user_id, expires_at FROM console_tokens WHERE token_hash = ? AND expires_at > ?"
)
_FORGET: Final = Prepared(
    "DELETE FROM console_tokens WHERE token_hash IN "
    "(SELECT token_hash FROM console_tokens WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)"
)


class ConsoleToken(msgspec.Struct, frozen=True):
    """What a token opens, for whom it was made, and until when, in microseconds."""

    server_id: ServerId
    kind: ConsoleKind
    user_id: UserId
    expires_at: int


def add(connection: Connection, token_hash: str, token: ConsoleToken, project_id: str) -> None:
    """Keep a token of a server of this project by its hash."""
    whose = token.server_id, project_id, token.kind, token.user_id
    _ADD.run(connection, token_hash, *whose, token.expires_at)


def count(connection: Connection, server_id: ServerId, at: int) -> int:
    """How many of a server's tokens are good. Lock the server first, for the number to stay true."""
    row = _COUNT.first(connection, server_id, at)
    return 0 if row is None else int(row[0])


def count_of_project(connection: Connection, project_id: str, at: int) -> int:
    """How many tokens of a project's servers are good. ``quotas.hold`` it first, for the number to stay true."""
    row = _COUNT_OF_PROJECT.first(connection, project_id, at)
    return 0 if row is None else int(row[0])


def take(connection: Connection, token_hash: str, server_id: ServerId, kind: ConsoleKind, at: int) -> UserId | None:
    """Whom the token was made for; None unless it is good for this. There is one who takes it, and it is gone then."""
    row = _TAKE.first(connection, token_hash, server_id, kind, at)
    return None if row is None else UserId(row[0])


def get(connection: Connection, token_hash: str, at: int) -> ConsoleToken | None:
    """A token that is good; None for any other."""
    row = _GET.first(connection, token_hash, at)
    return None if row is None else ConsoleToken(ServerId(row[0]), row[1], UserId(row[2]), row[3])


def forget_expired(connection: Connection, at: int, limit: int) -> int:
    """Delete up to ``limit`` tokens that are good no more; returns how many."""
    return _FORGET.run(connection, at, limit)
