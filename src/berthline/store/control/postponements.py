"""What a loop has begun and is not to begin again at once: the tries of one subject lie further and further apart."""

from typing import Final

from sqlalchemy import Connection

from berthline.store.engine.prepared import Prepared

SECOND: Final = 1_000_000
FIRST_SECONDS: Final = 60
LAST_SECONDS: Final = 3600
"""The pause behind a try is twice the one before it, from a minute to an hour."""
KEPT_SECONDS: Final = 24 * 3600

_TRIES: Final = Prepared("SELECT tries FROM postponements WHERE subject_id = ?")
_ONE: Final = Prepared("SELECT tries, until FROM postponements WHERE subject_id = ?")
_POSTPONE: Final = Prepared(
    "INSERT INTO postponements (subject_id, tries, until) VALUES (?, ?, ?) "
    "ON CONFLICT (subject_id) DO UPDATE SET tries = excluded.tries, until = excluded.until"
)
_FORGET: Final = Prepared("DELETE FROM postponements WHERE until < ?")


def postponed(connection: Connection, subject_id: str) -> tuple[int, int] | None:
    """How often it was begun, and until when (µs) it is left; None of what is not put off."""
    row = _ONE.first(connection, subject_id)
    return None if row is None else (int(row[0]), int(row[1]))


def postpone(connection: Connection, subject_id: str, at: int, *, tried: bool) -> None:
    """Leave the subject for a while, ``at`` being now, in µs: for longer where it was ``tried`` before."""
    row = _TRIES.first(connection, subject_id)
    tries = (0 if row is None else int(row[0])) + tried
    pause = min(FIRST_SECONDS * 2 ** min(max(tries - 1, 0), 16), LAST_SECONDS)
    _POSTPONE.run(connection, subject_id, tries, at + pause * SECOND)


def forget_old(connection: Connection, at: int) -> int:
    """Take out what was not tried again for a day; how many rows."""
    return _FORGET.run(connection, at - KEPT_SECONDS * SECOND)
