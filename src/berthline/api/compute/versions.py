"""Version discovery, without a token; the older version, which is the newer one at 2.1; and paths as they once were."""

import re
from collections.abc import MutableMapping
from typing import Any, Final

from litestar import Response, get

from berthline.api.auth import PUBLIC
from berthline.api.compute.context import PATH_PROJECT, PREFIX
from berthline.api.frame import ApiRequest, base_url, reply
from berthline.api.microversion import HEADER, LEGACY_HEADER, MAXIMUM, MINIMUM

OLD_PREFIX: Final = "/compute/v2"
PROJECT: Final = re.compile(r"[0-9a-f-]{2,64}")
"""What may stand for a project between the version and the first word of a path, none of which is spelled like it."""
SUFFIX: Final = ".json"
WORD: Final = re.compile(
    r"os-[a-z_-]+|servers|flavors|images|limits|extensions|detail|statistics|metadata|ips|tags|action"
)
UUID: Final = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
OF_USERS: Final = frozenset({"os-keypairs", "metadata", "tags", "os-extra_specs"})
"""Behind these stand names that users choose."""
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
    """Turn a path of old into what is routed: below /compute/v2 (which is 2.1), with a project's id, or with ``.json``.

    The project of the path is noted in the scope; ``Context.of`` looks whether it is the caller's.
    """
    path: str = scope["path"]
    if path.startswith(OLD_PREFIX + "/") and path != OLD_PREFIX + "/":
        path = PREFIX + path.removeprefix(OLD_PREFIX)
        headers = scope["headers"]
        scope["headers"] = [(name, value) for name, value in headers if name.lower() not in MICROVERSION_HEADERS]
    project, _, rest = path.removeprefix(PREFIX + "/").partition("/")
    if rest and PROJECT.fullmatch(project):
        scope[PATH_PROJECT] = project
        path = f"{PREFIX}/{rest}"
    if path.endswith(SUFFIX):
        path = _without_suffix(path)
    if path != scope["path"]:
        scope["path"] = path
        scope["raw_path"] = path.encode()


def is_no_route(path: str) -> bool:
    """Whether a path ends in a slash below the API's root: an id is missing there, and Nova has no such path."""
    return path.endswith("/") and path.startswith(PREFIX) and path != PREFIX + "/"


def _without_suffix(path: str) -> str:
    """The path without ``.json`` behind a word of the API or a UUID. A name that ends so, of a user's own, keeps it."""
    before, _, last = path.removesuffix(SUFFIX).rpartition("/")
    named = before.rpartition("/")[2] in OF_USERS
    return path if named or not (WORD.fullmatch(last) or UUID.fullmatch(last)) else path.removesuffix(SUFFIX)


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
