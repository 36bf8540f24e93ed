"""/v2/images/ID/stage and /v2/images/ID/import: interoperable import."""

from collections.abc import Sequence
from typing import Annotated, Final, get_args

import msgspec
from litestar import Response, post, put
from litestar.params import FromPath
from msgspec import UNSET, Meta, UnsetType

from berthline.api.body import check_content_type, read_json
from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, services
from berthline.api.image.data import announced_bytes, body_of
from berthline.api.image.stores import STORE_ID, check_named_store
from berthline.domain.errors import BadRequest, Conflict
from berthline.images.imports import Import, Method

_OTHERS: Final = {
    "copy-image": "this cloud keeps images in one store, which has them all",
    "glance-download": "this cloud asks no other Glance: use web-download",
}


class ImportMethod(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """``name`` and what its method needs; the last three are glance-download's."""

    name: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    uri: str | None = None
    glance_region: str | None = None
    glance_image_id: str | None = None
    glance_service_interface: str | None = None


class ImportBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """As python-glanceclient and openstacksdk send it."""

    method: ImportMethod | UnsetType = UNSET
    stores: Annotated[tuple[str, ...], Meta(max_length=16)] | None = None
    all_stores: bool | None = None
    all_stores_must_succeed: bool | None = None


@put("/v2/images/{image_id:str}/stage", request_max_body_size=None)
async def stage_data(request: ApiRequest, image_id: FromPath[str]) -> Response[None]:
    """Take the body as bytes that are to be imported."""
    check_content_type(request, "application/octet-stream")
    check_named_store(request)
    announced = announced_bytes(request)
    imports = services(request).images.imports
    await imports.stage(current_caller(request), image_id, body_of(request, announced), announced)
    return no_content()


@post("/v2/images/{image_id:str}/import", status_code=202)
async def import_image(request: ApiRequest, image_id: FromPath[str]) -> Response[None]:
    """Begin an import; its task, and the image, say how it goes."""
    body = await read_json(request, ImportBody)
    imports = services(request).images.imports
    wanted = _wanted(body, imports.methods)
    _check_stores(request, body)
    await imports.begin(current_caller(request), image_id, wanted)
    return no_content(202)


def _wanted(body: ImportBody, offered: Sequence[Method]) -> Import:
    """What a body asks for. Raises BadRequest, in Glance's words."""
    asked = body.method
    if asked is UNSET:
        raise BadRequest("Import request requires a 'method' field.")
    if asked.name is UNSET:
        raise BadRequest("Import request requires a 'name' field.")
    for method in offered:
        if asked.name == method:
            _refuse_strange(asked, method)
            return Import(method, asked.uri, msgspec.to_builtins(body))
    why = _OTHERS.get(asked.name, f"the methods of this cloud are {', '.join(offered)}")
    if asked.name in get_args(Method):
        why = "its operator has named no hosts that images may be downloaded from"
    raise BadRequest(f"Unknown import method name '{asked.name}': {why}.")


def _refuse_strange(asked: ImportMethod, method: Method) -> None:
    """Raise BadRequest for what the method does not take, and for what it needs and is not there."""
    strange = sorted(msgspec.to_builtins(asked).keys() - {"name", "uri" if method == "web-download" else "name"})
    if strange:
        raise BadRequest(f"The method {method} takes no {strange[0]}.")
    if method == "web-download" and not asked.uri:
        raise BadRequest("The method web-download needs the uri of the image.")


def _check_stores(request: ApiRequest, body: ImportBody) -> None:
    """There is one store: it may be named, in each way that there is. Raises BadRequest, Conflict for another one."""
    named = request.headers.get("x-image-meta-store")
    if body.all_stores and (body.stores is not None or named is not None):
        raise BadRequest("All_stores parameter can't be used with x-image-meta-store header or stores parameter")
    for store in (*(body.stores or ()), *(() if named is None else (named,))):
        if store != STORE_ID:
            raise Conflict(f"Unknown scheme '{store[:64]}': there is no such store, the one there is is {STORE_ID}")


HANDLERS: Final[tuple[Routes, ...]] = (stage_data, import_image)
