"""What is sent of a row is what is received."""

import msgspec

from berthline.dataplane.ovn.rows import base_rows, rows_of
from berthline.domain.dataplane import Cell, Row
from berthline.simulated.messages import SentRow, encoder, received_row, sent_row
from tests.unit.dataplane import test_rows as values


def test_every_kind_of_cell_comes_back() -> None:
    cells: dict[str, Cell] = {
        "text": "a",
        "number": 1,
        "truth": True,
        "set": frozenset({"b", "c"}),
        "map": (("k", "v"), ("l", "")),
    }
    empty: dict[str, Cell] = {"no set": frozenset(), "no map": ()}
    rows = (*rows_of(values.ROUTER), *base_rows(), Row(table="T", key="k", columns={**cells, **empty}))
    sent = encoder.encode(tuple(map(sent_row, rows)))
    assert tuple(map(received_row, msgspec.msgpack.decode(sent, type=tuple[SentRow, ...]))) == rows
