"""Tokens on requests: every route needs one, unless it is marked public."""

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from berthline.api.frame import Services
from berthline.domain.auth import Caller
from berthline.domain.errors import Forbidden, Unauthorized
from berthline.domain.ids import RequestId, new_request_id
from berthline.identity.access_rules import allows

PUBLIC: Final[dict[str, Any]] = {"public": True}
"""``opt=PUBLIC`` on a handler or router: no token is needed (one that is sent is still checked by nobody)."""

UNAUTHENTICATED: Final = "The request you have made requires authentication: send a valid token in X-Auth-Token."


async def authenticate(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of the whole app: put the token's Caller into the scope, or raise Unauthorized.

    A coroutine, because Litestar gives a plain function to a thread, which costs more than all else of a request.
    """
    if handler.opt.get("public"):
        return
    token = connection.headers.get("x-auth-token")
    if not token:
        raise Unauthorized(UNAUTHENTICATED)
    held = connection.app.state["services"]
    assert isinstance(held, Services)
    known = connection.scope.get("berthline.request_id")
    caller = await held.identity.caller(token, RequestId(known) if isinstance(known, str) else new_request_id())
    if caller.delegation is not None and caller.delegation.rules is not None:
        method, path = str(connection.scope.get("method")), connection.scope["path"]
        if not allows(caller.delegation.rules, method, path):
            raise Unauthorized(f"The application credential's access rules do not allow {method} {path[:255]}.")
    connection.scope["user"] = caller


def require_admin(caller: Caller) -> None:
    """Raise Forbidden unless the caller is an admin."""
    if not caller.is_admin:
        raise Forbidden("only an admin may do this")


def require_writer(caller: Caller) -> None:
    """Raise Forbidden unless the caller may change things: a member or an admin, not a reader."""
    if not caller.may_write:
        raise Forbidden("a reader may look, but not change anything: ask for the member role")
