"""A column as a value that no index is looked for."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class BesideIndexes(FunctionElement[Any]):
    """The column's value, but no column of an index to SQLite's planner, which would take the first index it sees.

    PostgreSQL knows how many rows an index would leave, and gets the column.
    """

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(BesideIndexes)
def _plain(element: BesideIndexes, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(next(iter(element.clauses)), **more)


@compiles(BesideIndexes, "sqlite")
def _signed(element: BesideIndexes, compiler: SQLCompiler, **more: Any) -> str:
    return f"+{_plain(element, compiler, **more)}"
