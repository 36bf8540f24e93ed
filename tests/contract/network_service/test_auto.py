"""``auto`` in a project without networks: one is made for it, by either network service."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from berthline.domain.errors import UnableToAutoAllocateNetwork
from berthline.domain.ids import NetworkId

from .ground import HOST, Ground, Project

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def outside(project: Project) -> AsyncIterator[NetworkId]:
    """The cloud has a default external network, while the test runs."""
    external = {"router:external": True, "is_default": True}
    network = await project.network("outside", "203.0.113.0/24", **external)
    yield network
    await project.put(f"networks/{network}", network={"is_default": False})


async def networks_of(ground: Ground) -> list[str]:
    """Names of the project's networks that are not external."""
    query = {"project_id": ground.project.project_id, "router:external": "False"}
    return [network["name"] for network in await ground.project.get("networks", **query)]


async def test_auto_makes_a_network_and_then_finds_it(ground: Ground, outside: NetworkId) -> None:
    first, given = await ground.allocate("auto")
    (vif,) = given.vifs
    second, found = await ground.allocate("auto")
    assert [one.network.id for one in found.vifs] == [vif.network.id]
    assert vif.network.label == "auto_allocated_network"
    assert await networks_of(ground) == ["auto_allocated_network"]
    (router,) = await ground.project.get("routers", project_id=ground.project.project_id)
    assert router["external_gateway_info"]["network_id"] == outside
    for server_id in (first, second):
        assert len(await ground.project.ports_of(server_id)) == 1
        await ground.service.deallocate_for_instance(server_id)


async def test_a_network_that_was_made_and_is_down_is_not_used(ground: Ground, outside: NetworkId) -> None:
    assert outside
    server_id, given = await ground.allocate("auto")
    await ground.service.deallocate_for_instance(server_id)
    await ground.project.put(f"networks/{given.vifs[0].network.id}", network={"admin_state_up": False})
    with pytest.raises(UnableToAutoAllocateNetwork, match="is down"):
        await ground.allocate("auto")


async def test_a_dry_run_makes_nothing(ground: Ground, outside: NetworkId) -> None:
    assert outside
    caller = ground.project.caller()
    server = await ground.server()
    validated = await ground.service.validate_networks(caller, server.project_id, "auto", dry_run=True)
    assert await networks_of(ground) == []
    if ground.service.acts_outside:
        assert [nic.label for nic in validated.nics or ()] == ["auto_allocated_network"]
        claimed = await ground.store.write(
            lambda connection: ground.service.claim(connection, caller, server, validated, bind_host=HOST, at=1)
        )
        assert len(claimed) == 1  # a plan claims it, and rolls that back
        await ground.store.write(lambda connection: ground.service.release(connection, server.server_id, 2))


async def test_what_is_missing_is_told(ground: Ground) -> None:
    with pytest.raises(UnableToAutoAllocateNetwork) as refused:
        await ground.allocate("auto")
    (reason,) = list(refused.value.details["reasons"])  # type: ignore[call-overload]
    assert "there is no default external network" in reason


async def test_a_neutron_is_asked_once_more_only_when_there_is_no_network(remote: Ground, outside: NetworkId) -> None:
    assert outside
    proxy = remote.proxy
    assert proxy is not None
    asked = []
    for _ in range(2):
        proxy.clear()
        caller = remote.project.caller()
        await remote.service.validate_networks(caller, remote.project.project_id, "auto")
        asked.append(sorted(path.split("/")[2] for _, path in proxy.counts().elements()))
    assert asked == [["auto-allocated-topology"] * 2 + ["networks"] * 2, ["networks"]]
