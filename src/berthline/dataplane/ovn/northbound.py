"""The dataplane that is OVN: rows go to the northbound database, states come from both.

Port states are asked of the southbound database, which knows first; without one, of the northbound.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Final

from berthline.dataplane.ovn.index import RowIndex
from berthline.dataplane.ovn.owner import Owner
from berthline.dataplane.ovn.plan import GROUP_PORTS, Plan
from berthline.dataplane.ovn.rows import DROP_UNIT
from berthline.dataplane.ovsdb import Record, Replica, Tls
from berthline.dataplane.schema import TABLES, RowName
from berthline.domain.dataplane import Applied, PortState, Row, Unit
from berthline.domain.errors import Refused, Transient
from berthline.domain.ids import PortId, is_uuid

ATTEMPTS: Final = 3
MEET_ONE: Final = frozenset({"update", "mutate"})
PORTS: Final = "Logical_Switch_Port"
MAPPINGS: Final = "ovn-bridge-mappings"


def _northbound_tables() -> dict[str, tuple[str, ...]]:
    """Every column that is written, the sets that contain rows, and what tells a row's owner and state."""
    columns = {table: {*shape.columns, "external_ids"} for table, shape in TABLES.items()}
    for shape in TABLES.values():
        if shape.parent is not None:
            columns[shape.parent.table].add(shape.parent.column)
    columns[GROUP_PORTS[0]].add(GROUP_PORTS[1])
    columns[PORTS].add("up")
    return {table: tuple(sorted(names)) for table, names in columns.items()}


