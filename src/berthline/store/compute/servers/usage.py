"""How long servers lived in a period and what they had, deleted ones too: what a project is billed by."""

from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Connection, Float, Select, and_, case, cast, func, or_, select, tuple_

from berthline.domain.compute import Flavor
from berthline.domain.ids import ProjectId, ServerId
from berthline.store.tables.compute import servers


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """One server that lived in the period. Times in µs; ``deleted_at`` None: it still lives."""

    id: ServerId
    project_id: ProjectId
    name: str
    vm_state: str
    flavor: Flavor
    launched_at: int
    deleted_at: int | None


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What the servers of a project had in the period: µs of life, each times vCPUs, MiB of memory and GiB of disk."""

    project_id: ProjectId
    lived: float
    vcpus: float
    memory_mb: float
    disk_gb: float


def lives(
    connection: Connection,
    start: int,
    stop: int,
    *,
    project_id: ProjectId | None,
    after: ServerId | None,
    limit: int,
) -> tuple[Life, ...] | None:
    """At most ``limit`` servers that lived in the period, by project and id, those after the server ``after``.

    None when there is no such server, living or deleted. ``project_id`` None: of all projects.
    """
    statement = _in_period(
        select(
            servers.c.id,
            servers.c.project_id,
            servers.c.name,
            servers.c.vm_state,
            servers.c.flavor,
            servers.c.launched_at,
            servers.c.deleted_at,
        ),
        start,
        stop,
        project_id,
    )
    if after is not None:
        place = connection.execute(
            select(servers.c.project_id, servers.c.id).where(servers.c.id == after, *_of(project_id))
        ).first()
        if place is None:
            return None
        statement = statement.where(tuple_(servers.c.project_id, servers.c.id) > tuple_(*place))
    rows = connection.execute(statement.order_by(servers.c.project_id, servers.c.id).limit(limit)).mappings()
    return tuple(Life(**(dict(row) | {"flavor": msgspec.convert(row["flavor"], Flavor)})) for row in rows)


def sums(connection: Connection, start: int, stop: int) -> tuple[Sums, ...]:
    """The sums of each project that had a server in the period, by project; one statement, however many servers."""
    began = case((servers.c.launched_at > start, servers.c.launched_at), else_=start)
    ended = case((servers.c.deleted_at < stop, servers.c.deleted_at), else_=stop)
    lived = cast(ended - began, Float)
    disk = _number("disk") + _number("ephemeral")
    statement = _in_period(
        select(
            servers.c.project_id,
            func.sum(lived).label("lived"),
            func.sum(lived * _number("vcpus")).label("vcpus"),
            func.sum(lived * _number("ram")).label("memory_mb"),
            func.sum(lived * disk).label("disk_gb"),
        ),
        start,
        stop,
        None,
    )
    rows = connection.execute(statement.group_by(servers.c.project_id).order_by(servers.c.project_id)).mappings()
    return tuple(Sums(**row) for row in rows)


def _number(name: str) -> ColumnElement[Any]:
    return cast(func.json_extract(servers.c.flavor, f"$.{name}"), BigInteger)


_SINCE_LAUNCH: Final = servers.c.launched_at.is_not(None)
"""Said by itself too, so that the index that leaves out what was never launched can be used."""


def _in_period(statement: Select[Any], start: int, stop: int, project_id: ProjectId | None) -> Select[Any]:
    living = or_(servers.c.deleted_at.is_(None), servers.c.deleted_at > start)
    return statement.where(and_(_SINCE_LAUNCH, servers.c.launched_at < stop, living), *_of(project_id))


def _of(project_id: ProjectId | None) -> tuple[ColumnElement[bool], ...]:
    return () if project_id is None else (servers.c.project_id == project_id,)
