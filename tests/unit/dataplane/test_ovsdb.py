"""The client of OVSDB: where messages end, and how values change."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from berthline.dataplane.ovsdb.framing import Framer
from berthline.dataplane.ovsdb.values import ColumnType, change, column_type, decode, default, encode

TEXTS = st.text(alphabet=st.sampled_from('{}"\\é\n ab'), max_size=8)
OBJECTS = st.dictionaries(TEXTS, TEXTS | st.dictionaries(TEXTS, TEXTS, max_size=2), max_size=3)


@given(st.lists(OBJECTS, max_size=5), st.integers(1, 7))
def test_messages_are_found_however_the_stream_is_cut(objects: list[dict[str, Any]], size: int) -> None:
    stream = b"".join(msgspec.json.encode(each) for each in objects)
    framer = Framer()
    found = [message for at in range(0, len(stream), size) for message in framer.feed(stream[at : at + size])]
    assert [msgspec.json.decode(message) for message in found] == objects


UUID = "050e8400-e29b-41d4-a716-446655440000"
SET_OF_REFERENCES = {"type": {"key": {"type": "uuid", "refTable": "ACL"}, "min": 0, "max": "unlimited"}}


@pytest.mark.parametrize(
    ("schema", "json", "value"),
    [
        ({"type": "string"}, "x", "x"),
        ({"type": "boolean"}, False, False),
        ({"type": {"key": "boolean", "min": 0, "max": 1}}, ["set", []], set()),
        ({"type": {"key": "boolean", "min": 0, "max": 1}}, True, {True}),
        ({"type": {"key": {"type": "integer"}, "min": 1, "max": 1}}, 7, 7),
        (SET_OF_REFERENCES, ["uuid", UUID], {UUID}),
        (SET_OF_REFERENCES, ["set", [["uuid", UUID]]], {UUID}),
        (
            {"type": {"key": "string", "value": "string", "min": 0, "max": "unlimited"}},
            ["map", [["a", "b"]]],
            {"a": "b"},
        ),
    ],
)
def test_values_are_read_and_written(schema: Any, json: Any, value: Any) -> None:
    kind = column_type(schema)
    assert decode(kind, json) == value
    assert decode(kind, encode(kind, value)) == value


def test_what_a_first_notification_leaves_out() -> None:
    assert default(column_type({"type": "integer"})) == 0
    assert default(column_type(SET_OF_REFERENCES)) == set()
    assert default(ColumnType("map", "string")) == {}


def test_differences_toggle_sets_and_maps_and_replace_the_rest() -> None:
    assert change(ColumnType("set", "string"), {"a", "b"}, ["set", ["b", "c"]]) == {"a", "c"}
    pairs = [["same", "1"], ["new", "2"], ["other", "9"]]
    assert change(ColumnType("map", "string"), {"same": "1", "other": "3"}, ["map", pairs]) == {
        "new": "2",
        "other": "9",
    }
    assert change(ColumnType("optional", "boolean"), {True}, ["set", []]) == set()
    assert change(ColumnType("scalar", "string"), "a", "b") == "b"


def test_references_to_rows_of_the_same_transaction() -> None:
    assert encode(ColumnType("set", "uuid"), {"@r1", UUID}) == ["set", [["uuid", UUID], ["named-uuid", "r1"]]]
