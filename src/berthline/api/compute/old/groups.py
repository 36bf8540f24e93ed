"""os-security-groups and os-security-group-rules until 2.35: Neutron's groups, and those of their rules that let in."""

import ipaddress
import uuid
from typing import Final

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute.context import Context
from berthline.api.compute.fields import NAME_LENGTH, Flexible, as_integer, invalid
from berthline.api.compute.old.door import conflicts_as, networks_of, through
from berthline.api.compute.old.group_view import Named, group_view, named, rule_view, unnamed
from berthline.api.compute.queries import QuerySchema, read_query
from berthline.api.frame import ApiRequest
from berthline.api.query import READS_ITS_QUERY
from berthline.domain.errors import BadRequest, Forbidden, InvalidInput
from berthline.domain.network import SecurityGroup
from berthline.network.requests import SecurityGroupCreate, SecurityGroupRuleCreate, SecurityGroupUpdate
from berthline.store.engine.pages import ListRequest

LIST: Final = QuerySchema(known={"limit": 1, "offset": 1, "all_tenants": 1})
PORTS: Final = (1, 65535)
ICMP: Final = (-1, 255)


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    description: str


class GroupBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    security_group: Group


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may come in: from a group, or from a prefix (anywhere, where neither is named)."""

    parent_group_id: str
    group_id: str | None = None
    ip_protocol: str | None = None
    from_port: Flexible | None = None
    to_port: Flexible | None = None
    cidr: str | None = None


class RuleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    security_group_rule: Rule


@get("/v2.1/os-security-groups", opt=dict(READS_ITS_QUERY))
async def list_groups(request: ApiRequest) -> Response[bytes]:
    """GET /os-security-groups, by project and name; admins see those of all with ?all_tenants."""
    context = through(request)
    context.require("os_compute_api:os-security-groups:get")
    query = read_query(context, LIST)
    every = context.caller.is_admin and query.get("all_tenants") is not None
    filters: dict[str, tuple[str, ...]] = {} if every else {"project_id": (context.caller.project_id,)}
    found = await networks_of(context).list_security_groups(context.caller, ListRequest(filters=filters))
    offset = as_integer("offset", query.get("offset") or "0", 0)
    part = found[offset : offset + query.limit]
    remote = await remote_of(context, part)
    views = [group_view(group, remote) for group in part]
    return context.answer({"security_groups": sorted(views, key=lambda view: (view["tenant_id"], view["name"]))})


@get("/v2.1/os-security-groups/{group_id:str}")
async def show_group(request: ApiRequest, group_id: FromPath[str]) -> Response[bytes]:
    """GET /os-security-groups/ID."""
    context = through(request)
    context.require("os_compute_api:os-security-groups:show")
    return await _answer(context, await networks_of(context).security_group(context.caller, _id(group_id)))


@post("/v2.1/os-security-groups", status_code=200)
async def create_group(request: ApiRequest) -> Response[bytes]:
    """POST /os-security-groups."""
    context = through(request)
    context.require("os_compute_api:os-security-groups:create")
    asked = _checked(await read_json(request, GroupBody))
    wanted = SecurityGroupCreate(name=asked.name, description=asked.description)
    with conflicts_as(Forbidden):
        (made,) = await networks_of(context).create_security_groups(context.caller, [wanted])
    return await _answer(context, made)


@put("/v2.1/os-security-groups/{group_id:str}")
async def update_group(request: ApiRequest, group_id: FromPath[str]) -> Response[bytes]:
    """PUT /os-security-groups/ID."""
    context = through(request)
    context.require("os_compute_api:os-security-groups:update")
    asked = _checked(await read_json(request, GroupBody))
    wanted = SecurityGroupUpdate(name=asked.name, description=asked.description)
    with conflicts_as(BadRequest):
        changed = await networks_of(context).update_security_group(context.caller, _id(group_id), wanted)
    return await _answer(context, changed)


@delete("/v2.1/os-security-groups/{group_id:str}", status_code=202)
async def delete_group(request: ApiRequest, group_id: FromPath[str]) -> Response[None]:
    """DELETE /os-security-groups/ID."""
    context = through(request)
    context.require("os_compute_api:os-security-groups:delete")
    with conflicts_as(BadRequest):
        await networks_of(context).delete_security_group(context.caller, _id(group_id))
    return context.empty(202)


@post("/v2.1/os-security-group-rules", status_code=200)
async def create_rule(request: ApiRequest) -> Response[bytes]:
    """POST /os-security-group-rules."""
    context = through(request)
    context.require("os_compute_api:os-security-groups:rule:create")
    asked = (await read_json(request, RuleBody)).security_group_rule
    network = networks_of(context)
    _id(asked.parent_group_id)
    remote: Named = {}
    if asked.group_id is not None:
        remote = named((await network.security_group(context.caller, _id(asked.group_id)),))
    await network.security_group(context.caller, asked.parent_group_id)
    with conflicts_as(BadRequest):
        (made,) = await network.create_security_group_rules(context.caller, [_rule(asked)])
    return context.answer({"security_group_rule": rule_view(made, remote)})


@delete("/v2.1/os-security-group-rules/{rule_id:str}", status_code=202)
async def delete_rule(request: ApiRequest, rule_id: FromPath[str]) -> Response[None]:
    """DELETE /os-security-group-rules/ID."""
    context = through(request)
    context.require("os_compute_api:os-security-groups:rule:delete")
    await networks_of(context).delete_security_group_rule(context.caller, _id(rule_id))
    return context.empty(202)


async def _answer(context: Context, group: SecurityGroup) -> Response[bytes]:
    return context.answer({"security_group": group_view(group, await remote_of(context, (group,)))})


async def remote_of(context: Context, groups: tuple[SecurityGroup, ...]) -> Named:
    """These groups and those that their rules name, by one more read where there are such.

    Of a Neutron outside, which is not asked once more, the ids stand for the names.
    """
    missing = unnamed(groups)
    if not missing:
        return named(groups)
    if "network" in context.services.elsewhere:
        return {group_id: (group_id, project_id) for group_id, project_id in missing.items()} | named(groups)
    wanted = ListRequest(filters={"id": tuple(sorted(missing))})
    return named((*groups, *await networks_of(context).list_security_groups(context.caller, wanted)))


def _id(text: str) -> str:
    """An id in a path or a body. Raises BadRequest unless it is a UUID, in one of the ways in which Nova reads them."""
    try:
        uuid.UUID(text)
    except ValueError:
        raise BadRequest("Security group id should be uuid") from None
    return text


def _checked(body: GroupBody) -> Group:
    for field, text in (("name", body.security_group.name), ("description", body.security_group.description)):
        if len(text) > NAME_LENGTH:
            raise invalid(field, text, f"It is too long: at most {NAME_LENGTH} characters.")
    return body.security_group


def _rule(asked: Rule) -> SecurityGroupRuleCreate:
    """Neutron's rule. Raises BadRequest for ports or a protocol that Nova would not take."""
    bounds = _ports(asked)
    prefix = None if asked.group_id is not None else _prefix(asked.cidr)
    ethertype = "IPv6" if prefix is not None and prefix.version == 6 else "IPv4"
    first, last = bounds or (None, None)
    if asked.ip_protocol is not None and asked.ip_protocol.lower() == "icmp":
        first, last = (None if first == ICMP[0] else first), (None if last == ICMP[0] else last)
    return SecurityGroupRuleCreate(
        security_group_id=asked.parent_group_id,
        direction="ingress",
        ethertype=ethertype,
        protocol=None if asked.ip_protocol is None else asked.ip_protocol.lower(),
        port_range_min=first,
        port_range_max=last,
        remote_ip_prefix=None if prefix is None else str(prefix),
        remote_group_id=asked.group_id,
    )


