"""OVSDB's values: from JSON to plain ones and back, and how a notification's difference changes them.

A scalar is itself; a set (also an optional scalar) is a Python set; a map is a dict; a UUID is its text.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import msgspec

Atom = str | int | float | bool
Value = Atom | set[Atom] | dict[Atom, Atom]
Record = dict[str, Value]
Shape = Literal["scalar", "optional", "set", "map"]


class ColumnType(msgspec.Struct, frozen=True):
    """What a column holds; ``atom`` is OVSDB's name for the type of its atoms, of keys in a map."""

    shape: Shape
    atom: str

    @property
    def is_uuid(self) -> bool:
        return self.atom == "uuid"


def column_type(schema: Any) -> ColumnType:
    """The type of a column from its entry in a database schema (RFC 7047, 3.2)."""
    kind = schema["type"]
    if isinstance(kind, str):
        return ColumnType("scalar", kind)
    key = kind["key"]
    atom = key if isinstance(key, str) else key["type"]
    if "value" in kind:
        return ColumnType("map", atom)
    if kind.get("max", 1) != 1:
        return ColumnType("set", atom)
    return ColumnType("scalar" if kind.get("min", 1) == 1 else "optional", atom)


def _atom(json: Any) -> Atom:
    value: Atom = json[1] if isinstance(json, list) else json
    return value


def decode(kind: ColumnType, json: Any) -> Value:
    """The plain value of a JSON value."""
    if kind.shape == "map":
        return {_atom(key): _atom(value) for key, value in json[1]}
    if kind.shape == "scalar":
        return _atom(json)
    if isinstance(json, list) and json[0] == "set":
        return {_atom(each) for each in json[1]}
    return {_atom(json)}


_ZERO: Final[Mapping[str, Atom]] = {"string": "", "integer": 0, "real": 0.0, "boolean": False, "uuid": ""}


def default(kind: ColumnType) -> Value:
    """What a column holds that a notification of a new row leaves out (RFC 7047, 5.2.1)."""
    if kind.shape == "map":
        return {}
    return _ZERO[kind.atom] if kind.shape == "scalar" else set()


def change(kind: ColumnType, value: Value, json: Any) -> Value:
    """The value after a difference: sets and maps toggle what it holds, in place; others are replaced."""
    if kind.shape == "set":
        assert isinstance(value, set)
        value ^= decode(kind, json)  # type: ignore[arg-type]
        return value
    if kind.shape == "map":
        assert isinstance(value, dict)
        for key, new in decode(kind, json).items():  # type: ignore[union-attr]
            if value.get(key) == new:
                del value[key]
            else:
                value[key] = new
        return value
    return decode(kind, json)


def uuid_json(uuid: str) -> list[str]:
    """A row's reference: ``@NAME`` for one that the same transaction inserts, else its UUID."""
    return ["named-uuid", uuid[1:]] if uuid.startswith("@") else ["uuid", uuid]


def encode(kind: ColumnType, value: Value) -> Any:
    """The JSON value of a plain one. Sorted, so that equal changes are equal messages."""
    if isinstance(value, dict):
        return ["map", sorted([key, each] for key, each in value.items())]
    if isinstance(value, set):
        return encode_set(kind, value)
    return uuid_json(str(value)) if kind.is_uuid else value


def encode_set(kind: ColumnType, values: Iterable[Atom]) -> Any:
    """A set as JSON."""
    return ["set", [uuid_json(str(each)) if kind.is_uuid else each for each in sorted(values)]]


Types = Mapping[str, Mapping[str, ColumnType]]
