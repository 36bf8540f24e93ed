"""What is outside and may be silent: hosts, OVN's databases and daemons. For /healthz by number, for doctor by name."""

from collections.abc import Awaitable, Callable, Collection, Mapping

from berthline.api.frame import Health, HealthCheck
from berthline.domain.dataplane import Silence
from berthline.domain.ids import HostName
from berthline.reconcile.leaks import Silent


class Watch:
    """The last word on each of them. The cloud is ready as long as one host of several works."""

    def __init__(self, hosts: Collection[HostName], look: Callable[[], Awaitable[Silence]] | None) -> None:
        """``hosts`` may come and go. ``look`` asks OVN's daemons; None where there are none."""
        self._hosts = hosts
        self._down: Mapping[HostName, str] = {}
        self._look = look
        self._silence = Silence()

    def hosts_answered(self, down: Mapping[HostName, str]) -> None:
        """What became known of the hosts: those that did not answer, and why."""
        self._down = down

    async def look(self) -> None:
        """Look at OVN."""
        if self._look is not None:
            self._silence = await self._look()

    def counts(self) -> tuple[int, int]:
        """How many hosts there are, and how many of them did not answer last."""
        return len(self._hosts), len(self._down)

    def checks(self) -> tuple[HealthCheck, ...]:
        """What /healthz tells. It is asked without a token, so it names no host."""
        hosts = HealthCheck("hosts", lambda: _some(len(self._hosts), len(self._down)))
        if self._look is None:
            return (hosts,)
        return (
            hosts,
            HealthCheck("northbound", lambda: _one(self._silence.northbound)),
            HealthCheck("southbound", lambda: _one(self._silence.southbound)),
            HealthCheck("northd", lambda: _one(self._silence.northd)),
            HealthCheck("controllers", lambda: _some(len(self._hosts), len(self._silence.chassis))),
        )

    def silent(self) -> tuple[Silent, ...]:
        """What doctor tells besides what it finds silent itself: hosts and the northbound database."""
        found = self._silence
        parts = (("southbound", found.southbound), ("northd", found.northd))
        return (
            *(Silent("OVN", name, why) for name, why in parts if why is not None),
            *(Silent("chassis", name, why) for name, why in sorted(found.chassis.items())),
        )


def _one(why: str | None) -> Health:
    return Health(why is None, {} if why is None else {"trouble": why})


def _some(all_of_them: int, down: int) -> Health:
    return Health(down < all_of_them or not all_of_them, {"up": all_of_them - down, "down": down})
