"""The difference between the rows that units should have and those the replica shows, as one OVSDB transaction."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from berthline.dataplane.ovn.index import RowIndex
from berthline.dataplane.ovsdb import Replica, Value
from berthline.dataplane.ovsdb.values import encode, encode_set
from berthline.dataplane.schema import (
    KEY_ID,
    PARENT,
    PORT_GROUPS,
    TABLES,
    UNIT_ID,
    RowName,
    groups_of,
    name_of,
    unit_text,
)
from berthline.domain.dataplane import Applied, Cell, Row, Unit
from berthline.domain.errors import Refused

Place = tuple[str, str, str]
"""A set of references: table, UUID and column."""

GROUP_PORTS = ("Port_Group", "ports")


class Plan:
    """``operations`` make the units' rows what is desired; ``applied`` counts the rows that this changes.

    A row that is not there yet has the UUID ``@NAME`` within the transaction.
    """

    def __init__(self, replica: Replica, index: RowIndex, desired: Mapping[Unit, Collection[Row]]) -> None:
        """Raises Refused when a row refers to one that is not there, or has the name of another unit's row."""
        self._replica = replica
        self._index = index
        self._desired = desired
        self._coming: dict[RowName, str] = {}
        self._going: set[str] = set()
        self._changed: set[str] = set()
        self._inserted: dict[str, tuple[str, dict[str, Value]]] = {}
        self._updated: dict[str, tuple[str, dict[str, Value]]] = {}
        self._added: dict[Place, set[str]] = defaultdict(set)
        self._removed: dict[Place, set[str]] = defaultdict(set)
        self._deleted_roots: dict[str, str] = {}
        self._tables: dict[str, str] = {}
        self._name_rows()
        self._kept = frozenset(self._coming.values())
        for unit, rows in desired.items():
            for row in rows:
                self._compare(unit, row)
        for uuid in self._going:
            self._delete(uuid)
        self.operations = self._operations()
        self.applied = Applied(len(self._inserted), len(self._changed), len(self._going))

    def _name_rows(self) -> None:
        """Decide the UUID of each desired row, and which present ones go."""
        for unit in self._desired:
            for uuid, name in self._index.rows_of(unit).items():
                self._going.add(uuid)
                self._tables[uuid] = name.table
        for unit, rows in self._desired.items():
            for row in rows:
                name = name_of(row)
                uuid = self._present(unit, name) or f"@r{len(self._coming)}"
                if name in self._coming:
                    raise Refused(f"row {name} of {unit} is wanted twice")
                self._coming[name] = uuid
                self._going.discard(uuid)

    def _present(self, unit: Unit, name: RowName) -> str | None:
        """The row that has this name already; one of a unique name that is nobody's is taken over."""
        uuid = self._index.find(name)
        if uuid is None and TABLES[name.table].named:
            uuid = self._index.called(name)
        if uuid is None:
            return None
        owner = self._index.owner(uuid)
        if owner not in {None, unit} and owner not in self._desired:
            raise Refused(f"row {name} of {unit} is there already: it is a row of {owner}")
        return uuid

    def _resolve(self, row: RowName, needed: RowName) -> str:
        uuid = self._coming.get(needed)
        if uuid is None:
            uuid = self._index.find(needed)
            if uuid is None or uuid in self._going:
                raise Refused(f"row {row} refers to {needed}, which does not exist")
        return uuid

    def _compare(self, unit: Unit, row: Row) -> None:
        name = name_of(row)
        uuid = self._coming[name]
        values = {
            column: self._value(row, column, cell)
            for column, cell in row.columns.items()
            if column not in {PARENT, PORT_GROUPS}
        }
        values["external_ids"] = {UNIT_ID: unit_text(unit), KEY_ID: row.key}
        if uuid.startswith("@"):
            self._inserted[uuid] = (row.table, values)
        else:
            present = self._replica.rows[row.table][uuid]
            different = {column: value for column, value in values.items() if present[column] != value}
            if different:
                self._updated[uuid] = (row.table, different)
                self._changed.add(uuid)
        self._contain(row, uuid)
        if row.table == "Logical_Switch_Port":
            self._join_groups(row, uuid)
        self._expel_strangers(row, uuid)

    def _value(self, row: Row, column: str, cell: Cell) -> Value:
        if column in TABLES[row.table].references and isinstance(cell, str):
            return {self._resolve(name_of(row), RowName(TABLES[row.table].references[column], cell))}
        kind = self._replica.types[row.table][column]
        if kind.shape == "map":
            assert isinstance(cell, tuple)
            return dict(cell)
        if kind.shape == "scalar":
            assert isinstance(cell, str | int)
            return cell
        if isinstance(cell, frozenset):
            return set(cell)
        assert isinstance(cell, str | int)
        return {cell}

    def _contain(self, row: Row, uuid: str) -> None:
        """Have the row in its parent, and in no other."""
        parent = TABLES[row.table].parent
        if parent is None:
            return
        key = row.columns[PARENT]
        wanted = self._resolve(name_of(row), RowName(parent.table, str(key)))
        self._move(uuid, parent.table, parent.column, {wanted})

    def _join_groups(self, row: Row, uuid: str) -> None:
        """Have the port in its groups and in no other of ours; groups that others made are theirs."""
        table, column = GROUP_PORTS
        wanted = {self._resolve(name_of(row), RowName(table, key)) for key in groups_of(row)}
        self._move(uuid, table, column, wanted, ours_only=True)

    def _move(self, uuid: str, table: str, column: str, wanted: set[str], *, ours_only: bool = False) -> None:
        present = set() if uuid.startswith("@") else set(self._replica.referrers(table, column, uuid))
        if ours_only:
            present = {holder for holder in present if self._index.owner(holder) is not None}
        for holder in wanted - present:
            self._added[table, holder, column].add(uuid)
        for holder in present - wanted:
            self._removed[table, holder, column].add(uuid)
        if wanted != present and not uuid.startswith("@"):
            self._changed.add(uuid)

    def _expel_strangers(self, row: Row, uuid: str) -> None:
        """Rows inside ours that nobody wants and that let traffic pass, or stop it, go."""
        if uuid.startswith("@"):
            return
        for table, shape in TABLES.items():
            if shape.policy and shape.parent is not None and shape.parent.table == row.table:
                children = self._replica.rows[row.table][uuid][shape.parent.column]
                assert isinstance(children, set)
                for child in map(str, children):
                    if child not in self._kept:
                        self._going.add(child)
                        self._tables[child] = table

    def _delete(self, uuid: str) -> None:
        """A row that is contained goes when nothing holds it any more; the server deletes it then, unless it lasts."""
        table = self._tables[uuid]
        parent = TABLES[table].parent
        if parent is None or TABLES[table].lasting:
            self._deleted_roots[uuid] = table
            return
        for holder in self._replica.referrers(parent.table, parent.column, uuid):
            if holder not in self._going:
                self._removed[parent.table, holder, parent.column].add(uuid)

    def _operations(self) -> list[dict[str, Any]]:
        for (_, holder, column), members in self._added.items():
            if holder.startswith("@"):
                self._inserted[holder][1][column] = set(members)
        present = (place for place in {**self._added, **self._removed} if not place[1].startswith("@"))
        return [
            *(
                {"op": "insert", "table": table, "uuid-name": uuid[1:], "row": self._json(table, values)}
                for uuid, (table, values) in self._inserted.items()
            ),
            *(
                {"op": "update", "table": table, "where": _where(uuid), "row": self._json(table, values)}
                for uuid, (table, values) in self._updated.items()
            ),
            *(self._mutation(place) for place in present),
            *({"op": "delete", "table": table, "where": _where(uuid)} for uuid, table in self._deleted_roots.items()),
        ]

    def _json(self, table: str, values: Mapping[str, Value]) -> dict[str, Any]:
        types = self._replica.types[table]
        return {column: encode(types[column], value) for column, value in values.items()}

    def _mutation(self, place: Place) -> dict[str, Any]:
        table, uuid, column = place
        kind = self._replica.types[table][column]
        mutations = [
            [column, mutator, encode_set(kind, members)]
            for mutator, members in (("delete", self._removed.get(place)), ("insert", self._added.get(place)))
            if members
        ]
        return {"op": "mutate", "table": table, "where": _where(uuid), "mutations": mutations}


def _where(uuid: str) -> list[list[Any]]:
    return [["_uuid", "==", ["uuid", uuid]]]
