"""/healthz and /metrics, for load balancers and people who watch."""

from collections.abc import Awaitable, Callable
from typing import Final

from litestar import Response, get
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

from berthline.api.auth import PUBLIC
from berthline.api.frame import ApiRequest, Health, HealthCheck, reply, services
from berthline.domain.errors import BerthlineError
from berthline.store import Store

REQUESTS: Final = Counter(
    "berthline_http_requests", "Requests answered, by service, method and status.", ("service", "method", "status")
)
REQUEST_SECONDS: Final = Histogram(
    "berthline_http_request_seconds", "Seconds from a request to the end of its answer.", ("service", "method")
)


@get("/healthz", opt=PUBLIC)
async def health(request: ApiRequest) -> Response[bytes]:
    """200 when every part is ready, else 503; the body says what each part says of itself."""
    held = services(request)
    checks = (HealthCheck("store", lambda: _of_store(held.store)), *held.health)
    results = {name: await _ask(check) for name, check in checks}
    ready = all(result.ready for result in results.values())
    parts = {name: {"ready": result.ready, **result.facts} for name, result in results.items()}
    return reply({"ready": ready, "parts": parts}, 200 if ready else 503)


@get("/metrics", opt=PUBLIC)
async def metrics() -> Response[bytes]:
    """All metrics of this process in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _ask(check: Callable[[], Health | Awaitable[Health]]) -> Health:
    try:
        said = check()
        return said if isinstance(said, Health) else await said
    except BerthlineError as error:
        return Health(False, {"trouble": error.message})


def _of_store(store: Store) -> Health:
    why = "it is closed" if store.closed else store.trouble
    return Health(why is None, {"trouble": why} if why else {})
