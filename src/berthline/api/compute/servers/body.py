"""POST /servers: the body as a typed value, checked by microversion, and then as a ServerRequest."""

from typing import Any, Final, Literal

import msgspec

from berthline.api.compute import fields
from berthline.api.compute.context import Context, forbid, unsupported
from berthline.api.compute.fields import Flexible
from berthline.api.compute.servers.block_devices import BlockDevice, OldBlockDevice, asked_disks, check_versions
from berthline.domain.compute import RequestedNetwork
from berthline.domain.errors import BadRequest
from berthline.domain.ids import FlavorId, HostName, ImageId, NetworkId, PortId, is_uuid
from berthline.workflows.requests import NetworksAsked, ServerRequest

UNSET = msgspec.UNSET
Unset = msgspec.UnsetType
MOST_SERVERS: Final = 1000


class NetworkItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    uuid: str | None = None
    port: str | None = None
    fixed_ip: str | Unset = UNSET
    tag: str | Unset = UNSET


class GroupItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str | Unset = UNSET


class ServerItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    flavor: str | int = msgspec.field(name="flavorRef")
    image: str | None = msgspec.field(name="imageRef", default=None)
    networks: list[NetworkItem] | str | Unset = UNSET
    security_groups: list[GroupItem] | Unset = UNSET
    key_name: str | Unset | None = UNSET
    user_data: str | Unset = UNSET
    config_drive: Flexible | Unset = UNSET
    metadata: dict[str, str] = {}
    min_count: Flexible | Unset = UNSET
    max_count: Flexible | Unset = UNSET
    return_reservation_id: Flexible = False
    availability_zone: str | Unset = UNSET
    block_devices: list[BlockDevice] = msgspec.field(name="block_device_mapping_v2", default_factory=list)
    old_block_devices: list[OldBlockDevice] = msgspec.field(name="block_device_mapping", default_factory=list)
    access_ip_v4: str | Unset = msgspec.field(name="accessIPv4", default=UNSET)
    access_ip_v6: str | Unset = msgspec.field(name="accessIPv6", default=UNSET)
    admin_password: str | Unset = msgspec.field(name="adminPass", default=UNSET)
    disk_config: Literal["AUTO", "MANUAL"] = msgspec.field(name="OS-DCF:diskConfig", default="MANUAL")
    personality: list[Any] | Unset = UNSET
    description: str | Unset | None = UNSET
    tags: tuple[str, ...] | Unset = UNSET
    trusted_image_certificates: list[str] | Unset | None = UNSET
    host: str | Unset = UNSET
    hypervisor_hostname: str | Unset = UNSET
    hostname: str | Unset = UNSET


class CreateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    server: ServerItem
    hints: dict[str, str | list[str]] = msgspec.field(name="os:scheduler_hints", default_factory=dict)
    old_hints: dict[str, str | list[str]] = msgspec.field(name="OS-SCH-HNT:scheduler_hints", default_factory=dict)


_SINCE: Final = {
    "description": 19,
    "tags": 52,
    "trusted_image_certificates": 63,
    "host": 74,
    "hypervisor_hostname": 74,
    "hostname": 90,
}
"""Fields of a server and the microversion that brought each."""

HINTS_REFUSED: Final = frozenset({"query", "target_cell", "different_cell", "build_near_host_ip", "cidr"})
"""Hints of filters that Nova leaves out unless an operator adds them; here there are none. Any other hint than these
and those that are obeyed is kept and shown, and means nothing, as in Nova."""

