"""What admins see of hosts: os-hypervisors, os-services, and everybody of availability zones.

Sizes are what may be claimed, overcommit included: the same numbers by which placement chooses.
"""

import uuid
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from litestar import Response, get, put
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute import times
from berthline.api.compute.context import Context, no_such_route
from berthline.api.frame import ApiRequest
from berthline.domain.compute import Host
from berthline.domain.errors import BadRequest, NotFound
from berthline.store.compute import hosts
from berthline.workflows.requests import DEFAULT_ZONE

BINARY: Final = "nova-compute"
"""Nova's name of the process that serves a host. Here one process serves them all, and each host is listed as one."""

HOST_NAMESPACE: Final = uuid.UUID("6b8f5f0e-0b4e-4c57-9d0b-6a4f2e0b7c11")
UUIDS_SINCE: Final = 53
SIZES_GONE: Final = 88


class ServiceUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    status: str


@get("/v2.1/os-hypervisors")
async def list_hypervisors(request: ApiRequest) -> Response[bytes]:
    """GET /os-hypervisors."""
    context = _for_admin(request, "os_compute_api:os-hypervisors:list")
    return context.answer({"hypervisors": [_summary(context, host) for host in await _matching(context)]})


@get("/v2.1/os-hypervisors/detail")
async def list_hypervisors_in_detail(request: ApiRequest) -> Response[bytes]:
    """GET /os-hypervisors/detail."""
    context = _for_admin(request, "os_compute_api:os-hypervisors:list-detail")
    return context.answer({"hypervisors": [_detail(context, host) for host in await _matching(context)]})


@get("/v2.1/os-hypervisors/statistics")
async def show_statistics(request: ApiRequest) -> Response[bytes]:
    """GET /os-hypervisors/statistics: sums over all hosts, until 2.88."""
    context = _for_admin(request, "os_compute_api:os-hypervisors:statistics")
    if context.since(SIZES_GONE):
        no_such_route()
    every = await _hosts(context)
    sizes = [_sizes(host) for host in every]
    sums = {name: sum(size[name] for size in sizes) for name in SIZES}
    return context.answer({"hypervisor_statistics": {"count": len(every), **sums}})


@get("/v2.1/os-hypervisors/{hypervisor_id:str}")
async def show_hypervisor(request: ApiRequest, hypervisor_id: FromPath[str]) -> Response[bytes]:
    """GET /os-hypervisors/ID."""
    context = _for_admin(request, "os_compute_api:os-hypervisors:show")
    for host in await _hosts(context):
        if str(_id(context, host)) == hypervisor_id:
            return context.answer({"hypervisor": _detail(context, host)})
    raise NotFound(f"Hypervisor with ID '{hypervisor_id[:64]}' could not be found.")


@get("/v2.1/os-services")
async def list_services(request: ApiRequest) -> Response[bytes]:
    """GET /os-services, with ?host and ?binary."""
    context = _for_admin(request, "os_compute_api:os-services:list")
    query = request.query_params
    found = [
        _service(context, host)
        for host in await _hosts(context)
        if query.get("host") in (None, host.name) and query.get("binary") in (None, BINARY)
    ]
    return context.answer({"services": found})


@put("/v2.1/os-services/{service_id:str}")
async def update_service(request: ApiRequest, service_id: FromPath[str]) -> Response[bytes]:
    """PUT /os-services/ID (from 2.53): let a host take new servers, or not."""
    context = _for_admin(request, "os_compute_api:os-services:update")
    if not context.since(UUIDS_SINCE):
        no_such_route()
    status = (await read_json(request, ServiceUpdate)).status
    if status not in ("enabled", "disabled"):
        raise BadRequest("Invalid input for field/attribute status. It is enabled or disabled.")
    at = context.services.clock.now()
    host = next((host for host in await _hosts(context) if str(_id(context, host)) == service_id), None)
    if host is None:
        raise NotFound(f"Service {service_id[:64]} could not be found.")
    name, enabled = host.name, status == "enabled"
    await context.services.store.write(lambda connection: hosts.set_enabled(connection, name, enabled, at))
    changed = msgspec.structs.replace(host, enabled=enabled, updated_at=at)
    return context.answer({"service": _service(context, changed)})


@get("/v2.1/os-availability-zone")
async def list_zones(request: ApiRequest) -> Response[bytes]:
    """GET /os-availability-zone: the one zone, available while a host of it is."""
    context = Context.of(request)
    return context.answer({"availabilityZoneInfo": [_zone(await _hosts(context), None)]})


