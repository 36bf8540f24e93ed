"""Which versions of the Image API answer here."""

from typing import Final

from litestar import Response, get

from berthline.api.auth import PUBLIC
from berthline.api.frame import ApiRequest, Routes, base_url, reply

VERSIONS: Final = ("v2.9", "v2.7", "v2.6", "v2.5", "v2.4", "v2.3", "v2.2", "v2.1", "v2.0")


def _versions(request: ApiRequest) -> dict[str, object]:
    link = {"rel": "self", "href": f"{base_url(request)}/image/v2/"}
    return {
        "versions": [
            {"id": version, "status": "CURRENT" if version == VERSIONS[0] else "SUPPORTED", "links": [link]}
            for version in VERSIONS
        ]
    }


@get(["/", "/v2"], opt=PUBLIC)
async def choose_version(request: ApiRequest) -> Response[bytes]:
    """300, with all versions."""
    return reply(_versions(request), 300)


@get("/versions", opt=PUBLIC)
async def list_versions(request: ApiRequest) -> Response[bytes]:
    """All versions."""
    return reply(_versions(request))


HANDLERS: Final[tuple[Routes, ...]] = (choose_version, list_versions)
