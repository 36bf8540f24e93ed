"""limits and os-quota-sets, over the exact counters of the store."""

from collections.abc import Container, Mapping
from typing import Any, Final

import msgspec
from litestar import Response, delete, get, put
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute import fields
from berthline.api.compute.context import Context, check_project, forbid, hold_project, unsupported
from berthline.api.compute.fields import Flexible
from berthline.api.compute.queries import Query, QuerySchema, read_query
from berthline.api.frame import ApiRequest
from berthline.api.query import READS_ITS_QUERY
from berthline.domain.errors import BadRequest
from berthline.domain.quota import COMPUTE_DEFAULTS, UNLIMITED
from berthline.store import Connection
from berthline.store.control import quotas

RESOURCES: Final = tuple(sorted(COMPUTE_DEFAULTS))
COUNTED: Final = ("cores", "instances", "ram", "server_groups")
INJECTION_GONE: Final = 57
NETWORK_GONE: Final = 36
OF_NOVA_NETWORK: Final = ("fixed_ips", "floating_ips", "security_groups", "security_group_rules")
"""Quotas of the network that Nova once had: known before 2.36, and they limit nothing, as in Nova since it is gone."""

ONE: Final = QuerySchema(known={"user_id": 1}, strict_since=75)
LIMITS: Final = QuerySchema(known={"tenant_id": 1}, strict_since=75)


class UpdateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quota_set: dict[str, Flexible]


@get("/v2.1/limits", opt=dict(READS_ITS_QUERY))
async def show_limits(request: ApiRequest) -> Response[bytes]:
    """GET /limits: what the caller's project (for admins ?tenant_id) may have and has."""
    context = Context.of(request)
    named = read_query(context, LIMITS).get("tenant_id")
    if named not in (None, context.caller.project_id):
        context.require_admin("os_compute_api:limits:other_project")
    project_id = named or context.caller.project_id

    def read(connection: Connection) -> tuple[dict[str, int], dict[str, int]]:
        return quotas.limits(connection, project_id, RESOURCES), quotas.used(connection, project_id, COUNTED)

    limits, used = await context.services.store.read(read)
    return context.answer({"limits": {"rate": [], "absolute": _absolute(context, limits, used)}})


