"""What Nova itself has taken away and still answers: 410, also where it was never here."""

from collections.abc import Sequence
from typing import Final, Literal

from litestar import Response, route

from berthline.api.compute.context import Context
from berthline.api.frame import ApiRequest
from berthline.domain.errors import Gone

Method = Literal["GET", "POST", "PUT", "DELETE"]
PATHS: Final = (
    "/v2.1/os-agents",
    "/v2.1/os-cells",
    "/v2.1/os-cells/capacities",
    "/v2.1/os-cells/detail",
    "/v2.1/os-cells/info",
    "/v2.1/os-cells/sync_instances",
    "/v2.1/os-certificates",
    "/v2.1/os-cloudpipe",
    "/v2.1/os-floating-ip-dns",
    "/v2.1/os-floating-ips-bulk",
    "/v2.1/os-fping",
    "/v2.1/os-security-group-default-rules",
    "/v2.1/os-agents/{gone_id:str}",
    "/v2.1/os-cells/{gone_id:str}",
    "/v2.1/os-cells/{gone_id:str}/capacities",
    "/v2.1/os-certificates/{gone_id:str}",
    "/v2.1/os-cloudpipe/{gone_id:str}",
    "/v2.1/os-fixed-ips/{gone_id:str}",
    "/v2.1/os-fixed-ips/{gone_id:str}/action",
    "/v2.1/os-floating-ip-dns/{gone_id:str}",
    "/v2.1/os-floating-ip-dns/{domain:str}/entries/{gone_id:str}",
    "/v2.1/os-floating-ips-bulk/{gone_id:str}",
    "/v2.1/os-fping/{gone_id:str}",
    "/v2.1/os-security-group-default-rules/{gone_id:str}",
    "/v2.1/servers/{gone_id:str}/os-virtual-interfaces",
    "/v2.1/os-networks/{gone_id:str}/action",
)
METHODS: Final[Sequence[Method]] = ("GET", "POST", "PUT", "DELETE")


@route(list(PATHS), http_method=METHODS, status_code=200)
async def gone(request: ApiRequest) -> Response[bytes]:
    """Removed from Nova: 410 at any microversion."""
    return _refuse(request)


@route(["/v2.1/os-networks", "/v2.1/os-networks/add", "/v2.1/os-tenant-networks"], http_method="POST", status_code=200)
async def creation_gone(request: ApiRequest) -> Response[bytes]:
    """Networks by the Compute API can be looked at; making them was removed from Nova: 410."""
    return _refuse(request)


@route(
    ["/v2.1/os-networks/{network_id:str}", "/v2.1/os-tenant-networks/{network_id:str}"],
    http_method="DELETE",
    status_code=200,
)
async def removal_gone(request: ApiRequest) -> Response[bytes]:
    """Likewise deleting them: 410."""
    return _refuse(request)


def _refuse(request: ApiRequest) -> Response[bytes]:
    Context.of(request)
    raise Gone("This was removed from the Compute API, which says so to whoever still asks.")


HANDLERS: Final = (gone, creation_gone, removal_gone)
