"""The bytes of images: streamed in and out."""

from collections.abc import AsyncIterator
from typing import Final

from litestar import Response, get, put
from litestar.exceptions import InternalServerException
from litestar.params import FromPath
from litestar.response import Stream

from berthline.api.body import check_content_type
from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, services
from berthline.api.image.ranges import asked_part
from berthline.api.image.stores import check_named_store
from berthline.domain.errors import BadRequest

_LONGEST_NUMBER: Final = 18


@put("/v2/images/{image_id:str}/file", request_max_body_size=None)
async def upload_data(request: ApiRequest, image_id: FromPath[str]) -> Response[None]:
    """Take the body as the image's bytes; how many it may be is the image service's to say."""
    check_content_type(request, "application/octet-stream")
    check_named_store(request)
    announced = announced_bytes(request)
    images = services(request).images
    await images.upload(current_caller(request), image_id, body_of(request, announced), announced)
    return no_content()


@get("/v2/images/{image_id:str}/file")
async def download_data(request: ApiRequest, image_id: FromPath[str]) -> Response[None] | Stream:
    """The image's bytes, or the part of them that is asked for; 204 while it has none.

    The checksum is that of all of them, as with Glance.
    """
    part = asked_part(request.headers)
    image, found = await services(request).images.download(current_caller(request), image_id, part)
    if found is None:
        return no_content()
    headers = {"Content-Length": str(found.last + 1 - found.first), "Content-MD5": image.checksum or ""}
    if part is not None:
        headers["Content-Range"] = f"bytes {found.first}-{found.last}/{image.size}"
    status = 200 if part is None else 206
    return Stream(found.chunks, status_code=status, media_type="application/octet-stream", headers=headers)


def announced_bytes(request: ApiRequest) -> int | None:
    """How many bytes the request says it carries. Raises BadRequest for what is no number, or two that differ."""
    text = request.headers.get("x-openstack-image-size")
    length = request.content_length
    if text is None:
        return length
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER):
        raise BadRequest("Invalid or missing image size in request headers.")
    if length is not None and length != int(text):
        raise BadRequest(f"X-OpenStack-Image-Size says {text} bytes, Content-Length {length}.")
    return int(text)


async def body_of(request: ApiRequest, announced: int | None) -> AsyncIterator[bytes]:
    """The request's body. Raises BadRequest when the client goes away in the middle, no fault of ours.

    Also when there is less of it than was announced; more than that is for the image service to refuse.
    """
    taken = 0
    try:
        async for chunk in request.stream():
            taken += len(chunk)
            yield chunk
    except InternalServerException:
        raise BadRequest("the client went away before all of the image's data had come") from None
    if announced is not None and taken < announced:
        raise BadRequest(f"{announced} bytes were announced, and {taken} came")


HANDLERS: Final[tuple[Routes, ...]] = (upload_data, download_data)
