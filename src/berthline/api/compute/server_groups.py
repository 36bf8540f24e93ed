"""os-server-groups: servers that are to share hosts, or not to; ``workflows.server.placing`` obeys them."""

from typing import Any, Final, get_args

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute import fields
from berthline.api.compute.context import Context
from berthline.api.compute.fields import Flexible
from berthline.api.compute.queries import MOST, QuerySchema, read_query
from berthline.api.frame import ApiRequest
from berthline.api.query import READS_ITS_QUERY
from berthline.domain.errors import BadRequest, NotFound, OverQuota, QuotaExceeded
from berthline.domain.ids import ProjectId, ServerGroupId, UserId, new_id
from berthline.domain.placing import GroupPolicy, ServerGroup
from berthline.store import Connection
from berthline.store.compute import server_groups
from berthline.store.control import quotas, user_quotas

OWNERS_SINCE: Final = 13
SOFT_SINCE: Final = 15
RULES_SINCE: Final = 64
UNSET: Final = msgspec.UNSET
LIST: Final = QuerySchema(known={"all_projects": 1, "limit": 1, "offset": 1}, strict_since=75)


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    max_server_per_host: Flexible | msgspec.UnsetType = UNSET


class GroupItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``policies`` before 2.64; ``policy`` and ``rules`` from then on."""

    name: str
    policies: list[str] | msgspec.UnsetType = UNSET
    policy: str | msgspec.UnsetType = UNSET
    rules: Rules | msgspec.UnsetType = UNSET


class CreateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    server_group: GroupItem


@get("/v2.1/os-server-groups", opt=dict(READS_ITS_QUERY))
async def list_groups(request: ApiRequest) -> Response[bytes]:
    """GET /os-server-groups: those of the project; for admins with ?all_projects those of all."""
    context = Context.of(request)
    context.require("os_compute_api:os-server-groups:index")
    query = read_query(context, LIST)
    everywhere = "all_projects" in query.values and context.caller.is_admin
    project_id = None if everywhere else context.caller.project_id
    offset = int(query.get("offset") or 0)

    def read(connection: Connection) -> tuple[ServerGroup, ...]:
        return server_groups.page(connection, project_id=project_id, limit=query.limit or MOST, offset=offset)

    found = await context.services.store.read(read)
    return context.answer({"server_groups": [_view(context, group) for group in found]})


@post("/v2.1/os-server-groups", status_code=200)
async def create_group(request: ApiRequest) -> Response[bytes]:
    """POST /os-server-groups: 200, as Nova answers."""
    context = Context.of(request)
    context.require("os_compute_api:os-server-groups:create")
    group = _parse(context, (await read_json(request, CreateBody)).server_group)

    def write(connection: Connection) -> None:
        server_groups.add(connection, group)
        try:
            quotas.take(connection, group.project_id, {"server_groups": 1})
            user_quotas.check(connection, group.project_id, group.user_id, ("server_groups",))
        except OverQuota as full:
            raise QuotaExceeded("Quota exceeded, too many server groups.", full.details) from full

    await context.services.store.write(write)
    return context.answer({"server_group": _view(context, group)})


@get("/v2.1/os-server-groups/{group_id:str}")
async def show_group(request: ApiRequest, group_id: FromPath[str]) -> Response[bytes]:
    """GET /os-server-groups/ID."""
    context = Context.of(request)
    context.require("os_compute_api:os-server-groups:show")
    group = await context.services.store.read(lambda connection: _visible(connection, context, group_id))
    return context.answer({"server_group": _view(context, group)})


@delete("/v2.1/os-server-groups/{group_id:str}", status_code=204)
async def delete_group(request: ApiRequest, group_id: FromPath[str]) -> Response[None]:
    """DELETE /os-server-groups/ID: its servers live on where they are, in no group."""
    context = Context.of(request)
    context.require("os_compute_api:os-server-groups:delete")

    def write(connection: Connection) -> None:
        server_groups.lock(connection, ServerGroupId(group_id))
        group = _visible(connection, context, group_id)
        server_groups.remove(connection, group.id)
        quotas.give_back(connection, group.project_id, {"server_groups": 1})

    await context.services.store.write(write)
    return context.empty()


def _visible(connection: Connection, context: Context, group_id: str) -> ServerGroup:
    """The group, when the caller may see it. Raises NotFound in Nova's words."""
    project_id = None if context.caller.is_admin else context.caller.project_id
    group = server_groups.get(connection, ServerGroupId(group_id), project_id=project_id)
    if group is None:
        raise NotFound(f"Instance group {group_id} could not be found.")
    return group


def _parse(context: Context, item: GroupItem) -> ServerGroup:
    rules = _rules(context, item)
    policy = _policy(context, item)
    if rules is not None and policy != "anti-affinity":
        raise BadRequest("Only anti-affinity policy supports rules.")
    return ServerGroup(
        id=ServerGroupId(new_id()),
        project_id=ProjectId(context.caller.project_id),
        user_id=UserId(context.caller.user_id),
        name=fields.check_name("name", item.name),
        policy=policy,
        max_server_per_host=rules,
        members=(),
        created_at=context.services.clock.now(),
    )


def _policy(context: Context, item: GroupItem) -> GroupPolicy:
    """The one policy, by the name that this microversion has for it. Raises BadRequest."""
    name, gone = ("policy", "policies") if context.since(RULES_SINCE) else ("policies", "policy")
    if getattr(item, gone) is not UNSET:
        raise BadRequest(f"Additional properties are not allowed ('{gone}' was unexpected)")
    given = item.policy if context.since(RULES_SINCE) else item.policies
    if given is UNSET:
        raise BadRequest(f"Invalid input for field/attribute server_group. '{name}' is a required property")
    if isinstance(given, list) and len(given) != 1:
        raise fields.invalid("policies", given, "It is a list of one policy.")
    wanted = given[0] if isinstance(given, list) else given
    for policy in get_args(GroupPolicy):
        if policy == wanted and (context.since(SOFT_SINCE) or not policy.startswith("soft-")):
            found: GroupPolicy = policy
            return found
    offered = [one for one in get_args(GroupPolicy) if context.since(SOFT_SINCE) or not one.startswith("soft-")]
    raise fields.invalid(name, wanted, f"It is one of {', '.join(offered)}.")


def _rules(context: Context, item: GroupItem) -> int | None:
    """max_server_per_host, when it is given. Raises BadRequest."""
    if item.rules is UNSET:
        return None
    if not context.since(RULES_SINCE):
        raise BadRequest("Additional properties are not allowed ('rules' was unexpected)")
    if item.rules.max_server_per_host is UNSET:
        return None
    return fields.as_integer("max_server_per_host", item.rules.max_server_per_host, 1)


def _view(context: Context, group: ServerGroup) -> dict[str, Any]:
    view: dict[str, Any] = {"id": group.id, "name": group.name, "members": group.members}
    if context.since(OWNERS_SINCE):
        view |= {"project_id": group.project_id, "user_id": group.user_id}
    if not context.since(RULES_SINCE):
        return view | {"policies": [group.policy], "metadata": {}}
    most = group.max_server_per_host
    return view | {"policy": group.policy, "rules": {} if most is None else {"max_server_per_host": most}}


HANDLERS: Final = (list_groups, create_group, show_group, delete_group)
