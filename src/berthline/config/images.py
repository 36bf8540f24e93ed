"""Settings of images that come from URLs."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

_HOST = r"^(\*|(\*\.)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?|[0-9A-Fa-f:.]+)$"


class WebDownload(msgspec.Struct, frozen=True, kw_only=True):
    """Images that users have the cloud download from a URL (`openstack image import --method web-download`)."""

    hosts: Annotated[
        tuple[Annotated[str, Meta(pattern=_HOST)], ...],
        Meta(
            description="Hosts that images may come from: `cloud.debian.org`, `*.example.org`, or `*` for all of the "
            "internet; none: not offered. Addresses that are not of the whole internet are refused in any case."
        ),
    ] = ()
    schemes: Annotated[tuple[Literal["https", "http"], ...], Meta(description="Schemes of their URLs.")] = (
        "https",
        "http",
    )
    ports: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=65_535)], ...], Meta(description="TCP ports that are connected to.")
    ] = (80, 443)
    inner: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses and networks (`192.0.2.0/24`) that would be refused, of this machine, private or "
            "the cloud's, and are not: of a mirror inside. Whoever has images reaches all of them at `ports`."
        ),
    ] = ()
    seconds: Annotated[float, Meta(gt=0, description="How long one download may take.")] = 3600.0
