"""Every statement that is kept is understood by the database that this run is on, and so, over two runs, by both."""

import importlib
import pkgutil
import re
import sqlite3
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Executable, TextClause
from sqlalchemy.exc import DBAPIError

import berthline.store
from berthline.store import Connection, Store
from berthline.store.engine.postgresql.dialect import Dialect
from berthline.store.engine.postgresql.session import translated
from berthline.store.engine.prepared import Prepared, driver

LEFT_OUT: Final = ("berthline.store.migrations",)
PLACE: Final = re.compile(r"\?(\d*)")


def kept() -> Iterator[tuple[str, Any]]:
    """Every statement that a module of the store has under a name, also within what it keeps several in."""
    for found in pkgutil.walk_packages(berthline.store.__path__, "berthline.store."):
        if found.name.startswith(LEFT_OUT):
            continue
        for name, value in vars(importlib.import_module(found.name)).items():
            held = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else [value]
            for one in held:
                if isinstance(one, Prepared) or is_statement(one):
                    yield f"{found.name.removeprefix('berthline.store.')}.{name}", one


def is_statement(value: Any) -> bool:
    """Whether it is one of SQLAlchemy's, and no part of one."""
    return isinstance(value, Executable) and not isinstance(value, TextClause) and value.is_dml | value.is_select


STATEMENTS: Final = list(kept())


def test_there_are_many() -> None:
    assert sum(isinstance(one, Prepared) for _, one in STATEMENTS) > 80
    assert sum(not isinstance(one, Prepared) for _, one in STATEMENTS) > 15


def test_each_is_understood(store: Store) -> None:
    wrong = [f"{name}: {why}" for name, one in STATEMENTS if (why := store.read_now(Understanding(one)))]
    assert not wrong, "\n".join(wrong)


class Understanding:
    """Why the database does not understand the statement; None when it does. Nothing is run."""

    def __init__(self, statement: Any) -> None:
        self.statement = statement

    def __call__(self, connection: Connection) -> str | None:
        opened = driver(connection)
        try:
            if isinstance(opened, sqlite3.Connection):
                text = self._text(connection)
                opened.execute(f"EXPLAIN {text}", [None] * places(text)).close()
            else:
                opened.prepare(self._text(connection))  # type: ignore[attr-defined]
        except (sqlite3.Error, DBAPIError) as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - whatever the driver raises
            return str(error)
        return None

    def _text(self, connection: Connection) -> str:
        if isinstance(self.statement, Prepared):
            return self.statement.text
        dialect: Any = connection.dialect
        if dialect.name == "postgresql":
            dialect = Dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
        return re.sub(r"\(__\[POSTCOMPILE_\w+\]\)", "(NULL)", str(self.statement.compile(dialect=dialect)))


def places(text: str) -> int:
    """How many values the statement takes."""
    numbers = [int(number or 0) for number in PLACE.findall(text)]
    return max([*numbers, numbers.count(0)])


def test_places_are_numbered_once_and_left_alone_in_quotes() -> None:
    assert translated("SELECT ?, '?', ?") == "SELECT $1, '?', $2"
    assert translated("SELECT ?2, ?1, 'it''s ?', ?2") == "SELECT $2, $1, 'it''s ?', $2"


def test_a_text_of_its_own_takes_the_same_values() -> None:
    one = Prepared("SELECT iif(?1, ?2, 0)", postgresql="SELECT CASE WHEN ?1 THEN ?2 ELSE 0 END")
    assert translated(one.text) == "SELECT CASE WHEN $1 THEN $2 ELSE 0 END"
