"""What /healthz tells of the cloud besides whether its parts work. None of it makes a cloud unready: each process would
say the same, and whoever asks would take all of them out of use.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from berthline.api.frame import Health, HealthCheck
from berthline.domain.vitals import OvnVitals, Sizes, StoredVitals, Vitals

SECOND: Final = 1_000_000
DAY_SECONDS: Final = 86_400
UNKNOWN: Final = Health(True, {"trouble": "the database did not answer"})

Look = Callable[[], Awaitable[Vitals]]


def checks(look: Look, *, ovn: bool) -> tuple[HealthCheck, ...]:
    """One check for each thing that is told. ``ovn``: there is one."""

    def stored(tell: Callable[[StoredVitals], Health]) -> Callable[[], Awaitable[Health]]:
        async def check() -> Health:
            found = (await look()).stored
            return UNKNOWN if found is None else tell(found)

        return check

    async def of_certificates() -> Health:
        found = await look()
        return certificates(found)

    async def of_ovn() -> Health:
        found = (await look()).ovn
        return Health(True) if found is None else lag(found)

    return (
        *((HealthCheck("ovn_lag", of_ovn),) if ovn else ()),
        HealthCheck("capacity", stored(capacity)),
        HealthCheck("sagas", stored(sagas)),
        HealthCheck("guests", stored(lambda found: Health(True, dict(found.halted.items())))),
        HealthCheck("certificates", of_certificates),
    )


def lag(found: OvnVitals) -> Health:
    """How far OVN's programs are behind, and how long the most silent chassis has been."""
    facts: dict[str, int | float | str] = {}
    if found.generations is not None:
        facts["northd_seconds"] = round(found.generations.northd_behind, 3)
        facts["chassis_seconds"] = round(found.generations.chassis_behind, 3)
    if found.oldest_chassis is not None:
        facts["oldest_chassis_seconds"] = round(found.oldest_chassis, 3)
    return Health(True, facts)


def capacity(found: StoredVitals) -> Health:
    """How many hosts take servers, how many do not, and what is left on those that do."""
    open_ones = [one for one in found.hosts if one.state == "up" and one.enabled]
    left = room_left(found)
    facts = {
        "hosts": sum(one.hosts for one in open_ones),
        "disabled": sum(one.hosts for one in found.hosts if not one.enabled),
        "lost": sum(one.hosts for one in found.hosts if one.state == "lost"),
        "joining": sum(one.hosts for one in found.hosts if one.state == "joining"),
        "leaving": sum(one.hosts for one in found.hosts if one.state == "leaving"),
        "vcpus_left": left.vcpus,
        "memory_mb_left": left.memory_mb,
        "disk_gb_left": left.disk_gb,
    }
    return Health(True, facts)


def room_left(found: StoredVitals) -> Sizes:
    """What is promised and not claimed on hosts that take servers."""
    open_ones = [one for one in found.hosts if one.state == "up" and one.enabled]
    return Sizes(
        sum(one.promised.vcpus - one.claimed.vcpus for one in open_ones),
        sum(one.promised.memory_mb - one.claimed.memory_mb for one in open_ones),
        sum(one.promised.disk_gb - one.claimed.disk_gb for one in open_ones),
    )


def sagas(found: StoredVitals) -> Health:
    """How many are under way, since when, and how many of them have trouble."""
    oldest = min((one.begun_at for one in found.sagas), default=found.now)
    facts = {
        "unfinished": sum(one.sagas for one in found.sagas),
        "oldest_seconds": round(max(0, found.now - oldest) / SECOND, 3),
        "retried": sum(one.retried for one in found.sagas),
        "stuck": sum(one.stuck for one in found.sagas),
    }
    return Health(True, facts)


def certificates(found: Vitals) -> Health:
    """In how many days those end by which hosts are reached."""
    days = {kind: round(seconds / DAY_SECONDS, 1) for kind, seconds in found.certificate_seconds.items()}
    trouble = {"trouble": f"cannot be read: {', '.join(found.unreadable)}"} if found.unreadable else {}
    return Health(True, {**{f"{kind}_days_left": left for kind, left in days.items()}, **trouble})
