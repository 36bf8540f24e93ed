"""Version discovery, without a token."""

from typing import Any, Final

from litestar import Response, get

from berthline.api.auth import PUBLIC
from berthline.api.compute.context import PREFIX
from berthline.api.frame import ApiRequest, base_url, reply
from berthline.api.microversion import MAXIMUM, MINIMUM

VERSION_ID: Final = "v2.1"


@get("/", opt=PUBLIC)
async def versions(request: ApiRequest) -> Response[bytes]:
    """GET /compute: the one version there is."""
    return reply({"versions": [_version(request)]})


@get("/v2.1", opt=PUBLIC)
async def version(request: ApiRequest) -> Response[bytes]:
    """GET /compute/v2.1."""
    described = {"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}
    return reply({"version": _version(request) | {"media-types": [described]}})


def _version(request: ApiRequest) -> dict[str, Any]:
    return {
        "id": VERSION_ID,
        "status": "CURRENT",
        "version": str(MAXIMUM),
        "min_version": str(MINIMUM),
        "updated": "2013-07-23T11:33:21Z",
        "links": [
            {"rel": "self", "href": f"{base_url(request)}{PREFIX}/"},
            {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/api-ref/compute/"},
        ],
    }


HANDLERS: Final = (versions, version)