@get("/v2.1/os-quota-sets/{project_id:str}", opt=dict(READS_ITS_QUERY))
async def show_quota_set(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """GET /os-quota-sets/PROJECT. A user has the quota of the project: ?user_id, which Nova takes, finds no other."""
    context = _for_project(request, project_id, "show")
    read_query(context, ONE)

    def read(connection: Connection) -> dict[str, int]:
        _check_known(connection, context, project_id)
        return quotas.limits(connection, project_id, RESOURCES)

    limits = await context.services.store.read(read)
    return context.answer({"quota_set": {"id": project_id} | shown(context, limits)})


@get("/v2.1/os-quota-sets/{project_id:str}/defaults")
async def show_defaults(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """GET /os-quota-sets/PROJECT/defaults."""
    context = Context.of(request)
    limits = await context.services.store.read(
        lambda connection: quotas.class_limits(connection, quotas.DEFAULT_CLASS, RESOURCES)
    )
    return context.answer({"quota_set": {"id": project_id} | shown(context, limits)})


@get("/v2.1/os-quota-sets/{project_id:str}/detail", opt=dict(READS_ITS_QUERY))
async def show_quota_set_in_detail(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """GET /os-quota-sets/PROJECT/detail: limits with what is in use."""
    context = _for_project(request, project_id, "detail")
    read_query(context, ONE)

    def read(connection: Connection) -> dict[str, Any]:
        _check_known(connection, context, project_id)
        used = quotas.used(connection, project_id, COUNTED)
        limits = shown(context, quotas.limits(connection, project_id, RESOURCES))
        return {name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0} for name, limit in limits.items()}

    return context.answer({"quota_set": {"id": project_id} | await context.services.store.read(read)})


@put("/v2.1/os-quota-sets/{project_id:str}", opt=dict(READS_ITS_QUERY))
async def update_quota_set(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """PUT /os-quota-sets/PROJECT. A limit below what is in use needs ``force``."""
    context = Context.of(request)
    context.require_admin("os_compute_api:os-quota-sets:update")
    _refuse_users(read_query(context, ONE))
    given = dict((await read_json(request, UpdateBody)).quota_set)
    force = fields.as_boolean("force", given.pop("force", False))
    wanted = wanted_limits(given, shown(context, COMPUTE_DEFAULTS))

    def write(connection: Connection) -> dict[str, int]:
        hold_project(connection, project_id)
        used = quotas.used(connection, project_id, COUNTED)
        for name, limit in wanted.items():
            if not force and UNLIMITED < limit < used.get(name, 0):
                raise BadRequest(
                    f"Quota limit {limit} for {name} must be greater than or equal to already used and reserved "
                    f"{used[name]}."
                )
        quotas.set_limits(connection, project_id, wanted)
        return quotas.limits(connection, project_id, RESOURCES)

    return context.answer({"quota_set": shown(context, await context.services.store.write(write))})


@delete("/v2.1/os-quota-sets/{project_id:str}", status_code=202, opt=dict(READS_ITS_QUERY))
async def reset_quota_set(request: ApiRequest, project_id: FromPath[str]) -> Response[None]:
    """DELETE /os-quota-sets/PROJECT: back to the defaults."""
    context = Context.of(request)
    context.require_admin("os_compute_api:os-quota-sets:delete")
    _refuse_users(read_query(context, ONE))
    await context.services.store.write(lambda connection: quotas.reset_limits(connection, project_id, RESOURCES))
    return context.empty(202)


def metadata_limit(connection: Connection, project_id: str) -> int | None:
    """The most metadata items that a server of the project may have; None for any number."""
    limit = quotas.limits(connection, project_id, ("metadata_items",))["metadata_items"]
    return None if limit == UNLIMITED else limit


def _for_project(request: ApiRequest, project_id: str, verb: str) -> Context:
    """Only admins see another project's quota; whether that project exists, nobody learns here."""
    context = Context.of(request)
    if project_id != context.caller.project_id and not context.caller.is_admin:
        forbid(f"os_compute_api:os-quota-sets:{verb}")
    return context


def _check_known(connection: Connection, context: Context, project_id: str) -> None:
    """Raise BadRequest for a project that there is not. Others than admins ask for their own only."""
    if context.caller.is_admin:
        check_project(connection, project_id)


def wanted_limits(given: Mapping[str, Flexible], allowed: Container[str]) -> dict[str, int]:
    """The limits of a body. Raises BadRequest for a name that is not ``allowed``, and for what is no limit."""
    wanted: dict[str, int] = {}
    for name, limit in given.items():
        if name not in allowed:
            raise BadRequest(f"Additional properties are not allowed ('{name[:64]}' was unexpected)")
        wanted[name] = fields.as_integer(name, limit, UNLIMITED)
    return wanted


def _refuse_users(query: Query) -> None:
    """Raise BadRequest for a change of one user's quota: it would be that of all users of the project."""
    if query.get("user_id") is not None:
        unsupported("A quota of one user")


def shown(context: Context, limits: Mapping[str, int]) -> dict[str, int]:
    """The quotas that this microversion knows."""
    gone = {name for name in limits if name.startswith("injected_") and context.since(INJECTION_GONE)}
    if context.since(NETWORK_GONE):
        gone.update(OF_NOVA_NETWORK)
    return {name: limit for name, limit in limits.items() if name not in gone}


def _absolute(context: Context, limits: Mapping[str, int], used: Mapping[str, int]) -> dict[str, int]:
    view = {
        "maxTotalInstances": limits["instances"],
        "maxTotalCores": limits["cores"],
        "maxTotalRAMSize": limits["ram"],
        "maxTotalKeypairs": limits["key_pairs"],
        "maxServerMeta": limits["metadata_items"],
        "maxServerGroups": limits["server_groups"],
        "maxServerGroupMembers": limits["server_group_members"],
        "totalInstancesUsed": used["instances"],
        "totalCoresUsed": used["cores"],
        "totalRAMUsed": used["ram"],
        "totalServerGroupsUsed": used["server_groups"],
    }
    if not context.since(INJECTION_GONE):
        view["maxPersonality"] = limits["injected_files"]
        view["maxPersonalitySize"] = limits["injected_file_content_bytes"]
    if not context.since(39):
        view["maxImageMeta"] = limits["metadata_items"]
    if not context.since(NETWORK_GONE):
        view["maxSecurityGroups"] = limits["security_groups"]
        view["maxSecurityGroupRules"] = limits["security_group_rules"]
        view["maxTotalFloatingIps"] = limits["floating_ips"]
        view |= {"totalSecurityGroupsUsed": 0, "totalFloatingIpsUsed": 0}
    return view


HANDLERS: Final = (
    show_limits,
    show_quota_set,
    show_defaults,
    show_quota_set_in_detail,
    update_quota_set,
    reset_quota_set,
)
