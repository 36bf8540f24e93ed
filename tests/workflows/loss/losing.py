"""A world of which a host can be away, and processes that look whether it is there again."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager

from berthline.bootstrap.hosts.roster import Roster
from berthline.bootstrap.workers.owned_hosts import OwnedHosts
from berthline.domain.compute import Migration
from berthline.domain.errors import Transient
from berthline.domain.hosts.enrolment import EnrolledHost
from berthline.domain.hypervisor import Hypervisor
from berthline.domain.ids import HostName, ServerId
from berthline.hypervisor.memory import SimulatedHost
from berthline.reconcile.returned_hosts import ReturnedHosts
from berthline.store import Store
from berthline.store.compute import hosts, migrations
from berthline.store.control.leaks import Leak
from berthline.testing.faults import FaultSchedule, FaultyHypervisor
from berthline.workflows.loss.evacuating import Evacuation
from tests.workflows.enrolment.test_removal import Enrolled, Following, admin
from tests.workflows.world import CLOCK

ASKED = Evacuation(admin_password="secret")


class Losing(Following):
    """A process that looks whether lost hosts are there again, when it is told to."""

    world: "LosingWorld"

    def reached(self) -> Mapping[HostName, Hypervisor]:
        self.roster = Roster(self.make)
        return self.roster

    async def make(self, host: EnrolledHost) -> Hypervisor:
        if host.name in self.world.away and host.lost_at is not None:
            raise Transient(f"Host {host.name} could not be reached.")
        return FaultyHypervisor(self.world.host(host.name), self.world.schedule)

    async def evacuate(self, server_id: ServerId, wanted: Evacuation = ASKED) -> None:
        """Ask for it, and follow, as a loop of every process does."""
        await self.compute.evacuating.evacuate(admin(), server_id, wanted)
        await self.roster.follow(self.store)

    async def look(self) -> int:
        """What the loop does: how many hosts are back."""
        owned = OwnedHosts(self.roster, self.worker)
        back = await ReturnedHosts(self.store, self.clock, self.worker, owned, self.make).run_once()
        await self.roster.follow(self.store)
        return back

    async def force_down_host(self, name: HostName, *, down: bool = True) -> None:
        await self.store.write(lambda connection: hosts.set_service(connection, name, CLOCK.now(), forced_down=down))

    def evacuations(self, server_id: ServerId) -> tuple[Migration, ...]:
        return self.store.read_now(
            lambda c: migrations.page(c, {"server_id": server_id, "type": "evacuation"}, newest_first=False)
        )


class LosingWorld(Enrolled):
    """``away``: hosts that do not answer whoever looks whether they are there again."""

    def __init__(self, store: Store, schedule: FaultSchedule | None = None) -> None:
        super().__init__(store, schedule)
        self.away: set[HostName] = set()

    def host(self, name: HostName) -> SimulatedHost:
        (found,) = (one for one in self.hosts if one.host == name)
        return found

    def begin(self) -> Losing:
        return Losing(self)

    async def last_leaks(self) -> tuple[Leak, ...]:
        """Every lost host comes back first."""
        self.schedule.end()
        self.away.clear()
        async with self.process() as process:
            assert await process.quiet()
            await process.look()
            await process.look()
        return await super().last_leaks()

    def process(self) -> AbstractAsyncContextManager[Losing]:  # type: ignore[override]
        return super().process()  # type: ignore[return-value]


class Meanwhile(FaultSchedule):
    """Has something happen before one effect, whose number counts from when that was said."""

    def __init__(self) -> None:
        super().__init__()
        self._number = -1
        self._act: Callable[[], Awaitable[object]] | None = None

    def before(self, effect: int, act: Callable[[], Awaitable[object]]) -> None:
        self._number, self._act = len(self.calls) + effect, act

    @property
    def acted(self) -> bool:
        return self._act is None

    async def strike(self, name: str, effect: Callable[[], Awaitable[None]]) -> None:
        if self._act is not None and len(self.calls) >= self._number:
            act, self._act = self._act, None
            await act()
        await super().strike(name, effect)
