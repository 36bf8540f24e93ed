"""What keeps the database from being used: told apart by its own codes, and remembered until a commit succeeds."""

from types import TracebackType

import structlog
from sqlalchemy.exc import DataError, DBAPIError

from berthline.domain.errors import InvalidInput, StoreUnavailable
from berthline.store.engine.backend import Judge

log = structlog.get_logger("berthline.store")


class Trouble:
    """What is known of the database's state. Work with it is done in ``with trouble.writing:`` or ``trouble.reading``:
    what the database is at fault for is raised as StoreUnavailable then, a value that it has no room for as
    InvalidInput, everything else as it is.
    """

    def __init__(self, judge: Judge) -> None:
        self.why: str | None = None
        self._judge = judge
        self._lasting = False
        self.writing = _Watch(self, reading=False)
        self.reading = _Watch(self, reading=True)

    def over(self) -> None:
        """To be called after each commit: what kept from it is no more. Damage stays."""
        if self.why is not None and not self._lasting:
            log.warning("the database can be written again", was=self.why)
            self.why = None

    def told(self, error: BaseException, *, reading: bool) -> StoreUnavailable | None:
        """Remember what the error says of the database, and say it to a caller; None when it says nothing of it."""
        cause = (error.orig if isinstance(error, DBAPIError) else None) or error
        found = self._judge(cause, reading=reading)
        if found is None:
            return None
        why, lasting = found
        if why != self.why and not self._lasting:
            log.error("the database cannot be used", why=why, error=str(cause))
            self.why, self._lasting = why, lasting
        return StoreUnavailable(f"The database cannot be used now: {why}. Try again soon.")


class _Watch:
    """A block of work. It holds nothing of its own, so that many blocks may share it."""

    __slots__ = ("_reading", "_trouble")

    def __init__(self, trouble: Trouble, *, reading: bool) -> None:
        self._trouble = trouble
        self._reading = reading

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None and (told := self._trouble.told(error, reading=self._reading)):
            raise told from error
        if isinstance(error, DataError):
            raise InvalidInput(
                "A value cannot be kept or looked for: a text has no character NUL, and a number no more than 64 bits."
            ) from error
