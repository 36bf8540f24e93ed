"""Query parameters are declared on the handler that takes them; others are judged here, before the handler.

``opt=query("limit", "marker")`` beside the path declares two. A handler without a declaration takes none, and whoever
sends one is told its name: nothing that was sent is ignored silently. Keystone's reference ignores what it does not
know, and clients rely on it, so below /identity unknown parameters pass. Lists whose filters depend on the caller or on
the microversion read the whole query themselves: ``opt=dict(READS_ITS_QUERY)``.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from berthline.domain.errors import BadRequest

_KEY: Final = "query"
_PASSING: Final = "/identity"
"""Below this prefix what is not declared passes: Identity API, "unknown query parameters are ignored"."""

READS_ITS_QUERY: Final[Mapping[str, Any]] = {_KEY: None}
"""``opt`` of a handler that takes any query and refuses by itself what it does not know."""


def query(*names: str) -> dict[str, Any]:
    """``opt`` of a handler that takes these parameters and no others."""
    return {_KEY: frozenset(names)}


async def judge_query(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of the whole app: raise BadRequest, by name, for a parameter that the handler does not declare."""
    sent = connection.scope["query_string"]
    if not sent:
        return
    declared = handler.opt.get(_KEY, frozenset())
    if declared is None or connection.scope["path"].startswith(_PASSING):
        return
    for name, _ in parse_qsl(sent.decode("latin-1"), keep_blank_values=True):
        if name not in declared:
            takes = f"takes {', '.join(sorted(declared))}" if declared else "takes no query parameters"
            raise BadRequest(f"unknown query parameter {name[:64]}: this request {takes}")
