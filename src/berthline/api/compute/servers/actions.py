"""POST /servers/ID/action: one key names the action, its value the arguments."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import msgspec
from litestar import Response, post
from litestar.params import FromPath

from berthline.api.body import decode, read_json
from berthline.api.compute import fields
from berthline.api.compute.context import Context, changed_server, forbid, no_such_route
from berthline.api.compute.fields import Flexible
from berthline.api.compute.old.door import conflicts_as
from berthline.api.compute.servers import consoles, evacuation, live_migration, moves, shelving, snapshots
from berthline.api.compute.servers.passwords import new_password
from berthline.api.compute.servers.rebuild import rebuild
from berthline.api.frame import ApiRequest
from berthline.domain.errors import BadRequest, Gone
from berthline.domain.ids import ImageId, NetworkId, ServerId, is_uuid
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.workflows.accepting import note_action
from berthline.workflows.server.power import Action

Raw = msgspec.Raw
CONSOLES_GONE: Final = 6
CONSOLES: Final = frozenset({"os-getRDPConsole", "os-getSerialConsole", "os-getSPICEConsole", "os-getVNCConsole"})
"""Actions that Nova took away at that microversion, for remote-consoles."""

CRASH_DUMP_SINCE: Final = 17

REBOOTS: Final = frozenset({"HARD", "Hard", "hard", "SOFT", "Soft", "soft"})
REASON_SINCE: Final = 73
EVERYTHING: Final = -1
UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b-\x1f]")
"""What Nova leaves out of a console: carriage returns, and what could command the reader's terminal."""

ADDRESSES_GONE: Final = 44
ON_ADDRESSES: Final = frozenset({"addFixedIp", "removeFixedIp", "addFloatingIp", "removeFloatingIp"})
"""Actions that Nova took away at that microversion, since the network API has them."""


class Reboot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str


class ResetState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: Literal["active", "error"]


