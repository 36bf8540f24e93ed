"""Network v2.0 over HTTP."""

from collections.abc import Sequence

from berthline.api.frame import Routes


def routers() -> Sequence[Routes]:
    """The handlers below /network."""
    return ()
