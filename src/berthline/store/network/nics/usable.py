"""What the NICs of a project's server may be on and have without being its own: networks and security groups."""

from collections.abc import Collection
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, or_, select, text

from berthline.domain.ids import NetworkId, ProjectId, SecurityGroupId
from berthline.store.tables.network import networks, security_groups


class NetworkFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A network as allocation sees it."""

    id: NetworkId
    name: str
    project_id: ProjectId
    admin_state_up: bool
    external: bool
    port_security_enabled: bool


class NamedGroup(NamedTuple):
    """A security group as it is asked for; one that is not the project's ``own`` is shared with it."""

    id: SecurityGroupId
    name: str
    own: bool


_CANDIDATES: Final = (
    select(
        networks.c.id,
        networks.c.name,
        networks.c.project_id,
        networks.c.admin_state_up,
        networks.c.external,
        networks.c.port_security_enabled,
    )
    .where(
        # two looks by index: with an OR all networks would be read
        networks.c.id.in_(
            text(
                "SELECT id FROM networks WHERE project_id = :project_id "
                "UNION SELECT object_id FROM rbac_policies WHERE target_project IN ('*', :project_id) "
                "AND object_type = 'network' AND action = 'access_as_shared'"
            )
        ),
        networks.c.admin_state_up,
        networks.c.external.is_(False),
    )
    .order_by(networks.c.name, networks.c.id)
)
_GROUPS: Final = select(security_groups.c.id, security_groups.c.name, security_groups.c.project_id).where(
    security_groups.c.id.in_(
        text(
            "SELECT id FROM security_groups WHERE project_id = :project_id "
            "UNION SELECT object_id FROM rbac_policies WHERE target_project IN ('*', :project_id) "
            "AND object_type = 'security_group' AND action = 'access_as_shared'"
        )
    ),
    or_(
        security_groups.c.id.in_(bindparam("wanted", expanding=True)),
        security_groups.c.name.in_(bindparam("wanted", expanding=True)),
    ),
)


def candidate_networks(connection: Connection, project_id: ProjectId) -> tuple[NetworkFacts, ...]:
    """Networks that a server of the project may be put on without being asked: its own and shared, up, not external."""
    return tuple(_network(row) for row in connection.execute(_CANDIDATES, {"project_id": project_id}))


def groups_named(connection: Connection, project_id: ProjectId, wanted: Collection[str]) -> tuple[NamedGroup, ...]:
    """The security groups that one of ``wanted`` names or identifies, among those that a project may use.

    A group of another project that is shared with it is not found by a name that one of its own has.
    """
    rows = connection.execute(_GROUPS, {"project_id": project_id, "wanted": list(wanted)}).all()
    own = {row.name for row in rows if row.project_id == project_id}
    return tuple(
        NamedGroup(SecurityGroupId(row.id), row.name, row.project_id == project_id)
        for row in rows
        if row.project_id == project_id or row.id in wanted or row.name not in own
    )


def _network(row: Any) -> NetworkFacts:
    return NetworkFacts(**row._asdict())
