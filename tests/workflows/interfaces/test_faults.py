"""Every effect of attaching and detaching a NIC: refused, reply lost, process killed before and after, killed again.

A server is booted without faults; then a NIC of each kind is attached and detached under the schedule. Whatever
happened, the guest has just the NICs that the database says, nothing is leaked, and in the end nothing is left but the
port that was there before.
"""

import asyncio
import itertools
import random
from collections.abc import Iterator

from berthline.domain.compute import RequestedNetwork
from berthline.domain.errors import BerthlineError
from berthline.domain.ids import PortId, ServerId
from berthline.store import Store
from berthline.testing.faults import FAULT_KINDS, Fault, FaultKind, FaultSchedule, ProcessKilled
from tests.workflows.interfaces.test_life import info, make_port, port_of
from tests.workflows.world import NETWORK, Process, World, member

SEED = random.SystemRandom().randrange(2**32)
HAPPENED: tuple[FaultKind, ...] = ("lost reply", "killed after")
LIVES = 12


class Story:
    """One server, one port that was there before, and what is to be done to them, in however many processes."""

    def __init__(self, world: World, *, stopped: bool) -> None:
        self.world = world
        self.stopped = stopped
        self.server = ServerId("")
        self.port = PortId("")
        self.done: list[str] = []

    async def begin(self, process: Process) -> None:
        """Nothing fails here."""
        (server,) = await process.boot(1)
        assert await process.quiet()
        self.server, self.port = server.id, make_port(process).id
        if self.stopped:
            await process.compute.actions.begin(member(), server.id, "stop")
        assert await process.quiet()

    async def next(self, process: Process) -> bool:
        """Take the next part of the story; False when it is over."""
        part = ("attach new", "attach old", "detach new", "detach old", "delete", "end")[len(self.done)]
        self.done.append(part)
        interfaces = process.compute.interfaces
        nics = [vif.id for vif in info(process, self.server).vifs]
        if part == "attach new":
            await self._attach(process, RequestedNetwork(network_id=NETWORK))
        elif part == "attach old":
            await self._attach(process, RequestedNetwork(port_id=self.port))
        elif part == "detach new":
            await interfaces.detach(member(), self.server, nics[0])
        elif part == "detach old" and self.port in nics:
            await interfaces.detach(member(), self.server, self.port)
        elif part == "delete":
            await process.compute.delete(member(), self.server)
        return part != "end"

    async def _attach(self, process: Process, wanted: RequestedNetwork) -> None:
        try:
            attachment = await process.compute.interfaces.attach(member(), self.server, wanted)
            ended = asyncio.create_task(process.compute.interfaces.attached(attachment))
            killed = asyncio.create_task(process.killed.wait())
            await asyncio.wait({ended, killed}, return_when=asyncio.FIRST_COMPLETED)
            killed.cancel()
            if ended.done():
                await ended
            else:
                ended.cancel()
        except BerthlineError:
            if not self.world.schedule.struck:
                raise

    async def check(self, process: Process) -> None:
        """Once all is quiet: the guest has the NICs that the rows say."""
        nics = {vif.id for vif in info(process, self.server).vifs}
        server = process.servers().get(self.server)
        if server is not None and server.vm_state == "active":
            assert set(self.world.dataplane.plugged()) == nics
        elif server is not None and server.vm_state == "stopped":
            assert self.world.dataplane.plugged() == {}
        assert port_of(process, self.port) is not None
        assert await self.world.leaks() == ()


async def live(world: World, faults: tuple[Fault, ...], *, stopped: bool) -> int:
    """The whole story; the faults count from where the server is booted. Returns the effects counted from there."""
    story = Story(world, stopped=stopped)
    async with world.process() as process:
        await story.begin(process)
    begun = len(world.schedule.calls)
    world.schedule = FaultSchedule(*faults)
    for _ in range(LIVES):
        async with world.process() as process:
            if not await process.quiet():
                continue
            await story.check(process)
            while await _step(story, process):
                await story.check(process)
            if process.killed.is_set():
                continue
            if story.server in process.servers():  # its delete was refused for good: it says so, and is asked again
                assert process.servers()[story.server].vm_state == "error"
                story.done = story.done[:4]
                continue
            break
    else:
        raise AssertionError(f"not finished after {LIVES} processes: {world.schedule.struck}")
    assert begun > 0
    assert await world.leaks() == ()
    assert await world.guests() == set()
    assert world.dataplane.plugged() == {}
    kept = port_of(process, story.port)
    assert kept is not None
    assert (kept.device_id, kept.binding_host) == ("", "")
    return len(world.schedule.calls)


async def _step(story: Story, process: Process) -> bool:
    """One part of the story, seen through; False when the process was killed or the story is over."""
    try:
        if not await story.next(process):
            return False
    except ProcessKilled:
        return False
    return await process.quiet()


def schedules(effects: int) -> Iterator[tuple[Fault, ...]]:
    """One fault at every effect; one that happened and is then refused, and so is undone; a kill while it is undone."""
    for effect, kind in itertools.product(range(effects), FAULT_KINDS):
        yield (Fault(effect, kind),)
    # between two tries of an effect there may be an effect of the projector
    for effect, kind, gap in itertools.product(range(effects), HAPPENED, (1, 2)):
        undone = (Fault(effect, kind), Fault(effect + gap, "refused"))
        yield undone
        yield (*undone, Fault(effect + gap + 1, "killed before" if gap == 1 else "killed after"))


async def test_no_nic_is_lost_or_left_whatever_fails_and_whenever(store: Store) -> None:
    ran = 0
    for stopped in (False, True):
        effects = await live(World(store), (), stopped=stopped)
        assert effects >= 8
        for faults in schedules(effects):
            world = World(store)
            try:
                await live(world, faults, stopped=stopped)
            except BaseException as error:
                error.add_note(
                    f"stopped {stopped}, {faults}; struck: {world.schedule.struck}; calls: {world.schedule.calls}"
                )
                raise
            ran += 1
    print(f"{ran} schedules")
    assert ran >= 120


async def test_random_schedules_of_many_faults(store: Store) -> None:
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    for number in range(30):
        faults = tuple(Fault(effect, dice.choice(FAULT_KINDS)) for effect in range(24) if dice.random() < 0.25)
        world = World(store)
        try:
            await live(world, faults, stopped=bool(number % 2))
        except BaseException as error:
            error.add_note(f"seed {SEED}, schedule {number}: {faults}; struck: {world.schedule.struck}")
            raise
