"""The projector over the store and the simulated dataplane."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, select

from berthline.dataplane.memory import SimulatedDataplane
from berthline.dataplane.projector import Pace, Projector
from berthline.dataplane.schema import RowName
from berthline.domain.clock import SystemClock
from berthline.domain.dataplane import Applied, Row, Unit
from berthline.domain.errors import LeaseLost, Refused, Transient
from berthline.domain.ids import PortId
from berthline.store import Connection, Store
from berthline.store.dataplane import outbox
from berthline.store.dataplane.projection import dependents, projected, unprojected_ports
from berthline.store.dataplane.snapshots import load_snapshots
from berthline.store.tables import control
from tests.unit.dataplane.cloud import Cloud


class ManualClock:
    """Time that stands still unless told to go on."""

    def __init__(self) -> None:
        self.time = 1_000_000_000

    def now(self) -> int:
        return self.time


class Picky(SimulatedDataplane):
    """Refuses every change that carries one of these units."""

    def __init__(self) -> None:
        super().__init__()
        self.refuses: set[str] = set()
        self.applies = 0

    async def apply(self, desired: Mapping[Unit, Collection[Row]], epoch: int = 0) -> Applied:
        self.applies += 1
        if bad := self.refuses & {unit.id for unit in desired}:
            raise Refused(f"no {bad}")
        return await super().apply(desired, epoch)


@pytest.fixture
def cloud(store: Store) -> Cloud:
    return Cloud(store)


@pytest.fixture
def plane() -> Picky:
    return Picky()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def projector(store: Store, plane: Picky, clock: ManualClock) -> Projector:
    return Projector(store, plane, clock)


def lag(store: Store) -> int:
    return store.read_now(outbox.lag).changes


async def test_a_change_that_was_numbered_before_others_and_commits_after_them_is_projected(
    store: Store, cloud: Cloud, plane: Picky, projector: Projector
) -> None:
    """Of two transactions the one with the lower number may commit later: no number tells what is known already."""
    early = cloud.network()
    cloud.network()
    with store.engine.connect() as connection:
        rows = {row.object_id: row for row in connection.execute(select(control.outbox))}
    store.write_now(lambda c: c.execute(delete(control.outbox).where(control.outbox.c.object_id == early)).close())
    await projector.settle_all()
    store.write_now(lambda c: c.execute(insert(control.outbox), [rows[early]._asdict()]).close())
    await projector.settle_all()
    assert lag(store) == 0
    assert store.read_now(lambda c: projected(c, Unit("network", early), 1))


async def test_the_dataplane_becomes_what_the_store_says(cloud: Cloud, plane: Picky, projector: Projector) -> None:
    cloud.host("host-a", "chassis-a")
    network = cloud.network()
    subnet = cloud.subnet(network, "10.0.0.0/24", "10.0.0.1")
    cloud.port(network, [(subnet, "10.0.0.2")], device_owner="network:distributed")
    group = cloud.group()
    cloud.rule(group, protocol="tcp", port_range_min=22, port_range_max=22)
    port = cloud.port(network, [(subnet, "10.0.0.7")], [group], binding_host="host-a")
    external = cloud.network(network_type="flat", physical_network="public", segmentation_id=None)
    outer = cloud.subnet(external, "203.0.113.0/24", "203.0.113.1")
    router = cloud.router()
    cloud.interface(router, network, [(subnet, "10.0.0.1")])
    cloud.gateway(router, external, [(outer, "203.0.113.9")])
    cloud.floating_ip(router, external, outer, "203.0.113.50", port, "10.0.0.7")
    await projector.settle_all()
    assert set(await plane.observe()) == cloud.units()
    assert lag(cloud.store) == 0
    row = plane.rows()[Unit("port", port)][RowName("Logical_Switch_Port", port)]
    assert row.columns["options"] == (("requested-chassis", "chassis-a"),)
    options = plane.rows()[Unit("network", network)][RowName("DHCP_Options", f"dhcp-{subnet}")].columns["options"]
    assert ("classless_static_route", "{169.254.169.254/32,10.0.0.2, 0.0.0.0/0,10.0.0.1}") in options  # type: ignore[operator]
    kinds = [name.table for name in plane.rows()[Unit("router", router)]]
    assert (kinds.count("NAT"), kinds.count("Logical_Router_Port"), kinds.count("Gateway_Chassis")) == (2, 2, 1)


async def test_applying_everything_again_changes_nothing(cloud: Cloud, plane: Picky, projector: Projector) -> None:
    network = cloud.network()
    subnet = cloud.subnet(network, "10.0.0.0/24", "10.0.0.1")
    cloud.port(network, [(subnet, "10.0.0.7")], [cloud.group()])
    await projector.settle_all()
    assert await projector.repair(cloud.units()) == Applied()


async def test_revisions_are_recorded_and_deleted_units_forgotten(
    cloud: Cloud, plane: Picky, projector: Projector, store: Store
) -> None:
    network = cloud.network()
    port = PortId(cloud.port(network))
    assert store.read_now(lambda c: unprojected_ports(c, [port])) == {port}
    await projector.settle_all()
    assert store.read_now(lambda c: unprojected_ports(c, [port])) == frozenset()
    revision = cloud.change_port(port, admin_state_up=False)
    assert not store.read_now(lambda c: projected(c, Unit("port", port), revision))
    await projector.settle_all()
    assert store.read_now(lambda c: projected(c, Unit("port", port), revision))
    cloud.delete_port(port)
    await projector.settle_all()
    assert not store.read_now(lambda c: projected(c, Unit("port", port), 0))
    assert Unit("port", port) not in await plane.observe()


async def test_while_the_dataplane_is_away_changes_wait_and_none_is_lost(
    cloud: Cloud, plane: Picky, projector: Projector, store: Store
) -> None:
    network = cloud.network()
    kept, dropped = cloud.port(network), cloud.port(network)
    await projector.settle_all()
    plane.reachable = False
    cloud.delete_port(dropped)
    new = cloud.port(network)
    with pytest.raises(Transient):
        await projector.drain()
    waiting = lag(store)
    assert waiting == 2
    plane.reachable = True
    await projector.settle_all()
    assert {unit.id for unit in await plane.observe()} == {network, kept, new}
    assert lag(store) == 0


async def test_a_refused_unit_is_set_apart_and_tried_again_later(
    cloud: Cloud, plane: Picky, projector: Projector, store: Store, clock: ManualClock
) -> None:
    network = cloud.network()
    ports = [cloud.port(network) for _ in range(8)]
    plane.refuses.add(ports[5])
    await projector.settle_all()
    assert cloud.units() - set(await plane.observe()) == {Unit("port", ports[5])}
    assert ((await projector.status()).refused, lag(store)) == (1, 1)
    plane.refuses.clear()
    assert await projector.drain() == 0
    clock.time += 31 * 1_000_000
    await projector.settle_all()
    assert set(await plane.observe()) == cloud.units()
    assert ((await projector.status()).refused, lag(store)) == (0, 0)


async def test_a_refused_unit_that_changes_is_tried_at_once(cloud: Cloud, plane: Picky, projector: Projector) -> None:
    network = cloud.network()
    port = cloud.port(network)
    plane.refuses.add(port)
    await projector.settle_all()
    plane.refuses.clear()
    cloud.change_port(port, admin_state_up=False)
    await projector.settle_all()
    assert set(await plane.observe()) == cloud.units()


async def test_what_a_port_refers_to_is_made_again_when_a_hand_deleted_it(
    cloud: Cloud, plane: Picky, projector: Projector
) -> None:
    network = cloud.network()
    group = cloud.group()
    port = cloud.port(network, groups=[group])
    await projector.settle_all()
    plane.forget("Logical_Switch", f"berthline-{network}")
    plane.forget("Port_Group", "pg_" + group.replace("-", "_"))
    assert await plane.observe() == {}
    cloud.change_port(port, admin_state_up=False)
    await projector.settle_all()
    assert set(await plane.observe()) == cloud.units()


async def test_a_change_of_a_subnet_reaches_routers_and_ports_with_options_of_their_own(
    cloud: Cloud, store: Store, projector: Projector, plane: Picky
) -> None:
    network = cloud.network()
    subnet = cloud.subnet(network, "10.0.0.0/24", "10.0.0.1")
    router = cloud.router()
    cloud.interface(router, network, [(subnet, "10.0.0.1")])
    options = [{"opt_name": "mtu", "opt_value": "1300", "ip_version": 4}]
    special = cloud.port(network, [(subnet, "10.0.0.8")], extra_dhcp_opts=options)
    cloud.port(network, [(subnet, "10.0.0.9")])
    units = store.read_now(lambda c: dependents(c, [Unit("network", network)]))
    assert units == {Unit("router", router), Unit("port", special)}
    await projector.settle_all()
    cloud.change_subnet(network, subnet, dns_nameservers=["192.0.2.1"])
    await projector.settle_all()
    row = plane.rows()[Unit("port", special)][RowName("DHCP_Options", f"dhcp-{special}-v4")]
    assert ("dns_server", "{192.0.2.1}") in row.columns["options"]  # type: ignore[operator]


async def test_queries_do_not_grow_with_units(cloud: Cloud, store: Store) -> None:
    network = cloud.network()
    subnet = cloud.subnet(network, "10.0.0.0/24", "10.0.0.1")
    group = cloud.group()
    ports = [Unit("port", cloud.port(network, [(subnet, f"10.0.0.{n}")], [group])) for n in range(10, 60)]
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(store.engine, "before_cursor_execute", count)

    def loaded(units: list[Unit]) -> int:
        statements.clear()
        assert len(store.read_now(lambda c: load_snapshots(c, units))) == len(units)
        return len(statements)

    loaded(ports[:1])  # opens the connection
    assert loaded(ports[:1]) == loaded(ports)


class Leases:
    """Who may project, as workers are told it, and what the store knows of that."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.holder, self.epoch = "", 0

    def give(self, worker: str) -> None:
        """Have this worker be the one that projects, from the next epoch on."""
        self.holder, self.epoch = worker, self.epoch + 1
        row = {"name": "projector", "owner": worker, "epoch": self.epoch}

        def write(connection: Connection) -> None:
            connection.execute(delete(control.worker_leases))
            connection.execute(insert(control.worker_leases), row)

        self.store.write_now(write)

    def of(self, worker: str) -> Callable[[], int | None]:
        """The lease as this worker sees it."""
        return lambda: self.epoch if self.holder == worker else None


