"""Networks that the cloud made for projects, and the external network that they lead to."""

import msgspec
from sqlalchemy import Connection, delete, select

from berthline.domain.ids import NetworkId, ProjectId, RouterId
from berthline.store.engine.upserts import insert
from berthline.store.tables.network import auto_allocated_topologies, networks, subnets


class AutoTopology(msgspec.Struct, frozen=True, kw_only=True):
    """``router_id`` None: its router was deleted since."""

    network_id: NetworkId
    router_id: RouterId | None


def get(connection: Connection, project_id: ProjectId) -> AutoTopology | None:
    """What was made for the project; None when nothing was, or its network was deleted since."""
    table = auto_allocated_topologies
    row = connection.execute(
        select(table.c.network_id, table.c.router_id).where(table.c.project_id == project_id)
    ).first()
    return None if row is None else AutoTopology(network_id=row.network_id, router_id=row.router_id)


def add(connection: Connection, project_id: ProjectId, topology: AutoTopology) -> bool:
    """Note what was made for the project; False when it has a topology already, and then the transaction must end."""
    values = {"project_id": project_id, "network_id": topology.network_id, "router_id": topology.router_id}
    statement = insert(auto_allocated_topologies).values(values).on_conflict_do_nothing(index_elements=["project_id"])
    return connection.execute(statement).rowcount == 1


def remove(connection: Connection, project_id: ProjectId) -> None:
    """Forget what was made for the project."""
    connection.execute(delete(auto_allocated_topologies).where(auto_allocated_topologies.c.project_id == project_id))


def default_external_network(connection: Connection) -> NetworkId | None:
    """The external network that is the default; there is at most one."""
    found = connection.execute(select(networks.c.id).where(networks.c.is_default, networks.c.external)).scalar()
    return None if found is None else NetworkId(found)


def cidrs_of_project(connection: Connection, project_id: ProjectId) -> tuple[str, ...]:
    """The prefix of every subnet that the project owns."""
    return tuple(connection.execute(select(subnets.c.cidr).where(subnets.c.project_id == project_id)).scalars())