def _ports(asked: Rule) -> tuple[int, int] | None:
    """The first and the last port, or type and code; None for all of a rule that names a group and no protocol."""
    first, last = asked.from_port, asked.to_port
    protocol = None if asked.ip_protocol is None else asked.ip_protocol.lower()
    if asked.group_id is not None and first is None and last is None:
        if protocol is None:
            return None
        first, last = PORTS if protocol in {"tcp", "udp"} else (ICMP[0], ICMP[0])
    if protocol is None or first is None or last is None:
        raise BadRequest("Not enough parameters to build a valid rule.")
    if protocol not in {"tcp", "udp", "icmp"}:
        raise BadRequest(f"Invalid IP protocol {protocol[:64]}.")
    lowest, highest = ICMP if protocol == "icmp" else PORTS
    try:
        bounds = as_integer("from_port", first, lowest, highest), as_integer("to_port", last, lowest, highest)
    except BadRequest:
        raise BadRequest(
            f"Invalid port range {str(first)[:16]}:{str(last)[:16]}. Those of {protocol} are {lowest} to {highest}."
        ) from None
    if protocol != "icmp" and bounds[0] > bounds[1]:
        raise BadRequest(f"Invalid port range {first}:{last}. Former value cannot be greater than the later")
    return bounds


def _prefix(text: str | None) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    """The prefix as it was sent, with the bits behind it."""
    try:
        return ipaddress.ip_interface(text or "0.0.0.0/0")
    except ValueError:
        raise InvalidInput(f"Invalid cidr {(text or '')[:64]}.") from None


HANDLERS: Final = (
    list_groups,
    show_group,
    create_group,
    update_group,
    delete_group,
    create_rule,
    delete_rule,
)
