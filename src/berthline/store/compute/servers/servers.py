"""Servers: written whole, moved by compare-and-swap, read with their NICs. Lists are in ``server_list``."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, select

from berthline.domain.compute import Fault, Flavor, Nic, PowerState, Server, TaskState, VmState, WantedPower
from berthline.domain.disks import Disk
from berthline.domain.hardware import Hardware
from berthline.domain.ids import HostName, ImageId, NetworkId, PortId, ProjectId, ServerId
from berthline.store.compute.servers.values import (
    COLUMNS,
    JSON_COLUMNS,
    PLACES,
    server_of,
    server_of_mapping,
    values_of,
)
from berthline.store.engine import locks
from berthline.store.engine.changes import record_event
from berthline.store.engine.prepared import Prepared, Row
from berthline.store.network.changes import Change, record
from berthline.store.tables.base import to_json
from berthline.store.tables.compute import server_nics, servers
from berthline.store.tables.network import addresses, ports

# What is put into these texts are names of columns.
_INSERT: Final = Prepared(f"INSERT INTO servers ({COLUMNS}) VALUES ({PLACES})")  # noqa: S608
_GET: Final = Prepared(f"SELECT {COLUMNS} FROM servers WHERE id = ? AND deleted_at IS NULL")  # noqa: S608
_HOST_OF: Final = Prepared("SELECT host FROM servers WHERE id = ? AND deleted_at IS NULL")
_PLACED: Final = Prepared(
    "SELECT host, id FROM servers WHERE host IS NOT NULL AND deleted_at IS NULL ORDER BY created_at, id"
)
_NICS: Final = Prepared(
    "SELECT port_id, position, tag, preserve_on_delete FROM server_nics WHERE server_id = ? ORDER BY position"
)
_NICS_OF: Final = Prepared(
    "SELECT server_id, position, port_id, tag, preserve_on_delete FROM server_nics "
    "WHERE server_id IN (SELECT value FROM json_each(?)) ORDER BY server_id, position"
)
_HOSTS_OF: Final = Prepared(
    "SELECT id, host FROM servers WHERE id IN (SELECT value FROM json_each(?1)) AND deleted_at IS NULL "
    "AND (project_id = ?2 OR ?2 IS NULL)"
)
_SET_HOST: Final = Prepared(
    "UPDATE servers SET host = ?1, revision = revision + 1, updated_at = ?2, availability_zone = "
    "COALESCE((SELECT availability_zone FROM hosts WHERE name = ?1), availability_zone) "
    "WHERE id = ?3 AND deleted_at IS NULL RETURNING project_id, revision, vm_state, task_state, power_state"
)
_SELECT = select(servers)
_SELECT_NICS = (
    select(server_nics)
    .where(server_nics.c.server_id.in_(bindparam("server_ids", expanding=True)))
    .order_by(server_nics.c.server_id, server_nics.c.position)
)
_ACTIVATE: Final = Prepared(
    "UPDATE servers SET vm_state = 'active', power_state = 1, launched_at = ?1, fault = NULL, "
    "task_state = CASE WHEN task_state IN ('deleting', 'soft-deleting') THEN task_state END, revision = revision + 1, "
    "updated_at = ?1 "
    "WHERE id = ?2 AND deleted_at IS NULL RETURNING project_id, revision, vm_state, task_state, power_state"
)


def insert(connection: Connection, server: Server) -> None:
    """Write a new server and its event. Its NICs are rows of the allocation, written after it."""
    insert_many(connection, (server,))


def insert_many(connection: Connection, made: Sequence[Server]) -> None:
    """``insert`` for the servers of one request."""
    _INSERT.post_many(connection, [values_of(server) for server in made])
    for at in {server.created_at for server in made}:
        record(connection, [_created(server) for server in made if server.created_at == at], at)


def _created(server: Server) -> Change:
    return Change(
        kind="server",
        id=server.id,
        project_id=server.project_id,
        revision=server.revision,
        what="created",
        data=_states(server.vm_state, server.task_state, server.power_state),
    )


def get(connection: Connection, server_id: ServerId, *, project_id: ProjectId | None = None) -> Server | None:
    """One server with its NICs; None when there is none or it was deleted.

    With ``project_id`` only a server of that project.
    """
    row = _GET.first(connection, server_id)
    if row is None or project_id not in (None, row[1]):
        return None
    nics = _NICS.all(connection, server_id)
    return server_of(
        row,
        tuple(
            Nic(port_id=PortId(port_id), position=position, tag=tag, preserve_on_delete=bool(preserve))
            for port_id, position, tag, preserve in nics
        ),
    )


def lock(connection: Connection, server_id: str) -> None:
    """For who changes a server, what it has, or what is done with it: one transaction at a time. See ``locks.lock``."""
    locks.lock(connection, servers, [server_id])


def host_of(connection: Connection, server_id: ServerId) -> HostName | None:
    """The host that holds the server; None when none does, or there is no such server."""
    row = _HOST_OF.first(connection, server_id)
    return None if row is None or row[0] is None else HostName(row[0])


def hosts_of(
    connection: Connection, server_ids: Collection[str], *, project_id: ProjectId | None = None
) -> dict[ServerId, HostName | None]:
    """The host of each of these servers that there is, None where it has none. With ``project_id`` only of that."""
    return {ServerId(key): host for key, host in _HOSTS_OF.all(connection, to_json(list(server_ids)), project_id)}


def get_many(connection: Connection, server_ids: Collection[ServerId]) -> tuple[Server, ...]:
    """The servers of these ids that exist, with their NICs, by id; two statements however many."""
    statement = _SELECT.where(servers.c.id.in_(server_ids), servers.c.deleted_at.is_(None)).order_by(servers.c.id)
    return with_nics(connection, connection.execute(statement).mappings().all())


def placed(connection: Connection) -> tuple[tuple[HostName, ServerId], ...]:
    """The host and id of every server that is on a host, the oldest first, as their rows lie beside each other."""
    return tuple((HostName(host), ServerId(server_id)) for host, server_id in _PLACED.each(connection))


def with_fixed_ip(connection: Connection, network_id: NetworkId, address: str) -> Server | None:
    """The server that has this address on this network, or None. ``address`` must be an IP address."""
    statement = (
        select(server_nics.c.server_id)
        .join(ports, ports.c.id == server_nics.c.port_id)
        .join(addresses, addresses.c.port_id == ports.c.id)
        .where(ports.c.network_id == network_id, addresses.c.ip == address)
    )
    server_id = connection.execute(statement).scalar()
    return None if server_id is None else get(connection, ServerId(server_id))


def of_rows(connection: Connection, rows: Sequence[Row]) -> tuple[Server, ...]:
    """Domain values of rows of ``COLUMNS`` as the driver has them, in their order, their NICs read by one statement."""
    nics: dict[str, list[Nic]] = {row[0]: [] for row in rows}
    if rows:
        for server_id, position, port_id, tag, preserve in _NICS_OF.all(connection, to_json(list(nics))):
            nic = Nic(port_id=port_id, position=position, tag=tag, preserve_on_delete=bool(preserve))
            nics[server_id].append(nic)
    return tuple(server_of(row, tuple(nics[row[0]])) for row in rows)


def with_nics(connection: Connection, rows: Collection[RowMapping]) -> tuple[Server, ...]:
    """Domain values of server rows, in their order, their NICs read by one statement."""
    nics: dict[str, list[Nic]] = {row["id"]: [] for row in rows}
    if rows:
        for nic in connection.execute(_SELECT_NICS, {"server_ids": list(nics)}):
            preserve = nic.preserve_on_delete
            made = Nic(port_id=PortId(nic.port_id), position=nic.position, tag=nic.tag, preserve_on_delete=preserve)
            nics[nic.server_id].append(made)
    return tuple(server_of_mapping(row, nics[row["id"]]) for row in rows)


def set_states(
    connection: Connection,
    server_id: ServerId,
    *,
    at: int,
    expected_vm_states: Collection[VmState] | None = None,
    expected_task_state: TaskState | msgspec.UnsetType | None = msgspec.UNSET,
    expected_revision: int | None = None,
    vm_state: VmState | msgspec.UnsetType = msgspec.UNSET,
    task_state: TaskState | msgspec.UnsetType | None = msgspec.UNSET,
    power_state: PowerState | msgspec.UnsetType = msgspec.UNSET,
    launched_at: int | msgspec.UnsetType | None = msgspec.UNSET,
    fault: Fault | msgspec.UnsetType | None = msgspec.UNSET,
    wanted: WantedPower | None = None,
    what: str = "state",
) -> bool:
    """Move a server that is in an expected state and not deleted; False when it is not.

    ``expected_vm_states`` None and ``expected_task_state`` UNSET take any. What is left UNSET stays, as what is
    ``wanted`` does with None. Bumps the revision and writes the event ``what`` with the states that hold now.
    """
    conditions: dict[str, Any] = {}
    if expected_vm_states is not None:
        conditions["vm_state IN (SELECT value FROM json_each(?))"] = to_json(list(expected_vm_states))
    if expected_task_state is not msgspec.UNSET:
        conditions["task_state IS NOT DISTINCT FROM ?"] = expected_task_state
    if expected_revision is not None:
        conditions["revision = ?"] = expected_revision
    written = {
        "vm_state": vm_state,
        "task_state": task_state,
        "power_state": power_state,
        "launched_at": launched_at,
        "fault": fault,
        "wanted": wanted or msgspec.UNSET,
    }
    values = {name: value for name, value in written.items() if value is not msgspec.UNSET}
    return _change(connection, server_id, values, what, at, conditions)


def activate(connection: Connection, server_id: ServerId, at: int) -> bool:
    """ACTIVE and running, launched ``at``. A delete that came meanwhile keeps its task state; False when it is gone."""
    row = _ACTIVATE.first(connection, at, server_id)
    return _changed(connection, server_id, row, "active", at)


def fail(connection: Connection, server_id: ServerId, fault: Fault, at: int) -> bool:
    """ERROR with this reason, no task left; False when the server is gone."""
    values = {"vm_state": "error", "task_state": None, "fault": fault}
    return _change(connection, server_id, values, "error", at)


def soft_delete(connection: Connection, server_id: ServerId, fault: Fault | None, at: int) -> bool:
    """Deleted, off, and to be had again; unless it is being deleted for good, or its task was reset.

    ``fault``: why it was in ERROR, which it is again when it is restored; None where it was not.
    """
    values = {"vm_state": "soft-delete", "task_state": None, "power_state": 4, "soft_deleted_at": at, "fault": fault}
    return _change(
        connection, server_id, values, "soft-deleted", at, {"task_state IS NOT DISTINCT FROM ?": "soft-deleting"}
    )


def undelete(connection: Connection, server_id: ServerId, at: int) -> bool:
    """From now on it is not softly deleted any more, and listed again; its states are another's to write."""
    return _change(connection, server_id, {"soft_deleted_at": None}, "state", at)


