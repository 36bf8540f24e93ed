"""A northbound database is one cloud's: another one changes nothing in it."""

from collections.abc import Collection, Iterator

import msgspec
import pytest

from berthline.dataplane.ovn.northbound import OvnDataplane
from berthline.dataplane.ovn.owner import Owner
from berthline.dataplane.ovn.rows import rows_of
from berthline.dataplane.ovsdb import Replica
from berthline.domain.dataplane import Unit
from berthline.domain.errors import LeaseLost, Transient
from tests.contract.northbound import NorthboundServer, require_northbound
from tests.unit.dataplane import test_rows as values

NETWORK = values.NETWORK_SNAPSHOT
UNIT = Unit("network", NETWORK.id)


@pytest.fixture
def server() -> Iterator[NorthboundServer]:
    require_northbound()
    made = NorthboundServer()
    made.start()
    yield made
    made.remove()


def plane(server: NorthboundServer, cloud: str, *, knows: bool = False) -> OvnDataplane:
    async def known(_units: Collection[Unit]) -> bool:
        return knows

    return OvnDataplane(server.remote, owner=Owner(server.remote, cloud, known))


async def begin(server: NorthboundServer) -> None:
    """Make the one row of NB_Global, as ovn-northd does."""
    replica = Replica(server.remote, "OVN_Northbound", {"NB_Global": ("external_ids",)})
    await replica.transact([{"op": "insert", "table": "NB_Global", "row": {"external_ids": ["map", [["other", "x"]]]}}])
    await replica.close()


async def test_what_another_cloud_has_is_not_touched_and_its_empty_database_may_be_had(
    server: NorthboundServer,
) -> None:
    await begin(server)
    first, second = plane(server, "one"), plane(server, "two")
    try:
        await first.apply({UNIT: rows_of(NETWORK)})
        with pytest.raises(Transient, match=r"another cloud \(one\).*nothing there is changed"):
            await second.apply({UNIT: ()})
        with pytest.raises(Transient):
            await second.apply({Unit("network", "f" * 36): ()})
        assert UNIT in await first.observe()
        await first.apply({UNIT: ()})
        assert (await second.apply({UNIT: rows_of(NETWORK)})).total
        assert (await second.apply({UNIT: rows_of(NETWORK)})).total == 0
    finally:
        await first.close()
        await second.close()
    late = plane(server, "one", knows=True)
    try:
        with pytest.raises(Transient, match=r"another cloud \(two\)"):
            await late.apply({UNIT: ()})
    finally:
        await late.close()


async def test_the_epochs_of_a_cloud_that_is_gone_stop_nobody(server: NorthboundServer) -> None:
    """A new cloud counts from 1; the one before it gets nothing back, whatever its epoch is by then."""
    await begin(server)
    first, second = plane(server, "one"), plane(server, "two")
    try:
        await first.apply({UNIT: rows_of(NETWORK)}, 15)
        await first.apply({UNIT: ()}, 15)
        assert (await second.apply({UNIT: rows_of(NETWORK)}, 1)).total
        for epoch in (15, 16):
            with pytest.raises((LeaseLost, Transient)):
                await first.apply({UNIT: ()}, epoch)
        assert UNIT in await second.observe()
        assert (await second.apply({UNIT: ()}, 1)).total
    finally:
        await first.close()
        await second.close()


@pytest.mark.parametrize("knows", [True, False])
async def test_a_database_from_before_the_mark_is_told_by_what_the_store_knows(
    server: NorthboundServer, knows: bool
) -> None:
    await begin(server)
    old, new = OvnDataplane(server.remote), plane(server, "one", knows=knows)
    try:
        await old.apply({UNIT: rows_of(NETWORK)})
        if knows:
            assert (await new.apply({UNIT: ()})).total
        else:
            with pytest.raises(Transient, match="which is not marked"):
                await new.apply({UNIT: ()})
            assert UNIT in await old.observe()
    finally:
        await old.close()
        await new.close()


async def test_a_transaction_of_a_replaced_projector_is_aborted(server: NorthboundServer) -> None:
    """The older one believes that it has the lease: only the database can know better."""
    await begin(server)
    first, second = plane(server, "one"), plane(server, "one")
    try:
        assert (await first.apply({UNIT: rows_of(NETWORK)}, 7)).total
        assert (await second.apply({UNIT: rows_of(NETWORK)}, 8)).total == 0
        with pytest.raises(LeaseLost, match="epoch 8 has OVN's northbound database"):
            await first.apply({UNIT: ()}, 7)
        assert UNIT in await second.observe()
        assert (await second.apply({UNIT: ()}, 8)).total
        assert UNIT not in await first.observe()
    finally:
        await first.close()
        await second.close()


async def test_the_epoch_is_looked_at_by_the_transaction_itself(server: NorthboundServer) -> None:
    """The other projector takes over between the look and the change."""
    await begin(server)
    first, second = plane(server, "one"), plane(server, "one")
    owner = first._owner
    assert owner is not None
    take = owner.take

    async def take_and_be_stopped(epoch: int) -> bool:
        taken = await take(epoch)
        owner.take = take  # type: ignore[method-assign]
        await second.apply({UNIT: rows_of(NETWORK)}, 8)
        return taken

    try:
        owner.take = take_and_be_stopped  # type: ignore[method-assign]
        other = Unit("network", "f" * 36)
        rows = [row for row in rows_of(NETWORK) if row.table == "Logical_Switch"]
        named = [msgspec.structs.replace(row, key=f"neutron-{other.id}") for row in rows]
        with pytest.raises(LeaseLost, match="epoch 8"):
            await first.apply({other: named}, 7)
        assert set(await second.observe()) == {UNIT}
    finally:
        await first.close()
        await second.close()
