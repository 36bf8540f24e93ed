"""Servers: written whole, moved by compare-and-swap, read with their NICs. Lists are in ``server_list``."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, RowMapping, Update, bindparam, case, select, update
from sqlalchemy import insert as insert_into

from berthline.domain.compute import Fault, Flavor, Nic, PowerState, Server, TaskState, VmState
from berthline.domain.ids import HostName, NetworkId, PortId, ProjectId, ServerId
from berthline.store.changes import record_event
from berthline.store.tables.compute import server_nics, servers
from berthline.store.tables.network import addresses, ports

_INSERT = insert_into(servers)
_SELECT = select(servers)
_SELECT_ONE = _SELECT.where(servers.c.id == bindparam("server_id"), servers.c.deleted_at.is_(None))
_SELECT_NICS = (
    select(server_nics)
    .where(server_nics.c.server_id.in_(bindparam("server_ids", expanding=True)))
    .order_by(server_nics.c.server_id, server_nics.c.position)
)
_PLAIN: Final = (
    "id", "project_id", "user_id", "name", "hostname", "description", "vm_state", "task_state", "power_state", "host",
    "availability_zone", "image_id", "key_name", "key_data", "user_data", "config_drive", "metadata", "locked",
    "locked_by", "locked_reason", "pinned_availability_zone", "scheduler_hints", "reservation_id", "launch_index",
    "access_ip_v4", "access_ip_v6", "disk_config", "launched_at", "deleted_at", "created_at", "updated_at", "revision",
)  # fmt: skip
"""Columns that hold the field of the same name as it is."""


def insert(connection: Connection, server: Server) -> None:
    """Write a new server and its event. Its NICs are rows of the allocation, written after it."""
    values = {name: getattr(server, name) for name in _PLAIN}
    connection.execute(
        _INSERT,
        values
        | {
            "flavor": server.flavor,
            "security_groups": server.security_group_names,
            "tags": server.tags,
            "fault": server.fault,
        },
    )
    record_event(
        connection,
        kind="server",
        object_id=server.id,
        project_id=server.project_id,
        revision=server.revision,
        what="created",
        at=server.created_at,
        data={"vm_state": server.vm_state, "task_state": server.task_state, "power_state": server.power_state},
    )


def get(connection: Connection, server_id: ServerId, *, project_id: ProjectId | None = None) -> Server | None:
    """One server with its NICs; None when there is none or it was deleted.

    With ``project_id`` only a server of that project.
    """
    row = connection.execute(_SELECT_ONE, {"server_id": server_id}).mappings().first()
    if row is None or project_id not in (None, row["project_id"]):
        return None
    return with_nics(connection, [row])[0]


def get_many(connection: Connection, server_ids: Collection[ServerId]) -> tuple[Server, ...]:
    """The servers of these ids that exist, with their NICs, by id; two statements however many."""
    statement = _SELECT.where(servers.c.id.in_(server_ids), servers.c.deleted_at.is_(None)).order_by(servers.c.id)
    return with_nics(connection, connection.execute(statement).mappings().all())


def resting_on(connection: Connection, host: HostName) -> tuple[Server, ...]:
    """Servers on this host that are active or stopped and that nothing is being done to; their NICs are left out."""
    statement = _SELECT.where(
        servers.c.host == host,
        servers.c.vm_state.in_(("active", "stopped")),
        servers.c.task_state.is_(None),
        servers.c.deleted_at.is_(None),
    )
    return tuple(_server(row, ()) for row in connection.execute(statement).mappings())


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


def with_nics(connection: Connection, rows: Collection[RowMapping]) -> tuple[Server, ...]:
    """Domain values of server rows, in their order, their NICs read by one statement."""
    nics: dict[str, list[Nic]] = {row["id"]: [] for row in rows}
    if rows:
        for nic in connection.execute(_SELECT_NICS, {"server_ids": list(nics)}):
            nics[nic.server_id].append(
                Nic(
                    port_id=PortId(nic.port_id),
                    position=nic.position,
                    tag=nic.tag,
                    preserve_on_delete=nic.preserve_on_delete,
                )
            )
    return tuple(_server(row, nics[row["id"]]) for row in rows)


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
    what: str = "state",
) -> bool:
    """Move a server that is in an expected state and not deleted; False when it is not.

    ``expected_vm_states`` None and ``expected_task_state`` UNSET take any. What is left UNSET stays.
    Bumps the revision and writes the event ``what`` with the states that hold now.
    """
    statement = _living(server_id)
    if expected_vm_states is not None:
        statement = statement.where(servers.c.vm_state.in_(expected_vm_states))
    if expected_task_state is not msgspec.UNSET:
        statement = statement.where(servers.c.task_state.is_not_distinct_from(expected_task_state))
    if expected_revision is not None:
        statement = statement.where(servers.c.revision == expected_revision)
    wanted = {
        "vm_state": vm_state,
        "task_state": task_state,
        "power_state": power_state,
        "launched_at": launched_at,
        "fault": fault,
    }
    values = {name: value for name, value in wanted.items() if value is not msgspec.UNSET}
    return _change(connection, statement, values, what, at)


def activate(connection: Connection, server_id: ServerId, at: int) -> bool:
    """ACTIVE and running, launched ``at``. A delete that came meanwhile keeps its task state; False when it is gone."""
    deleting = servers.c.task_state == "deleting"
    values = {
        "vm_state": "active",
        "power_state": 1,
        "task_state": case((deleting, servers.c.task_state), else_=None),
        "launched_at": at,
        "fault": None,
    }
    return _change(connection, _living(server_id), values, "active", at)


def fail(connection: Connection, server_id: ServerId, fault: Fault, at: int) -> bool:
    """ERROR with this reason, no task left; False when the server is gone."""
    values = {"vm_state": "error", "task_state": None, "fault": fault}
    return _change(connection, _living(server_id), values, "error", at)


def set_fault(connection: Connection, server_id: ServerId, fault: Fault | None, at: int) -> bool:
    """Say why the server is in ERROR, or that it is no longer; the state is moved by ``set_states``."""
    return _change(connection, _living(server_id), {"fault": fault}, "fault", at)


def set_host(connection: Connection, server_id: ServerId, host: HostName | None, at: int) -> bool:
    """Say which host holds the server, None for none; False when the server is gone."""
    return _change(connection, _living(server_id), {"host": host}, "host", at)


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
        "locked": locked,
        "locked_by": locked_by,
        "locked_reason": locked_reason,
    }
    values = {key: value for key, value in wanted.items() if value is not msgspec.UNSET}
    return _change(connection, _living(server_id), values, "updated", at)


def mark_deleted(connection: Connection, server_id: ServerId, at: int) -> bool:
    """End the server's life; its row stays for ``changes-since``. False when it was deleted before."""
    values = {"vm_state": "deleted", "task_state": None, "power_state": 0, "deleted_at": at}
    return _change(connection, _living(server_id), values, "deleted", at)


def _living(server_id: ServerId) -> Update:
    return update(servers).where(servers.c.id == server_id, servers.c.deleted_at.is_(None))


def _change(connection: Connection, statement: Update, values: Mapping[str, Any], what: str, at: int) -> bool:
    row = connection.execute(
        statement.values(**values, revision=servers.c.revision + 1, updated_at=at).returning(
            servers.c.id,
            servers.c.project_id,
            servers.c.revision,
            servers.c.vm_state,
            servers.c.task_state,
            servers.c.power_state,
        )
    ).first()
    if row is None:
        return False
    record_event(
        connection,
        kind="server",
        object_id=row.id,
        project_id=row.project_id,
        revision=row.revision,
        what=what,
        at=at,
        data={"vm_state": row.vm_state, "task_state": row.task_state, "power_state": row.power_state},
    )
    return True


def _server(row: RowMapping, nics: Iterable[Nic]) -> Server:
    fault = row["fault"]
    return Server(
        flavor=msgspec.convert(row["flavor"], Flavor),
        security_group_names=tuple(row["security_groups"]),
        tags=tuple(row["tags"]),
        fault=None if fault is None else msgspec.convert(fault, Fault),
        nics=tuple(nics),
        **{name: row[name] for name in _PLAIN},
    )
