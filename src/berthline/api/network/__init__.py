"""Network v2.0 over HTTP."""

from collections.abc import Sequence

from berthline.api.frame import Routes
from berthline.api.network import core, facts, l3, quotas, tags, versions


def routers() -> Sequence[Routes]:
    """The handlers below /network."""
    return [*versions.ROUTES, *core.ROUTES, *l3.ROUTES, *quotas.ROUTES, *tags.ROUTES, *facts.ROUTES]
