"""A server's life on simulated hosts, without faults: created, stopped, started, rebooted, deleted."""

import pytest
from sqlalchemy import event, update

from berthline.domain.compute import RequestedNetwork
from berthline.domain.errors import (
    BadRequest,
    InstanceInvalidState,
    NetworkNotFoundForServer,
    NotFound,
    PortLimitExceeded,
    QuotaExceeded,
)
from berthline.domain.ids import FlavorId, NetworkId, ServerId, new_id
from berthline.network.ports import ports
from berthline.reconcile.stray_nics import StrayNics
from berthline.store import Connection, Store, tables
from berthline.store.compute.servers import actions as server_actions
from berthline.store.compute.servers import servers
from berthline.store.control import quotas
from berthline.store.control.sagas import list_sagas, timeline
from berthline.store.network.info import network_info
from berthline.workflows.requests import ServerRequest
from tests.workflows.world import CLOCK, FLAVOR, IMAGE, NETWORK, PROJECT, World, member


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


@pytest.mark.parametrize("nics", [0, 1, 3])
async def test_a_server_becomes_active_with_all_its_nics_and_goes_without_a_trace(world: World, nics: int) -> None:
    async with world.process() as process:
        (server,) = await process.boot(nics)
        assert server.vm_state == "building"
        assert await process.quiet()
        active = process.servers()[server.id]
        assert (active.vm_state, active.task_state, active.power_state) == ("active", None, 1)
        process.check_active(active, nics)
        assert await world.guests() == {server.id}
        assert await world.leaks() == ()
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert process.servers() == {}
    assert await world.guests() == set()
    assert world.dataplane.plugged() == {}
    assert await world.leaks() == ()


async def test_a_delete_locks_in_the_order_of_a_boot(world: World) -> None:
    """Else a boot and a delete on one host and in one project wait for each other until the database sees it."""
    said: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.extend(table for table in ("hosts", "quota_usage") if f"{table} SET" in statement)

    async with world.process() as process:
        event.listen(process.store.engine, "before_cursor_execute", hear)
        (server,) = await process.boot()
        assert await process.quiet()
        booted = list(dict.fromkeys(said))
        said.clear()
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert list(dict.fromkeys(said)) == booted == ["hosts", "quota_usage"]


async def test_every_step_is_in_the_timeline(world: World) -> None:
    async with world.process() as process:
        await process.boot()
        assert await process.quiet()
        (saga,) = process.store.read_now(list_sagas)
        times = process.store.read_now(lambda connection: timeline(connection, saga.id))
    assert [time.name for time in times] == ["image", "disks", "guest", "ports up", "resume", "running", "active"]
    assert all(time.outcome == "done" and time.finished_at >= time.started_at for time in times)


async def test_many_at_once_are_spread_over_the_hosts(world: World) -> None:
    async with world.process() as process:
        made = await process.boot(count=8)
        assert await process.quiet()
        alive = process.servers()
        assert {server.vm_state for server in alive.values()} == {"active"}
        assert {server.host for server in alive.values()} == {"host-a", "host-b"}
        assert sorted(server.name for server in made) == [f"guest-{number}" for number in range(1, 9)]
        addresses = {address for server in alive.values() for address in _addresses(process.store, server.id)}
        assert len(addresses) == 16
    assert await world.leaks() == ()


def _addresses(store: Store, server_id: ServerId) -> set[str]:
    info = store.read_now(lambda connection: network_info(connection, [server_id]))[server_id]
    return {fixed.address for vif in info.vifs for fixed in vif.fixed_ips()}


