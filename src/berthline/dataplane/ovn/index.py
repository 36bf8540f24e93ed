"""Which northbound rows belong to which unit: kept row by row, so that a change costs what it changes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from berthline.dataplane.ovsdb import Record, Replica
from berthline.dataplane.schema import KEY_ID, TABLES, UNIT_ID, RowName, parse_unit
from berthline.domain.dataplane import Unit


class RowIndex:
    """Rows of ours by unit and by name, and the rows of named tables by that name, whose ever they are."""

    def __init__(self, replica: Replica) -> None:
        self._of_unit: dict[Unit, dict[str, RowName]] = defaultdict(dict)
        self._owner: dict[str, tuple[Unit, RowName]] = {}
        self._by_name: dict[RowName, str] = {}
        self._called: dict[RowName, str] = {}
        replica.watch(self._changed)
        replica.on_cleared(self._clear)

    def units(self) -> Iterator[tuple[Unit, Mapping[str, RowName]]]:
        """Every unit that has rows, with their UUIDs and names."""
        yield from self._of_unit.items()

    def rows_of(self, unit: Unit) -> Mapping[str, RowName]:
        """UUIDs and names of the unit's rows; a name can occur twice when somebody copied a row by hand."""
        return self._of_unit.get(unit, {})

    def find(self, name: RowName) -> str | None:
        """UUID of our row of this name."""
        return self._by_name.get(name)

    def owner(self, uuid: str) -> Unit | None:
        """The unit whose row this is; None for a row that is not ours."""
        held = self._owner.get(uuid)
        return None if held is None else held[0]

    def called(self, name: RowName) -> str | None:
        """UUID of the row, ours or not, whose column ``name`` is this key."""
        return self._called.get(name)

    def _clear(self) -> None:
        self._of_unit.clear()
        self._owner.clear()
        self._by_name.clear()
        self._called.clear()

    def _changed(self, table: str, uuid: str, before: Record | None, after: Record | None) -> None:
        if before is not None and after is not None and "external_ids" not in before and "name" not in before:
            return
        self._forget(table, uuid, before)
        if after is None:
            return
        if TABLES[table].named:
            self._called[RowName(table, str(after["name"]))] = uuid
        ids = after["external_ids"]
        assert isinstance(ids, dict)
        unit = parse_unit(str(ids.get(UNIT_ID, "")))
        key = ids.get(KEY_ID)
        if unit is not None and key is not None:
            name = RowName(table, str(key))
            self._owner[uuid] = (unit, name)
            self._of_unit[unit][uuid] = name
            self._by_name[name] = uuid

    def _forget(self, table: str, uuid: str, before: Record | None) -> None:
        held = self._owner.pop(uuid, None)
        if held is not None:
            unit, name = held
            del self._of_unit[unit][uuid]
            if not self._of_unit[unit]:
                del self._of_unit[unit]
            if self._by_name.get(name) == uuid:
                del self._by_name[name]
        if before is not None and "name" in before:
            called = RowName(table, str(before["name"]))
            if self._called.get(called) == uuid:
                del self._called[called]
