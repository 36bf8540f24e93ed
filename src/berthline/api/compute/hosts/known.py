"""What hypervisors, services and zones share: who may ask, and by which id a host is known."""

import uuid
from datetime import UTC, datetime
from typing import Final

from berthline.api.compute.context import Context
from berthline.api.frame import ApiRequest
from berthline.domain.compute import Host
from berthline.domain.errors import BadRequest
from berthline.domain.ids import HostName, is_uuid
from berthline.store import Connection
from berthline.store.compute import hosts

BINARY: Final = "nova-compute"
"""Nova's name of the process that serves a host. Here one process serves them all, and each host is listed as one."""

HOST_NAMESPACE: Final = uuid.UUID("6b8f5f0e-0b4e-4c57-9d0b-6a4f2e0b7c11")
UUIDS_SINCE: Final = 53
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND


def for_admin(request: ApiRequest, rule: str) -> Context:
    """The context of a request that only admins may make. Raises Forbidden."""
    context = Context.of(request)
    context.require_admin(rule)
    return context


def uptime(host: Host, now: int) -> str | None:
    """The time of day, and for how long the host has been up, as uptime(1) begins; None where it cannot be told.

    Who is logged in there and how busy it is, with which uptime(1) goes on, libvirt does not say.
    """
    if not host.up or host.booted_at is None:
        return None
    minutes = max(now - host.booted_at, 0) // MINUTE
    days, hours = minutes // (24 * 60), minutes // 60 % 24
    clock = f"{hours:2}:{minutes % 60:02}" if hours else f"{minutes % 60} min"
    held = f"{days} day{'s' if days > 1 else ''}, {clock}" if days else clock
    return f" {datetime.fromtimestamp(now // SECOND, UTC):%H:%M:%S} up {held}"


def host_id(context: Context, name: HostName) -> int | str:
    """A UUID made of the name; before 2.53 a number made of that."""
    made = uuid.uuid5(HOST_NAMESPACE, name)
    return str(made) if context.since(UUIDS_SINCE) else made.int % 2**31


def host_with_id(connection: Connection, context: Context, wanted: str) -> Host | None:
    """The host of this id, or None; only names are read to find it. Raises BadRequest as ``check_id``."""
    name = name_with_id(connection, context, check_id(context, wanted))
    return None if name is None else hosts.get(connection, name)


def name_with_id(connection: Connection, context: Context, wanted: str) -> HostName | None:
    """The name of the host of this id, or None."""
    lowered = wanted.lower()
    return next((name for name in hosts.names(connection) if str(host_id(context, name)) == lowered), None)


def check_id(context: Context, wanted: str) -> str:
    """The id, when it has the form of one. Raises BadRequest from 2.53 on; before that nothing has such an id."""
    if context.since(UUIDS_SINCE) and not is_uuid(wanted):
        raise BadRequest(f"Invalid uuid {wanted[:64]}")
    return wanted
