"""Image over HTTP."""

from collections.abc import Sequence

from berthline.api.frame import Routes


def routers() -> Sequence[Routes]:
    """The handlers below /image."""
    return ()
