"""Bodies of identity requests, and how what they hold becomes the service's values."""

from typing import Annotated, Final, Literal, TypeVar

import msgspec
from litestar.enums import HttpMethod
from msgspec import UNSET, Meta, UnsetType

from berthline.api.body import read_json
from berthline.api.frame import ApiRequest
from berthline.domain.errors import BadRequest

IdentityName = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
ShortName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\S")]
IdText = Annotated[str, Meta(min_length=1, max_length=64)]
Description = Annotated[str, Meta(max_length=4096)]
PasswordText = Annotated[str, Meta(min_length=1, max_length=1024)]
Tag = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^,/]*$")]
LOOK: Final = (HttpMethod.GET, HttpMethod.HEAD)
"""Methods that ask whether something is there; Keystone answers both alike, without a body."""

MOST_TAGS: Final = 80
"""Of a project, as in Keystone."""

T = TypeVar("T", bound=msgspec.Struct)


class DomainBody(msgspec.Struct, forbid_unknown_fields=True):
    name: ShortName | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    tags: Annotated[tuple[Tag, ...], Meta(max_length=MOST_TAGS)] | UnsetType = UNSET
    explicit_domain_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")] | UnsetType = UNSET
    options: dict[str, object] | UnsetType = UNSET


class ProjectBody(msgspec.Struct, forbid_unknown_fields=True):
    name: ShortName | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    domain_id: IdText | UnsetType | None = UNSET
    parent_id: IdText | UnsetType | None = UNSET
    is_domain: bool | UnsetType = UNSET
    tags: Annotated[tuple[Tag, ...], Meta(max_length=MOST_TAGS)] | UnsetType = UNSET
    options: dict[str, object] | UnsetType = UNSET


class UserBody(msgspec.Struct, forbid_unknown_fields=True):
    name: IdentityName | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    domain_id: IdText | UnsetType | None = UNSET
    default_project_id: IdText | UnsetType | None = UNSET
    email: Annotated[str, Meta(max_length=255)] | UnsetType | None = UNSET
    password: PasswordText | UnsetType | None = UNSET
    federated: object = UNSET
    options: dict[str, object] | UnsetType = UNSET


class GroupBody(msgspec.Struct, forbid_unknown_fields=True):
    name: IdentityName | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    domain_id: IdText | UnsetType | None = UNSET


class RoleBody(msgspec.Struct, forbid_unknown_fields=True):
    name: IdentityName | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    domain_id: IdText | UnsetType | None = UNSET
    options: dict[str, object] | UnsetType = UNSET


RegionId = Annotated[str, Meta(max_length=255, pattern=r"^[^/]*$")]


class RegionBody(msgspec.Struct, forbid_unknown_fields=True):
    """An empty id is none. One with a slash could be asked for by no path."""

    id: RegionId | UnsetType | None = UNSET
    parent_region_id: Annotated[str, Meta(min_length=1, max_length=255)] | UnsetType | None = UNSET
    description: Description | UnsetType | None = UNSET


class ServiceBody(msgspec.Struct, forbid_unknown_fields=True):
    type: Annotated[str, Meta(min_length=1, max_length=255)] | UnsetType = UNSET
    name: Annotated[str, Meta(min_length=1, max_length=255)] | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class EndpointBody(msgspec.Struct, forbid_unknown_fields=True):
    service_id: IdText | UnsetType = UNSET
    interface: Literal["public", "internal", "admin"] | UnsetType = UNSET
    region: RegionId | UnsetType | None = UNSET
    region_id: RegionId | UnsetType | None = UNSET
    url: Annotated[str, Meta(max_length=225, pattern=r"^[a-zA-Z0-9+.-]+:.+")] | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


async def read_noun(request: ApiRequest, noun: str, wanted: type[T]) -> T:
    """The value below ``noun`` in the body: ``{"role": {…}}``. Raises BadRequest for anything beside it."""
    body = await _below(request, noun)
    return _convert(body, noun, wanted)


async def read_open_noun(
    request: ApiRequest, noun: str, wanted: type[T], own_id: str | None
) -> tuple[T, dict[str, object] | UnsetType]:
    """Likewise for nouns that may carry attributes of their makers' own, as all nouns of Keystone's may.

    ``own_id`` is the id in the path of a change; that the body repeats it changes nothing.
    """
    body = await _below(request, noun)
    if own_id is not None and body.get("id") == own_id:
        del body["id"]
    extra = {name: value for name, value in body.items() if name not in wanted.__struct_fields__}
    known = {name: value for name, value in body.items() if name not in extra}
    reserved = sorted(extra.keys() & {"id", "links", "password_hash", "password_expires_at"})
    if reserved:
        raise BadRequest(f"{', '.join(reserved)} cannot be set")
    return _convert(known, noun, wanted), extra or UNSET


async def _below(request: ApiRequest, noun: str) -> dict[str, object]:
    outer = await read_json(request, dict[str, dict[str, object]])
    if outer.keys() != {noun}:
        raise BadRequest(f"the body must be an object with the one member {noun}")
    return outer[noun]


def _convert(value: dict[str, object], noun: str, wanted: type[T]) -> T:
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        raise BadRequest(f"The {noun} is not as it should be: {error}.") from None


def refuse_options(options: dict[str, object] | UnsetType) -> None:
    """Keystone's resource options are not offered; an empty object, which clients send unasked, is let pass."""
    if options:
        raise BadRequest("options are not supported here: leave them out")


def or_empty(value: str | UnsetType | None) -> str | UnsetType:
    """null means "" for a description."""
    return "" if value is None else value


def or_unset(value: str | UnsetType | None) -> str | UnsetType:
    """null means the same as nothing said."""
    return UNSET if value is None else value