async def test_two_projectors_never_work_at_once(cloud: Cloud, store: Store, plane: Picky, clock: ManualClock) -> None:
    leases = Leases(store)
    first = Projector(store, plane, clock, lease=leases.of("one"))
    second = Projector(store, plane, clock, lease=leases.of("two"))
    leases.give("one")
    cloud.network()
    assert await first.drain() == 1
    cloud.network()
    assert await second.drain() == 0
    leases.give("two")
    assert await second.drain() == 1
    cloud.network()
    assert await first.drain() == 0


async def test_a_projector_that_was_replaced_and_does_not_know_changes_nothing(
    cloud: Cloud, store: Store, plane: Picky, clock: ManualClock
) -> None:
    leases = Leases(store)
    stopped = Projector(store, plane, clock, lease=lambda: 1)  # it believes so until it looks
    second = Projector(store, plane, clock, lease=leases.of("two"))
    leases.give("one")
    network = cloud.network()
    assert await stopped.drain() == 1
    leases.give("two")
    cloud.port(network)
    assert await second.drain() == 1
    before, waiting = plane.rows(), cloud.port(network)
    with pytest.raises(LeaseLost, match="epoch 2 has the dataplane now"):
        await stopped.drain()
    assert plane.rows() == before
    assert await second.drain() == 1
    assert Unit("port", waiting) in plane.rows()


