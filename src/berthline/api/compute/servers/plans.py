"""POST /servers?dry_run=true, which is Berthline's own: what would be allocated, and nothing is."""

from typing import Any, Final

from litestar import Response

from berthline.api.compute import fields
from berthline.api.compute.context import Context
from berthline.api.compute.servers import view as server_view
from berthline.workflows.requests import ServerRequest
from berthline.workflows.server.plan import PlannedNic, PlannedServer

DRY_RUN: Final = "dry_run"


def is_wanted(context: Context) -> bool:
    """Whether the request asks for a plan only. Raises BadRequest for what is neither true nor false."""
    asked = context.request.query_params.get(DRY_RUN)
    return asked is not None and fields.asked_boolean(DRY_RUN, asked)


async def answer(context: Context, request: ServerRequest) -> Response[bytes]:
    """200 and the plan, or the error that POST /servers would answer; 409 where no host has room.

    Admins are told of each host why it may not take the server, or (``reason`` null) that it may.
    """
    plan = await context.services.compute.plan(context.caller, request)
    servers = [_server(context, planned) for planned in plan.servers]
    view: dict[str, Any] = {"servers": servers, "quota_left": plan.quota_left}
    if context.caller.is_admin:
        view |= {"hosts": plan.hosts.verdicts, "more_hosts": plan.hosts.more}
    return context.answer({"plan": view})


def _server(context: Context, planned: PlannedServer) -> dict[str, Any]:
    server = planned.server
    view: dict[str, Any] = {
        "name": server.name,
        "availability_zone": server.availability_zone,
        "hostId": server_view.host_id(server),
        "networks": [_nic(nic) for nic in planned.nics],
    }
    return view | {"host": server.host} if context.caller.is_admin else view


def _nic(nic: PlannedNic) -> dict[str, Any]:
    return {
        "network_id": nic.network_id,
        "network_name": nic.network_name,
        "port_id": nic.port_id,
        "fixed_ips": nic.fixed_ips,
        "tag": nic.tag,
        "subnets": nic.subnets,
    }
