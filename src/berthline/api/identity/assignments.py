"""Who holds which role: on projects, on domains and on the system."""

from typing import Final, Literal

from litestar import Response, delete, get, put, route
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.identity.bodies import LOOK
from berthline.api.identity.queries import is_asked
from berthline.api.identity.views import assignment_view, collection, role_view
from berthline.domain.errors import BadRequest
from berthline.domain.identity import SYSTEM, Scope
from berthline.identity.grants import Grants
from berthline.store.identity.assignments import Choice

FILTERS: Final = ("user.id", "group.id", "role.id", "scope.project.id", "scope.domain.id")
INHERITED: Final = "scope.OS-INHERIT:inherited_to"


def _grants(request: ApiRequest) -> Grants:
    return services(request).identity.directory.grants


@get("/v3/projects/{project_id:str}/users/{user_id:str}/roles")
async def list_roles_on_project(
    request: ApiRequest, project_id: FromPath[str], user_id: FromPath[str]
) -> Response[bytes]:
    """The roles that a user was given on a project."""
    return await _roles(request, user_id, Scope("project", project_id))


@put("/v3/projects/{project_id:str}/users/{user_id:str}/roles/{role_id:str}")
async def grant_on_project(
    request: ApiRequest, project_id: FromPath[str], user_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Give a user a role on a project."""
    await _grants(request).grant(current_caller(request), user_id, role_id, Scope("project", project_id))
    return no_content()


@route("/v3/projects/{project_id:str}/users/{user_id:str}/roles/{role_id:str}", http_method=LOOK, status_code=204)
async def check_on_project(
    request: ApiRequest, project_id: FromPath[str], user_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Whether a user was given a role on a project: 204 or 404."""
    await _grants(request).check(current_caller(request), user_id, role_id, Scope("project", project_id))
    return no_content()


@delete("/v3/projects/{project_id:str}/users/{user_id:str}/roles/{role_id:str}", status_code=204)
async def revoke_on_project(
    request: ApiRequest, project_id: FromPath[str], user_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Take a role on a project from a user; its tokens lose it at once."""
    await _grants(request).revoke(current_caller(request), user_id, role_id, Scope("project", project_id))
    return no_content()


@get("/v3/domains/{domain_id:str}/users/{user_id:str}/roles")
async def list_roles_on_domain(
    request: ApiRequest, domain_id: FromPath[str], user_id: FromPath[str]
) -> Response[bytes]:
    """The roles that a user was given on a domain."""
    return await _roles(request, user_id, Scope("domain", domain_id))


@put("/v3/domains/{domain_id:str}/users/{user_id:str}/roles/{role_id:str}")
async def grant_on_domain(
    request: ApiRequest, domain_id: FromPath[str], user_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Give a user a role on a domain."""
    await _grants(request).grant(current_caller(request), user_id, role_id, Scope("domain", domain_id))
    return no_content()


@route("/v3/domains/{domain_id:str}/users/{user_id:str}/roles/{role_id:str}", http_method=LOOK, status_code=204)
async def check_on_domain(
    request: ApiRequest, domain_id: FromPath[str], user_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Whether a user was given a role on a domain: 204 or 404."""
    await _grants(request).check(current_caller(request), user_id, role_id, Scope("domain", domain_id))
    return no_content()


@delete("/v3/domains/{domain_id:str}/users/{user_id:str}/roles/{role_id:str}", status_code=204)
async def revoke_on_domain(
    request: ApiRequest, domain_id: FromPath[str], user_id: FromPath[str], role_id: FromPath[str]
) -> Response[None]:
    """Take a role on a domain from a user; its tokens lose it at once."""
    await _grants(request).revoke(current_caller(request), user_id, role_id, Scope("domain", domain_id))
    return no_content()


@get("/v3/system/users/{user_id:str}/roles")
async def list_roles_on_system(request: ApiRequest, user_id: FromPath[str]) -> Response[bytes]:
    """The roles that a user was given on the system."""
    return await _roles(request, user_id, SYSTEM)


@put("/v3/system/users/{user_id:str}/roles/{role_id:str}")
async def grant_on_system(request: ApiRequest, user_id: FromPath[str], role_id: FromPath[str]) -> Response[None]:
    """Give a user a role on the system."""
    await _grants(request).grant(current_caller(request), user_id, role_id, SYSTEM)
    return no_content()


@route("/v3/system/users/{user_id:str}/roles/{role_id:str}", http_method=LOOK, status_code=204)
async def check_on_system(request: ApiRequest, user_id: FromPath[str], role_id: FromPath[str]) -> Response[None]:
    """Whether a user was given a role on the system: 204 or 404."""
    await _grants(request).check(current_caller(request), user_id, role_id, SYSTEM)
    return no_content()


@delete("/v3/system/users/{user_id:str}/roles/{role_id:str}", status_code=204)
async def revoke_on_system(request: ApiRequest, user_id: FromPath[str], role_id: FromPath[str]) -> Response[None]:
    """Take a role on the system from a user; its tokens lose it at once."""
    await _grants(request).revoke(current_caller(request), user_id, role_id, SYSTEM)
    return no_content()


@get("/v3/role_assignments")
async def list_assignments(request: ApiRequest) -> Response[bytes]:
    """All assignments, by user, group, role and scope, inherited ones or others.

    ``effective``: the roles that count, ``include_names``: with names, ``include_subtree``: on projects below, too.
    """
    given = {name: request.query_params[name] for name in FILTERS if name in request.query_params}
    inherited = request.query_params.get(INHERITED)
    effective = is_asked(request, "effective")
    choice = Choice(
        user_id=given.get("user.id"),
        group_id=given.get("group.id"),
        role_id=given.get("role.id"),
        scope=_scope(request, given),
        subtree=is_asked(request, "include_subtree"),
        inherited=None if inherited is None else inherited == "projects",
    )
    _check(choice, effective=effective)
    found = await _grants(request).assignments(current_caller(request), choice, effective=effective)
    names = is_asked(request, "include_names")
    views = (assignment_view(request, each, names=names) for each in found)
    return reply(collection(request, "role_assignments", views))


def _check(choice: Choice, *, effective: bool) -> None:
    """Raise BadRequest for what Keystone does not let be asked together."""
    if choice.group_id is not None and (effective or choice.user_id is not None):
        raise BadRequest("group.id cannot be combined with effective or user.id: ask for the group's own assignments")
    if choice.subtree and (choice.scope is None or choice.scope.kind != "project"):
        raise BadRequest("scope.project.id must be specified if include_subtree is also specified")
    if effective and choice.inherited and choice.scope is not None and choice.scope.kind == "domain":
        raise BadRequest("on a domain nothing is inherited: leave out effective, scope.domain.id or inherited_to")


async def _roles(request: ApiRequest, user_id: str, scope: Scope) -> Response[bytes]:
    found = await _grants(request).roles_of(current_caller(request), user_id, scope)
    return reply(collection(request, "roles", (role_view(request, each) for each in found)))


def _scope(request: ApiRequest, given: dict[str, str]) -> Scope | None:
    kinds: tuple[Literal["project", "domain"], ...] = ("project", "domain")
    asked = [Scope(kind, given[f"scope.{kind}.id"]) for kind in kinds if f"scope.{kind}.id" in given]
    if request.query_params.get("scope.system") == "all":
        asked.append(SYSTEM)
    if len(asked) > 1:
        raise BadRequest("choose assignments by one scope: scope.project.id, scope.domain.id or scope.system")
    return asked[0] if asked else None


HANDLERS: Final[tuple[Routes, ...]] = (
    list_assignments,
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
