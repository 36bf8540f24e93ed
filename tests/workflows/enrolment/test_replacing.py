"""Another machine takes a host's place: it answers first, nothing may be left there, and what the name has stays."""

import msgspec
import pytest

from berthline.domain.errors import BadRequest, Conflict, Forbidden, NotFound, Transient
from berthline.domain.hosts.enrolment import EnrolledHost, HostOptions
from berthline.domain.hypervisor import HostFacts
from berthline.domain.ids import HostName, ServerId, new_id
from berthline.store import Connection, Store
from berthline.store.compute import enrolled, hosts, left_guests
from berthline.workflows.enrolment.draining import REASON
from berthline.workflows.enrolment.hosts import Enrolling, Hosts, Seen
from tests.workflows.enrolment.test_removal import GONE, OTHER, Enrolled, Following, admin, booted
from tests.workflows.world import CLOCK, FLAVOR, Process, World, member

OLD, NEW = "qemu+tls://old/system", "qemu+tls://new/system"
FACTS = HostFacts(hypervisor_type="QEMU", hypervisor_version=1, vcpus=8, memory_mb=512, disk_gb=9, cpu_info="{}")


class Machines:
    """Which URIs answer, and which were asked."""

    def __init__(self) -> None:
        self.silent: set[str] = set()
        self.asked: list[str] = []

    async def look(self, host: EnrolledHost) -> Seen:
        self.asked.append(host.options.uri)
        if host.options.uri in self.silent:
            raise Transient("nobody is there")
        return Seen(FACTS, None)


@pytest.fixture
def machines() -> Machines:
    return Machines()


@pytest.fixture
def world(store: Store) -> World:
    world = World(store)
    at = CLOCK.now()
    options = HostOptions(uri=OLD, reserved_memory_mb=64, memory_ratio=2.0, gateway=False)
    known = EnrolledHost(name=GONE, kind="libvirt", options=options, revision=1, enrolled_at=at, updated_at=at)
    store.write_now(lambda connection: enrolled.take_over(connection, [known]))
    return world


def service(process: Process, machines: Machines) -> Hosts:
    return Hosts(process.outside, process.engine, Enrolling("libvirt", machines.look))


def known(store: Store, name: HostName = GONE) -> EnrolledHost:
    found = store.read_now(lambda connection: enrolled.get(connection, name))
    assert found is not None
    return found


def standing(store: Store) -> tuple[bool, str | None, bool]:
    host = store.read_now(lambda connection: hosts.get(connection, GONE))
    assert host is not None
    return host.enabled, host.disabled_reason, host.forced_down


async def test_a_machine_that_answers_has_the_hosts_name_and_what_goes_with_it(
    world: World, machines: Machines
) -> None:
    async with world.process() as process:
        before = known(world.store)
        seen = await service(process, machines).replace(admin(), GONE, {"uri": NEW, "chassis": "fresh"})
        assert (seen.facts, machines.asked) == (FACTS, [NEW])
        after = known(world.store)
        assert after.options == msgspec.structs.replace(before.options, uri=NEW, chassis="fresh")
        assert after.revision == before.revision + 1
        await service(process, machines).replace(admin(), GONE, {})
        again = known(world.store)
        assert (again.options, again.revision) == (after.options, after.revision + 1), "set up anew at its address"


@pytest.mark.parametrize(
    ("reason", "forced", "expected"),
    [
        (REASON, False, (True, None, False)),
        (REASON, True, (True, None, False)),
        ("new disks", True, (False, "new disks", False)),
        (None, False, (True, None, False)),
    ],
)
async def test_it_takes_guests_if_only_the_drain_kept_them_away(
    world: World, machines: Machines, reason: str | None, forced: bool, expected: tuple[bool, str | None, bool]
) -> None:
    async with world.process() as process:
        enabled = reason is None
        world.store.write_now(
            lambda connection: hosts.set_service(
                connection, GONE, CLOCK.now(), enabled=enabled, disabled_reason=reason, forced_down=forced
            )
        )
        await service(process, machines).replace(admin(), GONE, {"uri": NEW})
        assert standing(world.store) == expected


async def test_what_cannot_be_replaced_stays_as_it_is(world: World, machines: Machines) -> None:
    async with world.process() as process:
        before, replacing = known(world.store), service(process, machines)
        with pytest.raises(Forbidden):
            await replacing.replace(member(), GONE, {"uri": NEW})
        with pytest.raises(NotFound):
            await replacing.replace(admin(), HostName("none"), {"uri": NEW})
        with pytest.raises(BadRequest, match="command"):
            await replacing.replace(admin(), GONE, {"uri": "qemu+ssh://h/system?command=/tmp/mine"})
        assert machines.asked == [], "nobody is asked for what is refused"
        machines.silent = {NEW}
        with pytest.raises(Conflict, match=r"was not replaced.*nobody is there"):
            await replacing.replace(admin(), GONE, {"uri": NEW})
        with pytest.raises(Conflict, match=r"was not changed.*nobody is there"):
            await replacing.change(admin(), GONE, {"uri": NEW})
        machines.silent = set()
        await process.boot(count=2)
        assert await process.quiet()
        with pytest.raises(Conflict, match=r"has [12] servers and 0 moves"):
            await replacing.replace(admin(), GONE, {"uri": NEW})
        assert known(world.store) == before
        await replacing.change(admin(), GONE, {"uri": NEW})
        assert known(world.store).options.uri == NEW, "the same machine, its servers and all"


async def test_the_place_of_a_lost_host_is_free_once_its_servers_are_elsewhere(
    world: World, machines: Machines
) -> None:
    """What is left of them on the old machine is not waited for, and takes nothing of the new one."""
    server_id, store = ServerId(new_id()), world.store

    def lose(connection: Connection) -> None:
        enrolled.set_lost(connection, GONE, CLOCK.now())
        assert hosts.claim(connection, GONE, FLAVOR.vcpus, FLAVOR.ram, FLAVOR.claimed_disk, CLOCK.now())
        left_guests.add(connection, GONE, server_id, FLAVOR, CLOCK.now())

    def claimed() -> int:
        host = store.read_now(lambda connection: hosts.get(connection, GONE))
        assert host is not None
        return host.memory_mb_used

    async with world.process() as process:
        store.write_now(lose)
        replacing = service(process, machines)
        with pytest.raises(Conflict, match="1 servers are being evacuated"):
            await replacing.replace(admin(), GONE, {"uri": NEW})
        assert (known(store).lost_at is None, claimed()) == (False, FLAVOR.ram)
        store.write_now(lambda connection: left_guests.give_up(connection, server_id))
        await replacing.replace(admin(), GONE, {"uri": NEW})
        assert (known(store).lost_at, claimed()) == (None, 0)
        assert store.read_now(lambda connection: left_guests.of_host(connection, GONE)) == ()


async def test_every_process_has_the_new_machine_and_asks_the_old_no_more(store: Store) -> None:
    world = Enrolled(store)
    async with world.process() as process:
        assert isinstance(process, Following)
        here, _ = await booted(process)
        for server_id in here:
            await process.compute.delete(member(), server_id)
        assert await process.quiet()
        before = process.roster[GONE]
        look = Machines().look
        await Hosts(process.outside, process.engine, Enrolling("simulated", look)).replace(admin(), GONE, {})
        assert await process.roster.follow(store)
        assert process.roster[GONE] is not before
        assert set(process.roster) == {GONE, OTHER}
