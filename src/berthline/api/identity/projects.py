"""/v3/projects"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, TypeAlias

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.identity.bodies import ProjectBody, or_empty, or_unset, read_open_noun, refuse_options
from berthline.api.identity.project_tags import read_tags
from berthline.api.identity.queries import is_asked, read_query
from berthline.api.identity.views import View, project_view
from berthline.domain.errors import BadRequest
from berthline.domain.identity import Project
from berthline.identity.directory import Directory, Family, ProjectFields

PARENTS: Final = ("parents_as_list", "parents_as_ids")
SUBTREE: Final = ("subtree_as_list", "subtree_as_ids")
Nested: TypeAlias = "Mapping[str, Nested] | None"


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


def _around(request: ApiRequest, family: Family, asked: Collection[str]) -> View:
    """As Keystone shows it: ids show all, lists the projects on which the caller has a role."""

    def held(projects: Iterable[Project]) -> list[View]:
        return [{"project": project_view(request, each)} for each in projects if each.id in family.held]

    view: View = {}
    if "parents_as_list" in asked:
        view["parents"] = held(family.parents)
    elif "parents_as_ids" in asked:
        view["parents"] = _parents_as_ids(family)
    if "subtree_as_list" in asked:
        view["subtree"] = held(family.subtree)
    elif "subtree_as_ids" in asked:
        view["subtree"] = _subtree_as_ids(family)
    return view


def _parents_as_ids(family: Family) -> Nested:
    """Each parent with its own below it; the domain is the last, and has none."""
    nested: Nested = {family.project.domain_id: None}
    for parent in reversed(family.parents):
        nested = {parent.id: nested}
    return nested


def _subtree_as_ids(family: Family) -> Nested:
    """Each project with those below it, None when there are none."""
    below: dict[str, dict[str, Nested]] = {}
    for project in reversed(family.subtree):  # the deepest first, so that what is below each is known before it
        below.setdefault(project.parent_id, {})[project.id] = below.get(project.id)
    return below.get(family.project.id)


@get("/v3/projects")
async def list_projects(request: ApiRequest) -> Response[bytes]:
    """All projects, by name, domain_id, parent_id, enabled, is_domain or tags."""
    query = read_query(request, texts=("name", "domain_id", "parent_id"), flags=("enabled", "is_domain"))
    acts_as_domain = query.exact.pop("is_domain", False)
    found = await _directory(request).projects(current_caller(request), query.exact)
    if acts_as_domain:
        found = ()  # no project acts as a domain
    tagged = read_tags(request)
    return reply(query.page(request, "projects", (project_view(request, each) for each in found if tagged(each))))


@post("/v3/projects")
async def create_project(request: ApiRequest) -> Response[bytes]:
    """A new project."""
    project = await _directory(request).create_project(current_caller(request), await _fields(request))
    return reply({"project": project_view(request, project)}, 201)


@get("/v3/projects/{project_id:str}")
async def show_project(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """One project; with parents_as_ids or parents_as_list, subtree_as_ids or subtree_as_list also those around it."""
    asked = {name for name in (*PARENTS, *SUBTREE, "include_limits") if is_asked(request, name)}
    for both in (PARENTS, SUBTREE):
        if asked.issuperset(both):
            raise BadRequest(f"Cannot use {both[0]} and {both[1]} query params at the same time.")
    if "include_limits" in asked:
        raise BadRequest("this cloud keeps no limits with its projects: leave include_limits out")
    if not asked:
        project = await _directory(request).project(current_caller(request), project_id)
        return reply({"project": project_view(request, project)})
    family = await _directory(request).family(current_caller(request), project_id)
    return reply({"project": project_view(request, family.project) | _around(request, family, asked)})


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
