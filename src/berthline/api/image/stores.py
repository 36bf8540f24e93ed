"""/v2/info: where the bytes of images are, and how images may be imported."""

from typing import Final

from litestar import Response, get

from berthline.api.frame import ApiRequest, Routes, current_caller, reply, services
from berthline.domain.errors import BadRequest, Forbidden

STORE_ID: Final = "default"
"""All bytes are in one place, so it has one name, wherever it is."""

_STORE: Final[dict[str, object]] = {
    "id": STORE_ID,
    "description": "Where this cloud keeps all images",
    "default": "true",
}


@get("/v2/info/import")
async def show_import_methods(request: ApiRequest) -> Response[bytes]:
    """How images may be imported."""
    methods = services(request).images.imports.methods
    return reply({"import-methods": {"description": "Import methods available.", "type": "array", "value": methods}})


@get("/v2/info/stores")
async def list_stores() -> Response[bytes]:
    """The one store."""
    return reply({"stores": [_STORE]})


@get("/v2/info/stores/detail")
async def list_stores_in_detail(request: ApiRequest) -> Response[bytes]:
    """The same with where it is, for admins."""
    if not current_caller(request).is_admin:
        raise Forbidden("only an admin may see where the store is")
    images = services(request).images
    where = "bucket" if images.kind == "s3" else "data_dir"
    return reply({"stores": [{**_STORE, "type": images.kind, "properties": {where: images.place}, "weight": 0}]})


def import_headers(request: ApiRequest) -> dict[str, str]:
    """What the answer to a new image says of how it may be filled; clients go by it."""
    return {
        "OpenStack-image-import-methods": ",".join(services(request).images.imports.methods),
        "OpenStack-image-store-ids": STORE_ID,
    }


def check_named_store(request: ApiRequest) -> None:
    """Raise BadRequest for bytes that are to go to another store."""
    named = request.headers.get("x-image-meta-store")
    if named is not None and named != STORE_ID:
        raise BadRequest(f"there is no store {named[:64]}: the one there is is {STORE_ID}")


HANDLERS: Final[tuple[Routes, ...]] = (show_import_methods, list_stores, list_stores_in_detail)
