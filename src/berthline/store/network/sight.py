"""What policies let a project see of what others own, found by indexes: with an OR over a noun all of it would be read.

Whether a thing is shared depends on who looks: statements with ``shared`` in them take that project as the parameter
``VIEWER``.
"""

from typing import Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Exists,
    Label,
    Select,
    bindparam,
    exists,
    literal_column,
    select,
    true,
    union,
)

from berthline.domain.ids import ProjectId
from berthline.domain.network import ACCESS_EXTERNAL, ACCESS_SHARED, EVERYBODY, SharedType
from berthline.store.engine import pages
from berthline.store.engine.pages import Filter
from berthline.store.tables.network import networks
from berthline.store.tables.sharing import rbac_policies

VIEWER: Final = "viewer"
_EVERYBODY: Final[ColumnElement[str]] = literal_column(f"'{EVERYBODY}'")
_NETWORK: Final[SharedType] = "network"


def shared(owned: ColumnElement[str]) -> Label[bool]:
    """The column ``shared`` of things whose id is ``owned``: whether each is shared with who looks."""
    return opens(owned, bindparam(VIEWER), ACCESS_SHARED).label("shared")


def opened(owned: ColumnElement[str]) -> Label[bool]:
    """The column ``opened`` of networks: whether a policy shows each to who looks, shared or as external."""
    return opens(owned, bindparam(VIEWER), ACCESS_SHARED, ACCESS_EXTERNAL).label("opened")


def opens(owned: ColumnElement[str], project: ColumnElement[str] | str, *actions: str) -> Exists:
    """Whether a policy lets the project do one of the actions with the thing ``owned``. For things found by id."""
    return exists().where(
        rbac_policies.c.object_id == owned,
        rbac_policies.c.action.in_(actions),
        rbac_policies.c.target_project.in_([_EVERYBODY, project]),
    )


def shared_filter(owned: ColumnElement[str], kind: SharedType) -> Filter:
    """The filter ``shared`` of a list: by the id ``owned`` of the thing that is shared, or of the network it is on."""
    opened = _opened(bindparam(VIEWER), kind, ACCESS_SHARED)

    def condition(values: tuple[str, ...]) -> ColumnElement[bool]:
        wanted = {pages.boolean(value) for value in values}
        if len(wanted) > 1:
            return true()
        return owned.in_(opened) if wanted == {True} else owned.not_in(opened)

    return condition


def networks_seen(project_id: ProjectId, *, external: bool) -> CompoundSelect[str]:
    """Ids of the project's own networks, of those shared with it, and of external ones if they are asked for."""
    actions = (ACCESS_SHARED, ACCESS_EXTERNAL) if external else (ACCESS_SHARED,)
    own = select(networks.c.id).where(networks.c.project_id == project_id)
    return union(own, _opened(project_id, _NETWORK, *actions))


def things_seen(
    owned: ColumnElement[str], owner: ColumnElement[str], project_id: ProjectId, kind: SharedType
) -> CompoundSelect[str]:
    """Ids of things of a noun that are the project's own or shared with it."""
    return union(select(owned).where(owner == project_id), _opened(project_id, kind, ACCESS_SHARED))


def _opened(project: ColumnElement[str] | str, kind: SharedType, *actions: str) -> Select[str]:
    return select(rbac_policies.c.object_id).where(
        rbac_policies.c.target_project.in_([_EVERYBODY, project]),
        rbac_policies.c.object_type == kind,
        rbac_policies.c.action.in_(actions),
    )
