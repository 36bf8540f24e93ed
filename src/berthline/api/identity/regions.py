"""/v3/regions"""

from typing import Final

from litestar import Response, delete, get, patch, post, put
from litestar.params import FromPath
from msgspec import UNSET

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply
from berthline.api.identity.bodies import RegionBody, or_empty, or_unset, read_open_noun
from berthline.api.identity.catalog import link, matching, own, registry
from berthline.api.identity.queries import read_query
from berthline.api.identity.views import View
from berthline.domain.errors import BadRequest, NotFound
from berthline.domain.identity import RegisteredRegion
from berthline.identity.registry import RegionFields


async def _fields(request: ApiRequest, own_id: str | None = None) -> RegionFields:
    body, extra = await read_open_noun(request, "region", RegionBody, own_id)
    if own_id is not None and body.id not in {UNSET, own_id}:
        raise BadRequest(f"Conflicting region IDs specified: {own_id} in the path, {body.id} in the body.")
    return RegionFields(
        id=or_unset(body.id),
        parent_region_id=body.parent_region_id,
        description=or_empty(body.description),
        extra=extra,
    )


@get("/v3/regions")
async def list_regions(request: ApiRequest) -> Response[bytes]:
    """All regions, by parent_region_id."""
    query = read_query(request, texts=("parent_region_id",))
    return reply(query.page(request, "regions", matching(await _views(request), query.exact)))


@post("/v3/regions")
async def create_region(request: ApiRequest) -> Response[bytes]:
    """A new region, by the id that is given or one of its own."""
    region = await registry(request).create_region(current_caller(request), await _fields(request), own(request))
    return reply({"region": _view(request, region)}, 201)


@put("/v3/regions/{region_id:str}")
async def create_region_of_id(request: ApiRequest, region_id: FromPath[str]) -> Response[bytes]:
    """A new region of this id."""
    fields = await _fields(request, region_id)
    wanted = RegionFields(
        id=region_id, parent_region_id=fields.parent_region_id, description=fields.description, extra=fields.extra
    )
    region = await registry(request).create_region(current_caller(request), wanted, own(request))
    return reply({"region": _view(request, region)}, 201)


@get("/v3/regions/{region_id:str}")
async def show_region(request: ApiRequest, region_id: FromPath[str]) -> Response[bytes]:
    """One region."""
    for view in await _views(request):
        if view["id"] == region_id:
            return reply({"region": view})
    raise NotFound(f"Could not find region: {region_id}.")


@patch("/v3/regions/{region_id:str}")
async def update_region(request: ApiRequest, region_id: FromPath[str]) -> Response[bytes]:
    """Change description or parent of a region that an admin added."""
    region = await registry(request).update_region(
        current_caller(request), region_id, await _fields(request, region_id), own(request)
    )
    return reply({"region": _view(request, region)})


@delete("/v3/regions/{region_id:str}", status_code=204)
async def delete_region(request: ApiRequest, region_id: FromPath[str]) -> Response[None]:
    """Delete a region that an admin added, and those below it, when none of them has endpoints."""
    await registry(request).delete_region(current_caller(request), region_id, own(request))
    return no_content()


async def _views(request: ApiRequest) -> list[View]:
    ours = [
        RegisteredRegion(id=each, parent_region_id=None, description="", extra={})
        for each in sorted(own(request).regions)
    ]
    return [_view(request, each) for each in (*ours, *await registry(request).regions())]


def _view(request: ApiRequest, region: RegisteredRegion) -> View:
    return {
        **region.extra,
        "id": region.id,
        "description": region.description,
        "parent_region_id": region.parent_region_id,
        "links": link(request, f"regions/{region.id}"),
    }


HANDLERS: Final[tuple[Routes, ...]] = (
    list_regions,
    create_region,
    create_region_of_id,
    show_region,
    update_region,
    delete_region,
)
