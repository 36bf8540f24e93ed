"""Three of each noun of the network API, for tests of what all nouns do alike."""

from typing import Any

from tests.api.network.conftest import PREFIX, Api
from tests.api.network.routers.l3 import external_network

NOUNS = ("network", "subnet", "port", "security_group", "security_group_rule", "router", "floatingip")
"""Every noun that takes bulk requests, by the word for one."""


def path_of(noun: str) -> str:
    """The path of its list."""
    return f"{noun}s".replace("_", "-")


async def three_bodies(noun: str, red: Api, admin: Api) -> list[dict[str, Any]]:
    """What three things of this noun are made from; what they need is there then."""
    if noun == "subnet":
        network = (await red.make("network"))["id"]
        return [{"network_id": network, "ip_version": 4, "cidr": f"10.0.{place}.0/24"} for place in range(3)]
    if noun == "port":
        network, _ = await red.network_with_subnet()
        return [{"network_id": network, "name": str(place)} for place in range(3)]
    if noun == "security_group_rule":
        group = (await red.make("security_group"))["id"]
        asked = {"security_group_id": group, "direction": "ingress", "protocol": "tcp"}
        return [{**asked, "port_range_min": place, "port_range_max": place} for place in range(1, 4)]
    if noun == "floatingip":
        external, _ = await external_network(admin)
        return [{"floating_network_id": external, "description": str(place)} for place in range(3)]
    return [{"name": str(place)} for place in range(3)]


async def made_in_bulk(api: Api, noun: str, items: list[Any]) -> list[dict[str, Any]]:
    """What a bulk request made."""
    answer = await api.client.post(f"{PREFIX}/{path_of(noun)}", json={f"{noun}s": items})
    assert answer.status_code == 201, answer.text
    found: list[dict[str, Any]] = answer.json()[f"{noun}s"]
    return found


async def listed(api: Api, noun: str, **query: Any) -> list[dict[str, Any]]:
    """The list of a noun."""
    found: list[dict[str, Any]] = (await api.fetch(path_of(noun), **query))[f"{noun}s"]
    return found