def set_shelved(
    connection: Connection, server_id: ServerId, image_id: ImageId, task_state: TaskState | None, at: int
) -> bool:
    """The server is shelved, off, its disk in that image."""
    values = {"vm_state": "shelved", "power_state": 4, "shelved_image_id": image_id, "shelved_at": at}
    return _change(connection, server_id, values | {"task_state": task_state}, "shelved", at)


def set_offloaded(connection: Connection, server_id: ServerId, task_state: TaskState | None, at: int) -> bool:
    """A shelved server is on no host any more."""
    values = {"vm_state": "shelved_offloaded", "task_state": task_state, "host": None, "power_state": 4}
    return _change(connection, server_id, values, "offloaded", at)


def forget_shelved(connection: Connection, server_id: ServerId, at: int) -> bool:
    """The server's disk is its own again."""
    return _change(connection, server_id, {"shelved_image_id": None, "shelved_at": None}, "unshelved", at)


def set_pinned_zone(connection: Connection, server_id: ServerId, zone: str | None, at: int) -> bool:
    """Say in which zone the server is to stay; None: in any."""
    return _change(connection, server_id, {"pinned_availability_zone": zone}, "zone", at)


def set_host(connection: Connection, server_id: ServerId, host: HostName | None, at: int) -> bool:
    """Say which host holds the server, in whose zone it is then; None for none. False when the server is gone."""
    row = _SET_HOST.first(connection, host, at, server_id)
    return _changed(connection, server_id, row, "host", at)


