"""Whether a database is whole: its revision, what refers to nothing, numbers given twice, damage, and leaks."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Column, Connection, ForeignKeyConstraint, func, select

from berthline.store.control.cloud import cloud_id
from berthline.store.control.leaks import Leak, stored_leaks
from berthline.store.engine.copying import numbered, side_of
from berthline.store.engine.location import Location
from berthline.store.engine.revisions import current_revision
from berthline.store.tables import metadata


class Dangling(msgspec.Struct, frozen=True):
    """So many rows of ``table`` refer, by ``columns``, to rows of ``target`` that are not there."""

    table: str
    columns: str
    target: str
    rows: int


class Soundness(msgspec.Struct, frozen=True):
    """What was found. ``damage`` is what the database says of its own file, None where it finds none or does not look.

    ``counted_anew`` names the tables whose next row would get a number that was given before.
    """

    revision: str | None
    cloud_id: str | None
    rows: tuple[tuple[str, int], ...]
    dangling: tuple[Dangling, ...]
    counted_anew: tuple[str, ...]
    damage: str | None
    leaks: tuple[Leak, ...]

    @property
    def sound(self) -> bool:
        """Nothing is wrong."""
        return not (self.dangling or self.counted_anew or self.damage or self.leaks)


def soundness(connection: Connection, where: Location) -> Soundness:
    """Look through the database ``where``, to which the connection is, of this release's schema, and change nothing."""
    side = side_of(where)
    return Soundness(
        revision=current_revision(connection),
        cloud_id=cloud_id(connection),
        rows=tuple(
            (table.name, connection.execute(select(func.count()).select_from(table)).scalar_one())
            for table in sorted(metadata.tables.values(), key=lambda table: table.name)
        ),
        dangling=tuple(_dangling(connection)),
        counted_anew=tuple(
            column.table.name
            for column in numbered()
            if side.last_number(connection, column) < (_highest(connection, column) or 0)
        ),
        damage=side.damage(connection),
        leaks=stored_leaks(connection),
    )


def _highest(connection: Connection, column: Column[int]) -> int | None:
    return connection.execute(select(func.max(column))).scalar()


def _dangling(connection: Connection) -> Iterator[Dangling]:
    for table in metadata.sorted_tables:
        for constraint in sorted(table.foreign_key_constraints, key=lambda one: str(one.name)):
            if count := _without_target(connection, constraint):
                names = ", ".join(column.name for column in constraint.columns)
                yield Dangling(table.name, names, constraint.referred_table.name, count)


def _without_target(connection: Connection, constraint: ForeignKeyConstraint) -> int:
    target = constraint.referred_table.alias("target")
    asked, there = select(func.count()).select_from(constraint.table), select(1)
    for element in constraint.elements:
        asked = asked.where(element.parent.is_not(None))
        there = there.where(element.parent == target.c[element.column.name])
    found: int = connection.execute(asked.where(~there.exists())).scalar_one()
    return found