class OvnDataplane:
    """OVN. Fits ``Dataplane``.

    ``northbound`` and ``southbound`` are OVSDB remotes, ``unix:PATH``, ``tcp:HOST:PORT`` or ``ssl:HOST:PORT``; several,
    separated by commas, for a cluster. Connects when first used, and again whenever it has to. With an ``owner``
    nothing is changed in a database that is not its own.
    """

    def __init__(
        self, northbound: str, southbound: str | None = None, *, tls: Tls | None = None, owner: Owner | None = None
    ) -> None:
        self._owner = owner
        parents = {(shape.parent.table, shape.parent.column) for shape in TABLES.values() if shape.parent is not None}
        self._north = Replica(
            northbound, "OVN_Northbound", _northbound_tables(), reverse={*parents, GROUP_PORTS}, tls=tls
        )
        self._index = RowIndex(self._north)
        self._north.watch(self._north_changed)
        self._south: Replica | None = None
        if southbound:
            tables = {
                "Port_Binding": ("logical_port", "chassis", "up"),
                "Chassis": ("name", "external_ids", "other_config"),
            }
            self._south = Replica(southbound, "OVN_Southbound", tables, tls=tls)
            self._south.watch(self._south_changed)
        self._bindings: dict[str, str] = {}
        self._callbacks: list[Callable[[PortId], None]] = []
        self._on_chassis: list[Callable[[], None]] = []
        self._writing = asyncio.Lock()

    async def apply(self, desired: Mapping[Unit, Collection[Row]], epoch: int = 0) -> Applied:
        """See Dataplane.apply."""
        async with self._writing:
            for _ in range(ATTEMPTS):
                await self._north.ready()
                guard = await self._guard(epoch)
                plan = Plan(self._north, self._index, desired)
                if not plan.operations:
                    return plan.applied
                seen = self._north.changes
                try:
                    results = (await self._north.transact([*guard, *plan.operations]))[len(guard) :]
                except (Refused, Transient) as error:
                    await self._guard(epoch)  # raises LeaseLost when that is why
                    if isinstance(error, Transient) or self._north.changes == seen:
                        raise
                    continue  # others changed rows meanwhile: the plan may have been made from what is no more
                # An operation that met no row had its row deleted under it: what is left to do is planned anew.
                pairs = zip(plan.operations, results, strict=False)
                if all(operation["op"] not in MEET_ONE or result["count"] == 1 for operation, result in pairs):
                    return plan.applied
        raise Transient(f"OVN's rows changed under {ATTEMPTS} attempts to change them")

    async def observe(self) -> Mapping[Unit, frozenset[str]]:
        """See Dataplane.observe. The group of all drops is part of every cloud and is not told."""
        await self._north.fresh()
        return {
            unit: frozenset(str(name) for name in names.values())
            for unit, names in self._index.units()
            if unit != DROP_UNIT
        }

    async def port_states(self, ports: Collection[PortId]) -> Mapping[PortId, PortState]:
        """See Dataplane.port_states."""
        sources = [self._north] if self._south is None else [self._north, self._south]
        await asyncio.gather(*(source.fresh() for source in sources))
        return {port: self._state(port) for port in ports}

    async def physical_networks(self) -> Mapping[str, frozenset[str]]:
        """The physical networks that each chassis says its bridges lead to. Raises Transient.

        A controller of OVN writes ``ovn-bridge-mappings`` of its switch into its row; since 22.03 into other_config
        too, and some later one writes it only there.
        """
        if self._south is None:
            return {}
        await self._south.fresh()
        return {str(row["name"]): _mapped(row) for row in self._south.rows["Chassis"].values()}

    def on_chassis(self, callback: Callable[[], None]) -> None:
        """Call back, on the event loop, when a chassis came, went or changed. A hint."""
        self._on_chassis.append(callback)

    def on_change(self, callback: Callable[[PortId], None]) -> None:
        """See Dataplane.on_change."""
        self._callbacks.append(callback)

    def on_connected(self, callback: Callable[[], None]) -> None:
        """Call back, on the event loop, each time the northbound database has been read (anew): what was missed
        meanwhile is not told, so a reconciler should look.
        """
        self._north.on_synced(callback)

    async def close(self) -> None:
        """See Dataplane.close."""
        self._callbacks.clear()
        self._on_chassis.clear()
        await self._north.close()
        if self._owner is not None:
            await self._owner.close()
        if self._south is not None:
            await self._south.close()

    async def _guard(self, epoch: int) -> list[dict[str, object]]:
        """What each transaction of this epoch begins with. Raises LeaseLost, Transient."""
        if self._owner is None:
            return []
        await self._owner.ensure(self.observe)
        if not epoch:
            return []
        if await self._owner.take(epoch):
            await self._north.fresh()  # what the one before wrote last is known before anything is planned
        return self._owner.still(epoch)

    def _state(self, port: PortId) -> PortState:
        uuid = self._index.find(RowName(PORTS, port))
        if uuid is None:
            return PortState(present=False, up=False)
        row = self._north.rows[PORTS][uuid]
        if row["type"] == "router":
            return PortState(present=True, up=True)
        if self._south is None:
            return PortState(present=True, up=row["up"] == {True})
        return self._bound(self._south, port)

    def _bound(self, south: Replica, port: PortId) -> PortState:
        binding = south.rows["Port_Binding"].get(self._bindings.get(port, ""))
        if binding is None:
            return PortState(present=True, up=False)
        chassis = binding["chassis"]
        assert isinstance(chassis, set)
        held = [south.rows["Chassis"].get(str(uuid)) for uuid in chassis]
        name = next((str(row["name"]) for row in held if row is not None), None)
        return PortState(present=True, up=name is not None and binding["up"] == {True}, chassis=name)

    def _north_changed(self, table: str, _uuid: str, before: Record | None, after: Record | None) -> None:
        if table == PORTS and (before is None or after is None or "up" in before or "enabled" in before):
            self._tell(before if after is None else after, "name")

    def _south_changed(self, table: str, uuid: str, before: Record | None, after: Record | None) -> None:
        if table == "Chassis":
            for callback in tuple(self._on_chassis):
                callback()
        if table != "Port_Binding":
            return
        if after is None:
            assert before is not None
            self._bindings.pop(str(before["logical_port"]), None)
        else:
            self._bindings[str(after["logical_port"])] = uuid
        if before is None or after is None or before.keys() & {"up", "chassis"}:
            self._tell(before if after is None else after, "logical_port")

    def _tell(self, row: Record | None, column: str) -> None:
        assert row is not None
        name = str(row[column])
        if is_uuid(name):
            for callback in tuple(self._callbacks):
                callback(PortId(name))


def _mapped(row: Record) -> frozenset[str]:
    """The names in ``NAME:BRIDGE,NAME:BRIDGE``, as the chassis has them."""
    for column in ("other_config", "external_ids"):
        cell = row[column]
        assert isinstance(cell, dict)
        if mappings := cell.get(MAPPINGS):
            return frozenset(name for one in str(mappings).split(",") if (name := one.partition(":")[0].strip()))
    return frozenset()
