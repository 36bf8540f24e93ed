"""Rows as columns of plain text: nothing is cut, so that what is shown can be copied and searched."""

from collections.abc import Iterable, Sequence


def print_columns(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print the heads and the rows, each column as wide as its widest cell."""
    lines = [tuple(heads), *(tuple(" ".join(cell.split()) for cell in row) for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
