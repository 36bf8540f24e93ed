"""A cloud with every service and something of each noun in it, for tests that walk through all routes."""

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from berthline.network.local import LocalNetworkService
from berthline.store import Store
from tests.api.builder import Cloud, HandClock
from tests.api.compute.conftest import LATEST, Ground, compute_service, doctor, ground, world
from tests.api.compute.world import PUBLIC_KEY, World

__all__ = ["compute_service", "doctor", "ground", "world"]


@pytest.fixture
def network_service(store: Store, clock: HandClock) -> LocalNetworkService:
    return LocalNetworkService(store, clock)


@dataclass
class Whole:
    """``ids`` has an id for each parameter of a path, and for {object_id} one of each noun of the network."""

    admin: httpx.AsyncClient
    ids: dict[str, str]

    def path(self, route: str) -> str:
        """The path of a route, with ids of what there is."""
        noun = route.split("/")[3] if route.startswith("/network/v2.0/") else ""

        def of(match: re.Match[str]) -> str:
            return self.ids.get(noun if match[1] == "object_id" else match[1], "x")

        return re.sub(r"\{([a-z_]+)\}", of, route)


async def _make(admin: httpx.AsyncClient, path: str, noun: str | None, body: dict[str, Any]) -> str:
    answer = await admin.post(path, json={noun: body} if noun else body, headers=LATEST)
    assert answer.status_code in {200, 201, 202}, answer.text
    made = answer.json()[noun] if noun else answer.json()
    return str(made.get("id", made.get("name")))


@pytest.fixture
async def whole(cloud: Cloud, world: World, ground: Ground) -> Whole:
    """Made by the admin, in the admin's own project."""
    admin = ground.admin
    ids: dict[str, str] = {"image_id": ground.image, "flavor_id": ground.flavor}
    for plural, noun, body in (
        ("networks", "network", {"name": "n", "tags": ["t"]}),
        ("networks", "network", {"name": "outside", "router:external": True}),
        ("subnets", "subnet", {"ip_version": 4, "cidr": "10.20.0.0/24"}),
        ("ports", "port", {}),
        ("security-groups", "security_group", {"name": "web"}),
        ("security-group-rules", "security_group_rule", {"direction": "ingress", "protocol": "tcp"}),
        ("routers", "router", {"name": "r"}),
    ):
        if noun in {"subnet", "port"}:
            body = {**body, "network_id": ids["networks"]}  # noqa: PLW2901
        if noun == "security_group_rule":
            body = {**body, "security_group_id": ids["security-groups"]}  # noqa: PLW2901
        ids["outside" if "router:external" in body else plural] = await _make(
            admin, f"/network/v2.0/{plural}", noun, body
        )
    outside = {"network_id": ids["outside"], "ip_version": 4, "cidr": "203.0.113.0/24"}
    await _make(admin, "/network/v2.0/subnets", "subnet", outside)
    ids["floatingips"] = await _make(
        admin, "/network/v2.0/floatingips", "floatingip", {"floating_network_id": ids["outside"]}
    )
    ids["port_id"] = await _make(admin, "/network/v2.0/ports", "port", {"network_id": ids["networks"]})
    ids["aggregate_id"] = await _make(admin, "/compute/v2.1/os-aggregates", "aggregate", {"name": "a"})
    group = {"name": "g", "policy": "affinity"}
    ids["group_id"] = await _make(admin, "/compute/v2.1/os-server-groups", "server_group", group)
    ids["name"] = await _make(admin, "/compute/v2.1/os-keypairs", "keypair", {"name": "k", "public_key": PUBLIC_KEY})
    server = ground.body()["server"] | {"networks": [{"port": ids["port_id"]}]}
    ids["server_id"] = await _make(admin, "/compute/v2.1/servers", "server", server)
    await world.settle()
    for plural, noun in (("projects", "project"), ("users", "user"), ("roles", "role"), ("domains", "domain")):
        ids[f"{noun}_id"] = await _make(admin, f"/identity/v3/{plural}", noun, {"name": f"made {noun}"})
    ids["implied_id"] = ids["role_id"]
    services = (await admin.get("/compute/v2.1/os-services", headers=LATEST)).json()["services"]
    return Whole(admin, ids | {"service_id": services[0]["id"], "network_id": ids["networks"], "object_id": "x"})
