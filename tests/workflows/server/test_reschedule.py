"""A host that fails a build: its effects are undone, and the next one builds the server with the same ports."""

import itertools
from collections.abc import Iterator

import msgspec

from berthline.domain.compute import Server
from berthline.domain.errors import BerthlineError, Refused, RefusedEverywhere, Transient
from berthline.domain.hypervisor import GuestSpec, HostFacts
from berthline.domain.ids import HostName, PortId, ServerId
from berthline.domain.network import Port
from berthline.hypervisor.memory import PortPlug, SimulatedHost
from berthline.store import Connection, Store
from berthline.store.compute import hosts
from berthline.store.compute.servers import actions as server_actions
from berthline.store.control.sagas import list_sagas
from berthline.store.network import ports as port_rows
from berthline.testing.faults import FAULT_KINDS, Fault, FaultSchedule
from berthline.workflows.requests import ServerRequest
from tests.workflows.world import CLOCK, FLAVOR, HOSTS, IMAGE, Process, World, member

MANY = ("host-a", "host-b", "host-c", "host-d", "host-e")
LIVES = 12


class FailingHost(SimulatedHost):
    """A host that makes the disks and starts the guest, and then says that it could not."""

    error: type[BerthlineError] = Refused

    def __init__(self, name: HostName, facts: HostFacts, plug: PortPlug) -> None:
        super().__init__(name, facts, plug)
        self.tried: list[ServerId] = []

    async def start_paused(self, spec: GuestSpec) -> None:
        self.tried.append(spec.server_id)
        await super().start_paused(spec)
        raise self.error(f"host {self.host} has no luck today")


def world_with(store: Store, failing: int, names: tuple[str, ...] = HOSTS, faults: tuple[Fault, ...] = ()) -> World:
    """A world of these hosts, of which the first ``failing`` fail every build."""
    world = World(store, FaultSchedule(*faults))
    facts = world.hosts[0]._facts

    def add(connection: Connection) -> None:
        known = hosts.candidates(connection)[0]
        for name in names:
            row = msgspec.structs.replace(known, name=HostName(name), chassis=name)
            hosts.upsert(connection, row, CLOCK.now())

    store.write_now(add)
    kinds = [FailingHost] * failing + [SimulatedHost] * (len(names) - failing)
    world.hosts = [kind(HostName(name), facts, world.dataplane) for kind, name in zip(kinds, names, strict=True)]
    return world


def ports_of(process: Process, server: Server) -> list[Port]:
    found = process.store.read_now(
        lambda connection: [port_rows.get(connection, nic.port_id, None) for nic in server.nics]
    )
    return [port for port in found if port is not None]


def tried(world: World) -> list[str]:
    return [host.host for host in world.hosts if isinstance(host, FailingHost) and host.tried]


async def test_the_next_host_gets_the_same_ports_and_addresses(store: Store) -> None:
    world = world_with(store, failing=1)
    async with world.process() as process:
        (server,) = await process.boot(2)
        assert server.host == "host-a"
        before = ports_of(process, server)
        assert await process.quiet()
        active = process.servers()[server.id]
        assert (active.vm_state, active.task_state, active.host, active.fault) == ("active", None, "host-b", None)
        process.check_active(active, 2)
        assert active.nics == server.nics
        after = ports_of(process, active)
        for old, new in zip(before, after, strict=True):
            assert (new.id, new.mac_address, new.fixed_ips) == (old.id, old.mac_address, old.fixed_ips)
            assert (old.binding_host, new.binding_host) == ("host-a", "host-b")
            assert new.revision > old.revision
        assert set(world.dataplane.plugged().values()) == {"host-b"}
        assert list(await world.hosts[0].guests()) == list(await world.hosts[0].disks()) == []
        kinds = [(saga.kind, saga.state) for saga in process.store.read_now(list_sagas)]
        assert kinds == [("server_create", "done"), ("server_create", "undone")]
        (action,) = process.store.read_now(lambda connection: server_actions.page(connection, server.id)) or ()
        assert action.saga_id == process.store.read_now(list_sagas)[0].id
        assert await world.leaks() == ()
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
    assert await world.leaks() == ()
    assert await world.guests() == set()


