"""Image v2 over HTTP."""

from collections.abc import Sequence
from typing import Final

from berthline.api.frame import Routes
from berthline.api.image import data, images, imports, listing, members, schemas, stores, tags, tasks, versions

ROOT: Final = "/image/v2/"


def is_no_route(path: str) -> bool:
    """Whether a path ends in a slash below the API's root: to Glance that is another path, which nothing answers."""
    return path.endswith("/") and path.startswith(ROOT) and path != ROOT


def routers() -> Sequence[Routes]:
    """The handlers below /image."""
    parts = (versions, listing, images, data, imports, stores, tags, tasks, members, schemas)
    return [handler for part in parts for handler in part.HANDLERS]
