"""GET /extensions: clients of old ask it what a cloud can do."""

from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.compute.context import Context
from berthline.api.frame import ApiRequest
from berthline.domain.errors import NotFound

ALIASES: Final = {
    "OS-DCF": "DiskConfig",
    "OS-EXT-AZ": "ExtendedAvailabilityZone",
    "OS-EXT-IPS": "ExtendedIps",
    "OS-EXT-IPS-MAC": "ExtendedIpsMac",
    "OS-EXT-SRV-ATTR": "ExtendedServerAttributes",
    "OS-EXT-STS": "ExtendedStatus",
    "OS-FLV-DISABLED": "FlavorDisabled",
    "OS-FLV-EXT-DATA": "FlavorExtraData",
    "OS-SRV-USG": "ServerUsage",
    "image-metadata": "ImageMetadata",
    "images": "Images",
    "os-attach-interfaces": "AttachInterfaces",
    "os-availability-zone": "AvailabilityZone",
    "os-config-drive": "ConfigDrive",
    "os-console-auth-tokens": "ConsoleAuthTokens",
    "os-console-output": "ConsoleOutput",
    "os-consoles": "Consoles",
    "os-flavor-access": "FlavorAccess",
    "os-flavor-extra-specs": "FlavorExtraSpecs",
    "os-flavor-manage": "FlavorManage",
    "os-floating-ip-pools": "FloatingIpPools",
    "os-floating-ips": "FloatingIps",
    "os-hosts": "Hosts",
    "os-hypervisors": "Hypervisors",
    "os-instance-actions": "InstanceActions",
    "os-instance-usage-audit-log": "InstanceUsageAuditLog",
    "os-keypairs": "Keypairs",
    "os-lock-server": "LockServer",
    "os-multiple-create": "MultipleCreate",
    "os-networks": "Networks",
    "os-quota-class-sets": "QuotaClasses",
    "os-quota-sets": "Quotas",
    "os-remote-consoles": "RemoteConsoles",
    "os-security-groups": "SecurityGroups",
    "os-server-start-stop": "ServerStartStop",
    "os-services": "Services",
    "os-simple-tenant-usage": "SimpleTenantUsage",
    "os-tenant-networks": "TenantNetworks",
    "os-user-data": "UserData",
    "os-volumes": "Volumes",
}
"""What is here, by Nova's aliases."""


@get("/v2.1/extensions")
async def list_extensions(request: ApiRequest) -> Response[bytes]:
    """GET /extensions."""
    context = Context.of(request)
    return context.answer({"extensions": [_extension(alias) for alias in ALIASES]})


@get("/v2.1/extensions/{alias:str}")
async def show_extension(request: ApiRequest, alias: FromPath[str]) -> Response[bytes]:
    """GET /extensions/ALIAS."""
    context = Context.of(request)
    if alias not in ALIASES:
        raise NotFound("The resource could not be found.")
    return context.answer({"extension": _extension(alias)})


def _extension(alias: str) -> dict[str, Any]:
    return {
        "alias": alias,
        "name": ALIASES[alias],
        "description": "",
        "links": [],
        "namespace": "http://docs.openstack.org/compute/ext/fake_xml",
        "updated": "2014-12-03T00:00:00Z",
    }


HANDLERS: Final = (list_extensions, show_extension)
