"""os-hypervisors: what each host has and what is claimed of it.

Sizes are physical, as Nova shows them; what may be claimed is more, by the overcommit ratios of the settings.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from berthline.api.compute.context import Context, no_such_route
from berthline.api.compute.fields import asked_boolean
from berthline.api.compute.hosts.known import UUIDS_SINCE, for_admin, host_id, host_with_id, name_with_id, uptime
from berthline.api.compute.queries import Query, QuerySchema, read_query
from berthline.api.frame import ApiRequest
from berthline.api.listing import next_url
from berthline.api.query import READS_ITS_QUERY
from berthline.domain.compute import Host
from berthline.domain.errors import BadRequest, HTTPNotImplemented, NotFound
from berthline.domain.ids import HostName
from berthline.store import Connection
from berthline.store.compute import hosts
from berthline.store.compute.servers.of_hosts import NamedServer, servers_of_hosts

PAGES_SINCE: Final = 33
NO_SERVERS_SHOWN_SINCE: Final = 75
SIZES_GONE: Final = 88
NO_LIMIT: Final = sys.maxsize

LIST: Final = QuerySchema(
    known={
        "limit": PAGES_SINCE,
        "marker": PAGES_SINCE,
        "hypervisor_hostname_pattern": UUIDS_SINCE,
        "with_servers": UUIDS_SINCE,
    },
    strict_since=UUIDS_SINCE,
    once_since=UUIDS_SINCE,
)
SHOW: Final = QuerySchema(known={"with_servers": UUIDS_SINCE}, strict_since=UUIDS_SINCE, once_since=UUIDS_SINCE)

NAME_SIGNS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")
NAME_LENGTH: Final = 255


class Found(msgspec.Struct, frozen=True):
    """Hosts and, where they were asked for, the servers of each."""

    hosts: Sequence[Host]
    servers: Mapping[HostName, Sequence[NamedServer]] | None


@get("/v2.1/os-hypervisors", opt=dict(READS_ITS_QUERY))
async def list_hypervisors(request: ApiRequest) -> Response[bytes]:
    """GET /os-hypervisors: ids, names and states; from 2.33 in pages, from 2.53 by name and with servers."""
    return await _list(for_admin(request, "os_compute_api:os-hypervisors:list"), detailed=False)


@get("/v2.1/os-hypervisors/detail", opt=dict(READS_ITS_QUERY))
async def list_hypervisors_in_detail(request: ApiRequest) -> Response[bytes]:
    """GET /os-hypervisors/detail."""
    return await _list(for_admin(request, "os_compute_api:os-hypervisors:list-detail"), detailed=True)


@get("/v2.1/os-hypervisors/statistics")
async def show_statistics(request: ApiRequest) -> Response[bytes]:
    """GET /os-hypervisors/statistics: sums over the hosts that are enabled, until 2.88."""
    context = for_admin(request, "os_compute_api:os-hypervisors:statistics")
    if context.since(SIZES_GONE):
        no_such_route()
    every = await context.services.store.read(hosts.candidates)
    sizes = [_sizes(host) for host in every if host.enabled]
    sums = {name: sum(size[name] for size in sizes) for name in SIZES}
    return context.answer({"hypervisor_statistics": {"count": len(sizes), **sums}})


@get("/v2.1/os-hypervisors/{hypervisor_id:str}", opt=dict(READS_ITS_QUERY))
async def show_hypervisor(request: ApiRequest, hypervisor_id: FromPath[str]) -> Response[bytes]:
    """GET /os-hypervisors/ID; from 2.53 with its servers, where they are asked for."""
    context = for_admin(request, "os_compute_api:os-hypervisors:show")
    wants_servers = _wants_servers(read_query(context, SHOW))

    def read(connection: Connection) -> Found:
        return _with_servers(connection, (_known(connection, context, hypervisor_id),), wants_servers)

    found = await context.services.store.read(read)
    return context.answer({"hypervisor": _view(context, found.hosts[0], found, detailed=True)})


@get("/v2.1/os-hypervisors/{hypervisor_id:str}/uptime")
async def show_uptime(request: ApiRequest, hypervisor_id: FromPath[str]) -> Response[bytes]:
    """GET /os-hypervisors/ID/uptime, until 2.88: 400 while the host is down, 501 where it cannot be told."""
    context = for_admin(request, "os_compute_api:os-hypervisors:uptime")
    if context.since(SIZES_GONE):
        no_such_route()
    host = await context.services.store.read(lambda connection: _known(connection, context, hypervisor_id))
    if not host.up:
        raise BadRequest(f"Compute service of {host.name} is unavailable at this time.")
    up = uptime(host, context.services.clock.now())
    if up is None:
        raise HTTPNotImplemented(f"The uptime of {host.name} is not supported by this cloud.")
    return context.answer({"hypervisor": _summary(context, host) | {"uptime": up}})


@get("/v2.1/os-hypervisors/{part:str}/search")
async def search_hypervisors(request: ApiRequest, part: FromPath[str]) -> Response[bytes]:
    """GET /os-hypervisors/PART/search: those whose names hold the part, before 2.53."""
    return await _of_part(for_admin(request, "os_compute_api:os-hypervisors:search"), part, with_servers=False)


@get("/v2.1/os-hypervisors/{part:str}/servers")
async def list_servers_of_hypervisors(request: ApiRequest, part: FromPath[str]) -> Response[bytes]:
    """GET /os-hypervisors/PART/servers: likewise, with the servers of each."""
    return await _of_part(for_admin(request, "os_compute_api:os-hypervisors:servers"), part, with_servers=True)


def _known(connection: Connection, context: Context, hypervisor_id: str) -> Host:
    """The host of this id. Raises NotFound; BadRequest for what is no id."""
    host = host_with_id(connection, context, hypervisor_id)
    if host is None:
        raise NotFound(f"Hypervisor with ID '{hypervisor_id[:64]}' could not be found.")
    return host


async def _of_part(context: Context, part: str, *, with_servers: bool) -> Response[bytes]:
    if context.since(UUIDS_SINCE):
        no_such_route()

    def read(connection: Connection) -> Found:
        return _with_servers(connection, hosts.page(connection, "", NO_LIMIT, part), with_servers)

    found = await context.services.store.read(read)
    if not found.hosts:
        raise NotFound(f"No hypervisor matching '{part[:64]}' could be found.")
    return context.answer({"hypervisors": [_view(context, host, found, detailed=False) for host in found.hosts]})


async def _list(context: Context, *, detailed: bool) -> Response[bytes]:
    query = read_query(context, LIST)
    wants_servers = _wants_servers(query)
    part = _part_of_name(query)
    paged = context.since(PAGES_SINCE) and part is None
    limit = query.limit if paged else NO_LIMIT

    def read(connection: Connection) -> Found:
        after = _after(connection, context, query.marker)
        return _with_servers(connection, hosts.page(connection, after, limit, part or ""), wants_servers)

    found = await context.services.store.read(read)
    if part is not None and not found.hosts:
        raise NotFound(f"No hypervisor matching '{part[:64]}' could be found.")
    body: dict[str, Any] = {"hypervisors": [_view(context, host, found, detailed=detailed) for host in found.hosts]}
    if found.hosts and len(found.hosts) == limit:
        last = str(host_id(context, found.hosts[-1].name))
        body["hypervisors_links"] = [{"rel": "next", "href": next_url(context.request, last, limit)}]
    return context.answer(body)


def _after(connection: Connection, context: Context, marker: str | None) -> str:
    """The name behind which the page begins. Raises BadRequest for a marker that no host has."""
    if marker is None:
        return ""
    name = name_with_id(connection, context, marker)
    if name is None:
        raise BadRequest(f"marker [{marker[:64]}] not found")
    return name


def _part_of_name(query: Query) -> str | None:
    """What the names are to hold, which goes with no page. Raises BadRequest."""
    part = query.get("hypervisor_hostname_pattern")
    if part is None:
        return None
    if not 1 <= len(part) <= NAME_LENGTH or not set(part) <= NAME_SIGNS:
        raise BadRequest(
            f"Invalid input for query parameters hypervisor_hostname_pattern. Value: {part[:64]}. It has 1 to "
            f"{NAME_LENGTH} letters, digits or any of - . _"
        )
    if query.get("limit") is not None or query.marker is not None:
        raise BadRequest(
            "Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported."
        )
    return part


def _wants_servers(query: Query) -> bool:
    asked = query.get("with_servers")
    return asked is not None and asked_boolean("with_servers", asked)


def _with_servers(connection: Connection, found: Sequence[Host], wanted: bool) -> Found:
    return Found(found, servers_of_hosts(connection, [host.name for host in found]) if wanted else None)


def _view(context: Context, host: Host, found: Found, *, detailed: bool) -> dict[str, Any]:
    view = _detail(context, host) if detailed else _summary(context, host)
    if found.servers is not None:
        held = found.servers.get(host.name, ())
        if held or context.since(NO_SERVERS_SHOWN_SINCE):
            view["servers"] = [{"name": server.name, "uuid": server.id} for server in held]
    return view


def _summary(context: Context, host: Host) -> dict[str, Any]:
    return {
        "id": host_id(context, host.name),
        "hypervisor_hostname": host.name,
        "state": "up" if host.up else "down",
        "status": "enabled" if host.enabled else "disabled",
    }


def _detail(context: Context, host: Host) -> dict[str, Any]:
    service = {
        "id": host_id(context, host.name),
        "host": host.name,
        "disabled_reason": host.disabled_reason,
    }
    view = _summary(context, host) | {
        "hypervisor_type": host.hypervisor_type,
        "hypervisor_version": host.hypervisor_version,
        "host_ip": None,
        "service": service,
    }
    if context.since(SIZES_GONE):
        return view | {"uptime": uptime(host, context.services.clock.now())}
    return view | _sizes(host) | {"cpu_info": _cpu_info(host) if context.since(28) else host.cpu_info}


SIZES: Final = (
    "vcpus", "vcpus_used", "memory_mb", "memory_mb_used", "free_ram_mb", "local_gb", "local_gb_used", "free_disk_gb",
    "disk_available_least", "running_vms", "current_workload",
)  # fmt: skip


def _sizes(host: Host) -> dict[str, int]:
    """What the host has, and what is claimed of it: more than it has where the settings overcommit.

    ``disk_available_least`` is the less of what is not claimed and what really is free on its disk: as in Nova, whose
    formula for it (free, without what thin disks may still grow by) comes to the same.
    """
    left = host.physical_disk_gb - host.disk_gb_used
    return {
        "vcpus": host.physical_vcpus,
        "vcpus_used": host.vcpus_used,
        "memory_mb": host.physical_memory_mb,
        "memory_mb_used": host.memory_mb_used,
        "free_ram_mb": host.physical_memory_mb - host.memory_mb_used,
        "local_gb": host.physical_disk_gb,
        "local_gb_used": host.disk_gb_used,
        "free_disk_gb": left,
        "disk_available_least": left if host.free_disk_gb is None else min(left, host.free_disk_gb),
        "running_vms": host.running_vms,
        "current_workload": 0,
    }


def _cpu_info(host: Host) -> dict[str, Any]:
    try:
        return msgspec.json.decode(host.cpu_info, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {"model": host.cpu_info} if host.cpu_info else {}


HANDLERS: Final = (
    list_hypervisors,
    list_hypervisors_in_detail,
    show_statistics,
    show_hypervisor,
    show_uptime,
    search_hypervisors,
    list_servers_of_hypervisors,
)
