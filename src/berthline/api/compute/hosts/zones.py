"""os-availability-zone: the zones that hosts have by their aggregates; for admins with the hosts of each."""

from collections.abc import Iterable, Mapping
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
    """GET /os-availability-zone: those that have a host which takes servers, then the others."""
    context = Context.of(request)
    zones = _zones(await context.services.store.read(hosts.zones))
    return context.answer({"availabilityZoneInfo": [_zone(name, enabled, None) for name, enabled in zones]})


@get("/v2.1/os-availability-zone/detail")
async def list_zones_in_detail(request: ApiRequest) -> Response[bytes]:
    """GET /os-availability-zone/detail: with the hosts that are not disabled."""
    context = for_admin(request, "os_compute_api:os-availability-zone:detail")
    every = await context.services.store.read(hosts.candidates)
    zones = {host.availability_zone: False for host in every}
    zones |= {host.availability_zone: True for host in every if host.enabled}
    listed = [
        _zone(name, enabled, _listed(host for host in every if host.availability_zone == name) if enabled else None)
        for name, enabled in _zones(zones)
    ]
    return context.answer({"availabilityZoneInfo": listed})


def _zones(found: Mapping[str, bool]) -> list[tuple[str, bool]]:
    """The zones in the order of the answer; a cloud without any host has the default one."""
    return sorted((found or {DEFAULT_ZONE: False}).items(), key=lambda zone: (not zone[1], zone[0]))


def _listed(members: Iterable[Host]) -> dict[str, Any]:
    return {
        host.name: {
            BINARY: {"available": host.up, "active": host.enabled, "updated_at": times.microsecond(host.seen_at)}
        }
        for host in members
        if host.enabled
    }


def _zone(name: str, available: bool, listed: dict[str, Any] | None) -> dict[str, Any]:
    return {"zoneName": name, "zoneState": {"available": available}, "hosts": listed}


HANDLERS: Final = (list_zones, list_zones_in_detail)
