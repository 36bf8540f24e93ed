"""Roles that users and groups hold on every project below a domain or a project: Keystone's OS-INHERIT."""

from typing import Final

from litestar import Response, delete, get, put, route
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.identity.bodies import LOOK
from berthline.api.identity.views import collection, role_view
from berthline.domain.identity import Role, Scope
from berthline.identity.grants import Grants
from berthline.identity.groups import Groups


def _grants(request: ApiRequest) -> Grants:
    return services(request).identity.directory.grants


def _groups(request: ApiRequest) -> Groups:
    return services(request).identity.directory.groups


@get("/v3/OS-INHERIT/domains/{domain_id:str}/users/{user_id:str}/roles/inherited_to_projects")
async def list_of_user_on_domain(
    request: ApiRequest, domain_id: FromPath[str], user_id: FromPath[str]
) -> Response[bytes]:
    """The roles that a user was given on all projects of a domain."""
    found = await _grants(request).roles_of(
        current_caller(request), user_id, Scope("domain", domain_id), inherited=True
    )
    return _shown(request, found)


@put("/v3/OS-INHERIT/domains/{domain_id:str}/users/{user_id:str}/roles/{role_id:str}/inherited_to_projects")
async def grant_to_user_on_domain(
    request: ApiRequest, domain_id: FromPath[str], user_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Give a user a role on all projects of a domain."""
    await _grants(request).grant(current_caller(request), user_id, role_id, Scope("domain", domain_id), inherited=True)
    return no_content()


@route(
    "/v3/OS-INHERIT/domains/{domain_id:str}/users/{user_id:str}/roles/{role_id:str}/inherited_to_projects",
    http_method=LOOK,
    status_code=204,
)
async def check_of_user_on_domain(
    request: ApiRequest, domain_id: FromPath[str], user_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Whether a user was given a role on all projects of a domain: 204 or 404."""
    await _grants(request).check(current_caller(request), user_id, role_id, Scope("domain", domain_id), inherited=True)
    return no_content()


@delete(
    "/v3/OS-INHERIT/domains/{domain_id:str}/users/{user_id:str}/roles/{role_id:str}/inherited_to_projects",
    status_code=204,
)
async def revoke_from_user_on_domain(
    request: ApiRequest, domain_id: FromPath[str], user_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Take a role on all projects of a domain from a user; tokens lose it at once."""
    await _grants(request).revoke(current_caller(request), user_id, role_id, Scope("domain", domain_id), inherited=True)
    return no_content()


@get("/v3/OS-INHERIT/domains/{domain_id:str}/groups/{group_id:str}/roles/inherited_to_projects")
async def list_of_group_on_domain(
    request: ApiRequest, domain_id: FromPath[str], group_id: FromPath[str]
) -> Response[bytes]:
    """The roles that a group was given on all projects of a domain."""
    found = await _groups(request).roles_of(
        current_caller(request), group_id, Scope("domain", domain_id), inherited=True
    )
    return _shown(request, found)


@put("/v3/OS-INHERIT/domains/{domain_id:str}/groups/{group_id:str}/roles/{role_id:str}/inherited_to_projects")
async def grant_to_group_on_domain(
    request: ApiRequest, domain_id: FromPath[str], group_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Give a group a role on all projects of a domain."""
    await _groups(request).grant(current_caller(request), group_id, role_id, Scope("domain", domain_id), inherited=True)
    return no_content()


@route(
    "/v3/OS-INHERIT/domains/{domain_id:str}/groups/{group_id:str}/roles/{role_id:str}/inherited_to_projects",
    http_method=LOOK,
    status_code=204,
)
async def check_of_group_on_domain(
    request: ApiRequest, domain_id: FromPath[str], group_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Whether a group was given a role on all projects of a domain: 204 or 404."""
    await _groups(request).check_role(
        current_caller(request), group_id, role_id, Scope("domain", domain_id), inherited=True
    )
    return no_content()


@delete(
    "/v3/OS-INHERIT/domains/{domain_id:str}/groups/{group_id:str}/roles/{role_id:str}/inherited_to_projects",
    status_code=204,
)
async def revoke_from_group_on_domain(
    request: ApiRequest, domain_id: FromPath[str], group_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Take a role on all projects of a domain from a group; tokens lose it at once."""
    await _groups(request).revoke(
        current_caller(request), group_id, role_id, Scope("domain", domain_id), inherited=True
    )
    return no_content()


@put("/v3/OS-INHERIT/projects/{project_id:str}/users/{user_id:str}/roles/{role_id:str}/inherited_to_projects")
async def grant_to_user_on_project(
    request: ApiRequest, project_id: FromPath[str], user_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Give a user a role on all projects below a project."""
    await _grants(request).grant(
        current_caller(request), user_id, role_id, Scope("project", project_id), inherited=True
    )
    return no_content()


@route(
    "/v3/OS-INHERIT/projects/{project_id:str}/users/{user_id:str}/roles/{role_id:str}/inherited_to_projects",
    http_method=LOOK,
    status_code=204,
)
async def check_of_user_on_project(
    request: ApiRequest, project_id: FromPath[str], user_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Whether a user was given a role on all projects below a project: 204 or 404."""
    await _grants(request).check(
        current_caller(request), user_id, role_id, Scope("project", project_id), inherited=True
    )
    return no_content()


@delete(
    "/v3/OS-INHERIT/projects/{project_id:str}/users/{user_id:str}/roles/{role_id:str}/inherited_to_projects",
    status_code=204,
)
async def revoke_from_user_on_project(
    request: ApiRequest, project_id: FromPath[str], user_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Take a role on all projects below a project from a user; tokens lose it at once."""
    await _grants(request).revoke(
        current_caller(request), user_id, role_id, Scope("project", project_id), inherited=True
    )
    return no_content()


@put("/v3/OS-INHERIT/projects/{project_id:str}/groups/{group_id:str}/roles/{role_id:str}/inherited_to_projects")
async def grant_to_group_on_project(
    request: ApiRequest, project_id: FromPath[str], group_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Give a group a role on all projects below a project."""
    await _groups(request).grant(
        current_caller(request), group_id, role_id, Scope("project", project_id), inherited=True
    )
    return no_content()


@route(
    "/v3/OS-INHERIT/projects/{project_id:str}/groups/{group_id:str}/roles/{role_id:str}/inherited_to_projects",
    http_method=LOOK,
    status_code=204,
)
async def check_of_group_on_project(
    request: ApiRequest, project_id: FromPath[str], group_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Whether a group was given a role on all projects below a project: 204 or 404."""
    await _groups(request).check_role(
        current_caller(request), group_id, role_id, Scope("project", project_id), inherited=True
    )
    return no_content()


@delete(
    "/v3/OS-INHERIT/projects/{project_id:str}/groups/{group_id:str}/roles/{role_id:str}/inherited_to_projects",
    status_code=204,
)
async def revoke_from_group_on_project(
    request: ApiRequest, project_id: FromPath[str], group_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Take a role on all projects below a project from a group; tokens lose it at once."""
    await _groups(request).revoke(
        current_caller(request), group_id, role_id, Scope("project", project_id), inherited=True
    )
    return no_content()


def _shown(request: ApiRequest, found: tuple[Role, ...]) -> Response[bytes]:
    return reply(collection(request, "roles", (role_view(request, each) for each in found)))


HANDLERS: Final[tuple[Routes, ...]] = (
    list_of_user_on_domain,
    grant_to_user_on_domain,
    check_of_user_on_domain,
    revoke_from_user_on_domain,
    list_of_group_on_domain,
    grant_to_group_on_domain,
    check_of_group_on_domain,
    revoke_from_group_on_domain,
    grant_to_user_on_project,
    check_of_user_on_project,
    revoke_from_user_on_project,
    grant_to_group_on_project,
    check_of_group_on_project,
    revoke_from_group_on_project,
)
