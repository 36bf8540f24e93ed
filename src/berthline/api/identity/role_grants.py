"""Which roles users and groups were given: on projects, on domains, on the system, and on all projects below.

The same four routes are there for each kind of holder in each kind of place: they are made from ``_PLACES``.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

from litestar import Response, delete, get, put, route

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.identity.bodies import LOOK
from berthline.api.identity.views import collection, role_view
from berthline.domain.identity import SYSTEM, Scope
from berthline.identity.grants import Grants, Holder

HolderKind = Literal["user", "group"]
HOLDERS: Final[tuple[HolderKind, ...]] = ("user", "group")


class _Place(NamedTuple):
    """Where roles are given. ``inherited``: on the projects below (OS-INHERIT); ``lists``: one can list them."""

    words: str
    scope: Literal["project", "domain", "system"]
    inherited: bool = False
    lists: bool = True

    def path(self, holder: HolderKind) -> str:
        """Of the roles that a holder was given there."""
        below = "/v3/OS-INHERIT" if self.inherited else "/v3"
        scope = "system" if self.scope == "system" else f"{self.scope}s/{{{self.scope}_id:str}}"
        return f"{below}/{scope}/{holder}s/{{{holder}_id:str}}/roles"

    @property
    def end(self) -> str:
        """Of each path."""
        return "/inherited_to_projects" if self.inherited else ""


_PLACES: Final = (
    _Place("on a project", "project"),
    _Place("on a domain", "domain"),
    _Place("on the system", "system"),
    _Place("on all projects of a domain", "domain", inherited=True),
    _Place("on all projects below a project", "project", inherited=True, lists=False),
)
"""What is inherited from a project has no list, as in Keystone."""


def _grants(request: ApiRequest) -> Grants:
    return services(request).identity.directory.grants


def _routes(place: _Place, kind: HolderKind) -> Iterator[Any]:
    """The handlers for roles of one kind of holder in one kind of place."""
    role = f"{place.path(kind)}/{{role_id:str}}{place.end}"

    def holder(request: ApiRequest) -> Holder:
        return Holder(kind, str(request.path_params[f"{kind}_id"]))

    def scope(request: ApiRequest) -> Scope:
        return SYSTEM if place.scope == "system" else Scope(place.scope, str(request.path_params[f"{place.scope}_id"]))

    def asked(request: ApiRequest) -> tuple[Holder, str, Scope]:
        return holder(request), str(request.path_params["role_id"]), scope(request)

    async def list_roles(request: ApiRequest) -> Response[bytes]:
        found = await _grants(request).roles_of(
            current_caller(request), holder(request), scope(request), inherited=place.inherited
        )
        return reply(collection(request, "roles", (role_view(request, each) for each in found)))

    async def grant(request: ApiRequest) -> Response[None]:
        await _grants(request).grant(current_caller(request), *asked(request), inherited=place.inherited)
        return no_content()

    async def check(request: ApiRequest) -> Response[None]:
        await _grants(request).check(current_caller(request), *asked(request), inherited=place.inherited)
        return no_content()

    async def revoke(request: ApiRequest) -> Response[None]:
        await _grants(request).revoke(current_caller(request), *asked(request), inherited=place.inherited)
        return no_content()

    list_roles.__doc__ = f"The roles that a {kind} was given {place.words}."
    grant.__doc__ = f"Give a {kind} a role {place.words}."
    check.__doc__ = f"Whether a {kind} was given a role {place.words}: 204 or 404."
    revoke.__doc__ = f"Take a role {place.words} from a {kind}; tokens lose it at once."
    if place.lists:
        yield get(place.path(kind) + place.end)(list_roles)
    yield put(role)(grant)
    yield route(role, http_method=LOOK, status_code=204)(check)
    yield delete(role, status_code=204)(revoke)


HANDLERS: Final[tuple[Routes, ...]] = tuple(
    handler for place in _PLACES for kind in HOLDERS for handler in _routes(place, kind)
)
