"""What /healthz and doctor say of hosts and of OVN's daemons."""

from berthline.api.frame import Health
from berthline.bootstrap.watch import Watch
from berthline.domain.dataplane import Silence
from berthline.domain.ids import HostName
from berthline.reconcile.leaks import Silent

HOSTS = (HostName("a"), HostName("b"))


def told(watch: Watch) -> dict[str, tuple[bool, dict[str, object]]]:
    """What each check says."""
    said = {check.name: check.check() for check in watch.checks()}
    return {name: (found.ready, dict(found.facts)) for name, found in said.items() if isinstance(found, Health)}


def test_one_host_of_several_is_enough_and_none_is_not() -> None:
    watch = Watch(HOSTS, None)
    assert told(watch) == {"hosts": (True, {"up": 2, "down": 0})}
    watch.hosts_answered({HostName("a"): "no answer"})
    assert told(watch) == {"hosts": (True, {"up": 1, "down": 1})}
    watch.hosts_answered(dict.fromkeys(HOSTS, "no answer"))
    assert told(watch) == {"hosts": (False, {"up": 0, "down": 2})}
    watch.hosts_answered({})
    assert told(watch) == {"hosts": (True, {"up": 2, "down": 0})}
    assert told(Watch((), None)) == {"hosts": (True, {"up": 0, "down": 0})}


async def test_every_part_of_ovn_is_told() -> None:
    said = [Silence()]

    async def look() -> Silence:
        return said[-1]

    watch = Watch(HOSTS, look)
    names = {"hosts", "northbound", "southbound", "northd", "controllers"}
    assert told(watch).keys() == names
    assert all(ready for ready, _ in told(watch).values())
    for silence, part in (
        (Silence(northbound="gone"), "northbound"),
        (Silence(southbound="gone"), "southbound"),
        (Silence(northd="gone"), "northd"),
        (Silence(chassis={"a": "gone", "b": "gone"}), "controllers"),
    ):
        said.append(silence)
        await watch.look()
        found = told(watch)
        assert {name for name, (ready, _) in found.items() if not ready} == {part}
    assert told(watch)["controllers"][1] == {"up": 0, "down": 2}, "no host is named to those without a token"


async def test_doctor_is_told_which() -> None:
    async def look() -> Silence:
        return Silence(southbound="gone", northd="slow", chassis={"b": "dead", "a": "dead"})

    watch = Watch(HOSTS, look)
    assert watch.silent() == ()
    await watch.look()
    assert watch.silent() == (
        Silent("OVN", "southbound", "gone"),
        Silent("OVN", "northd", "slow"),
        Silent("chassis", "a", "dead"),
        Silent("chassis", "b", "dead"),
    )
