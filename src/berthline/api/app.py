"""The one ASGI application: four services below their prefixes, our own API, health and metrics."""

import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import structlog
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.exceptions import NotFoundException
from prometheus_client import Counter, Histogram

from berthline.api import berthline, compute, consoles, health, identity, image, network
from berthline.api.auth import authenticate
from berthline.api.direct import Direct
from berthline.api.errors import handle_error
from berthline.api.frame import Routes, Services
from berthline.api.listing import bounded_query
from berthline.api.query import judge_query
from berthline.api.refusal import SERVICES
from berthline.domain.ids import new_request_id

if TYPE_CHECKING:
    from litestar.types import Message, Receive, Scope, Send
    from litestar.types.asgi_types import LifeSpanReceive, LifeSpanScope, LifeSpanSend

log = structlog.get_logger("berthline.api")

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SERVER_ERROR: Final = 500
NO_ROUTES: Final[Mapping[str, Callable[[str], bool]]] = {
    "image": image.is_no_route,
    "compute": compute.versions.is_no_route,
}
"""Of these services a path that ends in a slash is another path."""


def route_handlers() -> list[Routes]:
    """Every route of the application, below its service's prefix."""
    return [
        Router("/identity", route_handlers=identity.routers()),
        Router("/image", route_handlers=image.routers()),
        Router("/network", route_handlers=network.routers(), before_request=network.refuse_if_elsewhere),
        Router("/compute", route_handlers=compute.routers()),
        Router("/berthline/v1", route_handlers=berthline.routers()),
        *consoles.routers(),
        health.health,
        health.metrics,
    ]


def create_app(services: Services) -> Litestar:
    """The application over these services. It starts and stops nothing: whoever made the services does."""
    return BerthlineApp(
        route_handlers=route_handlers(),
        guards=[authenticate, bounded_query, judge_query],
        exception_handlers={Exception: handle_error},
        request_max_body_size=services.body_limit,
        state=State({"services": services}),
        openapi_config=None,
        logging_config=None,
    )


class BerthlineApp(Litestar):
    """Litestar with a request id, a log line and a measurement for every request, also for those no route answers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As Litestar's."""
        super().__init__(*args, **kwargs)
        self._direct = Direct(self)

    async def __call__(
        self, scope: "Scope | LifeSpanScope", receive: "Receive | LifeSpanReceive", send: "Send | LifeSpanSend"
    ) -> None:
        """ASGI's entry."""
        if scope["type"] == ScopeType.HTTP:
            await self._serve(scope, receive, send)
        elif scope["type"] == ScopeType.WEBSOCKET:
            await self._connect(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _connect(self, scope: Any, receive: Any, send: Any) -> None:
        """A WebSocket: a console's, for there are no others. Its query holds a token, and is in no log."""
        structlog.contextvars.bind_contextvars(request_id=new_request_id())
        started = time.perf_counter()
        status = await consoles.sockets.serve(self.state["services"], scope, receive, send)
        _counted("console", "WEBSOCKET", status).inc()
        log.info("console", path=scope["path"], status=status, seconds=round(time.perf_counter() - started, 1))

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        first = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
        service = first if first in SERVICES else "other"
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        request_id = new_request_id()
        scope["berthline.request_id"] = request_id
        extra = [(b"x-openstack-request-id", request_id.encode())]
        if service == "compute":
            compute.versions.as_current(scope)
            extra.append((b"x-compute-request-id", request_id.encode()))
        status = 0

        async def send_with_id(message: "Message") -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        started = time.perf_counter()
        structlog.contextvars.bind_contextvars(request_id=request_id)  # the server gives each request a context
        try:
            is_no_route = NO_ROUTES.get(service)
            if is_no_route is not None and is_no_route(scope["path"]):
                await self._direct.refuse(NotFoundException(), scope, receive, send_with_id)
            elif found := self._direct.find(scope):
                await self._direct.answer(found, scope, receive, send_with_id)
            else:
                await super().__call__(scope, receive, send_with_id)
        finally:
            elapsed = time.perf_counter() - started
            _counted(service, method, status).inc()
            _timed(service, method).observe(elapsed)
            level = log.warning if status >= SERVER_ERROR else log.info
            # the query may hold names, never tokens; it is left out all the same
            level("request", method=method, path=scope["path"], status=status, ms=round(elapsed * 1000, 1))


@lru_cache(maxsize=1024)
def _counted(service: str, method: str, status: int) -> Counter:
    """The counter of such requests; finding it by its labels costs more than counting."""
    return health.REQUESTS.labels(service, method, str(status))


@lru_cache(maxsize=256)
def _timed(service: str, method: str) -> Histogram:
    return health.REQUEST_SECONDS.labels(service, method)
