"""What callers ask of the workflows, parsed and typed."""

from typing import Any, Literal

import msgspec

from berthline.domain.compute import RequestedNetwork
from berthline.domain.disks import AskedDisk
from berthline.domain.ids import FlavorId, HostName, ImageId

NetworksAsked = tuple[RequestedNetwork, ...] | Literal["auto", "none"] | None
"""None: nothing was said (before microversion 2.37), so the one available network is meant."""


class ServerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """POST /servers after parsing. ``user_data`` is base64 text; ``host`` is set by admins only."""

    name: str
    image_id: ImageId
    flavor_id: FlavorId
    networks: NetworksAsked
    security_groups: tuple[str, ...] | None = None
    hostname: str | None = None
    description: str | None = None
    key_name: str | None = None
    user_data: str | None = None
    config_drive: bool = False
    admin_password: str | None = None
    """What a guest with a config drive is told as its administrator's password; None: nothing."""
    metadata: dict[str, str] = {}
    min_count: int = 1
    max_count: int = 1
    availability_zone: str | None = None
    host: HostName | None = None
    tags: tuple[str, ...] = ()
    access_ip_v4: str = ""
    access_ip_v6: str = ""
    reservation_id: str | None = None
    scheduler_hints: dict[str, str | list[str]] = {}
    disk_config: Literal["AUTO", "MANUAL"] = "MANUAL"
    disks: tuple[AskedDisk, ...] = ()
    """Disks that were described; what is not among them is the image's and the flavor's."""


class RebuildRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The action rebuild after parsing: what is UNSET stays as the server has it.

    ``changes`` are keyword arguments of ``servers.set_attributes``. ``keep_empty``: the flavor's ephemeral disk and
    swap keep what is on them. ``admin_password`` as in ``ServerRequest``.
    """

    image_id: ImageId
    admin_password: str
    changes: dict[str, Any] = {}
    key_name: str | msgspec.UnsetType | None = msgspec.UNSET
    user_data: str | msgspec.UnsetType | None = msgspec.UNSET
    keep_empty: bool = False
