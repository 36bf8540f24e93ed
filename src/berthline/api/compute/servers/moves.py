"""The actions resize, confirmResize, revertResize and migrate: their bodies for each microversion."""

from typing import Final, Literal

import msgspec
from litestar import Response

from berthline.api.body import decode
from berthline.api.compute import fields
from berthline.api.compute.context import Context
from berthline.domain.ids import FlavorId, HostName, ServerId

Raw = msgspec.Raw
HOST_SINCE: Final = 56


class Resize(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    flavor: str | int = msgspec.field(name="flavorRef")
    disk_config: Literal["AUTO", "MANUAL"] | None = msgspec.field(name="OS-DCF:diskConfig", default=None)


class Migrate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    host: str | None = None


async def resize(context: Context, server_id: ServerId, arguments: Raw) -> Response[None]:
    """202: the server gets another flavor, which its owner confirms or reverts."""
    asked = decode(bytes(arguments), Resize)
    context.require_writer("os_compute_api:servers:resize")
    flavor_id = FlavorId(fields.last_segment(asked.flavor))
    await context.services.compute.moves.resize(context.caller, server_id, flavor_id, asked.disk_config)
    return context.empty(202)


async def confirm(context: Context, server_id: ServerId, _: Raw) -> Response[None]:
    """204; Nova takes whatever stands in the place of arguments."""
    context.require_writer("os_compute_api:servers:confirm_resize")
    await context.services.compute.moves.confirm(context.caller, server_id)
    return context.empty(204)


async def revert(context: Context, server_id: ServerId, _: Raw) -> Response[None]:
    """202, likewise."""
    context.require_writer("os_compute_api:servers:revert_resize")
    await context.services.compute.moves.revert(context.caller, server_id)
    return context.empty(202)


async def migrate(context: Context, server_id: ServerId, arguments: Raw) -> Response[None]:
    """202: the server goes to another host. Before 2.56 Nova takes any arguments; then null, or the host's name."""
    named = context.since(HOST_SINCE) and bytes(arguments) != b"null"
    host = decode(bytes(arguments), Migrate).host if named else None
    if host is None:
        context.require("os_compute_api:os-migrate-server:migrate")
    else:
        context.require("os_compute_api:os-migrate-server:migrate:host")
    wanted = HostName(fields.check_host("host", host)) if host is not None else None
    await context.services.compute.moves.migrate(context.caller, server_id, wanted)
    return context.empty(202)
