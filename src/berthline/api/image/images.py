"""/v2/images: make, show, change, delete."""

import uuid
from typing import Final

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath

from berthline.api.body import check_content_type, read_body, read_json
from berthline.api.frame import ApiRequest, Routes, base_url, current_caller, no_content, reply, services
from berthline.api.image.bodies import new_image
from berthline.api.image.patch import MEDIA_TYPE, OLD_MEDIA_TYPE, patched, read_operations
from berthline.api.image.stores import import_headers
from berthline.api.image.views import image_view
from berthline.domain.errors import BadRequest


@post("/v2/images")
async def create_image(request: ApiRequest) -> Response[bytes]:
    """A new image, queued until its bytes come."""
    new = new_image(await read_json(request, dict[str, object]))
    if new.id is not None:
        _check_id(new.id)
    image = await services(request).images.create(current_caller(request), new)
    location = f"{base_url(request)}/image/v2/images/{image.id}"
    return reply(image_view(image), 201, {"Location": location, **import_headers(request)})


@get("/v2/images/{image_id:str}")
async def show_image(request: ApiRequest, image_id: FromPath[str]) -> Response[bytes]:
    """One image."""
    return reply(image_view(await services(request).images.show(current_caller(request), image_id)))


@patch("/v2/images/{image_id:str}")
async def update_image(request: ApiRequest, image_id: FromPath[str]) -> Response[bytes]:
    """Change an image by JSON patch."""
    media_type = check_content_type(request, MEDIA_TYPE, OLD_MEDIA_TYPE)
    operations = read_operations(media_type, await read_body(request))
    image = await services(request).images.update(
        current_caller(request), image_id, lambda before: patched(before, operations)
    )
    return reply(image_view(image))


@delete("/v2/images/{image_id:str}", status_code=204)
async def delete_image(request: ApiRequest, image_id: FromPath[str]) -> Response[None]:
    """Delete an image and its bytes."""
    await services(request).images.delete(current_caller(request), image_id)
    return no_content()


@post("/v2/images/{image_id:str}/actions/deactivate")
async def deactivate_image(request: ApiRequest, image_id: FromPath[str]) -> Response[None]:
    """Let nobody but admins have the bytes."""
    await services(request).images.set_active(current_caller(request), image_id, active=False)
    return no_content()


@post("/v2/images/{image_id:str}/actions/reactivate")
async def reactivate_image(request: ApiRequest, image_id: FromPath[str]) -> Response[None]:
    """The reverse of deactivate."""
    await services(request).images.set_active(current_caller(request), image_id, active=True)
    return no_content()


def _check_id(image_id: str) -> None:
    """An id that the request chooses must be a UUID in its canonical form, since it names a file."""
    try:
        canonical = str(uuid.UUID(image_id)) == image_id
    except ValueError:
        canonical = False
    if not canonical:
        raise BadRequest("id must be a UUID in lower case, with dashes")


HANDLERS: Final[tuple[Routes, ...]] = (
    create_image,
    show_image,
    update_image,
    delete_image,
    deactivate_image,
    reactivate_image,
)