async def test_three_hosts_are_tried_and_no_more(store: Store) -> None:
    world = world_with(store, failing=4, names=MANY)
    async with world.process() as process:
        (server,) = await process.boot(1)
        assert await process.quiet()
        lost = process.servers()[server.id]
        assert (lost.vm_state, lost.host, lost.nics) == ("error", None, ())
        assert lost.fault is not None
        assert lost.fault.details == "Refused at step guest; hosts tried: host-a, host-b, host-c"
        assert tried(world) == ["host-a", "host-b", "host-c"]
    assert await world.guests() == set()
    assert await world.leaks() == ()


async def test_retries_that_are_exhausted_move_it_too_and_the_last_reason_is_told(store: Store) -> None:
    world = world_with(store, failing=2)
    for host in world.hosts:
        assert isinstance(host, FailingHost)
        host.error = Transient
    async with world.process() as process:
        (server,) = await process.boot(0)
        assert await process.quiet()
        lost = process.servers()[server.id]
        assert lost.fault is not None
        assert lost.fault.message.startswith("host host-b has no luck today. It was tried for a while and given up")
        assert tried(world) == ["host-a", "host-b"]
    assert await world.leaks() == ()


async def test_what_no_host_would_do_is_not_tried_elsewhere(store: Store) -> None:
    world = world_with(store, failing=1)
    assert isinstance(world.hosts[0], FailingHost)
    world.hosts[0].error = RefusedEverywhere
    async with world.process() as process:
        (server,) = await process.boot(1)
        assert await process.quiet()
        assert process.servers()[server.id].vm_state == "error"
        assert len(process.store.read_now(list_sagas)) == 1
    assert await world.leaks() == ()


async def test_a_server_that_an_admin_placed_stays_there_or_fails(store: Store) -> None:
    world = world_with(store, failing=1)
    request = ServerRequest(
        name="placed", image_id=IMAGE, flavor_id=FLAVOR.id, networks="none", host=HostName("host-a")
    )
    async with world.process() as process:
        (server,) = await process.compute.create(member(), request)
        assert await process.quiet()
        assert process.servers()[server.id].vm_state == "error"
        assert len(process.store.read_now(list_sagas)) == 1
    assert await world.leaks() == ()


async def test_a_delete_ends_the_search_for_a_host(store: Store) -> None:
    world = world_with(store, failing=4, names=MANY)
    async with world.process() as process:
        (server,) = await process.boot(1)
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert process.servers() == {}
        assert len(tried(world)) <= 1
    assert await world.leaks() == ()


async def live(world: World) -> int:
    """Boot a server whose first host fails, delete it, in however many processes it takes; returns the effects."""
    server: ServerId | None = None
    ports: list[PortId] = []
    asked = False
    for _ in range(LIVES):
        async with world.process() as process:
            if server is None:
                (made,) = await process.boot(1)
                server, ports = made.id, [nic.port_id for nic in made.nics]
            if not await process.quiet():
                continue
            if not asked:
                found = process.servers()[server]
                assert found.task_state is None
                assert found.vm_state in {"active", "error"}
                if found.vm_state == "active":
                    assert found.host == "host-b"
                    assert [nic.port_id for nic in found.nics] == ports
                    process.check_active(found, 1)
                assert await world.leaks() == ()
                asked = True
            if server in process.servers():
                await process.compute.delete(member(), server)
                if not await process.quiet() or server in process.servers():
                    continue
            break
    else:
        raise AssertionError(f"not finished after {LIVES} processes: {world.schedule.struck}")
    assert await world.leaks() == ()
    assert await world.guests() == set()
    assert world.dataplane.plugged() == {}
    return len(world.schedule.calls)


def schedules(effects: int) -> Iterator[tuple[Fault, ...]]:
    for effect, kind in itertools.product(range(effects), FAULT_KINDS):
        yield (Fault(effect, kind),)
    for effect in range(effects):
        yield (Fault(effect, "killed after"), Fault(effect + 1, "killed before"))
        yield (Fault(effect, "lost reply"), Fault(effect + 1, "refused"), Fault(effect + 3, "killed after"))


async def test_nothing_leaks_whatever_fails_on_the_way_to_the_next_host(store: Store) -> None:
    effects = await live(world_with(store, failing=1))
    assert effects >= 10
    for faults in schedules(effects):
        world = world_with(store, failing=1, faults=faults)
        try:
            await live(world)
        except BaseException as error:
            error.add_note(f"{faults}; struck: {world.schedule.struck}; calls: {world.schedule.calls}")
            raise
