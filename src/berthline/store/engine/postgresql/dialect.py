"""SQLAlchemy's dialect of PostgreSQL, so that what it compiles means the same as on SQLite.

Text sorts and compares by its bytes, and is as long as it is; numbers have 64 bits; what is null comes first; a column
that is computed is stored, since PostgreSQL has no other kind.
"""

from typing import Any, Final

from sqlalchemy import Column
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGDDLCompiler, PGTypeCompiler
from sqlalchemy.dialects.postgresql.psycopg import PGCompiler_psycopg, PGDialect_psycopg
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import UnaryExpression

NAME: Final = "postgresql.berthline"


class _Types(PGTypeCompiler):
    def visit_VARCHAR(self, type_: Any, **more: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        return self._text(more)

    def visit_TEXT(self, type_: Any, **more: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        return self._text(more)

    def visit_INTEGER(self, type_: Any, **more: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        return "BIGINT"

    def _text(self, more: dict[str, Any]) -> str:
        """A column's collation is part of its type; the value that is compared with it takes it over."""
        return 'TEXT COLLATE "C"' if isinstance(more.get("type_expression"), Column) else "TEXT"


class _Definitions(PGDDLCompiler):
    def visit_computed_column(self, generated: Any, **more: Any) -> str:
        text = self.sql_compiler.process(generated.sqltext, include_table=False, literal_binds=True)
        return f"GENERATED ALWAYS AS ({text}) STORED"


class _Statements(PGCompiler_psycopg):
    def _on_conflict_target(self, clause: Any, **more: Any) -> str:
        """Also of an insert that was made for SQLite, which does not know constraints by their names."""
        if not hasattr(clause, "constraint_target"):
            clause.constraint_target = None
        target: str = super()._on_conflict_target(clause, **more)  # type: ignore[no-untyped-call]
        return target

    def visit_unary(self, unary: UnaryExpression[Any], *arguments: Any, **more: Any) -> str:
        """Order with what is null first, as far as the column may be: an index of others is read as it is."""
        text: str = super().visit_unary(unary, *arguments, **more)  # type: ignore[no-untyped-call]
        if unary.modifier in {operators.asc_op, operators.desc_op}:
            element = unary.element
            if not (isinstance(element, Column) and not element.nullable):
                return text + (" NULLS FIRST" if unary.modifier is operators.asc_op else " NULLS LAST")
        return text


class Dialect(PGDialect_psycopg):
    """``NAME``, for ``create_engine``."""

    supports_statement_cache = True
    statement_compiler = _Statements
    ddl_compiler = _Definitions
    type_compiler_cls = _Types


registry.register(NAME, __name__, Dialect.__name__)
