"""Which roles groups hold: on projects, on domains and on the system."""

from typing import Final

from litestar import Response, delete, get, put, route
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.identity.bodies import LOOK
from berthline.api.identity.views import collection, role_view
from berthline.domain.identity import SYSTEM, Scope
from berthline.identity.groups import Groups


def _groups(request: ApiRequest) -> Groups:
    return services(request).identity.directory.groups


@get("/v3/projects/{project_id:str}/groups/{group_id:str}/roles")
async def list_roles_on_project(
    request: ApiRequest, project_id: FromPath[str], group_id: FromPath[str]
) -> Response[bytes]:
    """The roles that a group was given on a project."""
    return await _roles(request, group_id, Scope("project", project_id))


@put("/v3/projects/{project_id:str}/groups/{group_id:str}/roles/{role_id:str}")
async def grant_on_project(
    request: ApiRequest, project_id: FromPath[str], group_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Give a group a role on a project: its users hold it from then on."""
    await _groups(request).grant(current_caller(request), group_id, role_id, Scope("project", project_id))
    return no_content()


@route("/v3/projects/{project_id:str}/groups/{group_id:str}/roles/{role_id:str}", http_method=LOOK, status_code=204)
async def check_on_project(
    request: ApiRequest, project_id: FromPath[str], group_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Whether a group was given a role on a project: 204 or 404."""
    await _groups(request).check_role(current_caller(request), group_id, role_id, Scope("project", project_id))
    return no_content()


@delete("/v3/projects/{project_id:str}/groups/{group_id:str}/roles/{role_id:str}", status_code=204)
async def revoke_on_project(
    request: ApiRequest, project_id: FromPath[str], group_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Take a role on a project from a group; its users' tokens lose it at once."""
    await _groups(request).revoke(current_caller(request), group_id, role_id, Scope("project", project_id))
    return no_content()


@get("/v3/domains/{domain_id:str}/groups/{group_id:str}/roles")
async def list_roles_on_domain(
    request: ApiRequest, domain_id: FromPath[str], group_id: FromPath[str]
) -> Response[bytes]:
    """The roles that a group was given on a domain."""
    return await _roles(request, group_id, Scope("domain", domain_id))


@put("/v3/domains/{domain_id:str}/groups/{group_id:str}/roles/{role_id:str}")
async def grant_on_domain(
    request: ApiRequest, domain_id: FromPath[str], group_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Give a group a role on a domain: its users hold it from then on."""
    await _groups(request).grant(current_caller(request), group_id, role_id, Scope("domain", domain_id))
    return no_content()


@route("/v3/domains/{domain_id:str}/groups/{group_id:str}/roles/{role_id:str}", http_method=LOOK, status_code=204)
async def check_on_domain(
    request: ApiRequest, domain_id: FromPath[str], group_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Whether a group was given a role on a domain: 204 or 404."""
    await _groups(request).check_role(current_caller(request), group_id, role_id, Scope("domain", domain_id))
    return no_content()


@delete("/v3/domains/{domain_id:str}/groups/{group_id:str}/roles/{role_id:str}", status_code=204)
async def revoke_on_domain(
    request: ApiRequest, domain_id: FromPath[str], group_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Take a role on a domain from a group; its users' tokens lose it at once."""
    await _groups(request).revoke(current_caller(request), group_id, role_id, Scope("domain", domain_id))
    return no_content()


@get("/v3/system/groups/{group_id:str}/roles")
async def list_roles_on_system(request: ApiRequest, group_id: FromPath[str]) -> Response[bytes]:
    """The roles that a group was given on the system."""
    return await _roles(request, group_id, SYSTEM)


@put("/v3/system/groups/{group_id:str}/roles/{role_id:str}")
async def grant_on_system(request: ApiRequest, group_id: FromPath[str], role_id: FromPath[str]) -> Response[None]:
    """Give a group a role on the system: its users hold it from then on."""
    await _groups(request).grant(current_caller(request), group_id, role_id, SYSTEM)
    return no_content()


@route("/v3/system/groups/{group_id:str}/roles/{role_id:str}", http_method=LOOK, status_code=204)
async def check_on_system(request: ApiRequest, group_id: FromPath[str], role_id: FromPath[str]) -> Response[None]:
    """Whether a group was given a role on the system: 204 or 404."""
    await _groups(request).check_role(current_caller(request), group_id, role_id, SYSTEM)
    return no_content()


@delete("/v3/system/groups/{group_id:str}/roles/{role_id:str}", status_code=204)
async def revoke_on_system(request: ApiRequest, group_id: FromPath[str], role_id: FromPath[str]) -> Response[None]:
    """Take a role on the system from a group; its users' tokens lose it at once."""
    await _groups(request).revoke(current_caller(request), group_id, role_id, SYSTEM)
    return no_content()


async def _roles(request: ApiRequest, group_id: str, scope: Scope) -> Response[bytes]:
    found = await _groups(request).roles_of(current_caller(request), group_id, scope)
    return reply(collection(request, "roles", (role_view(request, each) for each in found)))


HANDLERS: Final[tuple[Routes, ...]] = (
    list_roles_on_project,
    grant_on_project,
    check_on_project,
    revoke_on_project,
    list_roles_on_domain,
    grant_on_domain,
    check_on_domain,
    revoke_on_domain,
    list_roles_on_system,
    grant_on_system,
    check_on_system,
    revoke_on_system,
)
