"""Which versions of the Identity API answer here."""

from typing import Final

from litestar import Response, get

from berthline.api.auth import PUBLIC
from berthline.api.frame import ApiRequest, Routes, base_url, reply

VERSION: Final = "v3.14"
UPDATED: Final = "2020-04-07T00:00:00Z"


def _version(request: ApiRequest) -> dict[str, object]:
    return {
        "id": VERSION,
        "status": "stable",
        "updated": UPDATED,
        "links": [{"rel": "self", "href": f"{base_url(request)}/identity/v3/"}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }


@get("/", opt=PUBLIC)
async def list_versions(request: ApiRequest) -> Response[bytes]:
    """300, with the one version there is."""
    return reply({"versions": {"values": [_version(request)]}}, 300)


@get("/v3", opt=PUBLIC)
async def show_version(request: ApiRequest) -> Response[bytes]:
    """The version itself."""
    return reply({"version": _version(request)})


HANDLERS: Final[tuple[Routes, ...]] = (list_versions, show_version)
