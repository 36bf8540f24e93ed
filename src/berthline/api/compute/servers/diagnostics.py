"""What a server's guest has used, for admins, and the parts of its host that it is bound to: none here."""

from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.compute.context import Context, no_such_route
from berthline.api.frame import ApiRequest
from berthline.domain.compute import Server
from berthline.domain.hypervisor import DiskUse, GuestDiagnostics, NicUse

STANDARD_SINCE: Final = 48
"""Before it each driver answers in its own words; these are those of Nova's libvirt driver."""
TOPOLOGY_SINCE: Final = 78
TOPOLOGY_RULE: Final = "compute:server:topology:index"
SECOND: Final = 1_000_000
KIB_PER_MIB: Final = 1024


@get("/v2.1/servers/{server_id:str}/diagnostics")
async def show_diagnostics(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """409 for a server whose guest is off."""
    context = Context.of(request)
    server = await context.server(server_id)
    context.require_admin("os_compute_api:os-server-diagnostics")
    used = await context.services.compute.actions.diagnostics(server)
    if not context.since(STANDARD_SINCE):
        return context.answer(_by_device(used))
    return context.answer(_standard(used, server, context.services.clock.now()))


@get("/v2.1/servers/{server_id:str}/topology")
async def show_topology(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """Guests are not bound to parts of their host, which Nova shows as no nodes."""
    context = Context.of(request)
    if not context.since(TOPOLOGY_SINCE):
        no_such_route()
    await context.server(server_id)
    context.require(TOPOLOGY_RULE)
    return context.answer({"nodes": [], "pagesize_kb": None})


def _standard(used: GuestDiagnostics, server: Server, now: int) -> dict[str, Any]:
    """Nova's own form. What is not known is null, as rates are: they are over a time that nobody gave."""
    return {
        "state": used.power,
        "driver": "libvirt",
        "hypervisor": used.hypervisor,
        "hypervisor_os": "linux",
        "uptime": 0 if server.launched_at is None else (now - server.launched_at) // SECOND,
        "config_drive": server.config_drive,
        "num_cpus": server.flavor.vcpus,
        "num_nics": len(used.nics),
        "num_disks": len(used.disks),
        "disk_details": [_disk(disk) for disk in used.disks],
        "cpu_details": [_cpu(number, time) for number, time in enumerate(used.cpu_times)],
        "nic_details": [_nic(nic) for nic in used.nics],
        "memory_details": {"maximum": used.memory_maximum, "used": used.memory_used},
    }


def _cpu(number: int, time: int) -> dict[str, int | None]:
    return {"id": number, "time": time, "utilisation": None}


def _disk(disk: DiskUse) -> dict[str, int | None]:
    return {
        "read_bytes": disk.read_bytes,
        "read_requests": disk.read_requests,
        "write_bytes": disk.write_bytes,
        "write_requests": disk.write_requests,
        "errors_count": disk.errors,
    }


def _nic(nic: NicUse) -> dict[str, str | int | None]:
    return {
        "mac_address": nic.mac_address,
        "rx_octets": nic.rx_octets,
        "rx_errors": nic.rx_errors,
        "rx_drop": nic.rx_drop,
        "rx_packets": nic.rx_packets,
        "rx_rate": None,
        "tx_octets": nic.tx_octets,
        "tx_errors": nic.tx_errors,
        "tx_drop": nic.tx_drop,
        "tx_packets": nic.tx_packets,
        "tx_rate": None,
    }


def _by_device(used: GuestDiagnostics) -> dict[str, int | None]:
    """One flat object, named by devices; memory in KiB, as libvirt counts it."""
    found: dict[str, int | None] = {f"cpu{number}_time": time for number, time in enumerate(used.cpu_times)}
    for disk in used.disks:
        found[f"{disk.device}_read_req"] = disk.read_requests
        found[f"{disk.device}_read"] = disk.read_bytes
        found[f"{disk.device}_write_req"] = disk.write_requests
        found[f"{disk.device}_write"] = disk.write_bytes
        found[f"{disk.device}_errors"] = -1 if disk.errors is None else disk.errors
    for nic in used.nics:
        found[f"{nic.device}_rx"], found[f"{nic.device}_tx"] = nic.rx_octets, nic.tx_octets
        for what in ("packets", "errors", "drop"):
            found[f"{nic.device}_rx_{what}"] = getattr(nic, f"rx_{what}")
            found[f"{nic.device}_tx_{what}"] = getattr(nic, f"tx_{what}")
    if used.memory_maximum is not None:
        found["memory"] = used.memory_maximum * KIB_PER_MIB
    return found


HANDLERS: Final = (show_diagnostics, show_topology)
