"""Networks, subnets, ports, security groups and their rules over HTTP."""

from collections.abc import Sequence
from typing import Any, Final

from berthline.api.frame import Routes
from berthline.api.network import views
from berthline.api.network.nouns import Noun, routes_of
from berthline.domain.auth import Caller
from berthline.domain.network import Network, Port, SecurityGroup, SecurityGroupRule, Subnet
from berthline.network import policy, requests
from berthline.network.local import LocalNetworkService
from berthline.store.network import networks, ports, security_groups, subnets


def _check_rights_to_ports(caller: Caller, asked: Sequence[requests.PortCreate]) -> None:
    for each in asked:
        policy.owner_of_new(caller, each, "create_port")


NETWORKS: Final[Noun[Network]] = Noun(
    path="networks",
    singular="network",
    plural="networks",
    listed=networks.LISTED,
    view=views.network_view,
    create_type=requests.NetworkCreate,
    update_type=requests.NetworkUpdate,
    show=LocalNetworkService.network,
    page=LocalNetworkService.list_networks,
    create=LocalNetworkService.create_networks,
    update=LocalNetworkService.update_network,
    delete=LocalNetworkService.delete_network,
)
SUBNETS: Final[Noun[Subnet]] = Noun(
    path="subnets",
    singular="subnet",
    plural="subnets",
    listed=subnets.LISTED,
    view=views.subnet_view,
    create_type=requests.SubnetCreate,
    update_type=requests.SubnetUpdate,
    show=LocalNetworkService.subnet,
    page=LocalNetworkService.list_subnets,
    create=LocalNetworkService.create_subnets,
    update=LocalNetworkService.update_subnet,
    delete=LocalNetworkService.delete_subnet,
)
PORTS: Final[Noun[Port]] = Noun(
    path="ports",
    singular="port",
    plural="ports",
    listed=ports.LISTED,
    view=views.port_view,
    create_type=requests.PortCreate,
    update_type=requests.PortUpdate,
    show=LocalNetworkService.port,
    page=LocalNetworkService.list_ports,
    create=LocalNetworkService.create_ports,
    create_once=LocalNetworkService.create_ports,
    check_rights=_check_rights_to_ports,
    update=LocalNetworkService.update_port,
    delete=LocalNetworkService.delete_port,
)
SECURITY_GROUPS: Final[Noun[SecurityGroup]] = Noun(
    path="security-groups",
    singular="security_group",
    plural="security_groups",
    listed=security_groups.LISTED,
    view=views.security_group_view,
    create_type=requests.SecurityGroupCreate,
    update_type=requests.SecurityGroupUpdate,
    show=LocalNetworkService.security_group,
    page=LocalNetworkService.list_security_groups,
    create=LocalNetworkService.create_security_groups,
    update=LocalNetworkService.update_security_group,
    delete=LocalNetworkService.delete_security_group,
)


async def _delete_rule(service: LocalNetworkService, caller: Caller, rule_id: str, _revision: int | None) -> None:
    await service.delete_security_group_rule(caller, rule_id)


SECURITY_GROUP_RULES: Final[Noun[SecurityGroupRule]] = Noun(
    path="security-group-rules",
    singular="security_group_rule",
    plural="security_group_rules",
    listed=security_groups.LISTED_RULES,
    view=views.security_group_rule_view,
    create_type=requests.SecurityGroupRuleCreate,
    update_type=None,
    show=LocalNetworkService.security_group_rule,
    page=LocalNetworkService.list_security_group_rules,
    create=LocalNetworkService.create_security_group_rules,
    update=None,
    delete=_delete_rule,
)

NOUNS: Final[Sequence[Noun[Any]]] = (NETWORKS, SUBNETS, PORTS, SECURITY_GROUPS, SECURITY_GROUP_RULES)
ROUTES: Final[Sequence[Routes]] = [handler for noun in NOUNS for handler in routes_of(noun)]
