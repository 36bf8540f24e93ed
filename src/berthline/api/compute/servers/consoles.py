"""URLs of servers' consoles: POST remote-consoles, the older actions, and what an admin is told of a URL's token."""

from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from berthline.api.body import decode, read_json
from berthline.api.compute import fields
from berthline.api.compute.context import Context, no_such_route
from berthline.api.frame import ApiRequest
from berthline.domain.errors import BadRequest, Gone, NotFound
from berthline.domain.ids import ServerId
from berthline.store.compute.servers.console_tokens import ConsoleKind

RULE: Final = "os_compute_api:os-remote-consoles"
CONSOLES_SINCE: Final = 6
MKS_SINCE: Final = 8
TOKENS_SINCE: Final = 31
DIRECT_SINCE: Final = 99

PROTOCOLS: Final = ("vnc", "spice", "serial", "rdp")
TYPES: Final = ("novnc", "xvpvnc", "spice-html5", "serial", "rdp-html5")
OFFERED: Final[dict[str, ConsoleKind]] = {"novnc": "vnc", "serial": "serial"}
"""The types of consoles that servers have, by the protocol that is theirs."""
FAMILIES: Final = {"vnc": ("novnc", "xvpvnc"), "serial": ("serial",), "spice": ("spice-html5", "spice-direct")}
"""What a protocol has types for."""


class RemoteConsole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    protocol: str
    type: str


class RemoteConsoleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    remote_console: RemoteConsole


class OldConsole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str


@post("/v2.1/servers/{server_id:str}/remote-consoles", status_code=200)
async def create_remote_console(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """A URL that opens a console once. 400 for a kind of console that this cloud has not, 409 without a guest."""
    context = Context.of(request)
    if not context.since(CONSOLES_SINCE):
        no_such_route()
    asked = (await read_json(request, RemoteConsoleBody)).remote_console
    protocols = (*PROTOCOLS, "mks") if context.since(MKS_SINCE) else PROTOCOLS
    types = (*TYPES, "webmks") if context.since(MKS_SINCE) else TYPES
    if context.since(DIRECT_SINCE):
        types = (*types, "spice-direct")
    _check_one_of("protocol", asked.protocol, protocols)
    _check_one_of("type", asked.type, types)
    server = await context.server(server_id)
    context.require_writer(RULE)
    if asked.protocol == "rdp":
        raise BadRequest("Unavailable console type rdp.")
    url = await _url(context, server.id, asked.type, asked.protocol)
    return context.answer({"remote_console": {"protocol": asked.protocol, "type": asked.type, "url": url}})


@get("/v2.1/os-console-auth-tokens/{token:str}")
async def show_console_token(request: ApiRequest, token: FromPath[str]) -> Response[bytes]:
    """What a token opens that is still good, for admins. Guests' consoles have no ports here: it is 0."""
    context = Context.of(request)
    context.require_admin("os_compute_api:os-console-auth-tokens")
    if not context.since(TOKENS_SINCE):
        raise BadRequest("Tokens are told from microversion 2.31 on.")
    known = await context.services.compute.consoles.known(token)
    if known is None:
        raise NotFound("Token not found")
    found, host = known
    told = {"instance_uuid": found.server_id, "host": host, "port": 0, "internal_access_path": None}
    return context.answer({"console": told})


async def old_vnc(context: Context, server_id: ServerId, arguments: msgspec.Raw) -> Response[Any]:
    """os-getVNCConsole."""
    return await _old(context, server_id, arguments, "vnc", ("novnc", "xvpvnc"))


async def old_serial(context: Context, server_id: ServerId, arguments: msgspec.Raw) -> Response[Any]:
    """os-getSerialConsole."""
    return await _old(context, server_id, arguments, "serial", ("serial",))


async def old_spice(context: Context, server_id: ServerId, arguments: msgspec.Raw) -> Response[Any]:
    """os-getSPICEConsole: this cloud's guests have no SPICE."""
    return await _old(context, server_id, arguments, "spice", ("spice-html5",))


async def old_rdp(_context: Context, _server_id: ServerId, _arguments: msgspec.Raw) -> Response[Any]:
    """os-getRDPConsole, which Nova took away."""
    raise Gone("RDP consoles are no longer available. Ask for a vnc or a serial console.")


async def _old(
    context: Context, server_id: ServerId, arguments: msgspec.Raw, protocol: str, types: tuple[str, ...]
) -> Response[Any]:
    kind = decode(bytes(arguments), OldConsole).type
    _check_one_of("type", kind, types)
    context.require_writer(RULE)
    url = await _url(context, server_id, kind, protocol)
    return context.answer({"console": {"type": kind, "url": url}})


def _check_one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise fields.invalid(name, value, f"It is one of {', '.join(known)}.")


async def _url(context: Context, server_id: ServerId, kind: str, protocol: str) -> str:
    """Where a browser opens the console: the page, with a token that opens it once.

    The token of a screen stands in ``path``, in which noVNC's own pages, and programs that open Nova's URLs without a
    browser, look for where to connect to.
    """
    if kind not in FAMILIES.get(protocol, (kind,)):
        raise BadRequest(f"Invalid console type {kind}")
    if OFFERED.get(kind) != protocol:
        raise BadRequest(f"Invalid console type {kind}" if kind == "xvpvnc" else f"Unavailable console type {kind}.")
    wanted = OFFERED[kind]
    token = await context.services.compute.consoles.grant(context.caller, server_id, wanted)
    page = f"console/{server_id}/{wanted}"
    if wanted == "vnc":
        return f"{context.base}/{page}?path={page}%3Ftoken%3D{token}"
    return f"{context.base}/{page}?token={token}"


HANDLERS: Final = (create_remote_console, show_console_token)
