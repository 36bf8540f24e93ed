"""Microversions: which revision of the compute API a request speaks, as Nova negotiates it."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from berthline.api.frame import ApiRequest
from berthline.domain.errors import BadRequest, NotAcceptable


class Microversion(NamedTuple):
    """``2.53`` is ``Microversion(2, 53)``; compares as a number of two parts."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


MINIMUM: Final = Microversion(2, 1)
MAXIMUM: Final = Microversion(2, 104)

HEADER: Final = "OpenStack-API-Version"
LEGACY_HEADER: Final = "X-OpenStack-Nova-API-Version"
_SHAPE: Final = re.compile(r"([1-9]\d{0,3})\.([1-9]\d{0,3}|0)")


def requested_microversion(request: ApiRequest) -> Microversion:
    """What the request asks for: ``OpenStack-API-Version: compute X.Y``, else the legacy header, else the minimum.

    ``latest`` is the maximum. Raises NotAcceptable out of range and BadRequest for what is no version.
    """
    text = _asked_for(request)
    if text is None:
        return MINIMUM
    if text == "latest":
        return MAXIMUM
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise BadRequest(
            f"API Version String '{text[:32]}' is of invalid format. It must be of format MajorNum.MinorNum."
        )
    version = Microversion(int(match[1]), int(match[2]))
    if not MINIMUM <= version <= MAXIMUM:
        raise NotAcceptable(
            f"Version {version} is not supported by the API. Minimum is {MINIMUM} and maximum is {MAXIMUM}."
        )
    return version


def microversion_headers(version: Microversion) -> Mapping[str, str]:
    """The headers by which an answer says which version it speaks and that it depends on it."""
    return {
        HEADER: f"compute {version}",
        LEGACY_HEADER: str(version),
        "Vary": f"{HEADER}, {LEGACY_HEADER}",
    }


def _asked_for(request: ApiRequest) -> str | None:
    for item in request.headers.getall(HEADER.lower(), ()):
        for part in item.split(","):
            service, _, version = part.strip().partition(" ")
            if service.lower() == "compute":
                return version.strip().lower()
    legacy = request.headers.get(LEGACY_HEADER.lower())
    return None if legacy is None else legacy.strip().lower()
