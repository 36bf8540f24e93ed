"""The action rebuild: its body for each microversion, and its answer, which is the server."""

from typing import Any, Final, Literal

import msgspec
from litestar import Response

from berthline.api.body import decode
from berthline.api.compute import fields
from berthline.api.compute.context import Context, unsupported
from berthline.api.compute.fields import Flexible
from berthline.api.compute.quota_sets import metadata_limit
from berthline.api.compute.servers import view as server_view
from berthline.api.compute.servers.passwords import new_password
from berthline.domain.compute import Server
from berthline.domain.errors import BadRequest
from berthline.domain.ids import ImageId, ServerId, is_uuid
from berthline.store import Connection
from berthline.workflows.requests import RebuildRequest

UNSET = msgspec.UNSET
Unset = msgspec.UnsetType


class Rebuild(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    image: str = msgspec.field(name="imageRef")
    name: str | Unset = UNSET
    admin_password: str | Unset = msgspec.field(name="adminPass", default=UNSET)
    metadata: dict[str, str] | Unset = UNSET
    preserve_ephemeral: Flexible = False
    disk_config: Literal["AUTO", "MANUAL"] | Unset = msgspec.field(name="OS-DCF:diskConfig", default=UNSET)
    access_ip_v4: str | Unset = msgspec.field(name="accessIPv4", default=UNSET)
    access_ip_v6: str | Unset = msgspec.field(name="accessIPv6", default=UNSET)
    personality: list[Any] | Unset = UNSET
    description: str | Unset | None = UNSET
    key_name: str | Unset | None = UNSET
    user_data: str | Unset | None = UNSET
    trusted_image_certificates: list[str] | Unset | None = UNSET
    hostname: str | Unset = UNSET


_SINCE: Final = {"description": 19, "key_name": 54, "user_data": 57, "trusted_image_certificates": 63, "hostname": 90}
"""Fields and the microversion that brought each."""
PERSONALITY_GONE: Final = 57
KEY_SHOWN_SINCE: Final = 54
USER_DATA_SHOWN_SINCE: Final = 57


async def rebuild(context: Context, server_id: ServerId, arguments: msgspec.Raw) -> Response[bytes]:
    """202 with the server as it is when the rebuild is recorded, and the password that its guest may be told."""
    asked = decode(bytes(arguments), Rebuild)
    context.require_writer("os_compute_api:servers:rebuild")
    most = None
    if isinstance(asked.metadata, dict) and asked.metadata:
        most = await context.services.store.read_short(lambda connection: metadata_limit(connection, context.caller))
    request = _request(context, asked, most)
    written: list[Response[bytes]] = []

    def inside(connection: Connection, server: Server) -> None:
        related = server_view.read_related(connection, context, [server])
        view = _view(context, server, related, request.admin_password)
        written[:] = [context.answer({"server": view}, 202, location=context.link(f"/servers/{server.id}"))]

    await context.services.compute.remaking.rebuild(context.caller, server_id, request, inside)
    return written[0]


def _view(context: Context, server: Server, related: server_view.Related, password: str) -> dict[str, Any]:
    view = server_view.after_update(context, server, related)
    view.pop("OS-EXT-SRV-ATTR:user_data", None)
    if context.since(KEY_SHOWN_SINCE):
        view["key_name"] = server.key_name
    if context.since(USER_DATA_SHOWN_SINCE):
        view["user_data"] = server.user_data
    view["adminPass"] = password
    return view


def _request(context: Context, asked: Rebuild, most: int | None) -> RebuildRequest:
    """The request, checked as far as it can be without the store. Raises BadRequest, QuotaExceeded."""
    for name, minor in _SINCE.items():
        if getattr(asked, name) is not UNSET and not context.since(minor):
            raise _unexpected(name)
    if asked.personality is not UNSET and context.since(PERSONALITY_GONE):
        raise _unexpected("personality")
    if asked.personality:
        unsupported("personality (file injection); user_data or a config drive carries files,")
    if isinstance(asked.trusted_image_certificates, list):
        unsupported("Validation of image certificates")
    image = fields.last_segment(asked.image)
    if not is_uuid(image):
        raise fields.invalid("imageRef", asked.image, "It is no UUID.")
    if isinstance(asked.key_name, str) and not 1 <= len(asked.key_name) <= fields.NAME_LENGTH:
        raise fields.invalid("key_name", asked.key_name, f"It has 1 to {fields.NAME_LENGTH} characters.")
    user_data = fields.check_user_data(asked.user_data) if isinstance(asked.user_data, str) else asked.user_data
    return RebuildRequest(
        image_id=ImageId(image),
        admin_password=asked.admin_password if isinstance(asked.admin_password, str) else new_password(),
        changes=_changes(context, asked, most),
        key_name=asked.key_name,
        user_data=user_data,
        keep_empty=fields.as_boolean("preserve_ephemeral", asked.preserve_ephemeral),
    )


def _changes(context: Context, asked: Rebuild, most: int | None) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if isinstance(asked.name, str):
        changes["name"] = fields.check_name("name", asked.name)
    if asked.description is not UNSET:
        changes["description"] = fields.check_description(asked.description)
    if isinstance(asked.metadata, dict):
        changes["metadata"] = fields.check_metadata(asked.metadata, most)
    if isinstance(asked.access_ip_v4, str):
        changes["access_ip_v4"] = fields.check_address("accessIPv4", asked.access_ip_v4, 4)
    if isinstance(asked.access_ip_v6, str):
        changes["access_ip_v6"] = fields.check_address("accessIPv6", asked.access_ip_v6, 6)
    if isinstance(asked.hostname, str):
        changes["hostname"] = fields.check_hostname(asked.hostname, fully_qualified=context.since(94))
    if asked.disk_config is not UNSET:
        changes["disk_config"] = asked.disk_config
    return changes


def _unexpected(name: str) -> BadRequest:
    return BadRequest(f"Additional properties are not allowed ('{name}' was unexpected)")
