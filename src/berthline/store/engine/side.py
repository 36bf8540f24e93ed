"""What a copy asks of each of its two databases, which the two kinds do each in their own way."""

import contextlib
from typing import Any, Protocol

from sqlalchemy import Column, Connection, Engine

from berthline.domain.errors import BerthlineError


class CopyRefused(BerthlineError):
    """A database is not copied: the message says what is in the way. No row was written."""


class Side(Protocol):
    """What the two kinds of database do each in their own way."""

    engine: Engine

    def hold_out_writers(self, connection: Connection) -> None:
        """In a transaction that just began: from here on it is one snapshot. Raises CopyRefused where others work."""

    def loading(self, connection: Connection) -> contextlib.AbstractContextManager[None]:
        """While the block runs rows go in as they are: triggers rest."""

    def last_number(self, connection: Connection, column: Column[Any]) -> int:
        """The last number that was given to a row of the column's table; 0 for none."""

    def go_on_after(self, connection: Connection, column: Column[Any], last: int) -> None:
        """Have the next row of the table numbered after ``last``."""

    def damage(self, connection: Connection) -> str | None:
        """What the database says of its own file; None where it finds no damage, or does not look."""
