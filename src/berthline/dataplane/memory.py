"""The simulated dataplane: rows in memory, by the northbound database's rules, and ports that hosts plug.

The object is the world: a process that "restarts" gets the same object again and finds its rows as they were.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping

import msgspec

from berthline.dataplane.ovn.rows import DROP_UNIT
from berthline.dataplane.schema import PARENT, PORT_GROUPS, TABLES, RowName, groups_of, name_of, referred
from berthline.domain.dataplane import Applied, Cell, PortState, Row, Unit
from berthline.domain.errors import LeaseLost, Refused, Transient
from berthline.domain.ids import PortId

Rows = dict[RowName, Row]
PORT_TABLE = "Logical_Switch_Port"

Cells = tuple[Cell | None, ...]
"""A row as it is kept, a third of a Row's size: its cells in the order of COLUMNS, None where it has none."""

COLUMNS = {
    table: {column: place for place, column in enumerate((*shape.columns, PARENT, PORT_GROUPS))}
    for table, shape in TABLES.items()
}
"""Each table's columns with their places in Cells."""

TYPE, ENABLED, OPTIONS = (COLUMNS[PORT_TABLE][column] for column in ("type", "enabled", "options"))


class SimulatedDataplane:
    """OVN in memory. Fits ``Dataplane``, and offers simulated hosts ``plug`` and ``unplug``.

    A port is up when its row exists, is enabled, and is plugged where it is bound; a router's end is up by itself.
    Who listens is told when a port begins or ends to carry traffic, not of one that appears and carries none.
    ``reachable`` False stands for a database that does not answer.
    """

    def __init__(self) -> None:
        self.reachable = True
        self._rows: dict[RowName, Cells] = {}
        self._units: dict[Unit, tuple[RowName, ...]] = {}
        self._owner: dict[RowName, Unit] = {}
        self._children: dict[RowName, set[RowName]] = defaultdict(set)
        self._referrers: dict[RowName, set[RowName]] = defaultdict(set)
        self._plugged: dict[PortId, str] = {}
        self._callbacks: list[Callable[[PortId], None]] = []
        self._epoch = 0

    async def apply(self, desired: Mapping[Unit, Collection[Row]], epoch: int = 0) -> Applied:
        """See Dataplane.apply."""
        await self._reach()
        if epoch:
            if epoch < self._epoch:
                raise LeaseLost(f"the projector of epoch {self._epoch} has the dataplane now, not that of {epoch}")
            self._epoch = epoch
        change = self._change(desired)
        self._check(change)
        before = self._states(change)
        applied = self._carry_out(change)
        for port, state in self._states(change).items():
            if _carries(before[port]) != _carries(state):
                self._tell(port)
        return applied

    async def observe(self) -> Mapping[Unit, frozenset[str]]:
        """See Dataplane.observe. The group of all drops is part of every cloud and is not told."""
        await self._reach()
        return {
            unit: frozenset(str(name) for name in names) for unit, names in self._units.items() if unit != DROP_UNIT
        }

    async def port_states(self, ports: Collection[PortId]) -> Mapping[PortId, PortState]:
        """See Dataplane.port_states."""
        await self._reach()
        return {port: self._state(port) for port in ports}

    def on_change(self, callback: Callable[[PortId], None]) -> None:
        """See Dataplane.on_change. Replaces nothing: every callback is called."""
        self._callbacks.append(callback)

    async def close(self) -> None:
        """Forget who listens. The content stays."""
        self._callbacks.clear()

    def plug(self, port_id: PortId, chassis: str) -> None:
        """A tap of this port appears on a chassis."""
        if self._plugged.get(port_id) != chassis:
            self._plugged[port_id] = chassis
            self._tell(port_id)

    def unplug(self, port_id: PortId, chassis: str | None = None) -> None:
        """The tap of this port disappears from a chassis, or, None, from wherever it is; nothing when there is none."""
        there = self._plugged.get(port_id)
        if there is not None and chassis in (None, there):
            del self._plugged[port_id]
            self._tell(port_id)

    def plugged(self) -> Mapping[PortId, str]:
        """Which ports have a tap, and on which chassis. For those who look for leaks."""
        return dict(self._plugged)

    def rows(self) -> Mapping[Unit, Mapping[RowName, Row]]:
        """All rows, by unit."""
        return {unit: {name: self._row(name) for name in names} for unit, names in self._units.items()}

    def forget(self, table: str, key: str) -> None:
        """Delete a row, as an operator's hand might: with what it contains, and references to it emptied."""
        self._delete(RowName(table, key))

    def alter(self, table: str, key: str, **columns: Cell) -> None:
        """Change columns of a row, as an operator's hand might."""
        name = RowName(table, key)
        row = self._row(name)
        self._rows[name] = _cells(msgspec.structs.replace(row, columns={**row.columns, **columns}))

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if not self.reachable:
            raise Transient("the simulated dataplane does not answer")

    def _change(self, desired: Mapping[Unit, Collection[Row]]) -> dict[Unit, Rows]:
        return {unit: {name_of(row): row for row in rows} for unit, rows in desired.items()}

    def _check(self, change: Mapping[Unit, Rows]) -> None:
        """Raise Refused when the database would refuse this."""
        going = {name for unit in change for name in self._units.get(unit, ())}
        coming: dict[RowName, Unit] = {}
        for unit, rows in change.items():
            for name, row in rows.items():
                holder = coming.get(name) or (None if name in going else self._owner.get(name))
                if holder not in {None, unit}:
                    raise Refused(f"row {name} of {unit} is there already: it is a row of {holder}")
                if not row.columns.keys() <= COLUMNS[row.table].keys():
                    unknown = row.columns.keys() - COLUMNS[row.table].keys()
                    raise Refused(f"row {name} has columns that its table has not: {', '.join(sorted(unknown))}")
                coming[name] = unit
        for rows in change.values():
            for name, row in rows.items():
                for needed in referred(row):
                    if needed not in coming and (needed not in self._rows or needed in going):
                        raise Refused(f"row {name} refers to {needed}, which does not exist")

    def _carry_out(self, change: Mapping[Unit, Rows]) -> Applied:
        inserted = updated = deleted = 0
        for unit, rows in change.items():
            for name in self._units.get(unit, ()):
                if name not in rows:
                    deleted += self._delete(name)
        for unit, rows in change.items():
            for name, row in rows.items():
                present = self._rows.get(name)
                if present is None:
                    inserted += 1
                elif present != _cells(row):
                    updated += 1
                else:
                    continue
                self._put(unit, name, row)
            if rows:
                self._units[unit] = tuple(rows)
        return Applied(inserted, updated, deleted)

    def _put(self, unit: Unit, name: RowName, row: Row) -> None:
        if name in self._rows:
            self._detach(name)
        self._rows[name] = _cells(row)
        self._owner[name] = unit
        for needed in referred(row):
            self._referrers[needed].add(name)
        if (parent := _parent_of(row)) is not None:
            self._children[parent].add(name)

    def _detach(self, name: RowName) -> None:
        """Take a row out of what it refers to and is contained in."""
        row = self._row(name)
        for needed in referred(row):
            self._referrers[needed].discard(name)
        if (parent := _parent_of(row)) is not None:
            self._children[parent].discard(name)

    def _delete(self, name: RowName) -> int:
        """Delete a row with what it contains; returns how many rows went."""
        if name not in self._rows:
            return 0
        was_up = name.table == PORT_TABLE and self._state(PortId(name.key)).up
        gone = 1 + sum(self._delete(child) for child in tuple(self._children.pop(name, ())))
        self._detach(name)
        unit = self._owner.pop(name)
        self._units[unit] = tuple(other for other in self._units[unit] if other != name)
        if not self._units[unit]:
            del self._units[unit]
        del self._rows[name]
        for referrer in self._referrers.pop(name, set()):
            self._empty_reference(referrer, name)
        if was_up:
            self._tell(PortId(name.key))
        return gone

    def _empty_reference(self, name: RowName, gone: RowName) -> None:
        """Weak references end with what they point to."""
        row = self._row(name)
        columns = dict(row.columns)
        for column, table in TABLES[name.table].references.items():
            if table == gone.table and columns.get(column) == gone.key:
                columns[column] = frozenset()
        if gone.table == "Port_Group":
            columns[PORT_GROUPS] = groups_of(row) - {gone.key}
        self._rows[name] = _cells(msgspec.structs.replace(row, columns=columns))

    def _states(self, change: Mapping[Unit, Rows]) -> dict[PortId, PortState]:
        return {PortId(unit.id): self._state(PortId(unit.id)) for unit in change if unit.kind == "port"}

    def _state(self, port: PortId) -> PortState:
        cells = self._rows.get(RowName(PORT_TABLE, port))
        if cells is None:
            return PortState(present=False, up=False)
        if cells[TYPE] == "router":
            return PortState(present=True, up=True)
        chassis = self._plugged.get(port)
        wanted = _option(cells[OPTIONS], "requested-chassis")
        here = chassis is not None and (wanted is None or chassis in wanted.split(","))
        return PortState(present=True, up=here and cells[ENABLED] is True, chassis=chassis if here else None)

    def _row(self, name: RowName) -> Row:
        cells = zip(COLUMNS[name.table], self._rows[name], strict=True)
        columns = {column: cell for column, cell in cells if cell is not None}
        return Row(table=name.table, key=name.key, columns=columns)

    def _tell(self, port: PortId) -> None:
        for callback in tuple(self._callbacks):
            callback(port)


def _carries(state: PortState) -> tuple[bool, str | None]:
    """What those who listen want to know: a port that appears and carries nothing changes nothing for them."""
    return state.up, state.chassis


def _parent_of(row: Row) -> RowName | None:
    shape = TABLES[row.table]
    return None if shape.parent is None else next(iter(referred(row)))


def _cells(row: Row) -> Cells:
    return tuple(map(row.columns.get, COLUMNS[row.table]))


def _option(options: Cell | None, name: str) -> str | None:
    pairs: Iterator[tuple[str, str]] = iter(options) if isinstance(options, tuple) else iter(())
    return dict(pairs).get(name)
