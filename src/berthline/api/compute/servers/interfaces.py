"""os-interface: attach a NIC to a server, and detach one. Lists and single ones are in ``server_parts``."""

import ipaddress
from typing import Annotated, Final, NoReturn

import msgspec
from litestar import Response, delete, post
from litestar.params import FromPath

from berthline.api.body import check_content_type, decode, read_body
from berthline.api.compute import fields
from berthline.api.compute.context import Context
from berthline.api.compute.servers.parts import interface_view
from berthline.api.frame import ApiRequest
from berthline.api.idempotency import Once, once_of, replay
from berthline.domain.auth import Caller
from berthline.domain.compute import RequestedNetwork
from berthline.domain.errors import (
    BadRequest,
    BerthlineError,
    Conflict,
    FixedIpAlreadyInUse,
    NetworkAmbiguous,
    NetworkNotFoundForServer,
    NotFound,
    PortNotFoundForServer,
)
from berthline.domain.ids import NetworkId, PortId, ServerId, is_uuid
from berthline.workflows.interfaces.verbs import Attachment

UNSET: Final = msgspec.UNSET
Unset = msgspec.UnsetType
TAG_SINCE: Final = 49
STATUS: Final[dict[type[BerthlineError], type[BerthlineError]]] = {
    NetworkNotFoundForServer: NotFound,
    PortNotFoundForServer: NotFound,
    FixedIpAlreadyInUse: Conflict,
    NetworkAmbiguous: BadRequest,
}
"""What Nova answers with another status here than when a server is created."""


class FixedIpItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ip_address: str


class AttachItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    net_id: str | Unset = UNSET
    port_id: str | Unset = UNSET
    fixed_ips: Annotated[list[FixedIpItem], msgspec.Meta(min_length=1, max_length=1)] | Unset = UNSET
    tag: str | Unset = UNSET


class AttachBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    item: AttachItem = msgspec.field(name="interfaceAttachment", default=AttachItem())


@post("/v2.1/servers/{server_id:str}/os-interface", status_code=200)
async def attach_interface(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """POST /servers/ID/os-interface: answers once the guest has the NIC, or with why it cannot have it."""
    context = Context.of(request)

    def check_rights(_caller: Caller) -> None:
        context.require_writer("os_compute_api:os-attach-interfaces:create")

    check_rights(context.caller)
    wanted = await _wanted(context)
    once = await once_of(request, check_rights)
    kept = await once.recall() if once else None
    if kept is None:
        begin = once.begin if once else None
        interfaces = context.services.compute.interfaces
        try:
            attachment = await interfaces.attach(context.caller, ServerId(server_id), wanted, begin)
        except BerthlineError as error:
            # another request with the key may have been first: what it took may be why this one was refused
            kept = await once.recall() if once else None
            if kept is None:
                _raise_as_nova(error)
        else:
            return await _attached(context, attachment, once)
    if kept.status is not None:
        return replay(kept)
    return await _attached(context, msgspec.json.decode(kept.body, type=Attachment), once)


async def _attached(context: Context, attachment: Attachment, once: Once | None) -> Response[bytes]:
    """The answer, once the NIC is in the guest."""
    port_id = await context.services.compute.interfaces.attached(attachment)
    view = await interface_view(context, attachment.server_id, port_id)
    answer = context.answer({"interfaceAttachment": view})
    if once is not None:
        await once.complete(answer)
    return answer


@delete("/v2.1/servers/{server_id:str}/os-interface/{port_id:str}", status_code=202)
async def detach_interface(request: ApiRequest, server_id: FromPath[str], port_id: FromPath[str]) -> Response[None]:
    """DELETE /servers/ID/os-interface/PORT: 202 once it is recorded; the NIC is gone when the guest let it go."""
    context = Context.of(request)
    context.require_writer("os_compute_api:os-attach-interfaces:delete")
    server = await context.server(server_id)
    await context.services.compute.interfaces.detach(context.caller, ServerId(server.id), PortId(port_id))
    return context.empty(202)


async def _wanted(context: Context) -> RequestedNetwork | None:
    """The NIC asked for; None for whichever network there is. Raises BadRequest for what does not go together."""
    check_content_type(context.request, "application/json")
    raw = await read_body(context.request)
    item = decode(raw, AttachBody).item if raw else AttachItem()
    if item.tag is not UNSET and not context.since(TAG_SINCE):
        raise BadRequest("Additional properties are not allowed ('tag' was unexpected)")
    for name, value in (("net_id", item.net_id), ("port_id", item.port_id)):
        if value is not UNSET and not is_uuid(value):
            raise fields.invalid(name, value, "It is no UUID.")
    tag = fields.check_tag(item.tag) if isinstance(item.tag, str) else None
    fixed_ip = _address(item.fixed_ips[0].ip_address) if item.fixed_ips else None
    if item.net_id and item.port_id:
        raise BadRequest("Must not input both network_id and port_id")
    if fixed_ip and not item.net_id:
        raise BadRequest("Must input network_id when request IP address")
    if item.port_id:
        return RequestedNetwork(port_id=PortId(item.port_id), tag=tag)
    if item.net_id:
        return RequestedNetwork(network_id=NetworkId(item.net_id), fixed_ip=fixed_ip, tag=tag)
    if tag is not None:
        return RequestedNetwork(tag=tag)
    return None


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise fields.invalid("ip_address", text, "It is not an IP address.") from None


def _raise_as_nova(error: BerthlineError) -> NoReturn:
    """Raise the error under the status that Nova has for it here, with its message and its facts."""
    other = STATUS.get(type(error))
    raise error if other is None else other(error.message, error.details)


HANDLERS: Final = (attach_interface, detach_interface)
