"""The processes of a cloud that have a shared place of images, and the sign that each has left there last."""

from typing import Final

import msgspec
from sqlalchemy import Connection

from berthline.domain.image_store import Sign
from berthline.store.engine.prepared import Prepared

_KEEP: Final = Prepared(
    "INSERT INTO image_processes (id, host, secret, turn, until) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
    "host = excluded.host, secret = excluded.secret, turn = excluded.turn, until = excluded.until"
)
_OTHERS: Final = Prepared("SELECT id, host, secret, turn FROM image_processes WHERE id <> ? AND until >= ? ORDER BY id")
_FORGET: Final = Prepared("DELETE FROM image_processes WHERE id = ?")
_ENDED: Final = Prepared("DELETE FROM image_processes WHERE until < ? RETURNING id")


class Process(msgspec.Struct, frozen=True):
    """A process that lives, on ``host``, and the sign that the others should find."""

    id: str
    host: str
    sign: Sign


def keep(connection: Connection, process: Process, until: int) -> None:
    """Note that the process lives until then (microseconds), and its sign."""
    _KEEP.run(connection, process.id, process.host, process.sign.secret, process.sign.turn, until)


def others(connection: Connection, process_id: str, now: int) -> tuple[Process, ...]:
    """The other processes that live."""
    rows = _OTHERS.all(connection, process_id, now)
    return tuple(Process(row[0], row[1], Sign(row[2], row[3])) for row in rows)


def forget(connection: Connection, process_id: str) -> None:
    """Drop the process. Idempotent."""
    _FORGET.run(connection, process_id)


def forget_ended(connection: Connection, now: int) -> tuple[str, ...]:
    """Drop the processes that said nothing for long; their ids."""
    return tuple(row[0] for row in _ENDED.all(connection, now))
