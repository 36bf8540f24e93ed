"""The hidden ports that own floating addresses: how they go, with the floating IP, and what is told of it."""

import msgspec

from berthline.domain.ids import NetworkId, ProjectId, RouterId
from berthline.domain.network import FloatingIp
from berthline.network.ports.rows import remove_ports
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.store.network import floating_ips as rows
from berthline.store.network import ports
from berthline.store.network.changes import record
from berthline.store.network.floating_ips import changed_floating_ip, changed_router


def remove(connection: Connection, floating: FloatingIp, at: int) -> None:
    """Delete a floating IP and free its address."""
    rows.remove(connection, floating)
    gone = msgspec.structs.replace(floating, revision=floating.revision + 1)
    record_change(connection, gone, None, "deleted", at)
    port = ports.get(connection, floating.port_id)
    if port is not None:
        remove_ports(connection, [port], at)
    quotas.give_back(connection, floating.project_id, {"floatingip": 1})


def remove_unassociated(connection: Connection, network_id: NetworkId, project_id: ProjectId | None, at: int) -> None:
    """Delete the floating IPs on the external network that lead to no port, because the network goes away: those of the
    project, or with None all.
    """
    for floating in rows.unassociated_on(connection, network_id):
        if project_id is None or floating.project_id == project_id:
            remove(connection, floating, at)


def record_change(
    connection: Connection, floating: FloatingIp, former_router: RouterId | None, what: str, at: int
) -> None:
    """Events of the floating IP and of the routers whose translations change with it."""
    changes = [changed_floating_ip(floating.id, floating.project_id, floating.revision, what)]
    touched = {router for router in (floating.router_id, former_router) if router is not None}
    changes += [changed_router(connection, router, at) for router in sorted(touched)]
    record(connection, changes, at)
