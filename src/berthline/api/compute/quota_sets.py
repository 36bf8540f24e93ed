"""limits and os-quota-sets, over the exact counters of the store."""

from collections.abc import Container, Mapping
from typing import Any, Final

import msgspec
from litestar import Response, delete, get, put
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute import fields
from berthline.api.compute.context import Context, check_project, forbid, hold_project
from berthline.api.compute.fields import Flexible
from berthline.api.compute.queries import Query, QuerySchema, read_query
from berthline.api.frame import ApiRequest
from berthline.api.query import READS_ITS_QUERY
from berthline.domain.auth import Caller
from berthline.domain.compute import Server
from berthline.domain.errors import BadRequest
from berthline.domain.quota import COMPUTE_DEFAULTS, UNLIMITED
from berthline.store import Connection
from berthline.store.control import quotas, user_quotas

RESOURCES: Final = tuple(sorted(COMPUTE_DEFAULTS))
COUNTED: Final = ("cores", "instances", "ram", "server_groups")
INJECTION_GONE: Final = 57
NETWORK_GONE: Final = 36
OF_NOVA_NETWORK: Final = ("fixed_ips", "floating_ips", "security_groups", "security_group_rules")
"""Quotas of the network that Nova once had: known before 2.36, and they limit nothing, as in Nova since it is gone."""

OF_PROJECTS: Final = frozenset({"fixed_ips", "floating_ips"})
"""Of these no user has quotas of its own, as in Nova."""

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
    """GET /os-quota-sets/PROJECT, with ?user_id those of one of its users, who has the project's but for its own."""
    context = _for_project(request, project_id, "show")
    user_id = _user(read_query(context, ONE))

    def read(connection: Connection) -> dict[str, int]:
        _check_known(connection, context, project_id)
        return _limits(connection, project_id, user_id)

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
    """GET /os-quota-sets/PROJECT/detail: limits with what is in use, with ?user_id by this user."""
    context = _for_project(request, project_id, "detail")
    user_id = _user(read_query(context, ONE))

    def read(connection: Connection) -> dict[str, Any]:
        _check_known(connection, context, project_id)
        used = _used(connection, project_id, user_id)
        limits = shown(context, _limits(connection, project_id, user_id))
        return {name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0} for name, limit in limits.items()}

    return context.answer({"quota_set": {"id": project_id} | await context.services.store.read(read)})


@put("/v2.1/os-quota-sets/{project_id:str}", opt=dict(READS_ITS_QUERY))
async def update_quota_set(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """PUT /os-quota-sets/PROJECT, with ?user_id for one of its users.

    A limit below what is in use needs ``force``; so do a project's below what its users are given, and a user's above
    what the project has left.
    """
    context = Context.of(request)
    context.require_admin("os_compute_api:os-quota-sets:update")
    user_id = _user(read_query(context, ONE))
    given = dict((await read_json(request, UpdateBody)).quota_set)
    force = fields.as_boolean("force", given.pop("force", False))
    wanted = wanted_limits(given, shown(context, COMPUTE_DEFAULTS))

    def write(connection: Connection) -> dict[str, int]:
        hold_project(connection, project_id)
        if not force:
            _check_least(wanted, _used(connection, project_id, user_id))
            _check_shares(connection, project_id, user_id, wanted)
        of_project = {name: limit for name, limit in wanted.items() if user_id is None or name in OF_PROJECTS}
        quotas.set_limits(connection, project_id, of_project)
        if user_id is not None:
            of_user = {name: limit for name, limit in wanted.items() if name not in of_project}
            user_quotas.set_limits(connection, project_id, user_id, of_user)
        return _limits(connection, project_id, user_id)

    return context.answer({"quota_set": shown(context, await context.services.store.write(write))})


@delete("/v2.1/os-quota-sets/{project_id:str}", status_code=202, opt=dict(READS_ITS_QUERY))
async def reset_quota_set(request: ApiRequest, project_id: FromPath[str]) -> Response[None]:
    """DELETE /os-quota-sets/PROJECT: back to the defaults, with all of its users; with ?user_id only that one's."""
    context = Context.of(request)
    context.require_admin("os_compute_api:os-quota-sets:delete")
    user_id = _user(read_query(context, ONE))

    def write(connection: Connection) -> None:
        user_quotas.reset_limits(connection, project_id, user_id)
        if user_id is None:
            quotas.reset_limits(connection, project_id, RESOURCES)

    await context.services.store.write(write)
    return context.empty(202)


def _limits(connection: Connection, project_id: str, user_id: str | None) -> dict[str, int]:
    if user_id is None:
        return quotas.limits(connection, project_id, RESOURCES)
    return user_quotas.limits(connection, project_id, user_id, RESOURCES)


def _used(connection: Connection, project_id: str, user_id: str | None) -> dict[str, int]:
    if user_id is None:
        return quotas.used(connection, project_id, COUNTED)
    return user_quotas.used(connection, project_id, user_id)


def _check_least(wanted: Mapping[str, int], least: Mapping[str, int]) -> None:
    """Raise BadRequest, in Nova's words, for a limit below the least that it may be."""
    for name, limit in wanted.items():
        if UNLIMITED < limit < least.get(name, 0):
            raise BadRequest(
                f"Quota limit {limit} for {name} must be greater than or equal to already used and reserved "
                f"{least[name]}."
            )


def _check_shares(connection: Connection, project_id: str, user_id: str | None, wanted: Mapping[str, int]) -> None:
    """Raise BadRequest, in Nova's words, where the limits of a project's users would be more than its own in sum."""
    given = user_quotas.given(connection, project_id)
    if user_id is None:
        _check_least(wanted, given)
        return
    own = user_quotas.own_limits(connection, project_id, user_id)
    for name, most in quotas.limits(connection, project_id, tuple(wanted)).items():
        room = most - given.get(name, 0) + max(own.get(name, 0), 0)
        if most != UNLIMITED and name not in OF_PROJECTS and not 0 <= wanted[name] <= room:
            raise BadRequest(f"Quota limit {wanted[name]} for {name} must be less than or equal to {max(room, 0)}.")


def metadata_limit(connection: Connection, owner: Caller | Server) -> int | None:
    """The most metadata items that a server of this owner's may have, or this server; None for any number."""
    named = ("metadata_items",)
    limit = user_quotas.limits(connection, owner.project_id, owner.user_id, named)["metadata_items"]
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


def _user(query: Query) -> str | None:
    """The user whose quota is meant; None for all of the project. Raises BadRequest."""
    user_id = query.get("user_id") or None
    if user_id is not None and len(user_id) > fields.NAME_LENGTH:
        raise BadRequest(f"Invalid input for query parameters user_id. Value: {user_id[:64]}. It is too long.")
    return user_id


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
