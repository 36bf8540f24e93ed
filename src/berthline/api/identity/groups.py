"""/v3/groups, who is in them, and /v3/users/{id}/groups"""

from typing import Final

from litestar import Response, delete, get, patch, post, put, route
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.identity.bodies import LOOK, GroupBody, or_empty, or_unset, read_open_noun
from berthline.api.identity.queries import read_query
from berthline.api.identity.views import group_view, user_view
from berthline.identity.groups import GroupFields, Groups


def _groups(request: ApiRequest) -> Groups:
    return services(request).identity.directory.groups


async def _fields(request: ApiRequest, own_id: str | None = None) -> GroupFields:
    body, extra = await read_open_noun(request, "group", GroupBody, own_id)
    return GroupFields(
        name=body.name, description=or_empty(body.description), domain_id=or_unset(body.domain_id), extra=extra
    )


@get("/v3/groups")
async def list_groups(request: ApiRequest) -> Response[bytes]:
    """All groups, by name or domain_id."""
    query = read_query(request, texts=("name", "domain_id"))
    found = await _groups(request).list(current_caller(request), query.exact)
    return reply(query.page(request, "groups", (group_view(request, each) for each in found)))


@post("/v3/groups")
async def create_group(request: ApiRequest) -> Response[bytes]:
    """A new group, with nobody in it."""
    group = await _groups(request).create(current_caller(request), await _fields(request))
    return reply({"group": group_view(request, group)}, 201)


@get("/v3/groups/{group_id:str}")
async def show_group(request: ApiRequest, group_id: FromPath[str]) -> Response[bytes]:
    """One group."""
    return reply({"group": group_view(request, await _groups(request).show(current_caller(request), group_id))})


@patch("/v3/groups/{group_id:str}")
async def update_group(request: ApiRequest, group_id: FromPath[str]) -> Response[bytes]:
    """Change name or description."""
    group = await _groups(request).update(current_caller(request), group_id, await _fields(request, group_id))
    return reply({"group": group_view(request, group)})


@delete("/v3/groups/{group_id:str}", status_code=204)
async def delete_group(request: ApiRequest, group_id: FromPath[str]) -> Response[None]:
    """Delete a group; what its users held by it they hold no longer."""
    await _groups(request).delete(current_caller(request), group_id)
    return no_content()


@get("/v3/groups/{group_id:str}/users")
async def list_members(request: ApiRequest, group_id: FromPath[str]) -> Response[bytes]:
    """Who is in a group, by name, domain_id or enabled."""
    query = read_query(request, texts=("name", "domain_id"), flags=("enabled",))
    found = await _groups(request).members(current_caller(request), group_id)
    views = (user_view(request, each) for each in found)
    return reply(query.page(request, "users", (view for view in views if query.exact.items() <= view.items())))


@put("/v3/groups/{group_id:str}/users/{user_id:str}")
async def add_member(request: ApiRequest, group_id: FromPath[str], user_id: FromPath[str]) -> Response[None]:
    """Add a user to a group."""
    await _groups(request).add(current_caller(request), group_id, user_id)
    return no_content()


@route("/v3/groups/{group_id:str}/users/{user_id:str}", http_method=LOOK, status_code=204)
async def check_member(request: ApiRequest, group_id: FromPath[str], user_id: FromPath[str]) -> Response[None]:
    """Whether a user is in a group: 204 or 404."""
    await _groups(request).check(current_caller(request), group_id, user_id)
    return no_content()


@delete("/v3/groups/{group_id:str}/users/{user_id:str}", status_code=204)
async def remove_member(request: ApiRequest, group_id: FromPath[str], user_id: FromPath[str]) -> Response[None]:
    """Take a user out of a group; his tokens lose its roles at once."""
    await _groups(request).remove(current_caller(request), group_id, user_id)
    return no_content()


@get("/v3/users/{user_id:str}/groups")
async def list_groups_of_user(request: ApiRequest, user_id: FromPath[str]) -> Response[bytes]:
    """The groups that a user is in, by name or domain_id: one's own, or anybody's for an admin."""
    query = read_query(request, texts=("name", "domain_id"))
    found = await _groups(request).of_user(current_caller(request), user_id)
    views = (group_view(request, each) for each in found)
    return reply(query.page(request, "groups", (view for view in views if query.exact.items() <= view.items())))


HANDLERS: Final[tuple[Routes, ...]] = (
    list_groups,
    create_group,
    show_group,
    update_group,
    delete_group,
    list_members,
    add_member,
    check_member,
    remove_member,
    list_groups_of_user,
)