def set_disks(
    connection: Connection, server_id: ServerId, disks: Sequence[Disk], hardware: Hardware | None, at: int
) -> bool:
    """Say which disks the server has, and what its guest's hardware is; False when the server is gone."""
    return _change(connection, server_id, {"disks": tuple(disks), "hardware": hardware}, "disks", at)


def set_attributes(
    connection: Connection,
    server_id: ServerId,
    *,
    at: int,
    name: str | msgspec.UnsetType = msgspec.UNSET,
    hostname: str | msgspec.UnsetType = msgspec.UNSET,
    description: str | msgspec.UnsetType | None = msgspec.UNSET,
    access_ip_v4: str | msgspec.UnsetType = msgspec.UNSET,
    access_ip_v6: str | msgspec.UnsetType = msgspec.UNSET,
    disk_config: Literal["AUTO", "MANUAL"] | msgspec.UnsetType = msgspec.UNSET,
    metadata: Mapping[str, str] | msgspec.UnsetType = msgspec.UNSET,
    tags: Iterable[str] | msgspec.UnsetType = msgspec.UNSET,
    security_groups: Iterable[str] | msgspec.UnsetType = msgspec.UNSET,
    locked: bool | msgspec.UnsetType = msgspec.UNSET,
    locked_by: Literal["owner", "admin"] | msgspec.UnsetType | None = msgspec.UNSET,
    locked_reason: str | msgspec.UnsetType | None = msgspec.UNSET,
) -> bool:
    """Change what a user may change of a server; what is left UNSET stays. False when the server is gone."""
    wanted: dict[str, Any] = {
        "name": name,
        "hostname": hostname,
        "description": description,
        "access_ip_v4": access_ip_v4,
        "access_ip_v6": access_ip_v6,
        "disk_config": disk_config,
        "metadata": metadata,
        "tags": tags if tags is msgspec.UNSET else tuple(tags),
        "security_groups": security_groups if security_groups is msgspec.UNSET else tuple(security_groups),
        "locked": locked,
        "locked_by": locked_by,
        "locked_reason": locked_reason,
    }
    values = {key: value for key, value in wanted.items() if value is not msgspec.UNSET}
    return _change(connection, server_id, values, "updated", at)


