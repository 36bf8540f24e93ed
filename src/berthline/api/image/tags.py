"""/v2/images/ID/tags/TAG"""

from typing import Final

import msgspec
from litestar import Response, delete, put
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, services
from berthline.api.image.bodies import MOST_TAGS
from berthline.domain.errors import BadRequest, NotFound, RequestTooLarge
from berthline.domain.image import Image

LONGEST: Final = 255


@put("/v2/images/{image_id:str}/tags/{tag:str}")
async def add_tag(request: ApiRequest, image_id: FromPath[str], tag: FromPath[str]) -> Response[None]:
    """Have the tag on the image; idempotent."""
    if len(tag) > LONGEST:
        raise BadRequest(f"a tag is at most {LONGEST} characters long")

    def change(image: Image) -> Image:
        tags = {*image.tags, tag}
        if len(tags) > MOST_TAGS:
            raise RequestTooLarge(f"an image has at most {MOST_TAGS} tags")
        return msgspec.structs.replace(image, tags=tuple(sorted(tags)))

    await services(request).images.update(current_caller(request), image_id, change)
    return no_content()


@delete("/v2/images/{image_id:str}/tags/{tag:str}", status_code=204)
async def remove_tag(request: ApiRequest, image_id: FromPath[str], tag: FromPath[str]) -> Response[None]:
    """Take the tag off the image; 404 when it is not on it."""

    def change(image: Image) -> Image:
        if tag not in image.tags:
            raise NotFound(f"image {image_id} has no tag {tag[:64]}")
        return msgspec.structs.replace(image, tags=tuple(each for each in image.tags if each != tag))

    await services(request).images.update(current_caller(request), image_id, change)
    return no_content()


HANDLERS: Final[tuple[Routes, ...]] = (add_tag, remove_tag)
