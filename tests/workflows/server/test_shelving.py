"""Servers that are shelved: what they keep, what they give back, where they come back, and every effect that fails."""

import itertools
from collections.abc import Collection, Mapping
from dataclasses import replace as with_outside

import pytest

from berthline.domain.compute import Server
from berthline.domain.errors import BerthlineError, Conflict, InstanceInvalidState
from berthline.domain.ids import HostName, PortId, ServerId
from berthline.hypervisor.memory import SimulatedHost
from berthline.reconcile.offloading import offload_shelved
from berthline.store import Store
from berthline.store.compute import hosts
from berthline.store.compute.servers import actions as server_actions
from berthline.store.control import quotas
from berthline.store.images import images
from berthline.store.network.info import network_info
from berthline.testing.faults import FAULT_KINDS, Fault
from berthline.workflows.compute import Compute
from berthline.workflows.server.power import Action
from berthline.workflows.shelving import Wanted
from tests.workflows.server.waiting import waits
from tests.workflows.world import CLOCK, PROJECT, Process, World, member

LIVES = 14


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def holder(world: World, process: Process, server_id: ServerId) -> SimulatedHost:
    return next(host for host in world.hosts if host.host == process.servers()[server_id].host)


async def booted(process: Process, nics: int = 2) -> Server:
    (server,) = await process.boot(nics)
    assert await process.quiet()
    server = process.servers()[server.id]
    holder(process.world, process, server.id).guest_writes(server.id, b"kept\n")
    return server


def addresses(process: Process, server_id: ServerId) -> Mapping[PortId, tuple[str, list[str]]]:
    """MAC and addresses of each NIC, in order."""
    info = process.store.read_now(lambda c: network_info(c, [server_id]))[server_id]
    return {vif.id: (vif.address, [ip.address for ip in vif.fixed_ips()]) for vif in info.vifs}


def used(process: Process) -> Mapping[str, int]:
    return process.store.read_now(lambda c: quotas.used(c, PROJECT, ("instances", "cores", "ram", "image_count")))


async def act(process: Process, what: str, server_id: ServerId) -> Server:
    shelving = process.compute.shelving
    await {"shelve": shelving.shelve, "offload": shelving.offload, "unshelve": shelving.unshelve}[what](
        member(), server_id
    )
    assert await process.quiet()
    return process.servers()[server_id]


def staying(process: Process) -> None:
    """A cloud whose shelved servers stay on their hosts."""
    outside = with_outside(process.outside, offload_seconds=-1.0)
    process.compute = Compute(outside, process.engine)


