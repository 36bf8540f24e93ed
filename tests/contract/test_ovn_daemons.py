"""What OVN's databases show of its daemons: a real northbound database, and a hand that stands in for ovn-northd."""

from collections.abc import Iterator

import pytest

from berthline.dataplane.ovn.daemons import FOLLOWS_NOT, OvnDaemons
from berthline.dataplane.ovsdb import Replica
from tests.api.builder import HandClock
from tests.contract.northbound import NorthboundServer, require_northbound


class Northd:
    """Takes up what was asked, when it is told to."""

    def __init__(self, remote: str) -> None:
        self.replica = Replica(remote, "OVN_Northbound", {"NB_Global": ("nb_cfg", "sb_cfg")})

    async def begin(self) -> None:
        """Make the one row, as ovn-northd does with a new database."""
        await self.replica.transact([{"op": "insert", "table": "NB_Global", "row": {}}])

    async def follow(self) -> None:
        await self.replica.fresh()
        (row,) = self.replica.rows["NB_Global"].values()
        where: list[object] = []
        change = {"op": "update", "table": "NB_Global", "where": where, "row": {"sb_cfg": row["nb_cfg"]}}
        await self.replica.transact([change])


@pytest.fixture
def server() -> Iterator[NorthboundServer]:
    require_northbound()
    made = NorthboundServer()
    made.start()
    yield made
    made.remove()


async def test_northd_is_silent_until_it_follows(server: NorthboundServer) -> None:
    daemons, northd = OvnDaemons(server.remote, None), Northd(server.remote)
    try:
        assert (await daemons.look([])).northd is None, "of a new database nothing is known"
        await northd.begin()
        assert (await daemons.look([])).northd is None, "it was asked just now"
        assert (await daemons.look([])).northd == FOLLOWS_NOT
        await northd.follow()
        assert (await daemons.look([])).northd is None
        assert (await daemons.look([])).northd == FOLLOWS_NOT, "it was asked anew, and did not follow again"
    finally:
        await daemons.close()
        await northd.replica.close()


async def test_how_long_northd_is_behind_is_told_without_asking_it(server: NorthboundServer) -> None:
    clock = HandClock()
    daemons, northd = OvnDaemons(server.remote, None, clock=clock), Northd(server.remote)
    try:
        await daemons.look([])
        assert daemons.vitals().generations is None, "of a new database nothing is known"
        await northd.begin()
        await daemons.look([])
        clock.advance(20)
        found = daemons.vitals().generations
        assert found is not None
        assert (found.northbound, found.northd) == (1, 0)
        assert found.northd_behind == pytest.approx(20, abs=0.01)
        await northd.follow()
        await daemons._north.fresh()
        found = daemons.vitals().generations
        assert found is not None
        assert (found.northd, found.northd_behind) == (1, 0)
        assert found.chassis_behind == pytest.approx(20, abs=0.01), "no chassis has followed yet"
    finally:
        await daemons.close()
        await northd.replica.close()


async def test_a_database_that_is_away_is_told_and_says_nothing_of_northd(server: NorthboundServer) -> None:
    daemons, northd = OvnDaemons(server.remote, None), Northd(server.remote)
    try:
        await northd.begin()
        await daemons.look([])
        server.stop()
        found = await daemons.look([])
        assert found.northbound
        assert found.northd is None
        server.start()
        await northd.replica.close()
        again = Northd(server.remote)
        await again.follow()
        await again.replica.close()
        while (await daemons.look([])).northbound:
            pass
        assert (await daemons.look([])).northbound is None
    finally:
        await daemons.close()
