"""/healthz and /metrics, for load balancers and people who watch."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from litestar import Response, get
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, Metric, generate_latest
from prometheus_client.registry import Collector

from berthline.api.auth import PUBLIC
from berthline.api.frame import ApiRequest, Health, HealthCheck, reply, services
from berthline.api.metrics import families
from berthline.domain.errors import BerthlineError
from berthline.domain.vitals import Vitals
from berthline.store import Store

PATIENCE_SECONDS: Final = 3.0
"""How long a part may take to answer /healthz. All are asked at once: who asks waits no longer than this."""

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
    told = await asyncio.gather(*(_ask(check) for _, check in checks))
    results = dict(zip((name for name, _ in checks), told, strict=True))
    ready = all(result.ready for result in results.values())
    parts = {name: {"ready": result.ready, **result.facts} for name, result in results.items()}
    return reply({"ready": ready, "parts": parts}, 200 if ready else 503)


@get("/metrics", opt=PUBLIC)
async def metrics(request: ApiRequest) -> Response[bytes]:
    """What this process has counted, and what it knows of the cloud's health, in Prometheus' text format."""
    look = services(request).vitals
    told = b"" if look is None else generate_latest(_Known(await look()))
    return Response(told + generate_latest(), media_type=CONTENT_TYPE_LATEST)


class _Known(Collector):
    """What is written of the cloud's health, of this request alone."""

    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    def collect(self) -> Iterator[Metric]:
        return families(self._vitals)


async def _ask(check: Callable[[], Health | Awaitable[Health]]) -> Health:
    try:
        said = check()
        if isinstance(said, Health):
            return said
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await said
    except TimeoutError:
        return Health(False, {"trouble": f"it has not answered for {PATIENCE_SECONDS:g} s"})
    except BerthlineError as error:
        return Health(False, {"trouble": error.message})


def _of_store(store: Store) -> Health:
    why = "it is closed" if store.closed else store.trouble
    return Health(why is None, {"trouble": why} if why else {})
