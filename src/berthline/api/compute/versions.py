"""Version discovery, without a token; and the older version, which is the newer one without microversions."""

from collections.abc import MutableMapping
from typing import Any, Final

from litestar import Response, get

from berthline.api.auth import PUBLIC
from berthline.api.compute.context import PREFIX
from berthline.api.frame import ApiRequest, base_url, reply
from berthline.api.microversion import HEADER, LEGACY_HEADER, MAXIMUM, MINIMUM

OLD_PREFIX: Final = "/compute/v2"
MICROVERSION_HEADERS: Final = frozenset({HEADER.lower().encode(), LEGACY_HEADER.lower().encode()})


@get("/", opt=PUBLIC)
async def versions(request: ApiRequest) -> Response[bytes]:
    """GET /compute: the versions there are, the oldest first, as Nova lists them."""
    return reply({"versions": [_old_version(request), _version(request)]})


@get("/v2.1", opt=PUBLIC)
async def version(request: ApiRequest) -> Response[bytes]:
    """GET /compute/v2.1."""
    return reply({"version": _version(request) | _media_types("2.1")})


@get("/v2", opt=PUBLIC)
async def old_version(request: ApiRequest) -> Response[bytes]:
    """GET /compute/v2."""
    return reply({"version": _old_version(request) | _media_types("2")})


def as_current(scope: MutableMapping[str, Any]) -> None:
    """Turn a request below /compute/v2 into its like below /compute/v2.1 at microversion 2.1, before it is routed."""
    path = scope["path"]
    if not path.startswith(OLD_PREFIX + "/") or path == OLD_PREFIX + "/":
        return
    scope["path"] = PREFIX + path.removeprefix(OLD_PREFIX)
    scope["raw_path"] = scope["path"].encode()
    scope["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() not in MICROVERSION_HEADERS]


def _version(request: ApiRequest) -> dict[str, Any]:
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": str(MAXIMUM),
        "min_version": str(MINIMUM),
        "updated": "2013-07-23T11:33:21Z",
        "links": _links(request, PREFIX),
    }


def _old_version(request: ApiRequest) -> dict[str, Any]:
    return {
        "id": "v2.0",
        "status": "SUPPORTED",
        "version": "",
        "min_version": "",
        "updated": "2011-01-21T11:33:21Z",
        "links": _links(request, OLD_PREFIX),
    }


def _links(request: ApiRequest, prefix: str) -> list[dict[str, str]]:
    return [
        {"rel": "self", "href": f"{base_url(request)}{prefix}/"},
        {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/api-ref/compute/"},
    ]


def _media_types(number: str) -> dict[str, Any]:
    described = {"base": "application/json", "type": f"application/vnd.openstack.compute+json;version={number}"}
    return {"media-types": [described]}


HANDLERS: Final = (versions, version, old_version)
