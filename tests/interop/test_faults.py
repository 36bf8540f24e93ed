"""Every request of a server's life fails once, in every way, at the real Neutron: nothing is lost or left over."""

import pytest

from berthline.domain.errors import BerthlineError
from tests.interop.cloud import Cloud, on, with_port
from tests.interop.proxy import Fault

MOST_REQUESTS = 30
A_WHILE = 0.3
LONGER_THAN_THE_CLIENT_WAITS = 12.0


async def after(cloud: Cloud, users: list[str]) -> None:
    """Everything that was sent has been carried out and dealt with, and all is as it should be."""
    await cloud.proxy.settled()
    assert await cloud.process.quiet()
    cloud.check_exact(users=users)


@pytest.mark.parametrize("fault", Fault)
async def test_each_request_of_a_boot_fails_once(cloud: Cloud, fault: Fault) -> None:
    cloud.proxy.delay = A_WHILE
    networks = [cloud.raw.network(f"10.{number}.0.0/24")["id"] for number in range(2)]
    mine = cloud.raw.make("port", network_id=networks[0])["id"]
    asked = (on(networks[0]), with_port(mine), on(networks[1]))
    reached = 0
    for number in range(1, MOST_REQUESTS):
        cloud.proxy.clear({number: fault})
        try:
            server = await cloud.ask(asked)
        except BerthlineError:
            await after(cloud, [mine])
        else:
            assert await cloud.process.quiet()
            found = cloud.server(server.id)
            assert found is not None
            assert found.vm_state in {"active", "error"}
            await after(cloud, [] if found.vm_state == "active" else [mine])
            reached = len(cloud.proxy.seen)
            cloud.proxy.clear()
            await cloud.delete(server.id)
            await after(cloud, [mine])
        if reached and number > reached:
            return
    pytest.fail("a boot does not need so many requests")


@pytest.mark.parametrize("fault", Fault)
async def test_each_request_of_a_delete_fails_once(cloud: Cloud, fault: Fault) -> None:
    cloud.proxy.delay = A_WHILE
    network = cloud.raw.network()["id"]
    mine = cloud.raw.make("port", network_id=network)["id"]
    for number in range(1, MOST_REQUESTS):
        cloud.proxy.clear()
        server = await cloud.boot((on(network), with_port(mine), on(network)))
        await after(cloud, [])
        cloud.proxy.clear({number: fault})
        await cloud.delete(server.id)
        await after(cloud, [mine])
        if number > len(cloud.proxy.seen):
            return
    pytest.fail("a delete does not need so many requests")


@pytest.mark.parametrize("fault", Fault)
async def test_each_request_of_an_attach_and_a_detach_fails_once(cloud: Cloud, fault: Fault) -> None:
    cloud.proxy.delay = A_WHILE
    network = cloud.raw.network()["id"]
    server = await cloud.boot((on(network),))
    for number in range(1, MOST_REQUESTS):
        cloud.proxy.clear({number: fault})
        attached = await cloud.try_attach(server.id, on(network))
        if attached is not None:
            await cloud.detach(server.id, attached)
        await after(cloud, [])
        assert len(cloud.ports_of(server.id)) == 1
        if attached is not None and number > len(cloud.proxy.seen):
            return
    pytest.fail("an attach and a detach do not need so many requests")


class TestAnsweredTooLate:
    """Requests that Neutron carries out after our client has given them up."""

    @pytest.fixture
    def timeout(self) -> float:
        return 8.0

    @pytest.mark.parametrize("fault", [Fault.DELAYED, Fault.LATE])
    async def test_a_request_for_ports_makes_them_once(self, cloud: Cloud, fault: Fault) -> None:
        network = cloud.raw.network()["id"]
        mine = cloud.raw.make("port", network_id=network)["id"]
        cloud.proxy.delay = LONGER_THAN_THE_CLIENT_WAITS
        cloud.proxy.first["POST", "ports"] = fault
        server = await cloud.boot((on(network), with_port(mine), on(network)))
        await after(cloud, [])
        cloud.proxy.clear()
        await cloud.delete(server.id)
        await after(cloud, [mine])

    @pytest.mark.parametrize("fault", [Fault.DELAYED, Fault.LATE])
    @pytest.mark.parametrize("request_of", [("POST", "ports"), ("PUT", "ports/{id}")], ids=["new port", "users port"])
    async def test_a_server_deleted_while_its_port_is_on_its_way_leaves_none(
        self, cloud: Cloud, fault: Fault, request_of: tuple[str, str]
    ) -> None:
        """What was carried out after the delete had looked is found by the look that comes later."""
        network = cloud.raw.network()["id"]
        mine = cloud.raw.make("port", network_id=network)["id"]
        cloud.proxy.delay = LONGER_THAN_THE_CLIENT_WAITS
        cloud.proxy.first[request_of] = fault
        server = await cloud.ask((on(network) if request_of[0] == "POST" else with_port(mine),))
        await cloud.proxy.holding.wait()
        await cloud.delete(server.id)
        await cloud.proxy.settled()
        late = sum(port.device_id == server.id for port in cloud.raw.stored_ports().values())
        assert late == (1 if fault is Fault.DELAYED else 0)
        assert await cloud.process.network.free_late_ports() == late
        await after(cloud, [mine])
        assert await cloud.process.network.free_late_ports() == 0
