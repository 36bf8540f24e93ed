"""What tests of routers and floating IPs begin with: a network that leads outside, a project's network behind it."""

from typing import Any, Final, NamedTuple

from tests.api.network.conftest import PREFIX, Api

OUTSIDE = "203.0.113.0/24"
INSIDE = "10.0.0.0/24"
POOL: Final = (100, 199)
"""From which to which last byte these two hand out addresses at random; tests name others."""


class Inside(NamedTuple):
    """A project's network behind a router with a gateway."""

    router: str
    network: str
    subnet: str
    port: dict[str, Any]


def pools(cidr: str) -> dict[str, Any]:
    """The attribute that keeps random addresses of OUTSIDE and INSIDE apart from those that tests name."""
    if cidr not in (OUTSIDE, INSIDE):
        return {}
    prefix = cidr.rpartition(".")[0]
    return {"allocation_pools": [{"start": f"{prefix}.{POOL[0]}", "end": f"{prefix}.{POOL[1]}"}]}


async def external_network(admin: Api, cidr: str = OUTSIDE, **attributes: Any) -> tuple[str, str]:
    """Ids of an external network and its subnet."""
    outside: dict[str, Any] = {"router:external": True}
    network = await admin.make("network", name="outside", **outside)
    version = 6 if ":" in cidr else 4
    wanted: dict[str, Any] = {"ip_version": version, "cidr": cidr, "enable_dhcp": False} | pools(cidr) | attributes
    return network["id"], (await admin.make("subnet", network_id=network["id"], **wanted))["id"]


async def act(api: Api, router_id: str, action: str, /, **body: Any) -> dict[str, Any]:
    """add_router_interface and the like."""
    answer = await api.client.put(f"{PREFIX}/routers/{router_id}/{action}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def inside(api: Api, external: str, cidr: str = INSIDE) -> Inside:
    """A new network with a port, behind a new router that leads to ``external``."""
    network, subnet = await api.network_with_subnet(cidr, **pools(cidr))
    router = await api.make("router", external_gateway_info={"network_id": external})
    await act(api, router["id"], "add_router_interface", subnet_id=subnet)
    return Inside(router["id"], network, subnet, await api.make("port", network_id=network))
