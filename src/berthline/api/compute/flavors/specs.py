"""Extra specs of flavors, and which projects may use one that is not public."""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute import fields
from berthline.api.compute.context import Context, check_project
from berthline.api.compute.fields import Flexible
from berthline.api.compute.flavors.flavors import no_flavor, visible_flavor
from berthline.api.frame import ApiRequest
from berthline.domain.compute import Flavor
from berthline.domain.errors import BadRequest, Conflict, NotFound
from berthline.domain.ids import FlavorId, ProjectId
from berthline.store import Connection
from berthline.store.compute import flavors

PUBLIC_REFUSED_SINCE: Final = 7
SPEC_KEY: Final = re.compile(r"[a-zA-Z0-9\-_:. ]{1,255}")


class SpecsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    extra_specs: dict[str, Flexible | float]


class Tenant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tenant: str


class AccessBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    add: Tenant | None = msgspec.field(name="addTenantAccess", default=None)
    remove: Tenant | None = msgspec.field(name="removeTenantAccess", default=None)


@get("/v2.1/flavors/{flavor_id:str}/os-extra_specs")
async def list_specs(request: ApiRequest, flavor_id: FromPath[str]) -> Response[bytes]:
    """GET /flavors/ID/os-extra_specs."""
    context = Context.of(request)
    flavor = await context.services.store.read(lambda connection: visible_flavor(connection, context, flavor_id))
    return context.answer({"extra_specs": flavor.extra_specs})


@post("/v2.1/flavors/{flavor_id:str}/os-extra_specs", status_code=200)
async def add_specs(request: ApiRequest, flavor_id: FromPath[str]) -> Response[bytes]:
    """POST /flavors/ID/os-extra_specs: add specs, replace those of the same keys."""
    context = Context.of(request)
    context.require_admin("os_compute_api:os-flavor-extra-specs:create")
    added = _check_specs((await read_json(request, SpecsBody)).extra_specs)
    await _change(context, flavor_id, lambda specs: specs | added)
    return context.answer({"extra_specs": added})


