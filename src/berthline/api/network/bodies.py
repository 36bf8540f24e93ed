"""Bodies of the network API: one object below its name, or a list of them below its plural, as Neutron reads them."""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar, cast

import msgspec

from berthline.api.body import read_json
from berthline.api.frame import ApiRequest, services
from berthline.domain.errors import HTTPBadRequest, InvalidInput
from berthline.domain.ids import UUID_FORM
from berthline.network.local import LocalNetworkService

T = TypeVar("T", bound=msgspec.Struct)

_IF_MATCH: Final = re.compile(r"\s*\"?revision_number=(\d{1,18})\"?\s*")


class Objects(NamedTuple):
    """The objects of a body; ``bulk`` when they came as a list and the answer has to be one."""

    items: list[Any]
    bulk: bool


def network_service(request: ApiRequest) -> LocalNetworkService:
    """The network service behind the app."""
    found = services(request).network
    assert isinstance(found, LocalNetworkService)
    return found


async def read_object(request: ApiRequest, key: str, wanted: type[T], read_only: Collection[str] = ()) -> T:
    """The one object of the body. ``read_only`` names attributes that exist but may not be set by this request.

    Raises HTTPBadRequest for attributes that are unknown, missing or read-only, and InvalidInput for wrong values.
    """
    body = await read_json(request, dict[str, Any])
    _only(body, {key})
    return parse(body[key], wanted, read_only)


async def read_objects(
    request: ApiRequest, key: str, plural: str, wanted: type[T], read_only: Collection[str] = ()
) -> Objects:
    """One object below ``key``, or several below ``plural``, each of them below ``key`` again or not.

    Raises as ``read_object``.
    """
    body = await read_json(request, dict[str, Any])
    _only(body, {key, plural})
    if key in body:
        return Objects([parse(body[key], wanted, read_only)], bulk=False)
    items = body[plural]
    if not isinstance(items, list) or not items:
        raise HTTPBadRequest(f"Bulk operation needs a list of at least one object in '{plural}'")
    return Objects([parse(_unwrapped(item, key), wanted, read_only) for item in items], bulk=True)


def _unwrapped(item: Any, key: str) -> Any:
    """An item of a list without the ``key`` that some clients put around each, as Neutron reads it."""
    if not isinstance(item, dict) or key not in item:
        return item
    _only(item, {key})
    return item[key]


async def read_plain(request: ApiRequest, wanted: type[T]) -> T:
    """A body that is the object itself, as of the actions on routers."""
    return parse(await read_json(request, dict[str, Any]), wanted)


def parse(value: Any, wanted: type[T], read_only: Collection[str] = ()) -> T:
    """``value`` as a Struct; text is taken for booleans and numbers where they are meant, as Neutron does."""
    if not isinstance(value, dict):
        raise HTTPBadRequest("Unable to find the object in request body")
    known, required = _attributes(wanted)
    unknown = [name for name in value if name not in known]
    forbidden = [name for name in unknown if name in read_only]
    if forbidden:
        raise HTTPBadRequest(f"Attribute '{forbidden[0]}' is read-only: this request may not set it")
    if unknown:
        raise HTTPBadRequest(f"Unrecognized attribute(s) '{', '.join(name[:64] for name in unknown[:8])}'")
    missing = [name for name in required if name not in value]
    if missing:
        raise HTTPBadRequest(f"Failed to parse request. Required attribute '{missing[0]}' not specified")
    try:
        return msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"Invalid input for operation: {_readable(error)}.") from None


def _readable(error: msgspec.ValidationError) -> str:
    """What is wrong, in words for the pattern of an id."""
    return str(error).replace(f"matching regex {UUID_FORM!r}", "that is a UUID")


def revision_of(request: ApiRequest) -> int | None:
    """The revision that If-Match names, or None. Raises HTTPBadRequest for any other condition."""
    text = request.headers.get("if-match")
    if text is None:
        return None
    match = _IF_MATCH.fullmatch(text)
    if match is None:
        raise HTTPBadRequest("Invalid value for If-Match: it must be revision_number=N")
    return int(match[1])


def check_no_revision(revision: int | None, what: str) -> None:
    """Raise HTTPBadRequest where If-Match names the revision of what has none."""
    if revision is not None:
        raise HTTPBadRequest(f"Invalid value for If-Match: {what} has no revision")


def _only(body: dict[str, Any], keys: set[str]) -> None:
    if len(keys & set(body)) != 1 or set(body) - keys:
        raise HTTPBadRequest(f"Unable to find '{sorted(keys, key=len)[0]}' in request body")


@lru_cache(maxsize=64)
def _attributes_of(wanted: Any) -> tuple[frozenset[str], tuple[str, ...]]:
    fields = msgspec.structs.fields(wanted)
    return frozenset(field.encode_name for field in fields), tuple(
        field.encode_name for field in fields if field.required
    )


def _attributes(wanted: type[msgspec.Struct]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Names of all attributes of a request, and of those that must be given."""
    return _attributes_of(cast(Any, wanted))
