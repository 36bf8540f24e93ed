"""Whether OVN's own programs are at work, as far as its databases show.

A number is raised in the northbound database, NB_Global.nb_cfg. ovn-northd says there by sb_cfg that it has taken it
up, each ovn-controller in the southbound one by Chassis_Private.nb_cfg, once the switch beside it has what changed. So
a switch that does not work shows as its controller, when there is something to tell it. Whoever has not until the next
look does not follow.
"""

import asyncio
from collections.abc import Collection
from typing import Final

from berthline.dataplane.ovn.generations import NORTHBOUND, SOUTHBOUND, Asked, generations, number, oldest_chassis
from berthline.dataplane.ovsdb import Replica, Tls
from berthline.domain.clock import Clock, SystemClock
from berthline.domain.dataplane import Silence
from berthline.domain.errors import OutsideError
from berthline.domain.vitals import OvnVitals

ANSWER_SECONDS: Final = 5.0
FOLLOWS_NOT: Final = "it has not followed since the last look"
CONTROLLER: Final = "neither its controller nor its switch has followed since the last look: one of them is not at work"
NO_CHASSIS: Final = "no controller has made its chassis known"


class OvnDaemons:
    """Looks at the daemons, each time against what it asked of them the time before."""

    def __init__(
        self, northbound: str, southbound: str | None, *, tls: Tls | None = None, clock: Clock | None = None
    ) -> None:
        self._north = Replica(northbound, "OVN_Northbound", NORTHBOUND, tls=tls)
        self._south = Replica(southbound, "OVN_Southbound", SOUTHBOUND, tls=tls) if southbound else None
        self._clock = clock or SystemClock()
        self._numbers = Asked()
        self._silence = Silence()
        self._expected: Collection[str] = ()
        self._asked: int | None = None
        """What they were asked to follow at the last look; None: nothing yet, or a database was away."""

    async def look(self, expected: Collection[str]) -> Silence:
        """Look, and ask anew. ``expected`` are the chassis that should be there. The first look knows little."""
        self._silence = await self._look(expected)
        self._expected = expected
        return self._silence

    def vitals(self) -> OvnVitals:
        """What the last look found, and how far they have come by now: nobody is asked."""
        now, found = self._clock.now(), self._silence
        return OvnVitals(
            northbound=found.northbound is None,
            southbound=found.southbound is None,
            northd=found.northd is None,
            controllers=len(self._expected) - len(found.chassis),
            silent_controllers=len(found.chassis),
            generations=generations(self._north, self._numbers, now),
            oldest_chassis=None if self._south is None else oldest_chassis(self._south, self._expected, now),
        )

    async def _look(self, expected: Collection[str]) -> Silence:
        north, south = await asyncio.gather(_fresh(self._north), _fresh(self._south))
        asked, self._asked = self._asked, None
        if north is not None:
            return Silence(northbound=north, southbound=south)
        try:
            shown = await self._ask()
        except (OutsideError, TimeoutError) as error:
            return Silence(northbound=str(error) or "it does not answer", southbound=south)
        if asked is None:
            return Silence(southbound=south)
        if shown < asked:
            return Silence(southbound=south, northd=FOLLOWS_NOT)
        if south is not None or self._south is None:
            return Silence(southbound=south)
        return Silence(chassis=_behind(self._south, expected, asked))

    async def close(self) -> None:
        """Disconnect."""
        await self._north.close()
        if self._south is not None:
            await self._south.close()

    async def _ask(self) -> int:
        """Raise the number, and say how far northd had come before. Raises OutsideError, TimeoutError."""
        uuid, row = next(iter(self._north.rows["NB_Global"].items()), ("", None))
        if row is None:  # a new database, which northd has not seen yet
            return 0
        shown = number(row, "sb_cfg")
        mutation = {
            "op": "mutate",
            "table": "NB_Global",
            "where": [["_uuid", "==", ["uuid", uuid]]],
            "mutations": [["nb_cfg", "+=", 1]],
        }
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._north.transact([mutation])
        self._asked = number(self._north.rows["NB_Global"][uuid], "nb_cfg")
        self._numbers.note(self._asked, self._clock.now())
        return shown


async def _fresh(replica: Replica | None) -> str | None:
    """Why the database does not answer; None when it does."""
    if replica is None:
        return None
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await replica.fresh()
    except OutsideError as error:
        return error.message
    except TimeoutError:
        return "it does not answer"
    return None


def _behind(south: Replica, expected: Collection[str], asked: int) -> dict[str, str]:
    known = {str(row["name"]): number(row, "nb_cfg") for row in south.rows["Chassis_Private"].values()}
    return {
        name: NO_CHASSIS if name not in known else CONTROLLER
        for name in expected
        if name not in known or known[name] < asked
    }