@get("/v2.1/flavors/{flavor_id:str}/os-extra_specs/{key:str}")
async def show_spec(request: ApiRequest, flavor_id: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """GET /flavors/ID/os-extra_specs/KEY."""
    context = Context.of(request)
    flavor = await context.services.store.read(lambda connection: visible_flavor(connection, context, flavor_id))
    if key not in flavor.extra_specs:
        raise _no_spec(flavor_id, key)
    return context.answer({key: flavor.extra_specs[key]})


@put("/v2.1/flavors/{flavor_id:str}/os-extra_specs/{key:str}")
async def set_spec(request: ApiRequest, flavor_id: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """PUT /flavors/ID/os-extra_specs/KEY."""
    context = Context.of(request)
    context.require_admin("os_compute_api:os-flavor-extra-specs:update")
    given = _check_specs(await read_json(request, dict[str, Flexible | float]))
    if list(given) != [key]:
        raise BadRequest("Request body and URI mismatch")
    await _change(context, flavor_id, lambda specs: specs | given)
    return context.answer(given)


@delete("/v2.1/flavors/{flavor_id:str}/os-extra_specs/{key:str}", status_code=200)
async def delete_spec(request: ApiRequest, flavor_id: FromPath[str], key: FromPath[str]) -> Response[None]:
    """DELETE /flavors/ID/os-extra_specs/KEY."""
    context = Context.of(request)
    context.require_admin("os_compute_api:os-flavor-extra-specs:delete")

    def without(specs: dict[str, str]) -> dict[str, str]:
        if key not in specs:
            raise _no_spec(flavor_id, key)
        return {name: value for name, value in specs.items() if name != key}

    await _change(context, flavor_id, without)
    return context.empty(200)


@get("/v2.1/flavors/{flavor_id:str}/os-flavor-access")
async def list_access(request: ApiRequest, flavor_id: FromPath[str]) -> Response[bytes]:
    """GET /flavors/ID/os-flavor-access."""
    context = Context.of(request)
    context.require_admin("os_compute_api:os-flavor-access")

    def read(connection: Connection) -> list[dict[str, str]]:
        if visible_flavor(connection, context, flavor_id).is_public:
            raise NotFound("Access list not available for public flavors.")
        return _access(connection, flavor_id)

    return context.answer({"flavor_access": await context.services.store.read(read)})


@post("/v2.1/flavors/{flavor_id:str}/action", status_code=200)
async def change_access(request: ApiRequest, flavor_id: FromPath[str]) -> Response[bytes]:
    """POST /flavors/ID/action: addTenantAccess or removeTenantAccess."""
    context = Context.of(request)
    body = await read_json(request, AccessBody)
    if (body.add is None) == (body.remove is None):
        raise BadRequest("The body names one of addTenantAccess and removeTenantAccess.")
    rule = "add_tenant_access" if body.add else "remove_tenant_access"
    context.require_admin(f"os_compute_api:os-flavor-access:{rule}")

    def write(connection: Connection) -> list[dict[str, str]]:
        flavor = visible_flavor(connection, context, flavor_id)
        if body.add is not None:
            check_project(connection, body.add.tenant)
            _grant(connection, context, flavor, ProjectId(body.add.tenant))
        if body.remove is not None and not 1 <= len(body.remove.tenant) <= fields.NAME_LENGTH:
            raise fields.invalid("tenant", body.remove.tenant, f"It has 1 to {fields.NAME_LENGTH} characters.")
        if body.remove is not None and not flavors.revoke(connection, flavor.id, ProjectId(body.remove.tenant)):
            raise NotFound(f"Flavor access not found for {flavor_id} / {body.remove.tenant[:64]} combination.")
        return _access(connection, flavor_id)

    return context.answer({"flavor_access": await context.services.store.write(write)})


def _grant(connection: Connection, context: Context, flavor: Flavor, project_id: ProjectId) -> None:
    """Write the access. Before 2.7 a public flavor has accesses too, which mean nothing."""
    if flavor.is_public and context.since(PUBLIC_REFUSED_SINCE):
        raise Conflict("Can not add access to a public flavor.")
    if not flavors.grant(connection, flavor.id, project_id):
        raise Conflict(f"Flavor access already exists for flavor {flavor.id} and project {project_id} combination.")


def _access(connection: Connection, flavor_id: str) -> list[dict[str, str]]:
    found = flavors.access(connection, FlavorId(flavor_id))
    return [{"flavor_id": flavor_id, "tenant_id": project} for project in found]


def _check_specs(specs: dict[str, Any]) -> dict[str, str]:
    checked: dict[str, str] = {}
    for key, value in specs.items():
        if SPEC_KEY.fullmatch(key) is None:
            raise fields.invalid("extra_specs", key, "A key has 1 to 255 letters, digits, blanks or any of - _ : .")
        if isinstance(value, bool):
            raise fields.invalid(key, value, "It is text or a number.")
        text = value if isinstance(value, str) else str(value)
        if len(text) > fields.NAME_LENGTH:
            raise fields.invalid(key, text, f"It is too long: at most {fields.NAME_LENGTH} characters.")
        checked[key] = text
    return checked


async def _change(context: Context, flavor_id: str, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    """For admins, who see every flavor."""

    def write(connection: Connection) -> None:
        if not flavors.change_extra_specs(connection, FlavorId(flavor_id), change):
            raise no_flavor(flavor_id)

    await context.services.store.write(write)


def _no_spec(flavor_id: str, key: str) -> NotFound:
    return NotFound(f"Flavor {flavor_id} has no extra specs with key {key[:64]}.")


HANDLERS: Final = (
    list_specs,
    add_specs,
    show_spec,
    set_spec,
    delete_spec,
    list_access,
    change_access,
)