async def test_stop_start_and_reboot(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        await process.compute.actions.begin(member(), server.id, "stop")
        assert await process.quiet()
        stopped = process.servers()[server.id]
        assert (stopped.vm_state, stopped.power_state, stopped.task_state) == ("stopped", 4, None)
        with pytest.raises(InstanceInvalidState, match="Cannot 'stop' instance"):
            await process.compute.actions.begin(member(), server.id, "stop")
        await process.compute.actions.begin(member(), server.id, "start")
        assert await process.quiet()
        assert process.servers()[server.id].vm_state == "active"
        await process.compute.actions.begin(member(), server.id, "reboot")
        assert await process.quiet()
        await process.compute.actions.begin(member(), server.id, "hard_reboot")
        assert await process.quiet()
        assert process.servers()[server.id].vm_state == "active"
    assert await world.leaks() == ()


async def test_a_server_deleted_while_it_is_built_goes(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        await process.compute.delete(member(), server.id)
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert process.servers() == {}
        deletes = [saga for saga in process.store.read_now(list_sagas) if saga.kind == "server_delete"]
        assert len(deletes) == 1
    assert await world.guests() == set()
    assert await world.leaks() == ()


async def test_a_port_deleted_while_its_server_is_built_is_not_waited_for(world: World) -> None:
    async with world.process() as process:
        world.dataplane.reachable = False
        (server,) = await process.boot(2)
        gone, kept = (nic.port_id for nic in server.nics)
        await process.store.write(lambda connection: ports.delete(connection, member(), gone, CLOCK.now()))
        world.dataplane.reachable = True
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, [nic.port_id for nic in found.nics]) == ("active", [kept])
        # the guest may have been built just before the port went: the NIC that is too many is looked for
        await StrayNics(process.store, process.outside.hypervisors).run_once()
        assert await world.leaks() == ()


async def test_no_host_with_room_gives_a_server_in_error_that_holds_nothing(world: World) -> None:
    async with world.process() as process:
        store = process.store
        store.write_now(lambda connection: quotas.set_limits(connection, PROJECT, {"cores": -1, "instances": -1}))
        made = await process.boot(count=40)
        assert await process.quiet()
        states = [server.vm_state for server in process.servers().values()]
        assert states.count("active") == 32
        lost = [server for server in made if server.vm_state == "error"]
        assert len(lost) == 8
        assert lost[0].fault is not None
        assert lost[0].fault.message.startswith("No valid host was found.")
    assert await world.leaks() == ()


async def test_refused_requests_change_nothing(world: World) -> None:
    request = ServerRequest(name="x", image_id=IMAGE, flavor_id=FLAVOR.id, networks="none")

    def asking(**changes: object) -> ServerRequest:
        return ServerRequest(**{**{name: getattr(request, name) for name in request.__struct_fields__}, **changes})

    unknown = (RequestedNetwork(network_id=NetworkId(new_id())),)
    async with world.process() as process:
        with pytest.raises(BadRequest, match="Flavor nope could not be found"):
            await process.compute.create(member(), asking(flavor_id=FlavorId("nope")))
        with pytest.raises(BadRequest, match="Invalid key_name"):
            await process.compute.create(member(), asking(key_name="nope"))
        with pytest.raises(NetworkNotFoundForServer, match="Networks this project may use: net"):
            await process.compute.create(member(), asking(networks=unknown))
        with pytest.raises(QuotaExceeded) as refused:
            await process.compute.create(member(), asking(min_count=11, max_count=11))
        assert refused.value.message == (
            "Quota exceeded for instances: Requested 11, but already used 0 of 10 instances"
        )
        process.store.write_now(lambda connection: quotas.set_limits(connection, PROJECT, {"cores": 3, "ram": 500}))
        with pytest.raises(QuotaExceeded) as refused:
            await process.compute.create(member(), asking(min_count=4, max_count=4))
        wanted = f"{4 * FLAVOR.vcpus}, {4 * FLAVOR.ram}"
        assert refused.value.message == (
            f"Quota exceeded for cores, ram: Requested {wanted}, but already used 0, 0 of 3, 500 cores, ram"
        )
        process.store.write_now(lambda connection: quotas.reset_limits(connection, PROJECT, ("cores", "ram")))
        process.store.write_now(lambda connection: quotas.set_limits(connection, PROJECT, {"port": 1}))
        two = tuple(RequestedNetwork(network_id=NETWORK) for _ in range(2))
        with pytest.raises(PortLimitExceeded, match="Maximum number of ports exceeded"):
            await process.compute.create(member(), asking(networks=two))
        with pytest.raises(NotFound):
            await process.compute.delete(member(), ServerId(new_id()))
        assert process.store.read_now(lambda connection: servers.get_many(connection, [])) == ()
        assert process.store.read_now(list_sagas) == ()
    assert await world.leaks() == ()


async def test_max_count_is_cut_to_the_ports_that_are_left(world: World) -> None:
    asked = (RequestedNetwork(network_id=NETWORK), RequestedNetwork(network_id=NETWORK))
    async with world.process() as process:
        process.store.write_now(lambda connection: quotas.set_limits(connection, PROJECT, {"port": 7}))
        for networks, made in ((asked, 3), (None, 1)):
            request = ServerRequest(
                name="x", image_id=IMAGE, flavor_id=FLAVOR.id, networks=networks, min_count=1, max_count=5
            )
            assert len(await process.compute.create(member(), request)) == made
        for low, networks in ((2, asked), (2, None)):
            request = ServerRequest(
                name="x", image_id=IMAGE, flavor_id=FLAVOR.id, networks=networks, min_count=low, max_count=5
            )
            with pytest.raises(PortLimitExceeded, match="Maximum number of ports exceeded"):
                await process.compute.create(member(), request)
        assert await process.quiet()
        assert len(process.servers()) == 4
    assert await world.leaks() == ()


async def test_an_action_that_failed_says_so(world: World) -> None:
    def spoil(connection: Connection) -> None:
        connection.execute(update(tables.image.images).values(sha512="0" * 128))

    async with world.process() as process:
        process.store.write_now(spoil)  # no host will take bytes of another digest
        (server,) = await process.boot()
        assert await process.quiet()
        failed = process.servers()[server.id]
        assert failed.vm_state == "error"
        assert failed.fault is not None
        assert "Upload it again" in failed.fault.message
        actions = process.store.read_now(lambda connection: server_actions.page(connection, server.id)) or ()
        assert [(action.action, action.message) for action in actions] == [("create", "Error")]
    assert await world.leaks() == ()
