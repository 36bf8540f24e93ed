"""What there is to know of the network service itself: availability zones, and how full networks are."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, reply
from berthline.api.listing import choose_fields, fields_of
from berthline.api.network.bodies import network_service
from berthline.api.network.lists import chosen
from berthline.api.query import query
from berthline.network.subnets.availability import Availability

ZONE_FILTERS: Final = ("name", "resource", "state")
AVAILABILITY_FILTERS: Final = ("network_id", "network_name", "tenant_id", "project_id")


@get("/v2.0/availability_zones", opt=query(*ZONE_FILTERS, "fields"))
async def list_zones(request: ApiRequest) -> Response[bytes]:
    """The availability zone of networks and routers."""
    current_caller(request)
    zone = network_service(request).settings.availability_zone
    zones = [{"name": zone, "resource": resource, "state": "available"} for resource in ("network", "router")]
    return reply({"availability_zones": chosen(request, zones, ZONE_FILTERS)})


@get("/v2.0/network-ip-availabilities", opt=query(*AVAILABILITY_FILTERS, "ip_version", "fields"))
async def list_availability(request: ApiRequest) -> Response[bytes]:
    """Addresses of every network that the filters name, in subnets of one IP version when that is asked. For admins."""
    found = await network_service(request).network_availability(current_caller(request), None)
    versions = request.query_params.getall("ip_version", ())
    views = [_view(_of_versions(each, versions)) for each in found]
    return reply({"network_ip_availabilities": chosen(request, views, AVAILABILITY_FILTERS)})


@get("/v2.0/network-ip-availabilities/{network_id:str}", opt=query("fields"))
async def show_availability(request: ApiRequest, network_id: FromPath[str]) -> Response[bytes]:
    """Addresses of one network. For admins."""
    (found,) = await network_service(request).network_availability(current_caller(request), [network_id])
    return reply({"network_ip_availability": choose_fields(_view(found), fields_of(request))})


@get("/v2.0/service-providers", opt=query("service_type", "name", "default", "fields"))
async def list_service_providers(request: ApiRequest) -> Response[bytes]:
    """Providers of network services: none are to be chosen from here, and clients ask in passing."""
    current_caller(request)
    return reply({"service_providers": []})


def _of_versions(availability: Availability, versions: Sequence[str]) -> Availability:
    if not versions:
        return availability
    kept = tuple(each for each in availability.subnets if str(each.subnet.ip_version) in versions)
    return msgspec.structs.replace(availability, subnets=kept)


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
