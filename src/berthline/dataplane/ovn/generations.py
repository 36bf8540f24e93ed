"""How far OVN's programs have come with what they were asked, and since when they have not.

The number of the northbound database is its generation: northd takes it over as it has taken up all that was there,
and tells the slowest chassis' beside it. Both databases keep when that was, by the clocks of those who wrote it.
"""

from collections.abc import Collection
from typing import Final

from berthline.dataplane.ovsdb import Record, Replica
from berthline.domain.vitals import Generations

SECOND: Final = 1_000_000
MILLISECONDS: Final = 1000.0
MOST_ASKED: Final = 256
"""So many numbers that nobody has taken up are kept with their times; the first of them is what is told of."""

NORTHBOUND: Final = {
    "NB_Global": ("nb_cfg", "sb_cfg", "hv_cfg", "nb_cfg_timestamp", "sb_cfg_timestamp", "hv_cfg_timestamp")
}
SOUTHBOUND: Final = {"Chassis_Private": ("name", "nb_cfg", "nb_cfg_timestamp")}


class Asked:
    """When which number was first seen to be asked for."""

    def __init__(self) -> None:
        self._at: dict[int, int] = {}

    def note(self, number: int, at: int) -> None:
        """``number`` is asked for, ``at`` in µs."""
        if number not in self._at and len(self._at) < MOST_ASKED:
            self._at[number] = at

    def waits_since(self, taken: int) -> int | None:
        """When the first of those was asked for that are beyond ``taken``; None: there is none."""
        return min((at for number, at in self._at.items() if number > taken), default=None)

    def forget(self, taken: int) -> None:
        """Everybody has taken up what there was until ``taken``."""
        self._at = {number: at for number, at in self._at.items() if number > taken}


def generations(north: Replica, asked: Asked, now: int) -> Generations | None:
    """How things stand ``now`` (µs), by what the replica holds; None before it holds anything."""
    row = next(iter(north.rows["NB_Global"].values()), None)
    if row is None:
        return None
    northbound, northd, chassis = number(row, "nb_cfg"), number(row, "sb_cfg"), number(row, "hv_cfg")
    asked.note(northbound, now)
    asked.forget(min(northd, chassis))
    return Generations(
        northbound=northbound,
        northd=northd,
        chassis=chassis,
        northd_behind=_seconds(asked.waits_since(northd), now),
        chassis_behind=_seconds(asked.waits_since(chassis), now),
        northd_took=_between(row, "nb_cfg_timestamp", "sb_cfg_timestamp") if northbound == northd else None,
        chassis_took=_between(row, "nb_cfg_timestamp", "hv_cfg_timestamp") if northbound == chassis else None,
    )


def oldest_chassis(south: Replica, names: Collection[str], now: int) -> float | None:
    """How many seconds ago, by its own clock, the one of these chassis wrote its row that wrote it the longest ago."""
    rows = south.rows["Chassis_Private"].values()
    written = [number(row, "nb_cfg_timestamp") for row in rows if row["name"] in names]
    return max((max(0.0, now / SECOND - at / MILLISECONDS) for at in written if at), default=None)


def number(row: Record, column: str) -> int:
    """The whole number in this column."""
    value = row[column]
    assert isinstance(value, int)
    return value


def _seconds(since: int | None, now: int) -> float:
    return 0.0 if since is None else max(0, now - since) / SECOND


def _between(row: Record, begun: str, ended: str) -> float | None:
    started, finished = number(row, begun), number(row, ended)
    return max(0, finished - started) / MILLISECONDS if started and finished else None
