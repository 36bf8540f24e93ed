"""/v3/services"""

from typing import Final

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply
from berthline.api.identity.bodies import ServiceBody, read_open_noun
from berthline.api.identity.catalog import link, matching, own, registry
from berthline.api.identity.queries import read_query
from berthline.api.identity.views import View
from berthline.domain.errors import NotFound
from berthline.domain.identity import RegisteredService
from berthline.identity.registry import ServiceFields
from berthline.identity.rights import require_reader_of_all


async def _fields(request: ApiRequest, own_id: str | None = None) -> ServiceFields:
    body, extra = await read_open_noun(request, "service", ServiceBody, own_id)
    return ServiceFields(
        type=body.type, name=body.name, description=body.description, enabled=body.enabled, extra=extra
    )


@get("/v3/services")
async def list_services(request: ApiRequest) -> Response[bytes]:
    """All services, by type or name."""
    require_reader_of_all(current_caller(request))
    query = read_query(request, texts=("type", "name"))
    return reply(query.page(request, "services", matching(await _views(request), query.exact)))


@post("/v3/services")
async def create_service(request: ApiRequest) -> Response[bytes]:
    """A service beside those of this cloud: it is in every catalogue from then on."""
    service = await registry(request).create_service(current_caller(request), await _fields(request))
    return reply({"service": _view(request, service)}, 201)


@get("/v3/services/{service_id:str}")
async def show_service(request: ApiRequest, service_id: FromPath[str]) -> Response[bytes]:
    """One service."""
    require_reader_of_all(current_caller(request))
    for view in await _views(request):
        if view["id"] == service_id:
            return reply({"service": view})
    raise NotFound(f"Could not find service: {service_id}.")


@patch("/v3/services/{service_id:str}")
async def update_service(request: ApiRequest, service_id: FromPath[str]) -> Response[bytes]:
    """Change a service that an admin added."""
    service = await registry(request).update_service(
        current_caller(request), service_id, await _fields(request, service_id), own(request)
    )
    return reply({"service": _view(request, service)})


@delete("/v3/services/{service_id:str}", status_code=204)
async def delete_service(request: ApiRequest, service_id: FromPath[str]) -> Response[None]:
    """Delete a service that an admin added, with its endpoints."""
    await registry(request).delete_service(current_caller(request), service_id, own(request))
    return no_content()


async def _views(request: ApiRequest) -> list[View]:
    ours = [
        RegisteredService(id=each.id, type=each.type, name=each.name, description="", enabled=True, extra={})
        for each in own(request).services
    ]
    return [_view(request, each) for each in (*ours, *await registry(request).services())]


def _view(request: ApiRequest, service: RegisteredService) -> View:
    """A description only where one was given, as Keystone does."""
    described: View = {} if service.description is None else {"description": service.description}
    return {
        **service.extra,
        "id": service.id,
        "type": service.type,
        "name": service.name,
        **described,
        "enabled": service.enabled,
        "links": link(request, f"services/{service.id}"),
    }


HANDLERS: Final[tuple[Routes, ...]] = (list_services, create_service, show_service, update_service, delete_service)
