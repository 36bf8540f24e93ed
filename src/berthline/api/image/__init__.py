"""Image v2 over HTTP."""

from collections.abc import Sequence

from berthline.api.frame import Routes
from berthline.api.image import data, images, listing, members, schemas, tags, versions


def routers() -> Sequence[Routes]:
    """The handlers below /image."""
    parts = (versions, listing, images, data, tags, members, schemas)
    return [handler for part in parts for handler in part.HANDLERS]
