"""Which networks a project sees in lists, found by indexes: with an OR over all networks each of them would be read."""

from typing import Final

from sqlalchemy import ColumnElement, CompoundSelect, and_, literal_column, select, union

from berthline.domain.ids import ProjectId
from berthline.store.tables.network import networks

_FOR_OTHERS: Final[ColumnElement[bool]] = literal_column("(networks.shared OR networks.external)")
"""The words of the index that holds them."""


def networks_seen(project_id: ProjectId, *, external: bool) -> CompoundSelect[str]:
    """Ids of the project's own networks, of shared ones, and of external ones if they are asked for."""
    own = select(networks.c.id).where(networks.c.project_id == project_id)
    return union(own, select(networks.c.id).where(_FOR_OTHERS if external else and_(_FOR_OTHERS, networks.c.shared)))
