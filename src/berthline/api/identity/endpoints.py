"""/v3/endpoints"""

from typing import Final

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply
from berthline.api.identity.bodies import EndpointBody, read_open_noun
from berthline.api.identity.catalog import link, matching, own, registry
from berthline.api.identity.queries import read_query
from berthline.api.identity.views import View
from berthline.domain.errors import NotFound
from berthline.domain.identity import RegisteredEndpoint
from berthline.identity.registry import EndpointFields
from berthline.identity.rights import require_reader_of_all


async def _fields(request: ApiRequest, own_id: str | None = None) -> EndpointFields:
    """``region`` counts where ``region_id`` is not said."""
    body, extra = await read_open_noun(request, "endpoint", EndpointBody, own_id)
    older = not isinstance(body.region_id, str) and isinstance(body.region, str)
    return EndpointFields(
        service_id=body.service_id,
        interface=body.interface,
        region_id=body.region if older else body.region_id,
        url=body.url,
        enabled=body.enabled,
        extra=extra,
        make_region=older,
    )


@get("/v3/endpoints")
async def list_endpoints(request: ApiRequest) -> Response[bytes]:
    """All endpoints, by interface, service_id or region_id."""
    require_reader_of_all(current_caller(request))
    query = read_query(request, texts=("interface", "service_id", "region_id", "region"))
    return reply(query.page(request, "endpoints", matching(await _views(request), query.exact)))


@post("/v3/endpoints")
async def create_endpoint(request: ApiRequest) -> Response[bytes]:
    """Where a service that an admin added answers; what the older ``region`` names is made when it is not there."""
    endpoint = await registry(request).create_endpoint(current_caller(request), await _fields(request), own(request))
    return reply({"endpoint": _view(request, endpoint)}, 201)


@get("/v3/endpoints/{endpoint_id:str}")
async def show_endpoint(request: ApiRequest, endpoint_id: FromPath[str]) -> Response[bytes]:
    """One endpoint."""
    require_reader_of_all(current_caller(request))
    for view in await _views(request):
        if view["id"] == endpoint_id:
            return reply({"endpoint": view})
    raise NotFound(f"Could not find endpoint: {endpoint_id}.")


@patch("/v3/endpoints/{endpoint_id:str}")
async def update_endpoint(request: ApiRequest, endpoint_id: FromPath[str]) -> Response[bytes]:
    """Change an endpoint that an admin added."""
    endpoint = await registry(request).update_endpoint(
        current_caller(request), endpoint_id, await _fields(request, endpoint_id), own(request)
    )
    return reply({"endpoint": _view(request, endpoint)})


@delete("/v3/endpoints/{endpoint_id:str}", status_code=204)
async def delete_endpoint(request: ApiRequest, endpoint_id: FromPath[str]) -> Response[None]:
    """Delete an endpoint that an admin added."""
    await registry(request).delete_endpoint(current_caller(request), endpoint_id, own(request))
    return no_content()


async def _views(request: ApiRequest) -> list[View]:
    ours = [
        RegisteredEndpoint(
            id=each.id,
            service_id=service.id,
            interface=each.interface,
            region_id=each.region,
            url=each.url,
            enabled=True,
            extra={},
        )
        for service in own(request).services
        for each in service.endpoints
    ]
    return [_view(request, each) for each in (*ours, *await registry(request).endpoints())]


def _view(request: ApiRequest, endpoint: RegisteredEndpoint) -> View:
    return {
        **endpoint.extra,
        "id": endpoint.id,
        "interface": endpoint.interface,
        "region": endpoint.region_id,
        "region_id": endpoint.region_id,
        "service_id": endpoint.service_id,
        "url": endpoint.url,
        "enabled": endpoint.enabled,
        "links": link(request, f"endpoints/{endpoint.id}"),
    }


HANDLERS: Final[tuple[Routes, ...]] = (
    list_endpoints,
    create_endpoint,
    show_endpoint,
    update_endpoint,
    delete_endpoint,
)