async def test_what_a_replaced_projector_did_last_is_not_recorded(
    cloud: Cloud, store: Store, plane: Picky, clock: ManualClock
) -> None:
    leases = Leases(store)
    leases.give("one")
    slow = Projector(store, plane, clock, lease=lambda: 1)
    cloud.network()
    leases.give("two")  # the dataplane was not told yet, the store was
    with pytest.raises(LeaseLost, match="not recorded"):
        await slow.drain()
    assert (await slow.status()).changes == 1
    assert await Projector(store, plane, clock, lease=leases.of("two")).drain() == 1
    assert (await slow.status()).changes == 0


async def test_the_loop_projects_what_is_committed_and_tells(store: Store, plane: Picky) -> None:
    cloud = Cloud(store)
    pace = Pace(gather=0, poll=60, retry_first=0.001, retry_most=0.01)
    projector = Projector(store, plane, SystemClock(), pace=pace)
    told: asyncio.Queue[Collection[Unit]] = asyncio.Queue()
    projector.on_projected(told.put_nowait)
    plane.reachable = False
    task = asyncio.create_task(projector.run())
    network = await asyncio.to_thread(cloud.network)
    await asyncio.sleep(0.02)
    plane.reachable = True
    assert await asyncio.wait_for(told.get(), 60) == (Unit("network", network),)
    port = await asyncio.to_thread(cloud.port, network)
    assert await asyncio.wait_for(told.get(), 60) == (Unit("port", port),)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
