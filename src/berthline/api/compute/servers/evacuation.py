"""The action evacuate: its body for each microversion, and its answer, which is 200 as in Nova."""

from typing import Any, Final

import msgspec
from litestar import Response

from berthline.api.body import decode
from berthline.api.compute import fields
from berthline.api.compute.context import Context
from berthline.api.compute.fields import Flexible
from berthline.api.compute.servers.passwords import new_password
from berthline.domain.errors import BadRequest
from berthline.domain.ids import HostName, ServerId
from berthline.workflows.loss.evacuating import Evacuation

NO_STORAGE_SINCE: Final = 14
FORCE_SINCE: Final = 29
NO_FORCE_SINCE: Final = 68
STOPS_SINCE: Final = 95
LONGEST_PASSWORD: Final = 255


class EvacuateFromStorage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Before 2.14."""

    on_shared_storage: Flexible = msgspec.field(name="onSharedStorage")
    host: str | msgspec.UnsetType = msgspec.UNSET
    admin_password: str | msgspec.UnsetType = msgspec.field(name="adminPass", default=msgspec.UNSET)


class Evacuate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From 2.14, and from 2.68 again."""

    host: str | msgspec.UnsetType = msgspec.UNSET
    admin_password: str | msgspec.UnsetType = msgspec.field(name="adminPass", default=msgspec.UNSET)


class EvacuateByForce(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From 2.29."""

    host: str | msgspec.UnsetType = msgspec.UNSET
    admin_password: str | msgspec.UnsetType = msgspec.field(name="adminPass", default=msgspec.UNSET)
    force: Flexible = False


async def evacuate(context: Context, server_id: ServerId, arguments: msgspec.Raw) -> Response[Any]:
    """200: the server is made anew on another host. Before 2.14 with the password that its guest may be told."""
    wanted = _wanted(context, bytes(arguments))
    context.require("os_compute_api:os-evacuate")
    await context.services.compute.evacuating.evacuate(context.caller, server_id, wanted)
    if context.since(NO_STORAGE_SINCE):
        return context.empty(200)
    return context.answer({"adminPass": wanted.admin_password})


def _wanted(context: Context, arguments: bytes) -> Evacuation:
    """What is asked for. Raises BadRequest for what this cloud does not do, by name."""
    asked: EvacuateFromStorage | Evacuate | EvacuateByForce
    if not context.since(NO_STORAGE_SINCE):
        asked = decode(arguments, EvacuateFromStorage)
        if fields.as_boolean("onSharedStorage", asked.on_shared_storage):
            if asked.admin_password is not msgspec.UNSET:
                raise BadRequest("admin password can't be changed on existing disk")
            raise BadRequest(
                "onSharedStorage is not offered: each host has disks of its own, and a server is made anew from its "
                "image."
            )
    elif context.since(FORCE_SINCE) and not context.since(NO_FORCE_SINCE):
        asked = decode(arguments, EvacuateByForce)
        if fields.as_boolean("force", asked.force):
            raise BadRequest(
                "Can't force to a non-provided destination"
                if asked.host is msgspec.UNSET
                else "force is not offered: a host is always asked whether it has room, and what the server needs."
            )
    else:
        asked = decode(arguments, Evacuate)
    password = asked.admin_password
    if isinstance(password, str) and len(password) > LONGEST_PASSWORD:
        raise fields.invalid("adminPass", password[:32], f"It has at most {LONGEST_PASSWORD} characters.")
    return Evacuation(
        host=HostName(fields.check_host("host", asked.host)) if isinstance(asked.host, str) else None,
        admin_password=password if isinstance(password, str) else new_password(),
        stops=context.since(STOPS_SINCE),
    )