PERSONALITY_GONE: Final = 57
NETWORKS_REQUIRED: Final = 37


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of POST /servers, and what its answer needs besides."""

    request: ServerRequest
    admin_password: str | None
    reservation_only: bool


def parse(context: Context, body: CreateBody, metadata_limit: int | None) -> Wish:
    """The request, checked as far as it can be without the store. Raises BadRequest, Forbidden, QuotaExceeded."""
    item = body.server
    _check_versions(context, item)
    check_versions(context, item.block_devices)
    _refuse_unsupported(item, body)
    image_id = _image(item)
    zone, host = _zone(context, item)
    low, high = _counts(item)
    request = ServerRequest(
        name=fields.check_name("name", item.name),
        image_id=image_id,
        flavor_id=FlavorId(fields.last_segment(item.flavor)),
        networks=_networks(context, item),
        security_groups=_groups(item),
        hostname=_hostname(context, item),
        description=_description(context, item),
        key_name=item.key_name if isinstance(item.key_name, str) else None,
        user_data=None if item.user_data is UNSET else fields.check_user_data(item.user_data),
        config_drive=isinstance(item.config_drive, Flexible) and fields.as_boolean("config_drive", item.config_drive),
        metadata=fields.check_metadata(item.metadata, metadata_limit),
        min_count=low,
        max_count=high,
        availability_zone=zone,
        host=host,
        tags=fields.check_tags(item.tags) if item.tags is not UNSET else (),
        access_ip_v4=fields.check_address("accessIPv4", item.access_ip_v4, 4),
        access_ip_v6=fields.check_address("accessIPv6", item.access_ip_v6, 6),
        scheduler_hints=_hints(body.hints | body.old_hints),
        disk_config=item.disk_config,
        disks=asked_disks(image_id, item.block_devices, item.old_block_devices),
    )
    return Wish(
        request=request,
        admin_password=item.admin_password if item.admin_password is not UNSET else None,
        reservation_only=fields.as_boolean("return_reservation_id", item.return_reservation_id),
    )


def _check_versions(context: Context, item: ServerItem) -> None:
    """Refuse a field that this microversion does not know, as Nova's schemas do."""
    for name, minor in _SINCE.items():
        if getattr(item, name) is not UNSET and not context.since(minor):
            raise _unexpected(name)
    if item.personality is not UNSET and context.since(PERSONALITY_GONE):
        raise _unexpected("personality")
    tagged = isinstance(item.networks, list) and any(network.tag is not UNSET for network in item.networks)
    if tagged and (not context.since(32) or (context.since(37) and not context.since(42))):
        raise _unexpected("tag")
    if item.key_name is None:
        raise fields.invalid("key_name", None, "None is not of type 'string'")
    if item.networks is UNSET and context.since(NETWORKS_REQUIRED):
        raise BadRequest("Invalid input for field/attribute server. 'networks' is a required property")


def _unexpected(name: str) -> BadRequest:
    return BadRequest(f"Additional properties are not allowed ('{name}' was unexpected)")


def _refuse_unsupported(item: ServerItem, body: CreateBody) -> None:
    """Nova's features that Berthline has not: asking for one is refused, never ignored."""
    if item.personality:
        unsupported("personality (file injection); user_data or a config drive carries files,")
    if isinstance(item.trusted_image_certificates, list):
        unsupported("Validation of image certificates")
    if known := HINTS_REFUSED & {*body.hints, *body.old_hints}:
        unsupported(f"The scheduler hint '{min(known)}'")


def _image(item: ServerItem) -> ImageId:
    """The image to boot from."""
    if not item.image and (item.block_devices or item.old_block_devices):
        unsupported("A server that boots from a volume (block devices without imageRef)")
    if not item.image:
        raise BadRequest("Invalid imageRef provided: a server here boots from an image, and none is named.")
    image = fields.last_segment(item.image)
    if not is_uuid(image):
        raise fields.invalid("imageRef", item.image, "It is no UUID.")
    return ImageId(image)


def _networks(context: Context, item: ServerItem) -> NetworksAsked:
    asked = item.networks
    if isinstance(asked, str):
        if asked in ("auto", "none") and context.since(NETWORKS_REQUIRED):
            return "auto" if asked == "auto" else "none"
        raise fields.invalid("networks", asked, "It is a list, or 'auto' or 'none' from microversion 2.37 on.")
    if asked is UNSET:
        return None
    if not asked and context.since(NETWORKS_REQUIRED):
        raise fields.invalid("networks", "[]", "It is too short: say 'none' for a server without networks.")
    return tuple(_item(index, network) for index, network in enumerate(asked)) or None


def _item(index: int, item: NetworkItem) -> RequestedNetwork:
    """One item of ``networks``. What is wrong with it is told with its place, from 0."""
    try:
        return _network(item)
    except BadRequest as error:
        raise type(error)(error.message, {**error.details, "item": index}) from None


