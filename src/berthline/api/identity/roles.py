"""/v3/roles"""

from typing import Final

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.identity.bodies import RoleBody, read_noun, refuse_options
from berthline.api.identity.views import View, collection, role_view
from berthline.api.listing import parse_filters
from berthline.domain.identity import IMPLIED, Role
from berthline.identity.grants import Grants, RoleFields


def _grants(request: ApiRequest) -> Grants:
    return services(request).identity.directory.grants


async def _fields(request: ApiRequest) -> RoleFields:
    body = await read_noun(request, "role", RoleBody)
    refuse_options(body.options)
    return RoleFields(name=body.name, description=body.description, domain_id=body.domain_id)


@get("/v3/roles")
async def list_roles(request: ApiRequest) -> Response[bytes]:
    """The cloud's roles, or those of domain_id; by name."""
    given = parse_filters(request, ("name", "domain_id"))
    filters: dict[str, object] = {name: values[-1] for name, values in given.items()}
    filters.setdefault("domain_id", None)
    found = await _grants(request).roles(current_caller(request), filters)
    return reply(collection(request, "roles", (role_view(request, each) for each in found)))


@post("/v3/roles")
async def create_role(request: ApiRequest) -> Response[bytes]:
    """A new role. It gives no right by itself: rights hang on admin, member and reader."""
    role = await _grants(request).create_role(current_caller(request), await _fields(request))
    return reply({"role": role_view(request, role)}, 201)


@get("/v3/roles/{role_id:str}")
async def show_role(request: ApiRequest, role_id: FromPath[str]) -> Response[bytes]:
    """One role."""
    return reply({"role": role_view(request, await _grants(request).role(current_caller(request), role_id))})


@patch("/v3/roles/{role_id:str}")
async def update_role(request: ApiRequest, role_id: FromPath[str]) -> Response[bytes]:
    """Change name or description."""
    role = await _grants(request).update_role(current_caller(request), role_id, await _fields(request))
    return reply({"role": role_view(request, role)})


@delete("/v3/roles/{role_id:str}", status_code=204)
async def delete_role(request: ApiRequest, role_id: FromPath[str]) -> Response[None]:
    """Delete a role; who held it holds it no longer."""
    await _grants(request).delete_role(current_caller(request), role_id)
    return no_content()


@get("/v3/roles/{role_id:str}/implies")
async def list_implied(request: ApiRequest, role_id: FromPath[str]) -> Response[bytes]:
    """The roles that this one implies."""
    caller = current_caller(request)
    prior = await _grants(request).role(caller, role_id)
    everything = await _grants(request).roles(caller, {"domain_id": None})
    return reply({"role_inference": _inference(prior, everything)})


@get("/v3/role_inferences")
async def list_inferences(request: ApiRequest) -> Response[bytes]:
    """Which role implies which. That cannot be changed."""
    everything = await _grants(request).roles(current_caller(request), {"domain_id": None})
    return reply({"role_inferences": [_inference(role, everything) for role in everything if role.name in IMPLIED]})


def _inference(prior: Role, everything: tuple[Role, ...]) -> View:
    names = IMPLIED.get(prior.name, ()) if prior.domain_id is None else ()
    implied = [{"id": role.id, "name": role.name} for role in everything if role.name in names]
    return {"prior_role": {"id": prior.id, "name": prior.name}, "implies": implied}


HANDLERS: Final[tuple[Routes, ...]] = (
    list_roles,
    create_role,
    show_role,
    update_role,
    delete_role,
    list_implied,
    list_inferences,
)
