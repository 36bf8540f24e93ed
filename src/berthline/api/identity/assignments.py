"""Who holds which role where: all assignments in one list."""

from typing import Final, Literal

from litestar import Response, get

from berthline.api.frame import ApiRequest, Routes, current_caller, reply, services
from berthline.api.identity.queries import is_asked
from berthline.api.identity.views import assignment_view, collection
from berthline.domain.errors import BadRequest
from berthline.domain.identity import SYSTEM, Scope
from berthline.identity.grants import Grants
from berthline.store.identity.assignments import Choice

FILTERS: Final = ("user.id", "group.id", "role.id", "scope.project.id", "scope.domain.id")
INHERITED: Final = "scope.OS-INHERIT:inherited_to"


def _grants(request: ApiRequest) -> Grants:
    return services(request).identity.directory.grants


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


def _scope(request: ApiRequest, given: dict[str, str]) -> Scope | None:
    kinds: tuple[Literal["project", "domain"], ...] = ("project", "domain")
    asked = [Scope(kind, given[f"scope.{kind}.id"]) for kind in kinds if f"scope.{kind}.id" in given]
    if request.query_params.get("scope.system") == "all":
        asked.append(SYSTEM)
    if len(asked) > 1:
        raise BadRequest("choose assignments by one scope: scope.project.id, scope.domain.id or scope.system")
    return asked[0] if asked else None


HANDLERS: Final[tuple[Routes, ...]] = (list_assignments,)