class Console(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    length: Flexible | None = None


class ChangePassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    admin_password: str = msgspec.field(name="adminPass")


class Rescue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    admin_password: str | msgspec.UnsetType = msgspec.field(name="adminPass", default=msgspec.UNSET)
    image: str | msgspec.UnsetType = msgspec.field(name="rescue_image_ref", default=msgspec.UNSET)


class Lock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    locked_reason: str | msgspec.UnsetType = msgspec.UNSET


class AddFixedIp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    network: str | int = msgspec.field(name="networkId")


class RemoveFixedIp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: str


class AddFloatingIp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: str
    fixed_address: str | msgspec.UnsetType = msgspec.UNSET


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class RemoveFloatingIp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: str


@post("/v2.1/servers/{server_id:str}/action", status_code=202)
async def act(request: ApiRequest, server_id: FromPath[str]) -> Response[Any]:
    """Do one action on a server. 400 for one that Nova does not know; 404 without the server."""
    context = Context.of(request)
    body = await read_json(request, dict[str, Raw])
    if len(body) != 1:
        raise BadRequest(f"There is no action to do: the body names {len(body)} of them, and must name one.")
    (name, arguments), *_ = body.items()
    action = _ACTIONS.get(name)
    if name == "resetNetwork":
        raise Gone("This resource is no longer available. No forwarding address is given.")
    if action is None:
        raise BadRequest(f"There is no such action: {name[:64]}")
    _check_known(context, name)
    server = await context.server(server_id)
    return await action(context, server.id, arguments)


def _check_known(context: Context, name: str) -> None:
    """Raise NotFound for an action that this microversion does not have, as for a path."""
    if name in CONSOLES and context.since(CONSOLES_GONE):
        no_such_route()
    if name == "trigger_crash_dump" and not context.since(CRASH_DUMP_SINCE):
        no_such_route()
    if name in ON_ADDRESSES and context.since(ADDRESSES_GONE):
        no_such_route()


Do = Callable[[Context, ServerId, Raw], Awaitable[Response[Any]]]


def _guest(action: Action, rule: str) -> Do:
    """An action on the guest that has no arguments: Nova takes whatever stands in their place."""

    async def do(context: Context, server_id: ServerId, _: Raw) -> Response[None]:
        context.require_writer(rule)
        await context.services.compute.actions.begin(context.caller, server_id, action)
        return context.empty(202)

    return do


async def _reset_state(context: Context, server_id: ServerId, arguments: Raw) -> Response[None]:
    """An admin says in which state a server is, whatever it looks like: ACTIVE or ERROR, with nothing being done."""
    state = decode(bytes(arguments), ResetState).state
    context.require_admin("os_compute_api:os-admin-actions:reset_state")
    await context.services.compute.actions.reset_state(context.caller, server_id, state)
    return context.empty(202)


async def _inject_network_info(context: Context, _server_id: ServerId, _: Raw) -> Response[None]:
    """202 for an admin, as Nova's libvirt driver answers: guests learn of their addresses in other ways."""
    context.require_admin("os_compute_api:os-admin-actions:inject_network_info")
    return context.empty(202)


async def _reboot(context: Context, server_id: ServerId, arguments: Raw) -> Response[None]:
    kind = decode(bytes(arguments), Reboot).type
    if kind not in REBOOTS:
        raise fields.invalid("type", kind, "It is SOFT or HARD.")
    context.require_writer("os_compute_api:servers:reboot")
    action: Action = "hard_reboot" if kind.upper() == "HARD" else "reboot"
    await context.services.compute.actions.begin(context.caller, server_id, action)
    return context.empty(202)


async def _rescue(context: Context, server_id: ServerId, arguments: Raw) -> Response[bytes]:
    """200, as in Nova, with the password that the guest may be told."""
    asked = decode(bytes(arguments), Rescue) if bytes(arguments) != b"null" else Rescue()
    context.require_writer("os_compute_api:os-rescue")
    image = None if asked.image is msgspec.UNSET else fields.last_segment(asked.image)
    if image is not None and not is_uuid(image):
        raise fields.invalid("rescue_image_ref", asked.image, "It is no UUID.")
    password = new_password() if asked.admin_password is msgspec.UNSET else asked.admin_password
    chosen = None if image is None else ImageId(image)
    await context.services.compute.remaking.rescue(context.caller, server_id, chosen, password)
    return context.answer({"adminPass": password})


async def _unrescue(context: Context, server_id: ServerId, _: Raw) -> Response[None]:
    context.require_writer("os_compute_api:os-unrescue")
    await context.services.compute.remaking.unrescue(context.caller, server_id)
    return context.empty(202)


async def _change_password(context: Context, server_id: ServerId, arguments: Raw) -> Response[None]:
    """202 once the guest's agent has done it, as in Nova."""
    password = decode(bytes(arguments), ChangePassword).admin_password
    context.require_writer("os_compute_api:os-admin-password")
    await context.services.compute.actions.change_password(context.caller, server_id, password)
    return context.empty(202)


async def _force_delete(context: Context, server_id: ServerId, _: Raw) -> Response[None]:
    """Gone for good, also where a deleted server can be restored."""
    context.require_writer("os_compute_api:os-deferred-delete:force")
    await context.services.compute.deleting.delete(context.caller, server_id, for_good=True)
    return context.empty(202)


async def _restore(context: Context, server_id: ServerId, _: Raw) -> Response[None]:
    context.require_writer("os_compute_api:os-deferred-delete:restore")
    await context.services.compute.deleting.restore(context.caller, server_id)
    return context.empty(202)


async def _console(context: Context, server_id: ServerId, arguments: Raw) -> Response[bytes]:
    length = decode(bytes(arguments), Console).length
    context.require_writer("os_compute_api:os-console-output")
    lines = None if length is None else fields.as_integer("length", length, EVERYTHING, fields.ANY_LENGTH)
    kept = None if lines == EVERYTHING else lines
    output = await context.services.compute.console_output(context.caller, server_id, kept)
    return context.answer({"output": UNPRINTABLE.sub("", output)})


async def _lock(context: Context, server_id: ServerId, arguments: Raw) -> Response[None]:
    """Before 2.73 Nova takes anything; from then on null, or an object that may give the reason."""
    asked = decode(bytes(arguments), Lock) if context.since(REASON_SINCE) and bytes(arguments) != b"null" else Lock()
    reason = None if asked.locked_reason is msgspec.UNSET else asked.locked_reason
    if reason is not None and not 1 <= len(reason) <= fields.NAME_LENGTH:
        raise fields.invalid("locked_reason", reason, "It has 1 to 255 characters.")
    return await _set_locked(context, server_id, "lock", locked=True, reason=reason)


async def _unlock(context: Context, server_id: ServerId, _: Raw) -> Response[None]:
    return await _set_locked(context, server_id, "unlock", locked=False, reason=None)


async def _set_locked(
    context: Context, server_id: ServerId, rule: Literal["lock", "unlock"], *, locked: bool, reason: str | None
) -> Response[None]:
    """Lock or unlock, and note it as an action of the server's. An admin's lock stays one when its owner locks too."""
    context.require_writer(f"os_compute_api:os-lock-server:{rule}")
    at = context.services.clock.now()

    def write(connection: Connection) -> None:
        server = changed_server(connection, context.caller, server_id)
        if server.locked_by == "admin" and not context.caller.is_admin:
            if locked:
                return
            forbid("os_compute_api:os-lock-server:unlock:unlock_override")
        mine = server.project_id == context.caller.project_id
        by: Literal["owner", "admin"] | None = ("owner" if mine else "admin") if locked else None
        servers.set_attributes(connection, server_id, at=at, locked=locked, locked_by=by, locked_reason=reason)
        note_action(connection, context.caller, server, rule, None, at)

    await context.services.store.write(write)
    return context.empty(202)


async def _add_fixed_ip(context: Context, server_id: ServerId, arguments: Raw) -> Response[None]:
    network = fields.last_segment(decode(bytes(arguments), AddFixedIp).network)
    context.require_writer("os_compute_api:os-multinic:add")
    await context.services.compute.interfaces.add_fixed_ip(context.caller, server_id, NetworkId(network))
    return context.empty(202)


async def _remove_fixed_ip(context: Context, server_id: ServerId, arguments: Raw) -> Response[None]:
    address = decode(bytes(arguments), RemoveFixedIp).address
    context.require_writer("os_compute_api:os-multinic:remove")
    await context.services.compute.interfaces.remove_fixed_ip(context.caller, server_id, address)
    return context.empty(202)


async def _add_floating_ip(context: Context, server_id: ServerId, arguments: Raw) -> Response[None]:
    asked = decode(bytes(arguments), AddFloatingIp)
    for address in (asked.address, asked.fixed_address):
        if address is not msgspec.UNSET:
            fields.check_fixed_ip(address)
    context.require_writer("os_compute_api:os-floating-ips:add")
    interfaces = context.services.compute.interfaces
    with conflicts_as(BadRequest):
        await interfaces.add_floating_ip(context.caller, server_id, asked.address, asked.fixed_address or None)
    return context.empty(202)


async def _remove_floating_ip(context: Context, server_id: ServerId, arguments: Raw) -> Response[None]:
    address = decode(bytes(arguments), RemoveFloatingIp).address
    context.require_writer("os_compute_api:os-floating-ips:remove")
    await context.services.compute.interfaces.remove_floating_ip(context.caller, server_id, address)
    return context.empty(202)


async def _add_security_group(context: Context, server_id: ServerId, arguments: Raw) -> Response[None]:
    return await _change_group(context, server_id, arguments, "add")


async def _remove_security_group(context: Context, server_id: ServerId, arguments: Raw) -> Response[None]:
    return await _change_group(context, server_id, arguments, "remove")


async def _change_group(
    context: Context, server_id: ServerId, arguments: Raw, how: Literal["add", "remove"]
) -> Response[None]:
    group = decode(bytes(arguments), Group).name
    if not group.strip():
        raise BadRequest("Security group name cannot be empty")
    context.require_writer(f"os_compute_api:os-security-groups:{how}")
    await context.services.compute.interfaces.change_security_group(context.caller, server_id, group, how)
    return context.empty(202)


_ACTIONS: Final[dict[str, Do]] = {
    "os-start": _guest("start", "os_compute_api:servers:start"),
    "os-stop": _guest("stop", "os_compute_api:servers:stop"),
    "pause": _guest("pause", "os_compute_api:os-pause-server:pause"),
    "unpause": _guest("unpause", "os_compute_api:os-pause-server:unpause"),
    "suspend": _guest("suspend", "os_compute_api:os-suspend-server:suspend"),
    "resume": _guest("resume", "os_compute_api:os-suspend-server:resume"),
    "trigger_crash_dump": _guest("trigger_crash_dump", "os_compute_api:servers:trigger_crash_dump"),
    "os-resetState": _reset_state,
    "injectNetworkInfo": _inject_network_info,
    "reboot": _reboot,
    "rebuild": rebuild,
    "changePassword": _change_password,
    "forceDelete": _force_delete,
    "restore": _restore,
    "rescue": _rescue,
    "unrescue": _unrescue,
    "resize": moves.resize,
    "confirmResize": moves.confirm,
    "revertResize": moves.revert,
    "migrate": moves.migrate,
    "os-migrateLive": live_migration.begin,
    "evacuate": evacuation.evacuate,
    "os-getConsoleOutput": _console,
    "os-getVNCConsole": consoles.old_vnc,
    "os-getSerialConsole": consoles.old_serial,
    "os-getSPICEConsole": consoles.old_spice,
    "os-getRDPConsole": consoles.old_rdp,
    "lock": _lock,
    "unlock": _unlock,
    "shelve": shelving.shelve,
    "shelveOffload": shelving.shelve_offload,
    "unshelve": shelving.unshelve,
    "createImage": snapshots.create_image,
    "createBackup": snapshots.create_backup,
    "addFixedIp": _add_fixed_ip,
    "removeFixedIp": _remove_fixed_ip,
    "addFloatingIp": _add_floating_ip,
    "removeFloatingIp": _remove_floating_ip,
    "addSecurityGroup": _add_security_group,
    "removeSecurityGroup": _remove_security_group,
}

HANDLERS: Final = (act,)
