"""What there is to know of the network service itself: availability zones, and how full networks are."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, reply
from berthline.api.network.bodies import network_service
from berthline.network.subnets.availability import Availability


@get("/v2.0/availability_zones")
async def list_zones(request: ApiRequest) -> Response[bytes]:
    """The availability zone of networks and routers."""
    current_caller(request)
    zone = network_service(request).settings.availability_zone
    return reply(
        {
            "availability_zones": [
                {"name": zone, "resource": resource, "state": "available"} for resource in ("network", "router")
            ]
        }
    )


@get("/v2.0/network-ip-availabilities")
async def list_availability(request: ApiRequest) -> Response[bytes]:
    """Addresses of every network, or of those named by network_id. For admins."""
    wanted = request.query_params.getall("network_id", ()) or None
    found = await network_service(request).network_availability(current_caller(request), wanted)
    return reply({"network_ip_availabilities": [_view(each) for each in found]})


@get("/v2.0/network-ip-availabilities/{network_id:str}")
async def show_availability(request: ApiRequest, network_id: FromPath[str]) -> Response[bytes]:
    """Addresses of one network. For admins."""
    (found,) = await network_service(request).network_availability(current_caller(request), [network_id])
    return reply({"network_ip_availability": _view(found)})


@get("/v2.0/service-providers")
async def list_service_providers(request: ApiRequest) -> Response[bytes]:
    """Providers of network services: none are to be chosen from here, and clients ask in passing."""
    current_caller(request)
    return reply({"service_providers": []})


def _view(availability: Availability) -> dict[str, Any]:
    network = availability.network
    return {
        "network_id": network.id,
        "network_name": network.name,
        "tenant_id": network.project_id,
        "project_id": network.project_id,
        "total_ips": sum(each.total for each in availability.subnets),
        "used_ips": sum(each.used for each in availability.subnets),
        "subnet_ip_availability": [
            {
                "subnet_id": each.subnet.id,
                "subnet_name": each.subnet.name,
                "cidr": each.subnet.cidr,
                "ip_version": each.subnet.ip_version,
                "total_ips": each.total,
                "used_ips": each.used,
            }
            for each in availability.subnets
        ],
    }


ROUTES: Final[Sequence[Routes]] = [list_zones, list_availability, show_availability, list_service_providers]
