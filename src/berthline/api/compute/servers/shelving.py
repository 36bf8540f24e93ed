"""The actions that put a server away and bring it back: shelve, shelveOffload, unshelve."""

from typing import Any, Final

import msgspec
from litestar import Response

from berthline.api.body import decode
from berthline.api.compute import fields
from berthline.api.compute.context import Context
from berthline.domain.ids import HostName, ServerId
from berthline.workflows.shelving import ANYWHERE, Wanted

ZONE_SINCE: Final = 77
HOST_SINCE: Final = 91
NOTHING: Final = b"null"


class IntoZone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    availability_zone: str


class IntoPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    availability_zone: str | msgspec.UnsetType | None = msgspec.UNSET
    host: str | msgspec.UnsetType = msgspec.UNSET


async def shelve(context: Context, server_id: ServerId, _: msgspec.Raw) -> Response[Any]:
    """Stop the guest, keep its disk as an image, and give its host back if the cloud is set so."""
    context.require_writer("os_compute_api:os-shelve:shelve")
    await context.services.compute.shelving.shelve(context.caller, server_id)
    return context.empty(202)


async def shelve_offload(context: Context, server_id: ServerId, _: msgspec.Raw) -> Response[Any]:
    """Give the host of a shelved server back."""
    context.require_admin("os_compute_api:os-shelve:shelve_offload")
    await context.services.compute.shelving.offload(context.caller, server_id)
    return context.empty(202)


async def unshelve(context: Context, server_id: ServerId, arguments: msgspec.Raw) -> Response[Any]:
    """Bring it back: from 2.77 on into a zone, from 2.91 on to a host, or bound to no zone any more."""
    wanted = _wanted(context, bytes(arguments))
    context.require_writer("os_compute_api:os-shelve:unshelve")
    if wanted.host is not None:
        context.require_admin("os_compute_api:os-shelve:unshelve_to_host")
    await context.services.compute.shelving.unshelve(context.caller, server_id, wanted)
    return context.empty(202)


def _wanted(context: Context, arguments: bytes) -> Wanted:
    """Before 2.77 Nova takes anything for an argument."""
    if not context.since(ZONE_SINCE) or arguments == NOTHING:
        return ANYWHERE
    if not context.since(HOST_SINCE):
        return Wanted(fields.check_name("availability_zone", decode(arguments, IntoZone).availability_zone))
    asked = decode(arguments, IntoPlace)
    host = None if asked.host is msgspec.UNSET else HostName(fields.check_host("host", asked.host))
    return Wanted(asked.availability_zone, host)
