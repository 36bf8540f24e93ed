"""How far OVN's programs have come, from the rows of its databases."""

from typing import Any

from berthline.dataplane.ovn.generations import NORTHBOUND, SOUTHBOUND, Asked, generations, oldest_chassis
from berthline.dataplane.ovsdb import Replica
from berthline.domain.vitals import Generations

SECOND = 1_000_000
NOW = 1_800_000_000 * SECOND
MILLISECONDS = 1_800_000_000 * 1000


def north(**columns: int) -> Replica:
    """A northbound database as the replica holds it."""
    replica = Replica("unix:/nowhere", "OVN_Northbound", NORTHBOUND)
    row: Any = dict.fromkeys(NORTHBOUND["NB_Global"], 0) | columns
    replica.rows["NB_Global"]["u"] = row
    return replica


def test_nothing_is_known_of_an_empty_database() -> None:
    assert generations(Replica("unix:/nowhere", "OVN_Northbound", NORTHBOUND), Asked(), NOW) is None


def test_who_has_taken_all_up_is_not_behind_and_it_is_known_how_long_that_took() -> None:
    replica = north(
        nb_cfg=5,
        sb_cfg=5,
        hv_cfg=5,
        nb_cfg_timestamp=MILLISECONDS,
        sb_cfg_timestamp=MILLISECONDS + 40,
        hv_cfg_timestamp=MILLISECONDS + 1500,
    )
    assert generations(replica, Asked(), NOW) == Generations(
        northbound=5, northd=5, chassis=5, northd_behind=0, chassis_behind=0, northd_took=0.04, chassis_took=1.5
    )


def test_who_has_not_is_behind_since_the_first_of_what_it_was_asked() -> None:
    asked = Asked()
    for seconds, number in ((0, 6), (15, 7), (30, 8)):
        asked.note(number, NOW + seconds * SECOND)
    found = generations(north(nb_cfg=8, sb_cfg=7, hv_cfg=5), asked, NOW + 31 * SECOND)
    assert found is not None
    assert (found.northd_behind, found.chassis_behind) == (1, 31)
    assert (found.northd_took, found.chassis_took) == (None, None)
    found = generations(north(nb_cfg=8, sb_cfg=8, hv_cfg=8), asked, NOW + 32 * SECOND)
    assert found is not None
    assert (found.northd_behind, found.chassis_behind) == (0, 0)


def test_what_others_ask_is_noted_when_it_is_seen() -> None:
    asked = Asked()
    generations(north(nb_cfg=3), asked, NOW)
    found = generations(north(nb_cfg=3), asked, NOW + 9 * SECOND)
    assert found is not None
    assert found.northd_behind == 9


def test_a_daemon_that_is_away_for_days_costs_no_more() -> None:
    asked = Asked()
    for number in range(1, 10_000):
        asked.note(number, NOW + number)
    assert asked.waits_since(0) == NOW + 1
    assert len(asked._at) <= 256


def test_the_chassis_that_is_silent_the_longest_is_told_of_those_that_should_be_there() -> None:
    replica = Replica("unix:/nowhere", "OVN_Southbound", SOUTHBOUND)
    ages = {"a": 3, "b": 40, "gone": 9000}
    for name, seconds in ages.items():
        row: Any = {"name": name, "nb_cfg": 1, "nb_cfg_timestamp": MILLISECONDS - seconds * 1000}
        replica.rows["Chassis_Private"][name] = row
    new: Any = {"name": "new", "nb_cfg": 0, "nb_cfg_timestamp": 0}
    replica.rows["Chassis_Private"]["new"] = new
    assert oldest_chassis(replica, ["a", "b", "new"], NOW) == 40
    assert oldest_chassis(replica, ["new"], NOW) is None
