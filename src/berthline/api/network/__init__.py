"""Network v2.0 over HTTP."""

from collections.abc import Sequence

from berthline.api.frame import ApiRequest, Routes, services
from berthline.api.network import (
    address_groups,
    auto_topologies,
    core,
    facts,
    l3,
    pools,
    quotas,
    sharing,
    tags,
    versions,
)
from berthline.domain.errors import NotFound


def routers() -> Sequence[Routes]:
    """The handlers below /network."""
    return [
        *versions.ROUTES,
        *core.ROUTES,
        *l3.ROUTES,
        *pools.ROUTES,
        *address_groups.ROUTES,
        *sharing.ROUTES,
        *quotas.ROUTES,
        *tags.ROUTES,
        *facts.ROUTES,
        *auto_topologies.ROUTES,
    ]


async def refuse_if_elsewhere(request: ApiRequest) -> None:
    """Raise NotFound, saying where networks are, when a Neutron outside has them."""
    if place := services(request).elsewhere.get("network"):
        raise NotFound(f"The networks of this cloud are not here but at {place.url}, as its catalogue says.")
