"""os-availability-zone and os-aggregates: the one zone, and that hosts are in no aggregates."""

from collections.abc import Iterable
from typing import Any, Final

from litestar import Response, get

from berthline.api.compute import times
from berthline.api.compute.context import Context
from berthline.api.compute.hosts.known import BINARY, for_admin
from berthline.api.frame import ApiRequest
from berthline.domain.compute import DEFAULT_ZONE, Host
from berthline.store.compute import hosts


@get("/v2.1/os-availability-zone")
async def list_zones(request: ApiRequest) -> Response[bytes]:
    """GET /os-availability-zone: the one zone, available while a host of it is."""
    context = Context.of(request)
    return context.answer({"availabilityZoneInfo": [_zone(await context.services.store.read(hosts.candidates), None)]})


@get("/v2.1/os-availability-zone/detail")
async def list_zones_in_detail(request: ApiRequest) -> Response[bytes]:
    """GET /os-availability-zone/detail: with the hosts."""
    context = for_admin(request, "os_compute_api:os-availability-zone:detail")
    every = await context.services.store.read(hosts.candidates)
    listed = {
        host.name: {
            BINARY: {
                "available": host.up,
                "active": host.enabled,
                "updated_at": times.microsecond(host.seen_at),
            }
        }
        for host in every
    }
    return context.answer({"availabilityZoneInfo": [_zone(every, listed)]})


@get("/v2.1/os-aggregates")
async def list_aggregates(request: ApiRequest) -> Response[bytes]:
    """GET /os-aggregates: hosts are in no aggregates here, and clients that show a host ask."""
    context = for_admin(request, "os_compute_api:os-aggregates:index")
    return context.answer({"aggregates": []})


def _zone(every: Iterable[Host], listed: dict[Any, Any] | None) -> dict[str, Any]:
    available = any(host.up and host.enabled for host in every)
    return {"zoneName": DEFAULT_ZONE, "zoneState": {"available": available}, "hosts": listed}


HANDLERS: Final = (list_zones, list_zones_in_detail, list_aggregates)
