"""Request bodies: type, size and shape are checked at the edge, and become frozen values there."""

import re
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

import msgspec
from litestar.exceptions import InternalServerException

from berthline.api.frame import ApiRequest
from berthline.domain.errors import BadRequest, UnsupportedMediaType

T = TypeVar("T")

LARGEST: Final = 2**63 - 1
"""Of any number: what the database keeps as a whole one."""
_MAY_BE_LARGE: Final = re.compile(rb"[0-9]{19}|[0-9][eE]\+?[0-9]{2}")


@lru_cache(maxsize=512)
def _decoder(wanted: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(wanted)


def decode(body: bytes, wanted: type[T]) -> T:
    """``body`` as a value of ``wanted`` (a Struct with ``forbid_unknown_fields``, or any type msgspec knows).

    Raises BadRequest that names the field; also for what is not JSON, nests too deep or holds a number beyond LARGEST,
    wherever in it.
    """
    if not body:
        raise BadRequest("the request needs a JSON body, and has none")
    try:
        if _MAY_BE_LARGE.search(body):
            _check_numbers(msgspec.json.decode(body))
        value: T = _decoder(cast(Any, wanted)).decode(body)
    except msgspec.ValidationError as error:
        raise BadRequest(f"The request body is not as it should be: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"The request body is not JSON: {error}.") from None
    except RecursionError:
        raise BadRequest("The request body nests too deep.") from None
    return value


def _check_numbers(whole: object) -> None:
    """Raise BadRequest for a number that no column holds."""
    left = [whole]
    while left:
        value = left.pop()
        if isinstance(value, int | float):
            if not -LARGEST <= value <= LARGEST:
                raise BadRequest(f"The request body holds a number that is too large: at most {LARGEST} is read.")
        elif isinstance(value, dict):
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)


def check_content_type(request: ApiRequest, *accepted: str) -> str:
    """The body's media type, without parameters; raises UnsupportedMediaType unless it is one of ``accepted``.

    A request that names no type is taken for the first one.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not media_type:
        return accepted[0]
    if media_type not in accepted:
        raise UnsupportedMediaType(
            f"Content-Type {media_type[:64]} is not read here: send {' or '.join(accepted)} instead."
        )
    return media_type


async def read_body(request: ApiRequest) -> bytes:
    """The whole body. Raises RequestTooLarge, and BadRequest when the client goes away in the middle."""
    try:
        return await request.body()
    except InternalServerException:
        raise BadRequest("the client went away before all of the body had come") from None


async def read_json(request: ApiRequest, wanted: type[T]) -> T:
    """The JSON body of the request as ``wanted``.

    Raises UnsupportedMediaType, RequestTooLarge (before the rest is read) and BadRequest.
    """
    check_content_type(request, "application/json")
    return decode(await read_body(request), wanted)
