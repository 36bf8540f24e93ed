"""/v3/roles"""

from typing import Final

from litestar import Response, delete, get, head, patch, post, put, route
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, base_url, current_caller, no_content, reply, services
from berthline.api.identity.bodies import LOOK, RoleBody, read_open_noun, refuse_options
from berthline.api.identity.queries import read_query
from berthline.api.identity.views import View, role_ref, role_view
from berthline.identity.roles import Implications, RoleFields, Roles


def _roles(request: ApiRequest) -> Roles:
    return services(request).identity.directory.roles


async def _fields(request: ApiRequest, own_id: str | None = None) -> RoleFields:
    body, extra = await read_open_noun(request, "role", RoleBody, own_id)
    refuse_options(body.options)
    return RoleFields(name=body.name, description=body.description, domain_id=body.domain_id, extra=extra)


@get("/v3/roles")
async def list_roles(request: ApiRequest) -> Response[bytes]:
    """The cloud's roles, or those of domain_id; by name."""
    query = read_query(request, texts=("name", "domain_id"))
    found = await _roles(request).list(current_caller(request), {"domain_id": None, **query.exact})
    return reply(query.page(request, "roles", (role_view(request, each) for each in found)))


@post("/v3/roles")
async def create_role(request: ApiRequest) -> Response[bytes]:
    """A new role. It gives no right by itself: rights hang on admin, member and reader."""
    role = await _roles(request).create(current_caller(request), await _fields(request))
    return reply({"role": role_view(request, role)}, 201)


@get("/v3/roles/{role_id:str}")
async def show_role(request: ApiRequest, role_id: FromPath[str]) -> Response[bytes]:
    """One role."""
    return reply({"role": role_view(request, await _roles(request).show(current_caller(request), role_id))})


@patch("/v3/roles/{role_id:str}")
async def update_role(request: ApiRequest, role_id: FromPath[str]) -> Response[bytes]:
    """Change name or description."""
    role = await _roles(request).update(current_caller(request), role_id, await _fields(request, role_id))
    return reply({"role": role_view(request, role)})


@delete("/v3/roles/{role_id:str}", status_code=204)
async def delete_role(request: ApiRequest, role_id: FromPath[str]) -> Response[None]:
    """Delete a role; who held it holds it no longer."""
    await _roles(request).delete(current_caller(request), role_id)
    return no_content()


@route("/v3/roles/{role_id:str}/implies", http_method=LOOK)
async def list_implied(request: ApiRequest, role_id: FromPath[str]) -> Response[bytes]:
    """The roles that this one implies itself."""
    found = await _roles(request).implications(current_caller(request), role_id)
    links = {"self": f"{base_url(request)}{request.scope['path']}"}
    return reply({"role_inference": _inference(request, found), "links": links})


@put("/v3/roles/{role_id:str}/implies/{implied_id:str}")
async def imply_role(request: ApiRequest, role_id: FromPath[str], implied_id: FromPath[str]) -> Response[bytes]:
    """Have one role imply another: who holds the one holds the other."""
    made = await _roles(request).imply(current_caller(request), role_id, implied_id)
    return reply(_one_inference(request, made), 201)


@get("/v3/roles/{role_id:str}/implies/{implied_id:str}")
async def show_implied(request: ApiRequest, role_id: FromPath[str], implied_id: FromPath[str]) -> Response[bytes]:
    """The two roles, when one implies the other itself; else 404."""
    found = await _roles(request).implied(current_caller(request), role_id, implied_id)
    return reply(_one_inference(request, found))


@head("/v3/roles/{role_id:str}/implies/{implied_id:str}", status_code=204)
async def check_implied(request: ApiRequest, role_id: FromPath[str], implied_id: FromPath[str]) -> Response[None]:
    """Whether one role implies another itself: 204 or 404."""
    await _roles(request).implied(current_caller(request), role_id, implied_id)
    return no_content()


@delete("/v3/roles/{role_id:str}/implies/{implied_id:str}", status_code=204)
async def no_longer_imply(request: ApiRequest, role_id: FromPath[str], implied_id: FromPath[str]) -> Response[None]:
    """Have one role imply another no longer; what admin and member imply stays."""
    await _roles(request).no_longer_imply(current_caller(request), role_id, implied_id)
    return no_content()


@get("/v3/role_inferences")
async def list_inferences(request: ApiRequest) -> Response[bytes]:
    """Which roles imply which."""
    found = await _roles(request).all_implications(current_caller(request))
    return reply({"role_inferences": [_inference(request, each) for each in found]})


def _inference(request: ApiRequest, each: Implications) -> View:
    return {"prior_role": role_ref(request, each.prior), "implies": [role_ref(request, role) for role in each.implied]}


def _one_inference(request: ApiRequest, each: Implications) -> View:
    links = {"self": f"{base_url(request)}{request.scope['path']}"}
    inference = {"prior_role": role_ref(request, each.prior), "implies": role_ref(request, each.implied[0])}
    return {"role_inference": inference, "links": links}


HANDLERS: Final[tuple[Routes, ...]] = (
    list_roles,
    create_role,
    show_role,
    update_role,
    delete_role,
    list_implied,
    imply_role,
    show_implied,
    check_implied,
    no_longer_imply,
    list_inferences,
)
