"""The catalogue, and the services, endpoints and regions it is made of; for reading only."""

from collections.abc import Iterable, Mapping
from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, base_url, current_caller, reply, services
from berthline.api.identity.queries import read_query
from berthline.api.identity.views import View, catalog_view
from berthline.domain.errors import Forbidden, NotFound
from berthline.identity.catalog import CatalogService, Endpoint, catalog
from berthline.identity.rights import require_reader_of_all


def _services(request: ApiRequest) -> tuple[CatalogService, ...]:
    return catalog(base_url(request), services(request).region, services(request).elsewhere)


@get("/v3/auth/catalog")
async def show_catalog(request: ApiRequest) -> Response[bytes]:
    """The catalogue of a scoped token."""
    caller = current_caller(request)
    if not caller.roles:
        raise Forbidden("an unscoped token has no catalogue: scope it to a project, a domain or the system")
    return reply({"catalog": catalog_view(_services(request)), "links": {"self": f"{base_url(request)}/identity/v3"}})


@get("/v3/services")
async def list_services(request: ApiRequest) -> Response[bytes]:
    """All services, by type or name."""
    require_reader_of_all(current_caller(request))
    query = read_query(request, texts=("type", "name"))
    views = (_service_view(request, service) for service in _services(request))
    return reply(query.page(request, "services", _matching(views, query.exact)))


@get("/v3/services/{service_id:str}")
async def show_service(request: ApiRequest, service_id: FromPath[str]) -> Response[bytes]:
    """One service."""
    require_reader_of_all(current_caller(request))
    for service in _services(request):
        if service.id == service_id:
            return reply({"service": _service_view(request, service)})
    raise NotFound(f"Could not find service: {service_id}.")


@get("/v3/endpoints")
async def list_endpoints(request: ApiRequest) -> Response[bytes]:
    """All endpoints, by interface, service_id or region_id."""
    require_reader_of_all(current_caller(request))
    query = read_query(request, texts=("interface", "service_id", "region_id", "region"))
    views = (
        _endpoint_view(request, service, endpoint) for service in _services(request) for endpoint in service.endpoints
    )
    return reply(query.page(request, "endpoints", _matching(views, query.exact)))


@get("/v3/endpoints/{endpoint_id:str}")
async def show_endpoint(request: ApiRequest, endpoint_id: FromPath[str]) -> Response[bytes]:
    """One endpoint."""
    require_reader_of_all(current_caller(request))
    for service in _services(request):
        for endpoint in service.endpoints:
            if endpoint.id == endpoint_id:
                return reply({"endpoint": _endpoint_view(request, service, endpoint)})
    raise NotFound(f"Could not find endpoint: {endpoint_id}.")


@get("/v3/regions")
async def list_regions(request: ApiRequest) -> Response[bytes]:
    """The one region there is."""
    query = read_query(request, texts=("parent_region_id",))
    return reply(query.page(request, "regions", _matching([_region_view(request)], query.exact)))


@get("/v3/regions/{region_id:str}")
async def show_region(request: ApiRequest, region_id: FromPath[str]) -> Response[bytes]:
    """One region."""
    if region_id != services(request).region:
        raise NotFound(f"Could not find region: {region_id}.")
    return reply({"region": _region_view(request)})


def _matching(views: Iterable[View], exact: Mapping[str, object]) -> list[View]:
    """The views whose members have these values."""
    return [view for view in views if all(view[name] == value for name, value in exact.items())]


def _link(request: ApiRequest, path: str) -> View:
    return {"self": f"{base_url(request)}/identity/v3/{path}"}


def _service_view(request: ApiRequest, service: CatalogService) -> View:
    return {
        "id": service.id,
        "type": service.type,
        "name": service.name,
        "description": "",
        "enabled": True,
        "links": _link(request, f"services/{service.id}"),
    }


def _endpoint_view(request: ApiRequest, service: CatalogService, endpoint: Endpoint) -> View:
    return {
        "id": endpoint.id,
        "interface": endpoint.interface,
        "region": endpoint.region,
        "region_id": endpoint.region,
        "service_id": service.id,
        "url": endpoint.url,
        "enabled": True,
        "links": _link(request, f"endpoints/{endpoint.id}"),
    }


def _region_view(request: ApiRequest) -> View:
    region = services(request).region
    return {"id": region, "description": "", "parent_region_id": None, "links": _link(request, f"regions/{region}")}


HANDLERS: Final[tuple[Routes, ...]] = (
    show_catalog,
    list_services,
    show_service,
    list_endpoints,
    show_endpoint,
    list_regions,
    show_region,
)