def set_build(
    connection: Connection,
    server_id: ServerId,
    *,
    at: int,
    image_id: ImageId | msgspec.UnsetType | None = msgspec.UNSET,
    flavor: Flavor | msgspec.UnsetType = msgspec.UNSET,
    key_name: str | msgspec.UnsetType | None = msgspec.UNSET,
    key_data: str | msgspec.UnsetType | None = msgspec.UNSET,
    user_data: str | msgspec.UnsetType | None = msgspec.UNSET,
    config_drive: bool | msgspec.UnsetType = msgspec.UNSET,
    disks: tuple[Disk, ...] | msgspec.UnsetType = msgspec.UNSET,
    hardware: Hardware | msgspec.UnsetType | None = msgspec.UNSET,
) -> bool:
    """Change what a server's guest is made from; what is left UNSET stays. False when the server is gone."""
    wanted: dict[str, Any] = {
        "image_id": image_id,
        "flavor": flavor,
        "key_name": key_name,
        "key_data": key_data,
        "user_data": user_data,
        "config_drive": config_drive,
        "disks": disks,
        "hardware": hardware,
    }
    values = {key: value for key, value in wanted.items() if value is not msgspec.UNSET}
    return _change(connection, server_id, values, "updated", at)


def mark_deleted(connection: Connection, server_id: ServerId, at: int) -> bool:
    """End the server's life; its row stays for ``changes-since``, on no host. False when it was deleted before."""
    values = {"vm_state": "deleted", "task_state": None, "power_state": 0, "host": None, "deleted_at": at}
    return _change(connection, server_id, values, "deleted", at)


def _change(
    connection: Connection,
    server_id: ServerId,
    values: Mapping[str, Any],
    what: str,
    at: int,
    conditions: Mapping[str, Any] | None = None,
) -> bool:
    """Change a living server for which each of ``conditions``, a text with one value, holds."""
    asked = conditions or {}
    written = (
        to_json(value) if name in JSON_COLUMNS and value is not None else value for name, value in values.items()
    )
    row = _update(tuple(values), tuple(asked)).first(connection, *written, at, server_id, *asked.values())
    return _changed(connection, server_id, row, what, at)


@cache
def _update(columns: tuple[str, ...], conditions: tuple[str, ...]) -> Prepared:
    """The statement for these columns and conditions: there are as many as functions here ask for."""
    changes = "".join(f"{column} = ?, " for column in columns)
    where = "".join(f" AND {condition}" for condition in conditions)
    return Prepared(
        f"UPDATE servers SET {changes}revision = revision + 1, updated_at = ? "  # noqa: S608 - our own words
        f"WHERE id = ? AND deleted_at IS NULL{where} "
        "RETURNING project_id, revision, vm_state, task_state, power_state"
    )


def _changed(connection: Connection, server_id: ServerId, row: Sequence[Any] | None, what: str, at: int) -> bool:
    if row is None:
        return False
    project_id, revision, vm_state, task_state, power_state = row
    record_event(
        connection,
        kind="server",
        object_id=server_id,
        project_id=project_id,
        revision=revision,
        what=what,
        at=at,
        data=_states(vm_state, task_state, power_state),
    )
    return True


def _states(vm_state: str, task_state: str | None, power_state: int) -> dict[str, Any]:
    return {"vm_state": vm_state, "task_state": task_state, "power_state": power_state}