async def test_a_shelved_server_is_on_no_host_and_comes_back_as_it_was(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        before, counted = addresses(process, server.id), used(process)
        shelved = await act(process, "shelve", server.id)
        assert (shelved.vm_state, shelved.task_state, shelved.power_state) == ("shelved_offloaded", None, 4)
        assert shelved.host is None
        assert shelved.image_id == server.image_id
        assert addresses(process, server.id) == before
        assert await world.guests() == set()
        assert world.dataplane.plugged() == {}
        assert not any([await host.disks() for host in world.hosts])
        assert used(process) == {**counted, "image_count": 1}
        made = process.store.read_now(lambda c: images.get(c, shelved.shelved_image_id or ""))
        assert made is not None
        assert (made.name, made.status) == ("guest-shelved", "active")
        assert await world.leaks() == ()
        back = await act(process, "unshelve", server.id)
        assert (back.vm_state, back.task_state, back.power_state) == ("active", None, 1)
        assert (back.shelved_image_id, back.shelved_at) == (None, None)
        assert addresses(process, server.id) == before
        assert holder(world, process, server.id).written_by(server.id) == b"kept\n"
        process.check_active(back, 2)
        assert used(process) == counted
        assert process.store.read_now(lambda c: images.get(c, made.id)) is None
        assert await world.leaks() == ()


@pytest.mark.parametrize("action", [None, "stop", "pause", "suspend"])
async def test_whatever_its_power_was_it_is_shelved_and_active_afterwards(world: World, action: Action | None) -> None:
    async with world.process() as process:
        server = await booted(process)
        if action is not None:
            await process.compute.actions.begin(member(), server.id, action)
            assert await process.quiet()
        assert (await act(process, "shelve", server.id)).vm_state == "shelved_offloaded"
        assert (await act(process, "unshelve", server.id)).vm_state == "active"
        assert await holder(world, process, server.id).power(server.id) == "running"


async def test_one_that_stays_on_its_host_starts_there_again(world: World) -> None:
    async with world.process() as process:
        staying(process)
        server = await booted(process)
        shelved = await act(process, "shelve", server.id)
        assert (shelved.vm_state, shelved.task_state, shelved.host) == ("shelved", None, server.host)
        assert await holder(world, process, server.id).power(server.id) == "shutoff"
        assert await world.leaks() == ()
        with pytest.raises(Conflict, match="must be SHELVED_OFFLOADED"):
            await process.compute.shelving.unshelve(member(), server.id, Wanted(zone="nova"))
        back = await act(process, "unshelve", server.id)
        assert (back.vm_state, back.host, back.power_state) == ("active", server.host, 1)
        assert used(process)["image_count"] == 0


async def test_one_that_stayed_leaves_its_host_when_told(world: World) -> None:
    async with world.process() as process:
        staying(process)
        server = await booted(process)
        await act(process, "shelve", server.id)
        gone = await act(process, "offload", server.id)
        assert (gone.vm_state, gone.host, gone.task_state) == ("shelved_offloaded", None, None)
        with pytest.raises(InstanceInvalidState):
            await process.compute.shelving.offload(member(), server.id)
        assert (await act(process, "unshelve", server.id)).vm_state == "active"


async def test_one_leaves_its_host_when_its_time_is_over(world: World) -> None:
    async with world.process() as process:
        outside = with_outside(process.outside, offload_seconds=1e-6)
        process.compute = Compute(outside, process.engine)
        server, other = await booted(process), await booted(process)
        shelved = await act(process, "shelve", server.id)
        assert (shelved.vm_state, shelved.task_state, shelved.host) == ("shelved", None, server.host)
        await act(process, "shelve", other.id)
        assert (await act(process, "unshelve", other.id)).vm_state == "active"
        for seconds in (-1.0, 0.0, 3600.0):
            assert await offload_shelved(world.store, CLOCK, seconds) == 0
        assert await offload_shelved(world.store, CLOCK, 1e-6) == 1
        assert await offload_shelved(world.store, CLOCK, 1e-6) == 0
        assert process.servers()[server.id].task_state == "shelving_offloading"
        await process.engine.look()
        assert await process.quiet()
        gone = process.servers()[server.id]
        assert (gone.vm_state, gone.host, gone.task_state) == ("shelved_offloaded", None, None)
        assert await offload_shelved(world.store, CLOCK, 1e-6) == 0
        assert process.servers()[other.id].vm_state == "active"
        assert await world.leaks() == ()


async def test_it_comes_back_on_the_host_that_is_named(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        for host in world.hosts:
            await act(process, "shelve", server.id)
            await process.compute.shelving.unshelve(member(), server.id, Wanted(host=host.host))
            assert await process.quiet()
            assert process.servers()[server.id].host == host.host
        await act(process, "shelve", server.id)
        for wanted in (Wanted(host=HostName("no-host")), Wanted(zone="no-zone")):
            with pytest.raises(BerthlineError):
                await process.compute.shelving.unshelve(member(), server.id, wanted)
        assert process.servers()[server.id].task_state is None


async def test_without_a_host_it_stays_shelved_and_its_action_says_so(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        await act(process, "shelve", server.id)

        def close(connection: object) -> None:
            for host in world.hosts:
                found = hosts.get(connection, host.host)  # type: ignore[arg-type]
                assert found is not None
                hosts.set_service(connection, host.host, enabled=False, at=1)  # type: ignore[arg-type]

        await process.store.write(close)
        still = await act(process, "unshelve", server.id)
        assert (still.vm_state, still.task_state, still.host) == ("shelved_offloaded", None, None)
        actions = process.store.read_now(lambda c: server_actions.page(c, server.id))
        assert actions is not None
        assert actions[0].action == "unshelve"
        assert actions[0].message is not None


@pytest.mark.parametrize("offload", [True, False])
async def test_a_shelved_server_is_deleted_with_its_image(world: World, offload: bool) -> None:
    async with world.process() as process:
        if not offload:
            staying(process)
        server = await booted(process)
        await act(process, "shelve", server.id)
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert server.id not in process.servers()
        assert used(process) == {"instances": 0, "cores": 0, "ram": 0, "image_count": 0}
        assert await world.guests() == set()


async def test_a_shelving_waits_for_a_nic_that_is_being_attached(world: World) -> None:
    """It was accepted first, for the host that the server is on."""
    async with world.process() as process:
        server = await booted(process, 1)
        world.schedule.hosts_away = True
        await process.compute.interfaces.attach(member(), server.id, None)
        await process.compute.shelving.shelve(member(), server.id)
        await waits(process, server.id, "server_shelve")
        world.schedule.end()
        assert await process.quiet()
        assert process.servers()[server.id].vm_state == "shelved_offloaded"
        await process.compute.shelving.unshelve(member(), server.id)
        assert await process.quiet()
        found = process.servers()[server.id]
        process.check_active(found, len(found.nics))


async def test_a_delete_ends_a_shelving(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        await process.compute.shelving.shelve(member(), server.id)
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert used(process) == {"instances": 0, "cores": 0, "ram": 0, "image_count": 0}
        assert await world.guests() == set()
        assert not any([await host.copies() for host in world.hosts])


class Story:
    """A server is shelved, unshelved and deleted, in however many processes."""

    def __init__(self, world: World, faults: Collection[Fault]) -> None:
        self.world = world
        self.faults = faults
        self.server = ServerId("")
        self.before: Mapping[PortId, tuple[str, list[str]]] = {}
        self.asked: list[str] = []
        self.effects = 0

    async def live(self) -> int:
        for _ in range(LIVES):
            async with self.world.process() as process:
                if not self.server:
                    server = await booted(process, nics=1)
                    self.server, self.before = server.id, addresses(process, server.id)
                    self.world.schedule.begin_again(*self.faults)
                if await process.quiet() and await self.go_on(process):
                    return self.effects
        raise AssertionError(f"not finished after {LIVES} processes: {self.world.schedule.struck}")

    async def go_on(self, process: Process) -> bool:
        """Ask for what comes next, until the server is gone; False when the process was killed."""
        while self.server in process.servers():
            await self.check(process)
            what = ("shelve", "unshelve", "delete")[min(len(self.asked), 2)]
            self.asked.append(what)
            if what == "delete":
                self.effects = len(self.world.schedule.calls)
                self.world.schedule.end()
                await process.compute.delete(member(), self.server)
            else:
                now = process.servers()[self.server].vm_state
                if (what == "shelve") == (now == "active"):
                    shelving = process.compute.shelving
                    await (shelving.shelve if what == "shelve" else shelving.unshelve)(member(), self.server)
            if not await process.quiet():
                return False
        assert used(process) == {"instances": 0, "cores": 0, "ram": 0, "image_count": 0}
        assert await self.world.leaks() == ()
        assert await self.world.guests() == set()
        return True

    async def check(self, process: Process) -> None:
        """It is wholly one thing or the other, and has its ports and its data."""
        server = process.servers()[self.server]
        assert server.task_state is None
        assert addresses(process, self.server) == self.before
        assert used(process)["image_count"] == (server.shelved_image_id is not None)
        assert not any([await host.copies() for host in self.world.hosts])
        if server.vm_state == "active":
            process.check_active(server, 1)
            host = holder(self.world, process, self.server)
            assert await host.power(self.server) == "running"
            assert host.written_by(self.server) == b"kept\n"
        else:
            assert server.vm_state in {"shelved", "shelved_offloaded"}
            assert (server.host is None) == (server.vm_state == "shelved_offloaded")
        assert await self.world.leaks() == ()


async def test_it_is_as_before_or_as_asked_whatever_fails_and_whenever(store: Store) -> None:
    effects = await Story(World(store), ()).live()
    assert effects >= 10
    singles = [(Fault(effect, kind),) for effect, kind in itertools.product(range(effects), FAULT_KINDS)]
    doubles = [
        (Fault(effect, "refused"), Fault(effect + later, "killed after"))
        for effect, later in itertools.product(range(effects), (1, 2))
    ]
    for faults in (*singles, *doubles):
        story = Story(World(store), faults)
        try:
            await story.live()
        except BaseException as error:
            error.add_note(f"{faults}, struck {story.world.schedule.struck}, calls {story.world.schedule.calls}")
            raise
    print(f"{len(singles) + len(doubles)} schedules of {effects} effects")
