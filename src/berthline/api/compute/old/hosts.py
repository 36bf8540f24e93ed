"""os-hosts until 2.42: hosts by name, before there were hypervisors and services to ask for."""

from typing import Any, Final

import msgspec
from litestar import Response, get, put
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute.fields import invalid
from berthline.api.compute.old.door import through
from berthline.api.compute.queries import QuerySchema, read_query
from berthline.api.frame import ApiRequest
from berthline.api.query import READS_ITS_QUERY
from berthline.domain.compute import Host
from berthline.domain.errors import BadRequest, HTTPNotImplemented, NotFound
from berthline.domain.ids import HostName
from berthline.store import Connection
from berthline.store.compute import hosts
from berthline.store.compute.servers.of_hosts import Sizes, sizes_by_project

LAST: Final = 42
SERVICE: Final = "compute"
LIST: Final = QuerySchema(known={"zone": 1})


class HostUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """PUT /os-hosts/NAME: each is enable or disable."""

    status: str | None = None
    maintenance_mode: str | None = None


@get("/v2.1/os-hosts", opt=dict(READS_ITS_QUERY))
async def list_hosts(request: ApiRequest) -> Response[bytes]:
    """GET /os-hosts: those that take new servers, of all zones or of ?zone."""
    context = through(request, LAST)
    context.require("os_compute_api:os-hosts:list")
    zone = read_query(context, LIST).get("zone")
    every = await context.services.store.read(hosts.candidates)
    listed = [
        {"host_name": host.name, "service": SERVICE, "zone": host.availability_zone}
        for host in every
        if host.enabled and zone in (None, "", host.availability_zone)
    ]
    return context.answer({"hosts": listed})


@get("/v2.1/os-hosts/{name:str}")
async def show_host(request: ApiRequest, name: FromPath[str]) -> Response[bytes]:
    """GET /os-hosts/NAME: what it has, what is in use, and what its servers were given, in all and by project."""
    context = through(request, LAST)
    context.require("os_compute_api:os-hosts:show")

    def read(connection: Connection) -> tuple[Host, tuple[Sizes, ...]]:
        return _known(connection, name), sizes_by_project(connection, HostName(name))

    host, sizes = await context.services.store.read(read)
    given = (
        sum(each.vcpus for each in sizes),
        sum(each.memory_mb for each in sizes),
        sum(each.disk_gb for each in sizes),
    )
    resources: list[tuple[str, int, int, int]] = [
        ("(total)", host.physical_vcpus, host.physical_memory_mb, host.physical_disk_gb),
        ("(used_now)", host.vcpus_used, host.memory_mb_used, host.disk_gb_used),
        ("(used_max)", *given),
        *sizes,
    ]
    return context.answer({"host": [_resource(host, *each) for each in resources]})


@put("/v2.1/os-hosts/{name:str}")
async def update_host(request: ApiRequest, name: FromPath[str]) -> Response[bytes]:
    """PUT /os-hosts/NAME: whether it takes new servers. No host here has a maintenance mode: 501."""
    context = through(request, LAST)
    context.require("os_compute_api:os-hosts:update")
    wanted = await read_json(request, HostUpdate)
    enabled, maintained = _switch("status", wanted.status), _switch("maintenance_mode", wanted.maintenance_mode)
    if enabled is None and maintained is None:
        raise BadRequest("Invalid input for field/attribute host. It names neither status nor maintenance_mode.")

    def write(connection: Connection) -> None:
        _known(connection, name)
        if maintained is not None:
            raise HTTPNotImplemented("The maintenance mode of a host is not supported by this cloud.")
        assert enabled is not None, "one of them is named"
        hosts.set_service(connection, HostName(name), context.services.clock.now(), enabled=enabled)

    await context.services.store.write(write)
    return context.answer({"host": name, "status": "enabled" if enabled else "disabled"})


@get(
    [
        "/v2.1/os-hosts/{name:str}/startup",
        "/v2.1/os-hosts/{name:str}/shutdown",
        "/v2.1/os-hosts/{name:str}/reboot",
    ]
)
async def switch_host(request: ApiRequest, name: FromPath[str]) -> Response[bytes]:
    """GET /os-hosts/NAME/startup, shutdown, reboot: the hosts' own power is not this cloud's to switch: 501."""
    context = through(request, LAST)
    verb = request.scope["path"].rpartition("/")[2]
    context.require(f"os_compute_api:os-hosts:{RULES[verb]}")
    await context.services.store.read_short(lambda connection: _known(connection, name))
    raise HTTPNotImplemented("Switching the power of a host is not supported by this cloud.")


RULES: Final = {"startup": "start", "shutdown": "shutdown", "reboot": "reboot"}


def _known(connection: Connection, name: str) -> Host:
    host = hosts.get(connection, HostName(name))
    if host is None:
        raise NotFound(f"Compute host {name[:64]} could not be found.")
    return host


def _switch(field: str, value: str | None) -> bool | None:
    if value is None:
        return None
    if value not in {"enable", "Enable", "ENABLE", "disable", "Disable", "DISABLE"}:
        raise invalid(field, value, "It is enable or disable.")
    return value.lower() == "enable"


def _resource(host: Host, project: str, vcpus: int, memory_mb: int, disk_gb: int) -> dict[str, Any]:
    return {
        "resource": {
            "host": host.name,
            "project": project,
            "cpu": vcpus,
            "memory_mb": memory_mb,
            "disk_gb": disk_gb,
        }
    }


HANDLERS: Final = (list_hosts, show_host, update_host, switch_host)
