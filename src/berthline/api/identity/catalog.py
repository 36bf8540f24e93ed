"""The catalogue: this cloud's own services, and those that admins added."""

from collections.abc import Iterable, Mapping
from typing import Final

from litestar import Response, get

from berthline.api.frame import ApiRequest, Routes, base_url, current_caller, reply, services
from berthline.api.identity.views import View, catalog_view
from berthline.domain.errors import Forbidden
from berthline.identity.catalog import CatalogService, catalog
from berthline.identity.registry import Own, Registry


@get("/v3/auth/catalog")
async def show_catalog(request: ApiRequest) -> Response[bytes]:
    """The catalogue of a scoped token."""
    caller = current_caller(request)
    if not caller.roles:
        raise Forbidden("an unscoped token has no catalogue: scope it to a project, a domain or the system")
    found = await whole_catalog(request, caller.user_id, caller.project_id or None)
    return reply({"catalog": catalog_view(found), "links": {"self": f"{base_url(request)}/identity/v3"}})


def registry(request: ApiRequest) -> Registry:
    """The service that has what admins added."""
    return services(request).identity.directory.registry


def own(request: ApiRequest) -> Own:
    """What is this cloud's own, by the URL that the request came to."""
    there = services(request)
    return Own(
        regions=frozenset({there.region, *(place.region for place in there.elsewhere.values())}),
        services=catalog(base_url(request), there.region, there.elsewhere),
    )


async def whole_catalog(request: ApiRequest, user_id: str, project_id: str | None) -> tuple[CatalogService, ...]:
    """What a token of the user shows, scoped to the project, or None: to something else."""
    return (*own(request).services, *await registry(request).offered(user_id, project_id))


def matching(views: Iterable[View], exact: Mapping[str, object]) -> list[View]:
    """The views whose members have these values."""
    return [view for view in views if all(view.get(name) == value for name, value in exact.items())]


def link(request: ApiRequest, path: str) -> View:
    """The links of one thing."""
    return {"self": f"{base_url(request)}/identity/v3/{path}"}


HANDLERS: Final[tuple[Routes, ...]] = (show_catalog,)