@get("/v2.1/os-availability-zone/detail")
async def list_zones_in_detail(request: ApiRequest) -> Response[bytes]:
    """GET /os-availability-zone/detail: with the hosts."""
    context = _for_admin(request, "os_compute_api:os-availability-zone:detail")
    every = await _hosts(context)
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
    context = _for_admin(request, "os_compute_api:os-aggregates:index")
    return context.answer({"aggregates": []})


def _for_admin(request: ApiRequest, rule: str) -> Context:
    context = Context.of(request)
    context.require_admin(rule)
    return context


async def _hosts(context: Context) -> tuple[Host, ...]:
    return await context.services.store.read(hosts.candidates)


async def _matching(context: Context) -> list[Host]:
    """All hosts; from 2.53 those whose name holds ?hypervisor_hostname_pattern."""
    wanted = context.request.query_params.get("hypervisor_hostname_pattern") if context.since(UUIDS_SINCE) else None
    found = [host for host in await _hosts(context) if wanted is None or wanted in host.name]
    if wanted is not None and not found:
        raise NotFound(f"No hypervisor matching '{wanted[:64]}' could be found.")
    return found


def _id(context: Context, host: Host) -> int | str:
    """A UUID made of the name; before 2.53 a number made of that."""
    made = uuid.uuid5(HOST_NAMESPACE, host.name)
    return str(made) if context.since(UUIDS_SINCE) else made.int % 2**31


def _summary(context: Context, host: Host) -> dict[str, Any]:
    return {
        "id": _id(context, host),
        "hypervisor_hostname": host.name,
        "state": "up" if host.up else "down",
        "status": "enabled" if host.enabled else "disabled",
    }


def _detail(context: Context, host: Host) -> dict[str, Any]:
    view = _summary(context, host) | {
        "hypervisor_type": host.hypervisor_type,
        "hypervisor_version": host.hypervisor_version,
        "host_ip": None,
        "service": {"id": _id(context, host), "host": host.name, "disabled_reason": None},
    }
    if context.since(SIZES_GONE):
        return view | {"uptime": None}
    return view | _sizes(host) | {"cpu_info": _cpu_info(host) if context.since(28) else host.cpu_info}


SIZES: Final = (
    "vcpus", "vcpus_used", "memory_mb", "memory_mb_used", "free_ram_mb", "local_gb", "local_gb_used", "free_disk_gb",
    "disk_available_least", "running_vms", "current_workload",
)  # fmt: skip


def _sizes(host: Host) -> dict[str, int]:
    return {
        "vcpus": host.vcpus,
        "vcpus_used": host.vcpus_used,
        "memory_mb": host.memory_mb,
        "memory_mb_used": host.memory_mb_used,
        "free_ram_mb": host.memory_mb - host.memory_mb_used,
        "local_gb": host.disk_gb,
        "local_gb_used": host.disk_gb_used,
        "free_disk_gb": host.disk_gb - host.disk_gb_used,
        "disk_available_least": host.disk_gb - host.disk_gb_used,
        "running_vms": host.running_vms,
        "current_workload": 0,
    }


def _cpu_info(host: Host) -> dict[str, Any]:
    try:
        return msgspec.json.decode(host.cpu_info, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {"model": host.cpu_info} if host.cpu_info else {}


def _service(context: Context, host: Host) -> dict[str, Any]:
    view = {
        "id": _id(context, host),
        "binary": BINARY,
        "host": host.name,
        "zone": DEFAULT_ZONE,
        "state": "up" if host.up else "down",
        "status": "enabled" if host.enabled else "disabled",
        "updated_at": times.microsecond(host.seen_at),
        "disabled_reason": None,
    }
    return view | {"forced_down": False} if context.since(11) else view


def _zone(every: Iterable[Host], listed: dict[Any, Any] | None) -> dict[str, Any]:
    available = any(host.up and host.enabled for host in every)
    return {"zoneName": DEFAULT_ZONE, "zoneState": {"available": available}, "hosts": listed}


HANDLERS: Final = (
    list_hypervisors,
    list_hypervisors_in_detail,
    show_statistics,
    show_hypervisor,
    list_services,
    update_service,
    list_zones,
    list_zones_in_detail,
    list_aggregates,
)
