"""Quotas over HTTP: limits, limits with what is used, defaults."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Response, delete, get, put
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply
from berthline.api.network.bodies import network_service
from berthline.domain.errors import HTTPBadRequest, InvalidInput
from berthline.domain.quota import NETWORK_DEFAULTS
from berthline.network.quotas import QuotaUse


@get("/v2.0/quotas")
async def list_quotas(request: ApiRequest) -> Response[bytes]:
    """Projects that have limits of their own."""
    found = await network_service(request).list_quotas(current_caller(request))
    return reply({"quotas": [{**_limits(uses), "project_id": id_, "tenant_id": id_} for id_, uses in found]})


@get(["/v2.0/quotas/tenant", "/v2.0/quotas/project"])
async def show_own_project(request: ApiRequest) -> Response[bytes]:
    """Whose quotas the caller's own are."""
    caller = current_caller(request)
    return reply({"tenant": {"tenant_id": caller.project_id, "project_id": caller.project_id}})


@get("/v2.0/quotas/{project_id:str}")
async def show_quota(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """The limits of a project."""
    return reply({"quota": _limits(await network_service(request).quota(current_caller(request), project_id))})


@get(["/v2.0/quotas/{project_id:str}/details", "/v2.0/quotas/{project_id:str}/details.json"])
async def show_quota_details(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """Limits of a project and what it uses of them. Nothing is ever reserved: use is counted in the transaction."""
    uses = await network_service(request).quota(current_caller(request), project_id)
    return reply({"quota": {use.resource: {"limit": use.limit, "used": use.used, "reserved": 0} for use in uses}})


@get("/v2.0/quotas/{project_id:str}/default")
async def show_default_quota(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """The limits that every project begins with."""
    await network_service(request).quota(current_caller(request), project_id)
    return reply({"quota": NETWORK_DEFAULTS})


@put("/v2.0/quotas/{project_id:str}")
async def update_quota(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """Set limits, none below what is used unless `force` says so. For admins."""
    body = await read_json(request, dict[str, Any])
    asked = body.get("quota")
    if not isinstance(asked, dict) or len(body) != 1:
        raise HTTPBadRequest("Unable to find 'quota' in request body")
    force, _ = _flag(asked, "force"), _flag(asked, "check_limit")
    try:
        limits = msgspec.convert(asked, dict[str, int], strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"Invalid input for operation: {error}.") from None
    if any(abs(limit) > 2**31 - 1 for limit in limits.values()):
        raise InvalidInput("Invalid input for operation: a limit is at most 2147483647.")
    uses = await network_service(request).update_quota(current_caller(request), project_id, limits, check=not force)
    return reply({"quota": _limits(uses)})


@delete("/v2.0/quotas/{project_id:str}", status_code=204)
async def reset_quota(request: ApiRequest, project_id: FromPath[str]) -> Response[None]:
    """Give a project the default limits again. For admins."""
    await network_service(request).reset_quota(current_caller(request), project_id)
    return no_content()


def _flag(asked: dict[str, Any], name: str) -> bool:
    """Take a flag out of the limits. ``check_limit`` asks for what is done anyway, as in Neutron since 2025.1."""
    value = asked.pop(name, False)
    if not isinstance(value, bool):
        raise InvalidInput(f"Invalid input for {name}. Reason: it is true or false.")
    return value


def _limits(uses: Sequence[QuotaUse]) -> dict[str, int]:
    return {use.resource: use.limit for use in uses}


ROUTES: Final[Sequence[Routes]] = [
    list_quotas,
    show_own_project,
    show_quota,
    show_quota_details,
    show_default_quota,
    update_quota,
    reset_quota,
]
