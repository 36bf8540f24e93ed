"""Which versions, nouns and extensions the network API has. Clients look here before they use something."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.auth import PUBLIC
from berthline.api.frame import ApiRequest, Routes, base_url, reply
from berthline.domain.errors import ExtensionNotFound

COLLECTIONS: Final = (
    ("network", "networks"),
    ("subnet", "subnets"),
    ("port", "ports"),
    ("security_group", "security-groups"),
    ("security_group_rule", "security-group-rules"),
    ("router", "routers"),
    ("floatingip", "floatingips"),
    ("rbac_policy", "rbac-policies"),
    ("subnetpool", "subnetpools"),
    ("address_scope", "address-scopes"),
    ("address_group", "address-groups"),
    ("quota", "quotas"),
)

EXTENSIONS: Final = (
    ("address-group", "Address group", "Prefixes that rules of security groups name together."),
    ("address-scope", "Address scope", "Pools whose addresses are one another's."),
    ("allowed-address-pairs", "Allowed Address Pairs", "Provides allowed address pairs"),
    ("auto-allocated-topology", "Auto Allocated Topology Services", "A network and a way out, made on first ask."),
    ("availability_zone", "Availability Zone", "The availability zone extension."),
    ("binding", "Port Binding", "Expose port bindings of a virtual port to external application"),
    ("default-subnetpools", "Default Subnetpools", "Provides ability to mark and use a subnetpool as the default."),
    ("dns-integration", "DNS Integration", "Provides integration with DNS."),
    ("empty-string-filtering", "Empty String Filtering Extension", "Allow filtering by attributes with empty string"),
    ("ext-gw-mode", "Neutron L3 Configurable external gateway mode", "Enables or disables SNAT on the gateway"),
    ("external-net", "Neutron external network", "Adds external network attribute to network resource."),
    ("extra_dhcp_opt", "Neutron Extra DHCP options", "Extra options configuration for DHCP."),
    ("extraroute", "Neutron Extra Route", "Extra routes configuration for L3 router"),
    ("extraroute-atomic", "Atomically add/remove extra routes", "Edit extra routes of a router on server side."),
    ("filter-validation", "Filter parameters validation", "Provides validation on filter parameters."),
    ("ip-substring-filtering", "IP address substring filtering", "Provides IP address substring filtering"),
    ("net-mtu", "Network MTU", "Provides MTU attribute for a network resource."),
    ("net-mtu-writable", "Network MTU (writable)", "Provides a writable MTU attribute for a network resource."),
    (
        "network-ip-availability",
        "Network IP Availability",
        "Provides IP availability data for each network and subnet.",
    ),
    ("network_availability_zone", "Network Availability Zone", "Availability zone support for network."),
    ("pagination", "Pagination support", "Extension that indicates that pagination is enabled."),
    ("port-mac-address-regenerate", "Neutron Port MAC address regenerate", "Network port MAC address regenerate"),
    ("port-security", "Port Security", "Provides port security"),
    ("project-id", "project_id field enabled", "Extension that indicates that project_id field is enabled."),
    ("provider", "Provider Network", "Expose mapping of virtual networks to physical networks"),
    ("quota-check-limit", "Quota engine limit check", "Refuses limits below what is used already"),
    ("quota_details", "Quota details management support", "Expose functions for quotas usage statistics per project"),
    ("quotas", "Quota management support", "Expose functions for quotas management per project"),
    ("rbac-address-group", "Add address_group type to RBAC", "Address groups are shared by RBAC policies."),
    ("rbac-address-scope", "Add address_scope type to RBAC", "Address scopes are shared by RBAC policies."),
    ("rbac-policies", "RBAC Policies", "Policies that open networks and security groups to other projects."),
    ("rbac-security-groups", "Add security_group type to network RBAC", "Security groups are shared by RBAC policies."),
    ("rbac-subnetpool", "Add subnetpool type to RBAC", "Subnet pools are shared by RBAC policies."),
    ("revision-if-match", "If-Match constraints based on revision_number", "Conditional updates by revision."),
    ("router", "Neutron L3 Router", "Router abstraction for basic L3 forwarding between networks"),
    ("router_availability_zone", "Router Availability Zone", "Availability zone support for router."),
    ("security-group", "security-group", "The security groups extension."),
    ("security-groups-remote-address-group", "Remote address group id field", "Rules that name address groups."),
    ("security-groups-normalized-cidr", "Normalized CIDR field for security group rules", "Adds normalized_cidr."),
    ("security-groups-shared-filtering", "Security group filtering on the shared field", "Lists of shared groups."),
    ("sorting", "Sorting support", "Extension that indicates that sorting is enabled."),
    ("standard-attr-description", "standard-attr-description", "Extension to add descriptions to standard attributes"),
    ("standard-attr-revisions", "Resource revision numbers", "Displays the revision number of resources."),
    ("standard-attr-tag", "Tag support for resources with standard attribute", "Enables to set tags on resources."),
    ("standard-attr-timestamp", "Resource timestamps", "Adds created_at and updated_at fields to all resources."),
    ("stateful-security-group", "Stateful security group", "Indicates if the security group is stateful or not"),
    ("subnet_allocation", "Subnet Allocation", "Enables allocation of subnets from a subnet pool"),
    ("subnetpool-prefix-ops", "Subnet Pool Prefix Operations", "Adds and removes prefixes of subnet pools."),
    ("tag-ports-during-bulk-creation", "Tag Ports During Bulk Creation", "Allow to tag ports during bulk creation"),
)
"""Alias, name and summary of what is served here beyond Neutron's core."""


@get(["/", "/versions"], opt=PUBLIC)
async def list_versions(request: ApiRequest) -> Response[bytes]:
    """Version discovery."""
    link = {"rel": "self", "href": f"{base_url(request)}/network/v2.0/"}
    return reply({"versions": [{"id": "v2.0", "status": "CURRENT", "links": [link]}]})


@get("/v2.0")
async def list_resources(request: ApiRequest) -> Response[bytes]:
    """The nouns of version 2.0."""
    here = f"{base_url(request)}/network/v2.0"
    resources = [
        {"name": name, "collection": path.replace("-", "_"), "links": [{"rel": "self", "href": f"{here}/{path}"}]}
        for name, path in COLLECTIONS
    ]
    return reply({"resources": resources})


@get("/v2.0/extensions")
async def list_extensions(request: ApiRequest) -> Response[bytes]:  # noqa: ARG001
    """Every extension."""
    return reply({"extensions": [_view(extension) for extension in EXTENSIONS]})


@get("/v2.0/extensions/{alias:str}")
async def show_extension(request: ApiRequest, alias: FromPath[str]) -> Response[bytes]:  # noqa: ARG001
    """One extension by its alias. Raises ExtensionNotFound."""
    for extension in EXTENSIONS:
        if extension[0] == alias:
            return reply({"extension": _view(extension)})
    raise ExtensionNotFound(f"Extension with alias {alias} does not exist")


def _view(extension: tuple[str, str, str]) -> dict[str, Any]:
    alias, name, description = extension
    return {
        "alias": alias,
        "name": name,
        "description": description,
        "updated": "2026-01-01T00:00:00-00:00",
        "links": [],
    }


ROUTES: Final[Sequence[Routes]] = [list_versions, list_resources, list_extensions, show_extension]
