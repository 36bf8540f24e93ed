"""What was done to the servers that a violation names: for whoever reads it, since no second run is quite the same."""

import re
from collections.abc import Iterator
from typing import Final

from sqlalchemy import select

from berthline.saga import SagaRecord
from berthline.store import Connection
from berthline.store.compute import migrations
from berthline.store.control.sagas import list_sagas
from berthline.store.tables.compute import servers

_NAMED: Final = re.compile(r"server-\d+(?:-\d)?|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The names of servers, and ids of whatever kind."""


def told(connection: Connection, violation: str) -> str:
    """The row of each server that is named, its sagas as they began, and its moves."""
    named = set(_NAMED.findall(violation))
    rows = connection.execute(select(servers)).mappings().all()
    return "\n".join(line for row in rows if named & {row["id"], row["name"]} for line in _lines(connection, dict(row)))


def _lines(connection: Connection, row: dict[str, object]) -> Iterator[str]:
    shown = ("name", "id", "vm_state", "task_state", "power_state", "host", "deleted_at", "fault")
    yield f"{ {name: row[name] for name in shown} }"
    yield from (f"    {_saga(saga)}" for saga in reversed(list_sagas(connection, subject_id=str(row["id"]))))
    for move in migrations.page(connection, {"server_id": str(row["id"])}, newest_first=False):
        ends = f"{move.source} to {move.destination}"
        yield f"    move {move.number}, {move.type}, was {move.before}, {move.status}: {ends}, held: {move.held}"


def _saga(saga: SagaRecord) -> str:
    why = "" if saga.failure is None else f", failed at {saga.failure.step}: {saga.failure.message[:120]}"
    cancelled = ", cancelled" if saga.cancel_requested else ""
    return f"{saga.created_at} {saga.kind} {saga.state}{cancelled}{why}"
