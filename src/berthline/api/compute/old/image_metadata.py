"""/images/ID/metadata until 2.38: the properties of an image, one by one or all at once."""

from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute import fields
from berthline.api.compute.context import Context
from berthline.api.compute.old.door import through
from berthline.api.compute.old.images import image_of
from berthline.api.compute.quota_sets import metadata_limit
from berthline.api.frame import ApiRequest
from berthline.domain.errors import BadRequest, NotFound
from berthline.domain.image import Image
from berthline.images.attributes import check_own

LAST: Final = 38


class MetadataBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    metadata: dict[str, str]


class MetaBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meta: dict[str, str]


@get("/v2.1/images/{image_id:str}/metadata")
async def list_metadata(request: ApiRequest, image_id: FromPath[str]) -> Response[bytes]:
    """GET /images/ID/metadata."""
    context = through(request, LAST)
    return context.answer({"metadata": (await image_of(context, image_id)).properties})


@get("/v2.1/images/{image_id:str}/metadata/{key:str}")
async def show_metadata(request: ApiRequest, image_id: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """GET /images/ID/metadata/KEY."""
    context = through(request, LAST)
    return context.answer({"meta": {key: _value(await image_of(context, image_id), key)}})


@post("/v2.1/images/{image_id:str}/metadata", status_code=200)
async def add_metadata(request: ApiRequest, image_id: FromPath[str]) -> Response[bytes]:
    """POST /images/ID/metadata: add these to what there is."""
    context = through(request, LAST)
    given = (await read_json(request, MetadataBody)).metadata
    changed = await _change(context, image_id, given, keep=True)
    return context.answer({"metadata": changed.properties})


@put("/v2.1/images/{image_id:str}/metadata")
async def replace_metadata(request: ApiRequest, image_id: FromPath[str]) -> Response[bytes]:
    """PUT /images/ID/metadata: these and no others."""
    context = through(request, LAST)
    given = (await read_json(request, MetadataBody)).metadata
    changed = await _change(context, image_id, given, keep=False)
    return context.answer({"metadata": changed.properties})


@put("/v2.1/images/{image_id:str}/metadata/{key:str}")
async def set_metadata(request: ApiRequest, image_id: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """PUT /images/ID/metadata/KEY."""
    context = through(request, LAST)
    given = (await read_json(request, MetaBody)).meta
    if list(given) != [key]:
        raise BadRequest("Request body and URI mismatch")
    await _change(context, image_id, given, keep=True)
    return context.answer({"meta": given})


@delete("/v2.1/images/{image_id:str}/metadata/{key:str}", status_code=204)
async def delete_metadata(request: ApiRequest, image_id: FromPath[str], key: FromPath[str]) -> Response[None]:
    """DELETE /images/ID/metadata/KEY."""
    context = through(request, LAST)
    await image_of(context, image_id)

    def without(image: Image) -> Image:
        _value(image, key)
        left = {name: value for name, value in image.properties.items() if name != key}
        return msgspec.structs.replace(image, properties=left)

    await context.services.images.update(context.caller, image_id, without)
    return context.empty()


def _value(image: Image, key: str) -> str:
    if key not in image.properties:
        raise NotFound("The resource could not be found.")
    return image.properties[key]


async def _change(context: Context, image_id: str, given: Mapping[str, str], *, keep: bool) -> Image:
    """The image with these properties, beside those that it has where they are kept. Raises what ``check_own`` does."""
    await image_of(context, image_id)
    limit = await context.services.store.read_short(lambda connection: metadata_limit(connection, context.caller))
    for name, value in given.items():
        check_own(name, value)

    def change(image: Image) -> Image:
        properties = (image.properties if keep else {}) | dict(given)
        return msgspec.structs.replace(image, properties=fields.check_metadata(properties, limit))

    return await context.services.images.update(context.caller, image_id, change)


HANDLERS: Final = (list_metadata, show_metadata, add_metadata, replace_metadata, set_metadata, delete_metadata)
