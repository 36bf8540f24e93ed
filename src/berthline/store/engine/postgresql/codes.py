"""What PostgreSQL's codes (its manual, appendix A) say of a database, and of a transaction that may be run again."""

from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError

from berthline.domain.errors import BadRequest, OutcomeUnknown, Overtaken

_STATES: Final = {
    "25006": "it may not be written: it is a copy, or was told to be read only",
    "53100": "its disk is full",
    "53200": "there is no memory for it",
    "53300": "it has no connection left: raise its max_connections, or start fewer processes",
    "57P01": "its server stops",
    "57P02": "its server stops",
    "57P03": "its server starts or stops",
    "57P05": "its server ended the connection",
    "25P03": "a transaction stood still for too long, and its server ended it",
    "58030": "its disk fails",
    "XX001": "it is damaged: put back a copy of it",
    "XX002": "it is damaged: put back a copy of it",
    "28000": "it does not let this user in",
    "28P01": "it does not accept the password",
    "3D000": "there is no such database",
}
_READ_ONLY: Final = "25006"
_AGAIN: Final = frozenset({"40001", "40P01"})
_REFUSED: Final = frozenset({"23503", "23505"})
"""Foreign keys and unique indexes: what they refuse was written by others since the work looked."""
_BAD_PATTERN: Final = "2201B"
_BAD_TEXT: Final = frozenset({"22021", "22P05"})
_WAITED_LONG: Final = "55P03"
_ENDS_CONNECTIONS: Final = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03"})


def judge(error: BaseException, *, reading: bool) -> tuple[str, bool] | None:
    """``backend.Judge`` for PostgreSQL. Nothing lasts: a server is repaired or replaced beside the cloud."""
    if not isinstance(error, psycopg.Error):
        return None
    if error.sqlstate is None:
        return ("its server does not answer", False) if isinstance(error, psycopg.OperationalError) else None
    if reading and error.sqlstate == _READ_ONLY:
        return None  # a reader that writes is a fault of ours
    why = _STATES.get(error.sqlstate)
    if why is None and error.sqlstate.startswith("08"):
        why = "its server does not answer"
    return None if why is None else (why, False)


def cause(error: BaseException) -> BaseException:
    """The error as the driver raised it."""
    return (error.orig if isinstance(error, DBAPIError) else None) or error


def state_of(error: BaseException) -> str | None:
    """PostgreSQL's code of an error; None for one of anything else."""
    found = cause(error)
    return found.sqlstate if isinstance(found, psycopg.Error) else None


def may_run_again(error: BaseException) -> bool:
    """The transaction was undone since others were in its way: run anew, it may succeed, or find why it may not."""
    return isinstance(error, Overtaken) or state_of(error) in _AGAIN or was_refused(error)


def was_refused(error: BaseException) -> bool:
    """A foreign key or a unique index refused what a look of the same work had allowed."""
    return state_of(error) in _REFUSED


def refused_value(error: BaseException) -> BadRequest | None:
    """What a user is told of a value that a file would take, and this database does not."""
    found = cause(error)
    if state_of(error) == _BAD_PATTERN:
        return BadRequest("The database cannot look for this pattern: escape the signs that are meant as they are.")
    if state_of(error) in _BAD_TEXT or (isinstance(found, psycopg.DataError) and found.sqlstate is None):
        return BadRequest("A text holds the character NUL, or what is no text at all: leave it out.")
    return None


def waited_long(error: BaseException) -> bool:
    """Another transaction held a row for longer than this one was patient."""
    return state_of(error) == _WAITED_LONG


def outcome_unknown() -> OutcomeUnknown:
    """What is told of a transaction that was being committed when the connection was lost."""
    return OutcomeUnknown(
        "The connection to the database was lost in the commit: whether the change was made is not known. Look before "
        "you try again."
    )


def stale(error: BaseException) -> bool:
    """The server was replaced or is read only now: other connections to it are of no use either."""
    found = cause(error)
    return isinstance(found, psycopg.OperationalError) and (
        found.sqlstate is None or found.sqlstate in _ENDS_CONNECTIONS or found.sqlstate.startswith("08")
    )
