"""What every handler stands on: the services behind the API, who asks, and how an answer is written."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.handlers.base import BaseRouteHandler
from litestar.router import Router

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import Unauthorized
from berthline.domain.ids import RequestId, new_request_id
from berthline.domain.vitals import Vitals
from berthline.store import Store

if TYPE_CHECKING:
    from berthline.identity.catalog import Place
    from berthline.identity.service import Identity
    from berthline.images.service import Images
    from berthline.network.local import LocalNetworkService
    from berthline.workflows.compute import Compute

Routes: TypeAlias = Router | BaseRouteHandler
"""What a service package gives to the app: a router or a single handler, with paths below the service's prefix."""

ApiRequest: TypeAlias = Request[Any, Any, State]
"""A request as handlers see it. Use ``services`` and ``current_caller`` on it, not its ``user`` or ``app``."""

BODY_LIMIT = 114_688
"""Largest body of an ordinary request in bytes: what oslo.middleware's sizelimit lets through by default."""


class Health(NamedTuple):
    """One part's own word on itself. ``facts`` are numbers and short texts for people, never secrets."""

    ready: bool
    facts: Mapping[str, int | float | str] = {}


class HealthCheck(NamedTuple):
    """A part that /healthz asks; ``check`` must not block, and may be a coroutine function."""

    name: str
    check: Callable[[], Health | Awaitable[Health]]


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything a handler may call. ``public_url`` None: links are made from each request's Host header."""

    store: Store
    clock: Clock
    identity: "Identity"
    images: "Images"
    network: "LocalNetworkService"
    compute: "Compute"
    examine: Callable[[], Awaitable[Any]]
    """Everything that has leaked, now, and what could not be looked at: a ``reconcile.leaks.Report``."""
    saga_steps: dict[str, tuple[str, ...]]
    """The names of the steps of each kind of saga, in order."""
    region: str = "RegionOne"
    elsewhere: Mapping[str, "Place"] = field(default_factory=dict)
    """Services of the catalogue, by type, that are not this process's: networks, where a Neutron has them."""
    public_url: str | None = None
    body_limit: int = BODY_LIMIT
    health: tuple[HealthCheck, ...] = ()
    vitals: Callable[[], Awaitable[Vitals]] | None = None
    """What is known of the cloud's health, for /metrics."""


def services(request: ApiRequest) -> Services:
    """The services behind the app that serves this request."""
    found = request.app.state["services"]
    assert isinstance(found, Services)
    return found


def current_caller(request: ApiRequest) -> Caller:
    """Who asks; raises Unauthorized on a route that was marked public and got no token."""
    caller = request.scope.get("user")
    if not isinstance(caller, Caller):
        raise Unauthorized("this request needs a token: send X-Auth-Token")
    return caller


def request_id(request: ApiRequest) -> RequestId:
    """The id of this request, as its answer carries it in x-openstack-request-id."""
    known = request.scope.get("berthline.request_id")
    return RequestId(known) if isinstance(known, str) else new_request_id()


def base_url(request: ApiRequest) -> str:
    """Scheme, host and port by which clients reach this cloud, without a slash at the end."""
    configured = services(request).public_url
    if configured:
        return configured.rstrip("/")
    url = request.url
    return f"{url.scheme}://{url.netloc}"


def reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    """``value`` as JSON. Structs, dicts and lists of plain values are written by msgspec."""
    return Response(
        msgspec.json.encode(value),
        status_code=status,
        media_type="application/json",
        headers=dict(headers) if headers else None,
    )


def no_content(status: int = 204, headers: Mapping[str, str] | None = None) -> Response[None]:
    """An answer without a body; a handler for HEAD, or one declared 204, must be annotated Response[None]."""
    # as text, since None as JSON would be a body of four letters
    return Response(None, status_code=status, media_type="text/plain", headers=dict(headers) if headers else None)
