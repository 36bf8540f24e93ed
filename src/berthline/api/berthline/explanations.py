"""Why a server or a port is as it is."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, current_caller, reply, services
from berthline.domain.compute import POWER_WORDS, Host
from berthline.workflows.explaining.stories import PortStory, ServerStory, Work


@get("/explanations/{object_id:str}")
async def explain(request: ApiRequest, object_id: FromPath[str]) -> Response[bytes]:
    """Why the server or the port of this id is as it is: reasons in words, and what they follow from. For its project,
    with fewer facts, and for admins.
    """
    caller, held = current_caller(request), services(request)
    story, reasons = await held.compute.explaining.explain(caller, object_id, held.saga_steps)
    view: dict[str, Any] = {"id": object_id, "reasons": reasons, "at": story.at}
    if story.server is not None:
        view |= {"kind": "server", **_server(story.server, caller.is_admin)}
    if story.port is not None:
        view |= {"kind": "port", "port": _port(story.port, caller.is_admin)}
    return reply({"explanation": view})


def _server(told: ServerStory, admin: bool) -> dict[str, Any]:
    server = told.server
    fault = server.fault
    view: dict[str, Any] = {
        "server": {
            "name": server.name,
            "vm_state": server.vm_state,
            "task_state": server.task_state,
            "power_state": POWER_WORDS[server.power_state],
            "wanted": server.wanted,
            "updated_at": server.updated_at,
            "fault": None if fault is None else {"message": fault.message, "created_at": fault.created_at},
        },
        "work": [_work(work, admin) for work in told.work],
        "actions": [
            {
                "action": action.action,
                "request_id": action.request_id,
                "started_at": action.started_at,
                "message": action.message,
            }
            for action in told.actions
        ],
        "ports": [_port(port, admin) for port in told.ports],
    }
    if admin:
        view["host"] = None if told.host is None else _host(told.host, leaving=told.removed, lost=told.lost)
        view["postponed"] = told.postponed
        if fault is not None:
            view["server"]["fault"]["details"] = fault.details
    return view


def _work(work: Work, admin: bool) -> dict[str, Any]:
    saga = work.saga
    view: dict[str, Any] = {
        "kind": saga.kind,
        "state": saga.state,
        "step": work.step,
        "attempts": saga.attempts,
        "created_at": saga.created_at,
    }
    if admin:
        view |= {"id": saga.id, "place": saga.place, "failure": saga.failure, "undo_error": saga.undo_error}
    return view


def _host(host: Host, *, leaving: bool, lost: bool) -> dict[str, Any]:
    return {
        "name": host.name,
        "up": host.up,
        "answers": host.answers,
        "forced_down": host.forced_down,
        "enabled": host.enabled,
        "disabled_reason": host.disabled_reason,
        "chassis": host.chassis,
        "seen_at": host.seen_at,
        "leaving": leaving,
        "lost": lost,
    }


def _port(told: PortStory, admin: bool) -> dict[str, Any]:
    port, state = told.port, told.state
    view: dict[str, Any] = {
        "id": port.id,
        "mac_address": port.mac_address,
        "fixed_ips": [fixed.ip_address for fixed in port.fixed_ips],
        "status": port.status,
        "admin_state_up": port.admin_state_up,
        "security_groups": port.security_group_ids,
        "projected": told.projected,
        "in_dataplane": None if state is None else state.present,
        "up": None if state is None else state.up,
    }
    if admin:
        view["binding"] = {
            "host": port.binding_host or None,
            "vif_type": port.binding_vif_type,
            "chassis_wanted": told.chassis,
            "chassis": None if state is None else state.chassis,
        }
    return view
