"""A host leaves the cloud: its servers get their fate, whatever was at work there and whatever dies meanwhile."""

import itertools
from collections.abc import Mapping

import msgspec
import pytest

from berthline.bootstrap.hosts.roster import Roster
from berthline.domain.auth import Caller
from berthline.domain.errors import Conflict, Forbidden, NotFound
from berthline.domain.hosts.enrolment import EnrolledHost, Fate, HostOptions
from berthline.domain.hypervisor import Hypervisor
from berthline.domain.ids import HostName, ServerId
from berthline.reconcile.leaks import find_leaks
from berthline.store import Connection, Store
from berthline.store.compute import enrolled, hosts
from berthline.store.compute.servers import servers
from berthline.store.control.leaks import Leak
from berthline.testing.faults import FAULT_KINDS, Fault, FaultKind, FaultSchedule, FaultyHypervisor
from berthline.workflows.enrolment import removal
from tests.workflows.world import CLOCK, HOSTS, Process, World, member

GONE, OTHER = map(HostName, HOSTS)
LIVES = 12


def admin() -> Caller:
    return msgspec.structs.replace(member(), roles=frozenset({"admin", "member", "reader"}))


class Following(Process):
    """A process that has the hosts which the database says, as all of them do."""

    def reached(self) -> Mapping[HostName, Hypervisor]:
        async def make(host: EnrolledHost) -> Hypervisor:
            (there,) = (one for one in self.world.hosts if one.host == host.name)
            return FaultyHypervisor(there, self.world.schedule)

        self.roster = Roster(make)
        return self.roster

    async def start(self) -> None:
        await self.roster.follow(self.store)
        await super().start()

    async def force_down(self) -> None:
        """An operator says that the host is lost."""
        await self.store.write(lambda connection: hosts.set_service(connection, GONE, CLOCK.now(), forced_down=True))

    async def remove(self, fate: Fate | None) -> bool:
        """Ask for it, and follow, as a loop of every process does."""
        gone = await self.compute.hosts.remove(admin(), GONE, fate)
        await self.roster.follow(self.store)
        return gone


class Enrolled(World):
    """Hosts that were enrolled. What is left on one that is removed is nobody's leak."""

    def __init__(self, store: Store, schedule: FaultSchedule | None = None) -> None:
        super().__init__(store, schedule)
        at = CLOCK.now()
        known = [
            EnrolledHost(
                name=host.host, kind="simulated", options=HostOptions(), revision=1, enrolled_at=at, updated_at=at
            )
            for host in self.hosts
        ]
        store.write_now(lambda connection: enrolled.take_over(connection, known))

    def begin(self) -> Following:
        return Following(self)

    async def leaks(self) -> tuple[Leak, ...]:
        left = self.store.read_now(hosts.names)
        plugged = [guest for host in self.hosts if host.host not in left for guest in await host.guests()]
        for host in self.hosts:
            if host.host not in left:
                for guest in plugged:
                    await host.destroy(guest)  # its taps are gone with its switch
        return await find_leaks(self.store, self.dataplane, [host for host in self.hosts if host.host in left])


@pytest.fixture
def world(store: Store) -> Enrolled:
    return Enrolled(store)


def on(process: Process, host: HostName) -> set[ServerId]:
    return set(process.store.read_now(lambda connection: enrolled.servers_on(connection, host)))


async def booted(process: Following) -> tuple[set[ServerId], set[ServerId]]:
    """Two servers on each host."""
    for _ in range(4):
        await process.boot()
        assert await process.quiet()
    found = on(process, GONE), on(process, OTHER)
    assert [len(each) for each in found] == [2, 2]
    return found


async def test_servers_of_a_host_that_is_gone_are_left_in_words_and_can_be_deleted(world: Enrolled) -> None:
    async with world.process() as process:
        assert isinstance(process, Following)
        lost, kept = await booted(process)
        with pytest.raises(Conflict, match="hosting instances"):
            await process.remove(None)
        with pytest.raises(Conflict, match="answers"):
            await process.remove("error")
        with pytest.raises(Forbidden):
            await process.compute.hosts.remove(member(), GONE, "error")
        assert process.store.read_now(hosts.names) == (GONE, OTHER)
        await process.force_down()
        assert not await process.remove("error")
        assert await process.quiet()
        assert process.store.read_now(hosts.names) == (OTHER,)
        for server_id in lost:
            found = process.servers()[server_id]
            assert (found.vm_state, found.host, found.task_state) == ("error", None, None)
            assert found.fault is not None
            assert found.fault.message == removal.LOST
        assert {process.servers()[server_id].vm_state for server_id in kept} == {"active"}
        with pytest.raises(NotFound):
            await process.remove("error")
        for server_id in lost:
            await process.compute.delete(member(), server_id)
        assert await process.quiet()
        assert process.servers().keys() == kept
        assert await world.leaks() == ()


async def test_servers_of_a_host_that_is_gone_are_deleted_where_that_was_said(world: Enrolled) -> None:
    async with world.process() as process:
        assert isinstance(process, Following)
        lost, kept = await booted(process)
        world.schedule.hosts_away = True
        stopped, deleted = sorted(lost)
        await process.compute.actions.begin(member(), stopped, "stop")
        await process.compute.delete(member(), deleted)
        await process.force_down()
        await process.remove("delete")
        assert await process.quiet(), "what was at work there ended although the host never answered again"
        world.schedule.hosts_away = False
        assert process.servers().keys() == kept
        assert process.store.read_now(hosts.names) == (OTHER,)
        assert await world.leaks() == ()


async def test_an_empty_host_goes_at_once_and_may_come_back(world: Enrolled) -> None:
    async with world.process() as process:
        assert isinstance(process, Following)
        (server,) = await process.boot()
        assert await process.quiet()
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert await process.remove(None)
        assert list(process.roster) == [OTHER]
        at = CLOCK.now()
        again = EnrolledHost(
            name=GONE, kind="simulated", options=HostOptions(), revision=1, enrolled_at=at, updated_at=at
        )
        assert process.store.write_now(lambda connection: enrolled.take_over(connection, [again])) == 0
        assert process.store.write_now(lambda connection: enrolled.add(connection, again))
        await process.roster.follow(process.store)
        assert list(process.roster) == [OTHER, GONE]


@pytest.mark.parametrize("kind", FAULT_KINDS)
async def test_whatever_dies_meanwhile_the_host_is_removed_and_nothing_is_left(store: Store, kind: FaultKind) -> None:
    """A boot is at work there, each effect of which is struck; then the host is lost and removed."""
    for effect in itertools.count():
        world = Enrolled(store, FaultSchedule(Fault(effect, kind)))
        begun = False
        for _ in range(LIVES):
            async with world.process() as process:
                assert isinstance(process, Following)
                if not process.store.read_now(lambda connection: bool(_all(connection))):
                    await process.boot()
                if not begun and not await process.quiet():
                    continue
                if not begun:
                    await process.force_down()
                    await process.remove("delete")
                    begun = True
                if await process.quiet():
                    break
        assert GONE not in store.read_now(hosts.names)
        assert store.read_now(lambda connection: enrolled.servers_on(connection, GONE)) == ()
        assert await world.leaks() == ()
        if not world.schedule.struck:
            return


def _all(connection: Connection) -> tuple[object, ...]:
    return servers.placed(connection)
