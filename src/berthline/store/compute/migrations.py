"""Moves of servers between flavors and hosts: one at a time is held for a server, and all are kept with it."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from berthline.domain.compute import Migration, MigrationStatus
from berthline.domain.errors import Conflict
from berthline.domain.hypervisor.moving import MoveProgress
from berthline.domain.ids import MigrationId, ServerId
from berthline.store.tables.compute import migrations, servers
from berthline.store.tables.control import postponements

_NAMES: Final = tuple(str(column.name) for column in migrations.c)
_SELECT: Final = select(migrations)


def add(connection: Connection, migration: Migration) -> Migration:
    """Write a move that begins; its number is chosen here. Raises Conflict where the server has one that is held."""
    values = {name: getattr(migration, name) for name in _NAMES if name != "number"}
    try:
        number = connection.execute(insert(migrations).values(values).returning(migrations.c.number)).scalar_one()
    except IntegrityError as error:
        raise Conflict(f"Instance {migration.server_id} is being moved already.") from error
    return msgspec.structs.replace(migration, number=number)


def get(connection: Connection, migration_id: MigrationId) -> Migration | None:
    """One move, by its UUID."""
    row = connection.execute(_SELECT.where(migrations.c.id == migration_id)).one_or_none()
    return None if row is None else _migration(row)


def held_by(connection: Connection, server_id: ServerId) -> Migration | None:
    """The move of the server that is not ended; None where there is none."""
    row = connection.execute(_SELECT.where(migrations.c.server_id == server_id, migrations.c.held)).one_or_none()
    return None if row is None else _migration(row)


def set_status(
    connection: Connection,
    migration_id: MigrationId,
    status: MigrationStatus,
    at: int,
    *,
    expected: Collection[MigrationStatus] | None = None,
    held: bool = True,
) -> bool:
    """Say how a move that is held stands; ``held`` False ends it. False where it is in no expected status."""
    change = update(migrations).where(migrations.c.id == migration_id, migrations.c.held)
    if expected is not None:
        change = change.where(migrations.c.status.in_(expected))
    return connection.execute(change.values(status=status, held=held, updated_at=at)).rowcount == 1


def end_evacuation(connection: Connection, migration_id: MigrationId, status: MigrationStatus, at: int) -> bool:
    """An evacuation, which holds nothing by its own row, ended so; False where it had ended before."""
    change = update(migrations).where(migrations.c.id == migration_id, migrations.c.status == "accepted")
    return connection.execute(change.values(status=status, updated_at=at)).rowcount == 1


def set_progress(connection: Connection, migration_id: MigrationId, progress: MoveProgress, at: int) -> None:
    """Note how far a live migration is that is held."""
    change = update(migrations).where(migrations.c.id == migration_id, migrations.c.held)
    connection.execute(change.values(progress=progress, updated_at=at))


def in_progress_of(
    connection: Connection, server_id: ServerId, statuses: Collection[MigrationStatus]
) -> tuple[Migration, ...]:
    """The live migrations of the server that stand so, as they began."""
    mine = _SELECT.where(
        migrations.c.server_id == server_id,
        migrations.c.type == "live-migration",
        migrations.c.status.in_(statuses),
    )
    return tuple(_migration(row) for row in connection.execute(mine.order_by(migrations.c.number)))


def finished_before(connection: Connection, now: int, before: int, limit: int) -> tuple[MigrationId, ...]:
    """Moves that wait for a confirmation since ``before`` (µs) or longer, the oldest first, of servers at rest.

    Those that are left for ``now`` are none of them.
    """
    left = exists().where(postponements.c.subject_id == migrations.c.id, postponements.c.until > now)
    statement = (
        select(migrations.c.id)
        .join(servers, servers.c.id == migrations.c.server_id)
        .where(
            migrations.c.status == "finished",
            migrations.c.updated_at <= before,
            ~left,
            servers.c.vm_state == "resized",
            servers.c.task_state.is_(None),
            servers.c.deleted_at.is_(None),
        )
        .order_by(migrations.c.updated_at)
        .limit(limit)
    )
    return tuple(connection.execute(statement).scalars())


def held(connection: Connection) -> tuple[Migration, ...]:
    """Every move that is not ended."""
    return tuple(_migration(row) for row in connection.execute(_SELECT.where(migrations.c.held)))


def page(
    connection: Connection,
    filters: Mapping[str, str],
    *,
    limit: int | None = None,
    after: Migration | None = None,
    changes_since: int | None = None,
    changes_before: int | None = None,
    newest_first: bool = True,
) -> tuple[Migration, ...]:
    """Moves for which every filter holds, a column's name and its value each; ``host`` is either end.

    The newest first, those behind ``after``; or as they began. Times in µs, both ends among them.
    """
    columns = migrations.c
    statement = _SELECT.limit(limit)
    order = (columns.created_at.desc(), columns.number.desc()) if newest_first else (columns.number,)
    statement = statement.order_by(*order)
    for name, value in filters.items():
        if name == "host":
            statement = statement.where(or_(columns.source == value, columns.destination == value))
        else:
            statement = statement.where(columns[name] == value)
    if after is not None:
        at_once = (columns.created_at == after.created_at) & (columns.number < after.number)
        statement = statement.where((columns.created_at < after.created_at) | at_once)
    if changes_since is not None:
        statement = statement.where(columns.updated_at >= changes_since)
    if changes_before is not None:
        statement = statement.where(columns.updated_at <= changes_before)
    return tuple(_migration(row) for row in connection.execute(statement))


def of_server(connection: Connection, server_id: ServerId, number: int) -> Migration | None:
    """The move of this number, if it is the server's."""
    mine = _SELECT.where(migrations.c.server_id == server_id, migrations.c.number == number)
    row = connection.execute(mine).one_or_none()
    return None if row is None else _migration(row)


def _migration(row: Row[Any]) -> Migration:
    values = {name: getattr(row, name) for name in _NAMES}
    return msgspec.convert(values | {"held": bool(values["held"])}, Migration)
