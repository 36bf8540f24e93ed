"""Consoles of servers in a browser: the pages, what they load, and the WebSocket that carries the console itself."""

from collections.abc import Sequence

from berthline.api.consoles import pages_served, sockets
from berthline.api.frame import Routes

__all__ = ["routers", "sockets"]


def routers() -> Sequence[Routes]:
    """The handlers below /console."""
    return pages_served.HANDLERS
