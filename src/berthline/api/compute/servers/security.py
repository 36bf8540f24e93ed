"""GET /servers/ID/os-security-groups: the groups of a server's ports, as Nova has always written groups."""

from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.compute.context import Context
from berthline.api.frame import ApiRequest
from berthline.domain.network import SecurityGroup, SecurityGroupRule

ANYTHING: Final = -1


@get("/v2.1/servers/{server_id:str}/os-security-groups")
async def list_groups(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """Each group once, in order of NICs."""
    context = Context.of(request)
    server = await context.server(server_id)
    groups = await context.services.compute.interfaces.security_groups(server.id)
    names = {group.id: group.name for group in groups}
    return context.answer({"security_groups": [_group(group, names) for group in groups]})


def _group(group: SecurityGroup, names: dict[Any, str]) -> dict[str, Any]:
    rules = [_rule(rule, names) for rule in group.rules if rule.direction == "ingress"]
    return {
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "tenant_id": group.project_id,
        "rules": rules,
    }


def _rule(rule: SecurityGroupRule, names: dict[Any, str]) -> dict[str, Any]:
    """An ingress rule. Nova knows no egress; no port range is null, and of a protocol -1."""
    bounded = rule.protocol is not None and rule.port_range_min is None
    group: dict[str, str] = {}
    if rule.remote_group_id is not None:
        group = {"name": names.get(rule.remote_group_id, rule.remote_group_id), "tenant_id": rule.project_id}
    anywhere = "0.0.0.0/0" if rule.ethertype == "IPv4" else "::/0"
    return {
        "id": rule.id,
        "parent_group_id": rule.security_group_id,
        "ip_protocol": rule.protocol,
        "from_port": ANYTHING if bounded else rule.port_range_min,
        "to_port": ANYTHING if bounded else rule.port_range_max,
        "group": group,
        "ip_range": {} if group else {"cidr": rule.remote_ip_prefix or anywhere},
    }


HANDLERS: Final = (list_groups,)
