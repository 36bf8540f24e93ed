"""Status of ports: what the dataplane says, with an event for each change, and no effect on projection."""

import asyncio
import contextlib
from collections.abc import Collection, Mapping

import pytest
from sqlalchemy import select

from berthline.dataplane.memory import SimulatedDataplane
from berthline.dataplane.projector import Projector
from berthline.domain.clock import SystemClock
from berthline.domain.dataplane import Applied, PortState, Row, Unit
from berthline.domain.errors import Transient
from berthline.domain.ids import PortId
from berthline.domain.network import PortStatus
from berthline.reconcile.port_status import PortStatusReconciler, shown
from berthline.store import Store
from berthline.store.dataplane.projection import unprojected_ports
from berthline.store.tables.control import events
from berthline.store.tables.network import ports
from tests.unit.dataplane.cloud import Cloud

UP = PortState(present=True, up=True)
DOWN = PortState(present=True, up=False)


class Setup:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.cloud = Cloud(store)
        self.plane = SimulatedDataplane()
        self.projector = Projector(store, self.plane, SystemClock())
        self.reconciler = PortStatusReconciler(store, self.plane, SystemClock())
        self.network = self.cloud.network()

    def status(self, port: str) -> str:
        chosen = select(ports.c.status).where(ports.c.id == port)
        return str(self.store.read_now(lambda c: c.execute(chosen).scalar()))


@pytest.fixture
def setup(store: Store) -> Setup:
    return Setup(store)


@pytest.mark.parametrize(
    ("status", "state", "expected"),
    [
        ("DOWN", UP, "ACTIVE"),
        ("ACTIVE", DOWN, "DOWN"),
        ("BUILD", DOWN, "DOWN"),
        ("ERROR", DOWN, "ERROR"),
        ("ERROR", UP, "ACTIVE"),
    ],
)
def test_what_a_port_shows(status: PortStatus, state: PortState, expected: PortStatus) -> None:
    assert shown(status, state) == expected


async def test_status_follows_the_dataplane_and_stays_projected(setup: Setup) -> None:
    port, other = (PortId(setup.cloud.port(setup.network)) for _ in range(2))
    hidden = setup.cloud.port(setup.network, status="N/A", device_owner="network:floatingip")
    await setup.projector.settle_all()
    setup.plane.plug(port, "chassis-a")
    assert await setup.reconciler.run_once() == 1
    assert (setup.status(port), setup.status(other), setup.status(hidden)) == ("ACTIVE", "DOWN", "N/A")
    assert await setup.reconciler.run_once() == 0
    assert setup.store.read_now(lambda c: unprojected_ports(c, [port, other])) == frozenset()
    told = setup.store.read_now(lambda c: c.execute(select(events).where(events.c.what == "status")).all())
    assert [(row.object_id, row.revision, row.data) for row in told] == [(port, 2, {"status": "ACTIVE"})]


async def test_a_change_that_waits_still_waits_after_the_status_changed(setup: Setup) -> None:
    port = PortId(setup.cloud.port(setup.network))
    await setup.projector.settle_all()
    setup.cloud.change_port(port, description="new")
    setup.plane.plug(port, "chassis-a")
    await setup.reconciler.run_once()
    assert setup.store.read_now(lambda c: unprojected_ports(c, [port])) == {port}


async def test_a_port_that_is_up_before_its_projection_is_on_record_is_projected_again(setup: Setup) -> None:
    """The projector applies a port; its status is written; only then does the projector record what it applied."""
    port = PortId(setup.cloud.port(setup.network))
    setup.plane.plug(port, "chassis-a")
    applied, status_is_written = asyncio.Event(), asyncio.Event()

    class Slow(SimulatedDataplane):
        async def apply(self, desired: Mapping[Unit, Collection[Row]], epoch: int = 0) -> Applied:
            done = await setup.plane.apply(desired, epoch)
            if any(unit.id == port for unit in desired):
                applied.set()
                await status_is_written.wait()
            return done

    projector = Projector(setup.store, Slow(), SystemClock())
    projecting = asyncio.create_task(projector.settle_all())
    await applied.wait()
    assert await setup.reconciler.run_once() == 1
    status_is_written.set()
    await projecting
    await projector.settle_all()
    assert setup.status(port) == "ACTIVE"
    assert setup.store.read_now(lambda c: unprojected_ports(c, [port])) == frozenset()


async def test_a_hint_is_followed_and_kept_while_the_dataplane_is_away(setup: Setup) -> None:
    port = PortId(setup.cloud.port(setup.network))
    await setup.projector.settle_all()
    await setup.reconciler.look_at_hinted()
    setup.plane.plug(port, "chassis-a")
    setup.plane.reachable = False
    with pytest.raises(Transient):
        await setup.reconciler.look_at_hinted()
    setup.plane.reachable = True
    assert await setup.reconciler.look_at_hinted() == 1
    assert setup.status(port) == "ACTIVE"


async def test_the_loop_follows_hints(setup: Setup) -> None:
    port = PortId(setup.cloud.port(setup.network))
    await setup.projector.settle_all()
    changed = asyncio.Event()
    loop = asyncio.get_running_loop()

    def committed() -> None:
        loop.call_soon_threadsafe(changed.set)

    setup.store.subscribe("events", committed)
    task = asyncio.create_task(setup.reconciler.run())
    await asyncio.sleep(0)
    setup.plane.plug(port, "chassis-a")
    await asyncio.wait_for(changed.wait(), 60)
    assert setup.status(port) == "ACTIVE"
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_ports_in_use_are_looked_at_and_idle_ones_are_not(setup: Setup) -> None:
    bound = PortId(setup.cloud.port(setup.network, binding_host="host-a"))
    idle = PortId(setup.cloud.port(setup.network))
    await setup.projector.settle_all()
    setup.plane.plug(bound, "host-a")
    setup.plane.plug(idle, "host-a")
    assert await setup.reconciler.look_at_ports_in_use() == 1
    assert await setup.reconciler.run_once() == 1


async def test_only_what_a_port_carries_is_told(setup: Setup) -> None:
    told: list[PortId] = []
    setup.plane.on_change(told.append)
    port = PortId(setup.cloud.port(setup.network, binding_host="here"))
    idle = setup.cloud.port(setup.network)
    await setup.projector.settle_all()
    assert told == []
    setup.plane.plug(port, "here")
    assert told == [port]
    setup.cloud.delete_port(port)
    setup.cloud.delete_port(idle)
    await setup.projector.settle_all()
    assert set(told[1:]) == {port}
