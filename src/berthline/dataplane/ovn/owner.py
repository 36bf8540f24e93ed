"""Whose the northbound database is: what one cloud made there, another one would take for drift and take away.

And which of the cloud's processes writes it: the newest projector's epoch is in it, and each transaction asks for it.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Final

from berthline.dataplane.ovsdb import Record, Replica, Tls
from berthline.domain.dataplane import Unit
from berthline.domain.errors import LeaseLost, Transient

MARK: Final = "berthline:cloud"
"""Key of NB_Global's external_ids; its value is the cloud's id."""

EPOCH: Final = "berthline:projector"
"""Another one; its value is the epoch of the newest projector, which is counted by the cloud that is marked."""


class Owner:
    """Marks the database as the cloud's, and stops the cloud where it is another's.

    ``knows``: whether the store has any of these units; a database from before it was marked is told by that.
    """

    def __init__(
        self,
        northbound: str,
        cloud_id: str,
        knows: Callable[[Collection[Unit]], Awaitable[bool]],
        *,
        tls: Tls | None = None,
    ) -> None:
        self._replica = Replica(northbound, "OVN_Northbound", {"NB_Global": ("external_ids",)}, tls=tls)
        self._replica.on_synced(self._forget)
        self._cloud_id = cloud_id
        self._knows = knows
        self._sure = False

    async def ensure(self, observe: Callable[[], Awaitable[Collection[Unit]]]) -> None:
        """Be sure, once for each connection. Raises Transient where the database is another cloud's, or nobody's that
        is known, and is not empty.
        """
        await self._replica.ready()
        if self._sure:
            return
        await self._replica.fresh()
        uuid, row = next(iter(self._replica.rows["NB_Global"].items()), ("", None))
        if row is None:  # a new database, which ovn-northd has not seen yet
            return
        marked = _marked(row)
        if marked != self._cloud_id:
            units = await observe()
            if units and (marked is not None or not await self._knows(units)):
                raise Transient(
                    f"OVN's northbound database has {len(units)} networks, ports, groups and routers of another cloud "
                    f"({marked or 'which is not marked'}): nothing there is changed; name a database of this cloud's "
                    "own, or end that cloud and delete what it has there"
                )
            await self._mark(uuid, marked)
        self._sure = True

    async def take(self, epoch: int) -> bool:
        """Have no older projector change anything from now on; whether any could until now.

        Raises LeaseLost where a newer one has done that, Transient, also where another cloud has the database by now.
        """
        await self._replica.fresh()
        for uuid, row in tuple(self._replica.rows["NB_Global"].items()):
            if _marked(row) not in {None, self._cloud_id}:
                self._sure = False
                raise Transient(f"OVN's northbound database is that of cloud {_marked(row)} now")
            before = _epoch(row)
            if before > epoch:
                raise LeaseLost(
                    f"the projector of epoch {before} has OVN's northbound database now, not that of {epoch}"
                )
            if before == epoch:
                return False
            where: list[object] = [["_uuid", "==", ["uuid", uuid]]]
            mutations: list[object] = [["external_ids", "insert", ["map", [[EPOCH, str(epoch)]]]]]
            if before:
                where.append(["external_ids", "includes", ["map", [[EPOCH, str(before)]]]])
                mutations.insert(0, ["external_ids", "delete", ["set", [EPOCH]]])
            await self._replica.transact(
                [{"op": "mutate", "table": "NB_Global", "where": where, "mutations": mutations}]
            )
            now = _epoch(self._replica.rows["NB_Global"][uuid])
            if now > epoch:
                raise _superseded(now, epoch)
            return True
        return False

    def still(self, epoch: int) -> list[dict[str, object]]:
        """Operations that fail a transaction where a newer projector than that of ``epoch`` has taken over.

        None in a database that ovn-northd has not seen yet, where there is no row to ask.
        """
        return [
            {
                "op": "wait",
                "timeout": 0,
                "table": "NB_Global",
                "where": [
                    ["_uuid", "==", ["uuid", uuid]],
                    ["external_ids", "includes", ["map", [[EPOCH, str(epoch)]]]],
                ],
                "columns": ["_uuid"],
                "until": "==",
                "rows": [{"_uuid": ["uuid", uuid]}],
            }
            for uuid in self._replica.rows["NB_Global"]
        ]

    async def close(self) -> None:
        """Disconnect."""
        await self._replica.close()

    def _forget(self) -> None:
        self._sure = False

    async def _mark(self, uuid: str, before: str | None) -> None:
        """Write the mark, unless another cloud was quicker: an insert into a map leaves a key that is there.

        The epoch of a cloud that was here before says nothing of our own, and goes with its mark.
        """
        where: list[object] = [["_uuid", "==", ["uuid", uuid]]]
        mutations: list[object] = [["external_ids", "insert", ["map", [[MARK, self._cloud_id]]]]]
        if before is not None:
            where.append(["external_ids", "includes", ["map", [[MARK, before]]]])
            mutations.insert(0, ["external_ids", "delete", ["set", [MARK, EPOCH]]])
        await self._replica.transact([{"op": "mutate", "table": "NB_Global", "where": where, "mutations": mutations}])
        if _marked(self._replica.rows["NB_Global"][uuid]) != self._cloud_id:
            raise Transient("another cloud marked OVN's northbound database as its own just now")


def _marked(row: Record) -> str | None:
    ids = row["external_ids"]
    assert isinstance(ids, dict)
    return str(ids[MARK]) if MARK in ids else None


def _superseded(newer: int, epoch: int) -> LeaseLost:
    return LeaseLost(f"the projector of epoch {newer} has OVN's northbound database now, not that of {epoch}")


def _epoch(row: Record) -> int:
    ids = row["external_ids"]
    assert isinstance(ids, dict)
    found = str(ids.get(EPOCH, "0"))
    return int(found) if found.isdigit() else 0
