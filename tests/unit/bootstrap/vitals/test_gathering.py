"""What a process tells of the cloud's health, and that it tells something when its database is gone."""

import msgspec

from berthline.api.frame import Health
from berthline.bootstrap.vitals.certificates import Certificates
from berthline.bootstrap.vitals.checks import checks
from berthline.bootstrap.vitals.gathering import Gathering
from berthline.bootstrap.watch import Watch
from berthline.domain.ids import HostName
from berthline.domain.vitals import Generations, OvnVitals, Vitals
from berthline.store import Connection, Store
from berthline.store.compute import hosts
from berthline.store.control.workers import StoredWorkers
from tests.api.builder import HandClock
from tests.unit.store.compute.values import make_host


def gathering(store: Store, watch: Watch) -> Gathering:
    clock = HandClock()
    return Gathering(store, clock, StoredWorkers(store, clock=clock), watch, Certificates(tuple), None)


async def told(found: Vitals) -> dict[str, tuple[bool, dict[str, object]]]:
    """What each check of /healthz says."""

    async def look() -> Vitals:
        return found

    answers: dict[str, tuple[bool, dict[str, object]]] = {}
    for check in checks(look, ovn=True):
        said = check.check()
        health = said if isinstance(said, Health) else await said
        answers[check.name] = (health.ready, {**health.facts})
    return answers


async def test_what_the_database_and_the_process_know(store: Store) -> None:
    def write(connection: Connection) -> None:
        hosts.upsert(connection, make_host("a"), 1)
        hosts.upsert(connection, make_host("b"), 1)
        hosts.claim(connection, HostName("a"), 1, 64, 2, 1)
        hosts.set_service(connection, HostName("b"), 1, enabled=False)

    store.write_now(write)
    watch = Watch((HostName("a"), HostName("b")), None)
    watch.hosts_answered({HostName("b"): "no answer"})
    found = await gathering(store, watch).vitals()
    assert (found.hosts, found.silent_hosts, found.ovn) == (2, 1, None)
    assert (await told(found))["capacity"] == (
        True,
        {
            "hosts": 1,
            "disabled": 1,
            "lost": 0,
            "joining": 0,
            "leaving": 0,
            "vcpus_left": 3,
            "memory_mb_left": 960,
            "disk_gb_left": 8,
        },
    )


async def test_without_a_database_the_rest_is_told(store: Store) -> None:
    watch = Watch((HostName("a"),), None)
    store.close()
    found = await gathering(store, watch).vitals()
    assert found.stored is None
    assert found.hosts == 1
    answers = await told(found)
    assert answers["capacity"] == answers["guests"] == (True, {"trouble": "the database did not answer"})
    assert answers["certificates"] == (True, {})


async def test_certificates_are_told_by_the_days_that_are_left() -> None:
    found = Vitals(
        at=1_000_000 * 1_000_000,
        stored=None,
        ovn=None,
        hosts=0,
        silent_hosts=0,
        waiting_writes=0,
        certificates={"libvirt_client": 1_000_000 + 86_400 * 2.5},
        unreadable=("libvirt_ca",),
    )
    assert (await told(found))["certificates"] == (
        True,
        {"libvirt_client_days_left": 2.5, "trouble": "cannot be read: libvirt_ca"},
    )


async def test_how_far_ovn_is_behind_is_told(store: Store) -> None:
    whole = await gathering(store, Watch((), None)).vitals()
    known = Generations(
        northbound=9, northd=8, chassis=7, northd_behind=3.0, chassis_behind=18.0, northd_took=None, chassis_took=None
    )
    seen = OvnVitals(
        northbound=True,
        southbound=True,
        northd=False,
        controllers=1,
        silent_controllers=0,
        generations=known,
        oldest_chassis=20.25,
    )
    facts = {"northd_seconds": 3.0, "chassis_seconds": 18.0, "oldest_chassis_seconds": 20.25}
    assert (await told(msgspec.structs.replace(whole, ovn=seen)))["ovn_lag"] == (True, facts)
    assert (await told(whole))["ovn_lag"] == (True, {})


async def test_several_who_ask_at_once_cost_one_look(store: Store) -> None:
    one = gathering(store, Watch((), None))
    assert await one.vitals() is await one.vitals()
