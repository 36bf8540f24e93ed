"""The smallest MTU of a network follows from its subnets: 68 bytes for IPv4, 1280 for IPv6, whichever comes first."""

from typing import Any

import pytest

from tests.api.network.conftest import PREFIX, Api

CONFLICT = (409, "NetworkMTUSubnetConflict")
CIDRS = {4: "10.0.0.0/24", 6: "fd00::/64"}


def subnet_of(network: str, version: int) -> dict[str, Any]:
    return {"network_id": network, "ip_version": version, "cidr": CIDRS[version]}


@pytest.mark.parametrize(("version", "smallest"), [(4, 68), (6, 1280)])
async def test_a_subnet_needs_the_mtu_of_its_version(red: Api, version: int, smallest: int) -> None:
    small = await red.make("network", mtu=smallest - 1)
    assert small["mtu"] == smallest - 1, "without a subnet any MTU may be"
    refused = await red.refused("POST", "subnets", {"subnet": subnet_of(small["id"], version)})
    assert refused[:2] == CONFLICT
    bulk = {"subnets": [subnet_of((await red.make("network"))["id"], version), subnet_of(small["id"], version)]}
    assert (await red.refused("POST", "subnets", bulk))[:2] == CONFLICT
    assert (await red.fetch("subnets"))["subnets"] == []
    just = await red.make("network", mtu=smallest)
    await red.make("subnet", **subnet_of(just["id"], version))


@pytest.mark.parametrize(("version", "smallest"), [(4, 68), (6, 1280)])
async def test_a_network_keeps_the_mtu_that_its_subnets_need(red: Api, version: int, smallest: int) -> None:
    network = (await red.make("network"))["id"]
    await red.change(f"networks/{network}", {"network": {"mtu": 1}})
    await red.change(f"networks/{network}", {"network": {"mtu": 0}})
    await red.make("subnet", **subnet_of(network, version))
    before = (await red.fetch(f"networks/{network}"))["network"]
    for mtu in (1, smallest - 1):
        asked = {"network": {"mtu": mtu, "name": "new"}}
        assert (await red.refused("PUT", f"networks/{network}", asked))[:2] == CONFLICT
    assert (await red.fetch(f"networks/{network}"))["network"] == before
    changed = await red.change(f"networks/{network}", {"network": {"mtu": smallest}})
    assert changed["network"]["mtu"] == smallest


async def test_both_versions_need_the_larger_of_the_two(red: Api) -> None:
    network = (await red.make("network", mtu=1279))["id"]
    await red.make("subnet", **subnet_of(network, 4))
    assert (await red.refused("POST", "subnets", {"subnet": subnet_of(network, 6)}))[:2] == CONFLICT
    answer = await red.client.put(f"{PREFIX}/networks/{network}", json={"network": {"mtu": 1280}})
    assert answer.status_code == 200
    await red.make("subnet", **subnet_of(network, 6))