def _network(item: NetworkItem) -> RequestedNetwork:
    tag = None if item.tag is UNSET else fields.check_tag(item.tag)
    if item.port is not None:
        if not is_uuid(item.port):
            raise fields.invalid("port", item.port, "It is no UUID.")
        if item.fixed_ip is not UNSET:
            raise BadRequest(
                f"Specified Fixed IP '{item.fixed_ip[:64]}' cannot be used with port '{item.port}': "
                "the two cannot be specified together."
            )
        return RequestedNetwork(port_id=PortId(item.port), tag=tag)
    if item.uuid is None:
        raise BadRequest("Bad network format: missing 'uuid'")
    if not is_uuid(item.uuid):
        raise BadRequest(f"Bad networks format: network uuid is not in proper format ({item.uuid[:64]})")
    fixed_ip = None if item.fixed_ip is UNSET else fields.check_fixed_ip(item.fixed_ip)
    return RequestedNetwork(network_id=NetworkId(item.uuid), fixed_ip=fixed_ip, tag=tag)


def _groups(item: ServerItem) -> tuple[str, ...] | None:
    if item.security_groups is UNSET:
        return None
    names = [group.name for group in item.security_groups if group.name is not UNSET]  # one without is none, as in Nova
    for name in names:
        if not 1 <= len(name) <= fields.NAME_LENGTH:
            raise fields.invalid("security_groups", name, "A security group has 1 to 255 characters.")
    return tuple(dict.fromkeys(names)) or None


def _counts(item: ServerItem) -> tuple[int, int]:
    low = 1 if item.min_count is UNSET else fields.as_integer("min_count", item.min_count, 1)
    high = low if item.max_count is UNSET else fields.as_integer("max_count", item.max_count, 1)
    if low > high:
        raise BadRequest("min_count must be <= max_count")
    if high > MOST_SERVERS:
        raise BadRequest(f"max_count is {high}, and one request makes at most {MOST_SERVERS} servers: send several.")
    return low, high


def _zone(context: Context, item: ServerItem) -> tuple[str | None, HostName | None]:
    """Zone and host of ``ZONE[:HOST[:NODE]]`` and of 2.74's own fields. To name a host is for admins."""
    asked = "" if item.availability_zone is UNSET else fields.check_name("availability_zone", item.availability_zone)
    zone, _, rest = asked.partition(":")
    host, _, node = rest.partition(":")
    wanted = {name for name in (host, node) if name}
    named = {"host": item.host, "hypervisor_hostname": item.hypervisor_hostname}
    wanted |= {fields.check_host(field, name) for field, name in named.items() if isinstance(name, str)}
    if rest and (item.host is not UNSET or item.hypervisor_hostname is not UNSET):
        raise BadRequest("Unable to specify host or hypervisor_hostname together with a host in availability_zone.")
    if wanted and not context.caller.is_admin:
        forbid("os_compute_api:servers:create:forced_host")
    if len(wanted) > 1:
        raise BadRequest(f"No host is {' and '.join(sorted(wanted))} at once.")
    return zone or None, HostName(wanted.pop()) if wanted else None


def _hints(given: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
    """The hints, of which ``group``, ``same_host`` and ``different_host`` name things by UUIDs. Raises BadRequest.

    A group may be given in a list of one.
    """
    group = given.get("group")
    if isinstance(group, list):
        if len(group) != 1:
            raise fields.invalid("group", group, "A server is in one group: give its id.")
        given = given | {"group": group[0]}
    for hint in ("group", "same_host", "different_host"):
        named = given.get(hint, [])
        for one in [named] if isinstance(named, str) else named:
            if not is_uuid(one):
                raise fields.invalid(hint, one, "It is no UUID.")
    return given


def _hostname(context: Context, item: ServerItem) -> str | None:
    if item.hostname is UNSET:
        return None
    return fields.check_hostname(item.hostname, fully_qualified=context.since(94))


def _description(context: Context, item: ServerItem) -> str | None:
    """Before 2.19 a server's name was its description, and still is for clients of that time."""
    if item.description is not UNSET:
        return fields.check_description(item.description)
    return None if context.since(19) else item.name
