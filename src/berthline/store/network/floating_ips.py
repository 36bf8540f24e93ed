"""Floating IPs: an address on an external network, and the port it leads to."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from berthline.domain.ids import PortId, ProjectId
from berthline.domain.network import FloatingIp
from berthline.store.engine import locks, pages
from berthline.store.engine.pages import Listed, ListRequest
from berthline.store.engine.prepared import Prepared
from berthline.store.network import routers
from berthline.store.network.changes import Change, record
from berthline.store.tables.network import floating_ips

LISTED: Final = Listed(
    pages.standard_filters(floating_ips)
    | {
        "floating_network_id": pages.equals(floating_ips.c.floating_network_id),
        "floating_ip_address": pages.address(floating_ips.c.floating_ip),
        "fixed_ip_address": pages.address(floating_ips.c.fixed_ip),
        "port_id": pages.equals(floating_ips.c.fixed_port_id),
        "router_id": pages.equals(floating_ips.c.router_id),
        "status": pages.equals(floating_ips.c.status),
    },
    pages.sortable(floating_ips, "status", "floating_network_id") | {"floating_ip_address": floating_ips.c.floating_ip},
)
_ANY_TO_PORT: Final = Prepared("SELECT 1 FROM floating_ips WHERE fixed_port_id = ? LIMIT 1")
_RENAMED: Final = {"floating_ip": "floating_ip_address", "fixed_ip": "fixed_ip_address"}


def visible(project_id: ProjectId | None) -> ColumnElement[bool] | None:
    """Floating IPs that a project sees: its own. None sees all."""
    return None if project_id is None else floating_ips.c.project_id == project_id


def add(connection: Connection, floating: FloatingIp) -> None:
    """Write a new floating IP; the port that owns its address is there already."""
    connection.execute(insert(floating_ips), _values(floating))


def save(connection: Connection, floating: FloatingIp) -> None:
    """Write a changed floating IP over the row of its id. Raises Overtaken when that is at another revision by now."""
    locks.save(connection, floating_ips, _values(floating))


def remove(connection: Connection, floating: FloatingIp) -> None:
    """Delete a floating IP; the port that owned its address stays to be deleted.

    Raises Overtaken when it is not as it was read: it may lead through another router by now.
    """
    as_read = (floating_ips.c.id == floating.id) & (floating_ips.c.revision == floating.revision)
    locks.changed_one(connection.execute(delete(floating_ips).where(as_read)).rowcount)


def get(connection: Connection, floating_id: str, visible_to: ProjectId | None = None) -> FloatingIp | None:
    """One floating IP, or None when there is none that ``visible_to`` sees."""
    statement = select(floating_ips).where(floating_ips.c.id == floating_id)
    seen = visible(visible_to)
    if seen is not None:
        statement = statement.where(seen)
    row = connection.execute(statement).mappings().first()
    return None if row is None else _floating(row)


def with_address(connection: Connection, address: str, visible_to: ProjectId | None) -> FloatingIp | None:
    """The floating IP that ``visible_to`` sees with this address, in canonical form; the oldest, if there are several.

    External networks may use the same addresses.
    """
    statement = select(floating_ips).where(floating_ips.c.floating_ip == address)
    seen = visible(visible_to)
    if seen is not None:
        statement = statement.where(seen)
    row = connection.execute(statement.order_by(floating_ips.c.created_at, floating_ips.c.id)).mappings().first()
    return None if row is None else _floating(row)


def page(connection: Connection, wanted: ListRequest, visible_to: ProjectId | None) -> tuple[FloatingIp, ...] | None:
    """One page of the floating IPs that ``visible_to`` sees; None when the marker is not among them."""
    rows = pages.fetch(connection, select(floating_ips), floating_ips, LISTED, wanted, visible(visible_to))
    return None if rows is None else tuple(_floating(row) for row in rows)


def leading_to(connection: Connection, port_ids: Collection[str]) -> tuple[FloatingIp, ...]:
    """The floating IPs that lead to these ports."""
    statement = select(floating_ips).where(floating_ips.c.fixed_port_id.in_(list(port_ids)))
    return tuple(_floating(row) for row in connection.execute(statement.order_by(floating_ips.c.id)).mappings())


def through(connection: Connection, router_id: str) -> tuple[FloatingIp, ...]:
    """The associated floating IPs that go through this router."""
    statement = select(floating_ips).where(
        floating_ips.c.router_id == router_id, floating_ips.c.fixed_port_id.is_not(None)
    )
    return tuple(_floating(row) for row in connection.execute(statement.order_by(floating_ips.c.id)).mappings())


def unassociated_on(connection: Connection, network_id: str) -> tuple[FloatingIp, ...]:
    """The floating IPs on this external network that lead to no port."""
    statement = select(floating_ips).where(
        floating_ips.c.floating_network_id == network_id, floating_ips.c.fixed_port_id.is_(None)
    )
    return tuple(_floating(row) for row in connection.execute(statement.order_by(floating_ips.c.id)).mappings())


def disassociate_port(connection: Connection, port_id: PortId, at: int, *, only: Sequence[str] | None = None) -> None:
    """Free the floating IPs that lead to this port, or to its addresses ``only``: they stay, DOWN, and lead nowhere."""
    if _ANY_TO_PORT.first(connection, port_id) is None:  # as with nearly every port
        return
    condition = floating_ips.c.fixed_port_id == port_id
    if only is not None:
        condition = condition & floating_ips.c.fixed_ip.in_(list(only))
    found = connection.execute(select(floating_ips).where(condition)).mappings().all()
    for row in found:
        _free(connection, _floating(row), at)


def _free(connection: Connection, floating: FloatingIp, at: int) -> None:
    changed = {
        "fixed_port_id": None,
        "fixed_ip": None,
        "router_id": None,
        "status": "DOWN",
        "revision": floating.revision + 1,
        "updated_at": at,
    }
    as_read = (floating_ips.c.id == floating.id) & (floating_ips.c.revision == floating.revision)
    locks.changed_one(connection.execute(update(floating_ips).where(as_read).values(changed)).rowcount)
    changes = [changed_floating_ip(floating.id, floating.project_id, floating.revision + 1, "disassociated")]
    if floating.router_id is not None:
        changes.append(changed_router(connection, floating.router_id, at))
    record(connection, changes, at)


def changed_floating_ip(floating_id: str, project_id: str, revision: int, what: str) -> Change:
    """What to record when a floating IP changed; the dataplane shows it as part of its router."""
    return Change(kind="floatingip", id=floating_id, project_id=project_id, revision=revision, what=what)


def changed_router(connection: Connection, router_id: str, at: int) -> Change:
    """Raise the revision of a router of which something changed; returns what to record."""
    revision, project_id = routers.touch(connection, router_id, at)
    return Change(kind="router", id=router_id, project_id=project_id, revision=revision, what="updated", unit="router")


def _values(floating: FloatingIp) -> dict[str, Any]:
    return {
        "id": floating.id,
        "project_id": floating.project_id,
        "description": floating.description,
        "floating_network_id": floating.floating_network_id,
        "floating_ip": floating.floating_ip_address,
        "port_id": floating.port_id,
        "fixed_port_id": floating.fixed_port_id,
        "fixed_ip": floating.fixed_ip_address,
        "router_id": floating.router_id,
        "status": floating.status,
        "dns_name": floating.dns_name,
        "dns_domain": floating.dns_domain,
        "tags": floating.tags,
        "revision": floating.revision,
        "created_at": floating.created_at,
        "updated_at": floating.updated_at,
    }


def _floating(row: Any) -> FloatingIp:
    return msgspec.convert({_RENAMED.get(str(name), str(name)): value for name, value in row.items()}, FloatingIp)
