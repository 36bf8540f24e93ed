"""/v3/users"""

from typing import Final

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath
from msgspec import UNSET

from berthline.api.auth import PUBLIC
from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.identity.bodies import (
    PasswordText,
    UserBody,
    or_empty,
    or_unset,
    read_noun,
    read_open_noun,
    refuse_options,
)
from berthline.api.identity.queries import read_query
from berthline.api.identity.views import collection, project_view, user_view
from berthline.domain.errors import BadRequest
from berthline.identity.directory import Directory, UserFields

OF_OTHER_CLOUDS: Final = frozenset({"idp_id", "protocol_id", "unique_id", "password_expires_at"})
"""What Keystone's users can be chosen by and these cannot: they come from nowhere else, and no password expires."""


class PasswordChange(msgspec.Struct, forbid_unknown_fields=True):
    original_password: str
    password: PasswordText


def _directory(request: ApiRequest) -> Directory:
    return services(request).identity.directory


async def _fields(request: ApiRequest, own_id: str | None = None) -> UserFields:
    body, extra = await read_open_noun(request, "user", UserBody, own_id)
    refuse_options(body.options)
    if body.federated is not UNSET:
        raise BadRequest("users do not come from elsewhere here: leave federated out")
    return UserFields(
        name=body.name,
        description=or_empty(body.description),
        enabled=body.enabled,
        domain_id=or_unset(body.domain_id),
        default_project_id=body.default_project_id,
        email=body.email,
        password=body.password,
        extra=extra,
    )


@get("/v3/users")
async def list_users(request: ApiRequest) -> Response[bytes]:
    """All users, by name, domain_id or enabled."""
    query = read_query(request, texts=("name", "domain_id"), flags=("enabled",), refused=OF_OTHER_CLOUDS)
    found = await _directory(request).users(current_caller(request), query.exact)
    return reply(query.page(request, "users", (user_view(request, each) for each in found)))


@post("/v3/users")
async def create_user(request: ApiRequest) -> Response[bytes]:
    """A new user."""
    user = await _directory(request).create_user(current_caller(request), await _fields(request))
    return reply({"user": user_view(request, user)}, 201)


@get("/v3/users/{user_id:str}")
async def show_user(request: ApiRequest, user_id: FromPath[str]) -> Response[bytes]:
    """One user: oneself, or anybody for an admin."""
    user = await _directory(request).user(current_caller(request), user_id)
    return reply({"user": user_view(request, user)})


@patch("/v3/users/{user_id:str}")
async def update_user(request: ApiRequest, user_id: FromPath[str]) -> Response[bytes]:
    """Change a user."""
    user = await _directory(request).update_user(current_caller(request), user_id, await _fields(request, user_id))
    return reply({"user": user_view(request, user)})


@delete("/v3/users/{user_id:str}", status_code=204)
async def delete_user(request: ApiRequest, user_id: FromPath[str]) -> Response[None]:
    """Delete a user with its roles; its tokens end."""
    await _directory(request).delete_user(current_caller(request), user_id)
    return no_content()


@post("/v3/users/{user_id:str}/password", opt=PUBLIC)
async def change_password(request: ApiRequest, user_id: FromPath[str]) -> Response[None]:
    """A user's own change of password: the original one is the proof, so that it works without a token."""
    change = await read_noun(request, "user", PasswordChange)
    await services(request).identity.change_password(user_id, change.original_password, change.password)
    return no_content()


@get("/v3/users/{user_id:str}/projects")
async def list_projects_of_user(request: ApiRequest, user_id: FromPath[str]) -> Response[bytes]:
    """The projects on which a user has a role: one's own, or anybody's for an admin."""
    found = await _directory(request).projects_of_user(current_caller(request), user_id)
    return reply(collection(request, "projects", (project_view(request, each) for each in found)))


HANDLERS: Final[tuple[Routes, ...]] = (
    list_users,
    create_user,
    show_user,
    update_user,
    delete_user,
    change_password,
    list_projects_of_user,
)
