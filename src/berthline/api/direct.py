"""The short way from a request to its handler and back, for handlers that take the request and parts of its path.

All of ours do. Litestar's own way to such a handler copies it for each guard, reads its arguments by a signature model
and makes three objects of each answer; for a small GET that was more than half of all its time (docs/decisions has the
numbers). Routes stay declared by Litestar, and whatever is out of the ordinary goes its way: paths and methods that no
route has, HEAD and OPTIONS, strange Host headers, handlers that want more than the request.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from litestar import Litestar, Request, Response
from litestar.routes import HTTPRoute

from berthline.api.errors import handle_error

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler
    from litestar.types import Scope
    from litestar.types.asgi_types import Receive, Send

METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
Whole: TypeAlias = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers and body of an answer that is bytes and nothing more."""
_REQUEST: Final = "request"
_OWN: Final = frozenset({b"content-type", b"content-length"})
_HOST: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]_")


class Handler(NamedTuple):
    """A handler and what is done before it; ``parameters`` are the names of the parts of the path, in order.

    A handler takes all of them, or, where every path is answered alike, none.
    """

    handler: "HTTPRouteHandler"
    call: Callable[..., Awaitable[Response[Any]]]
    guards: tuple[Callable[[Any, Any], Awaitable[None]], ...]
    before: Callable[[Any], Awaitable[Response[Any] | None]] | None
    parameters: tuple[str, ...]
    wants_request: bool
    wants_parts: bool


class Found(NamedTuple):
    """What answers a request: a handler, and the parts of the path that it is given."""

    handler: Handler
    values: dict[str, str]


class _Node:
    """One place between two slashes: what may follow, by its text or as a parameter, and who answers what ends here."""

    __slots__ = ("fixed", "handlers", "parameter")

    def __init__(self) -> None:
        self.fixed: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.handlers: dict[str, Handler] = {}


class Direct:
    """The handlers of an application that can be called directly."""

    def __init__(self, app: Litestar) -> None:
        """Look through the routes of ``app``, which must be complete."""
        self._app = app
        self._root = _Node()
        for route in app.routes:
            if isinstance(route, HTTPRoute):
                for method, (handler, _) in route.route_handler_map.items():
                    if method in METHODS and (plain := _plain(app, route, handler)) is not None:
                        self._at(route).handlers[method] = plain

    def find(self, scope: "Scope") -> Found | None:
        """Who answers this request directly; None when it has to go Litestar's way."""
        node, values = self._root, []
        for part in scope["path"].split("/")[1:]:
            follows = node.fixed.get(part)
            if follows is None:
                if (follows := node.parameter) is None or not part:
                    return None
                values.append(part)
            node = follows
        handler = node.handlers.get(scope["method"])  # type: ignore[typeddict-item]
        if handler is None or scope.get("root_path") or not _has_plain_host(scope):
            return None
        return Found(handler, dict(zip(handler.parameters, values, strict=True)))

    async def answer(self, found: Found, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer the request: what the handler returns, or the error that it or a guard raised."""
        called, values = found
        app = self._app
        scope["app"] = scope["litestar_app"] = app
        scope.setdefault("state", {})
        scope["path_params"] = values
        scope["route_handler"] = called.handler
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        try:
            made = await _call(called, request, values)
            whole = _whole(made)
            streamed = None if whole else await called.handler.to_response(app=app, data=made, request=request)
        except Exception as error:  # noqa: BLE001 - as Litestar: the one handler of errors answers them all
            streamed, whole = None, _whole(handle_error(request, error))
        if streamed is not None:
            await streamed(scope, receive, send)
        else:
            await _send(whole, send)

    async def refuse(self, error: Exception, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer a request with the error, whatever route there is."""
        scope["app"] = scope["litestar_app"] = self._app
        await _send(_whole(handle_error(Request(scope, receive, send), error)), send)

    def _at(self, route: HTTPRoute) -> _Node:
        """The place where the path of a route ends."""
        node = self._root
        for part in route.path_components:
            if isinstance(part, str):
                node = node.fixed.setdefault(part, _Node())
            else:
                node.parameter = node.parameter or _Node()
                node = node.parameter
        return node


def _plain(app: Litestar, route: HTTPRoute, handler: "HTTPRouteHandler") -> Handler | None:
    """The handler, when nothing but guards and one look before it stands between it and a request."""
    names = tuple(route.path_parameters)
    wanted = inspect.signature(handler.fn).parameters
    if (
        handler.has_sync_callable
        or handler.cache
        or handler.resolve_dependencies()
        or handler.resolve_middleware()
        or handler.resolve_after_response()
        or handler.resolve_exception_handlers() != app.exception_handlers
        or any(definition.type is not str for definition in route.path_parameters.values())
        or not set(wanted) <= {_REQUEST, *names}
        or set(wanted) & set(names) not in (set(names), set())
    ):
        return None
    guards: Any = handler.resolve_guards()
    before: Any = handler.resolve_before_request()
    return Handler(
        handler, handler.fn, tuple(guards), before, names, _REQUEST in wanted, bool(set(wanted) & set(names))
    )


async def _call(called: Handler, request: Request[Any, Any, Any], values: Mapping[str, str]) -> Response[Any]:
    for guard in called.guards:
        await guard(request, called.handler)
    if called.before is not None and (refused := await called.before(request)) is not None:
        return refused
    parts = values if called.wants_parts else {}
    return await (called.call(request=request, **parts) if called.wants_request else called.call(**parts))


def _whole(answer: Response[Any]) -> Whole | None:
    """The answer, when it is bytes and nothing more; None for any other kind."""
    body = answer.content
    if type(answer) is not Response or type(body) is not bytes or answer.cookies or answer.background is not None:
        return None
    status = answer.status_code
    if status is None or status < 200 or status in {204, 304} or answer.media_type != "application/json":
        return None
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    if any(name in _OWN for name, _ in headers):
        return None
    headers.append((b"content-type", b"application/json"))
    headers.append((b"content-length", b"%d" % len(body)))
    return status, headers, body


async def _send(answer: Whole | None, send: "Send") -> None:
    if answer is not None:
        status, headers, body = answer
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _has_plain_host(scope: "Scope") -> bool:
    for name, value in scope["headers"]:
        if name == b"host":
            return _HOST.issuperset(value.decode("latin-1"))
    return True
