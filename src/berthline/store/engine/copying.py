"""Copy all rows of one database into an empty one, of the same kind or the other, and read back what was written.

The source is read in one snapshot, with those who write held out; the target gets everything in one transaction, which
is committed only when what is read back from it has the same rows. Each row counts by a digest of what it holds.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, Text, func, insert, select, tuple_
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from berthline.store.engine.inspection import inspected
from berthline.store.engine.location import Location, on_postgresql, told
from berthline.store.engine.migrate import migrate
from berthline.store.engine.revisions import HEAD
from berthline.store.engine.side import CopyRefused, Side
from berthline.store.tables import metadata
from berthline.store.tables.base import Address, Json

BATCH: Final = 1000
"""Rows that are in memory at a time."""


class Copied(NamedTuple):
    """What became of one table; ``digest`` is the same for the same rows, in whatever order they lie."""

    table: str
    rows: int
    digest: str


def side_of(where: Location) -> Side:
    """The side that a database is on; nothing is connected to yet."""
    if on_postgresql(where):
        from berthline.store.engine.postgresql.copying import PostgresqlSide

        return PostgresqlSide(str(where))
    from berthline.store.engine.sqlite.copying import SqliteSide

    return SqliteSide(where)


def copy(source: Location, target: Location, tell: Callable[[Copied], None]) -> tuple[Copied, ...]:
    """Copy a cloud's rows; ``tell`` hears of each table once it was read back.

    Raises CopyRefused and StartRefused, with no row in the target, when the source is not of this release's schema or
    in use, the target is not empty, or what was read back differs.
    """
    refuse_source(source)
    _refuse_target(source, target)
    try:
        with _gone_unless_filled(target), contextlib.ExitStack() as stack:
            migrate(target)
            sides = [stack.enter_context(_opened(where)) for where in (source, target)]
            (giving, taken), (getting, given) = sides
            giving.hold_out_writers(taken)
            getting.hold_out_writers(given)
            _refuse_rows(target, given)
            made = []
            with getting.loading(given):
                for table in plain_tables():
                    made.append(_copy_table(table, taken, given))
                    tell(made[-1])
            for column in numbered():
                getting.go_on_after(given, column, giving.last_number(taken, column))
            given.commit()
    except DBAPIError as error:
        # The first line says what it is; those after it may tell the row.
        why = next(iter(str(error.orig).splitlines()), "")
        raise CopyRefused(
            f"{told(source)} cannot be copied to {told(target)}: {why[:300]}; no row was written"
        ) from None
    return tuple(made)


@contextlib.contextmanager
def _gone_unless_filled(target: Location) -> Iterator[None]:
    """Remove a file that is made inside the block when the block is not left in order."""
    made = not on_postgresql(target) and not Path(target).exists()
    try:
        yield
    except BaseException:
        if made:
            for ending in ("", "-wal", "-shm", "-journal"):
                Path(f"{target}{ending}").unlink(missing_ok=True)
        raise


def plain_tables() -> Iterator[Table]:
    """Every table, one that is referred to before those that refer to it; their values as the database holds them."""
    for table in metadata.sorted_tables:
        yield Table(
            table.name,
            MetaData(),
            *(
                Column(column.name, _plain(column.type), primary_key=column.primary_key, autoincrement=False)
                for column in table.columns
                if column.computed is None
            ),
        )


def numbered() -> Iterator[Column[Any]]:
    """The columns whose values the database counts."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.autoincrement is True:
                yield column


def digest_of(connection: Connection, table: Table) -> Copied:
    """Count the rows of a plain table and have their digest."""
    total, count = 0, 0
    for rows in batches(connection, table):
        count += len(rows)
        total += sum(map(_digest, rows))
    return _copied(table, count, total)


def batches(connection: Connection, table: Table) -> Iterator[Sequence[Sequence[Any]]]:
    """All rows of a plain table by its primary key, some at a time."""
    keys = list(table.primary_key.columns)
    places = [list(table.columns).index(key) for key in keys]
    wanted = select(table).order_by(*keys).limit(BATCH)
    after: list[Any] | None = None
    while True:
        asked = wanted if after is None else wanted.where(tuple_(*keys) > tuple_(*after, types=[k.type for k in keys]))
        rows = connection.execute(asked).all()
        if not rows:
            return
        yield rows
        after = [rows[-1][place] for place in places]


def _copy_table(table: Table, source: Connection, target: Connection) -> Copied:
    total, count, names = 0, 0, [column.name for column in table.columns]
    for rows in batches(source, table):
        target.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
        count += len(rows)
        total += sum(map(_digest, rows))
    read, written = _copied(table, count, total), digest_of(target, table)
    if read != written:
        raise CopyRefused(
            f"table {table.name}: {read.rows} rows were read, and {written.rows} that are not the same were read back; "
            "no row was written"
        )
    return written


def _digest(row: Sequence[Any]) -> int:
    return int.from_bytes(hashlib.blake2b(msgspec.json.encode(list(row)), digest_size=16).digest())


def _copied(table: Table, count: int, total: int) -> Copied:
    """The digests of rows are added up: no two rows of a table are the same, and order says nothing."""
    return Copied(table.name, count, f"{total % 2**128:032x}")


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Text of JSON byte by byte, and addresses as they are packed."""
    if isinstance(kind, Json):
        return Text()
    return LargeBinary() if isinstance(kind, Address) else kind


def refuse_source(source: Location) -> None:
    """Raises CopyRefused for what holds no cloud, or one of another release."""
    found = inspected(source)
    if not found.begun:
        raise CopyRefused(f"{told(source)} has no cloud that could be copied: see what --from names")
    if found.revision != HEAD:
        raise CopyRefused(
            f"{told(source)} has the schema of revision {found.revision}, and this release copies {HEAD}: start its "
            "cloud once by this release, which brings it there"
        )


def _refuse_target(source: Location, target: Location) -> None:
    found = inspected(target)
    if str(source) == str(target):
        raise CopyRefused(f"{told(target)} is the database that is to be copied: --to has to name another")
    if found.statements and found.revision != HEAD:
        raise CopyRefused(f"{told(target)} is not empty: --to has to name a database without tables")


def _refuse_rows(target: Location, connection: Connection) -> None:
    for table in plain_tables():
        if count := connection.execute(select(func.count()).select_from(table)).scalar_one():
            raise CopyRefused(
                f"{told(target)} is not empty ({count} rows in {table.name}): --to has to name a database without rows"
            )


@contextlib.contextmanager
def _opened(where: Location) -> Iterator[tuple[Side, Connection]]:
    side = side_of(where)
    try:
        with side.engine.connect() as connection, connection.begin():
            yield side, connection
    finally:
        side.engine.dispose()
