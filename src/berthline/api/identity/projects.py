"""/v3/projects"""

from typing import Final

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.identity.bodies import ProjectBody, or_empty, or_unset, read_open_noun, refuse_options
from berthline.api.identity.views import collection, project_view
from berthline.api.listing import parse_boolean, parse_filters
from berthline.domain.errors import BadRequest
from berthline.identity.directory import Directory, ProjectFields


def _directory(request: ApiRequest) -> Directory:
    return services(request).identity.directory


async def _fields(request: ApiRequest, own_id: str | None = None) -> ProjectFields:
    body, extra = await read_open_noun(request, "project", ProjectBody, own_id)
    refuse_options(body.options)
    if body.is_domain is True:
        raise BadRequest("a project cannot act as a domain: use POST /v3/domains")
    return ProjectFields(
        name=body.name,
        description=or_empty(body.description),
        enabled=body.enabled,
        domain_id=or_unset(body.domain_id),
        parent_id=or_unset(body.parent_id),
        tags=body.tags,
        extra=extra,
    )


@get("/v3/projects")
async def list_projects(request: ApiRequest) -> Response[bytes]:
    """All projects, by name, domain_id, parent_id, enabled or is_domain."""
    given = parse_filters(request, ("name", "domain_id", "parent_id", "enabled", "is_domain"))
    filters: dict[str, object] = {name: values[-1] for name, values in given.items() if name != "is_domain"}
    if "enabled" in given:
        filters["enabled"] = parse_boolean(given["enabled"][-1])
    found = await _directory(request).projects(current_caller(request), filters)
    if "is_domain" in given and parse_boolean(given["is_domain"][-1]):
        found = ()  # no project acts as a domain
    return reply(collection(request, "projects", (project_view(request, each) for each in found)))


@post("/v3/projects")
async def create_project(request: ApiRequest) -> Response[bytes]:
    """A new project."""
    project = await _directory(request).create_project(current_caller(request), await _fields(request))
    return reply({"project": project_view(request, project)}, 201)


@get("/v3/projects/{project_id:str}")
async def show_project(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """One project."""
    project = await _directory(request).project(current_caller(request), project_id)
    return reply({"project": project_view(request, project)})


@patch("/v3/projects/{project_id:str}")
async def update_project(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """Change a project; disabling it ends what its tokens may do, at once."""
    project = await _directory(request).update_project(
        current_caller(request), project_id, await _fields(request, project_id)
    )
    return reply({"project": project_view(request, project)})


@delete("/v3/projects/{project_id:str}", status_code=204)
async def delete_project(request: ApiRequest, project_id: FromPath[str]) -> Response[None]:
    """Delete a project and the roles on it. What it owns in other services stays, for an admin to delete."""
    await _directory(request).delete_project(current_caller(request), project_id)
    return no_content()


HANDLERS: Final[tuple[Routes, ...]] = (list_projects, create_project, show_project, update_project, delete_project)
