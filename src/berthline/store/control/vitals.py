"""What the database says of a cloud's health, counted: by what is under way and by hosts, never by servers."""

from typing import Final

from sqlalchemy import Connection

from berthline.domain.vitals import Halt, HostTally, SagaTally, Sizes, StoredVitals
from berthline.store.control.workers import standing
from berthline.store.engine.prepared import Prepared, Row

SECOND: Final = 1_000_000
RESUME_SECONDS: Final = 660
"""A guest without room is let go on every five minutes: one for which that was not begun for twice as long is paused
for another reason."""

_SUMS: Final = ", ".join(
    f"COALESCE(sum(hosts.{name}), 0)"
    for name in (
        "physical_vcpus", "physical_memory_mb", "physical_disk_gb", "vcpus", "memory_mb", "disk_gb", "vcpus_used",
        "memory_mb_used", "disk_gb_used",
    )
)  # fmt: skip
# What is put into this text are names of columns.
_HOSTS: Final = Prepared(
    "SELECT CASE WHEN enrolled_hosts.fate IS NOT NULL THEN 'leaving' WHEN enrolled_hosts.lost_at IS NOT NULL "  # noqa: S608
    f"THEN 'lost' WHEN hosts.up THEN 'up' ELSE 'down' END, hosts.enabled, count(*), {_SUMS} FROM hosts "
    "LEFT JOIN enrolled_hosts ON enrolled_hosts.name = hosts.name AND enrolled_hosts.removed_at IS NULL "
    "GROUP BY 1, 2 ORDER BY 1, 2"
)
_JOINING: Final = Prepared(
    "SELECT count(*) FROM enrolled_hosts WHERE removed_at IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM hosts WHERE hosts.name = enrolled_hosts.name)"
)
_SAGAS: Final = Prepared(
    "SELECT kind, state, count(*), min(created_at), sum(CASE WHEN attempts > 0 THEN 1 ELSE 0 END), "
    "sum(CASE WHEN undo_error IS NOT NULL THEN 1 ELSE 0 END) FROM sagas WHERE state IN ('forward', 'unwinding') "
    "GROUP BY kind, state ORDER BY kind, state"
)
_HALTED: Final = Prepared(
    "SELECT CASE WHEN power_state = 6 THEN 'crash' WHEN EXISTS (SELECT 1 FROM server_actions "
    "WHERE server_actions.server_id = servers.id AND server_actions.started_at >= ?1 "
    "AND server_actions.action = 'resume_after_want_of_room') THEN 'room' ELSE 'other' END, count(*) FROM servers "
    "WHERE power_state IN (3, 6) AND vm_state <> 'paused' AND deleted_at IS NULL GROUP BY 1"
)
"""The words of ix_servers_halted, which has none but these."""
_CHANGES: Final = Prepared("SELECT count(*), min(at) FROM outbox")


def vitals(connection: Connection, now: int) -> StoredVitals:
    """Count; ``now`` is the store's time in µs."""
    changes, oldest_at = _CHANGES.first(connection) or (0, None)
    halted: dict[Halt, int] = dict.fromkeys(("room", "crash", "other"), 0)
    halted |= {reason: int(guests) for reason, guests in _HALTED.all(connection, now - RESUME_SECONDS * SECOND)}
    stands = standing(connection, now)
    return StoredVitals(
        now=now,
        hosts=_hosts(connection),
        sagas=tuple(map(_saga, _SAGAS.all(connection))),
        halted=halted,
        changes=int(changes),
        oldest_change_at=oldest_at,
        workers=sum(1 for one in stands.living if one.drives),
        only_api=sum(1 for one in stands.living if not one.drives),
        hosts_without_owner=stands.hosts_without_owner,
        sagas_waiting=stands.sagas_waiting,
        waiting_since=stands.waiting_since,
    )


def _hosts(connection: Connection) -> tuple[HostTally, ...]:
    known = tuple(map(_tally, _HOSTS.all(connection)))
    joining = _JOINING.first(connection)
    if joining is None or not joining[0]:
        return known
    return (*known, HostTally(state="joining", enabled=True, hosts=int(joining[0])))


def _tally(row: Row) -> HostTally:
    state, enabled, hosts, *sizes = row
    whole = [int(each) for each in sizes]  # a sum may come as a decimal
    return HostTally(
        state=state,
        enabled=bool(enabled),
        hosts=int(hosts),
        physical=Sizes(*whole[0:3]),
        promised=Sizes(*whole[3:6]),
        claimed=Sizes(*whole[6:9]),
    )


def _saga(row: Row) -> SagaTally:
    kind, state, sagas, begun_at, retried, stuck = row
    return SagaTally(
        kind=kind, state=state, sagas=int(sagas), begun_at=begun_at, retried=int(retried), stuck=int(stuck)
    )
