"""The last lines of a console, as Nova counts them."""

import pytest

from berthline.hypervisor.console import last_lines


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (None, b"1\n2\n\n3\n"),
        (0, b""),
        (1, b""),
        (2, b"3\n"),
        (3, b"\n3\n"),
        (4, b"2\n\n3\n"),
        (5, b"1\n2\n\n3\n"),
        (10**18, b"1\n2\n\n3\n"),
    ],
)
def test_what_is_behind_the_last_newline_is_a_line(lines: int | None, expected: bytes) -> None:
    assert last_lines(b"1\n2\n\n3\n", lines) == expected


def test_a_line_that_has_not_ended_is_the_last() -> None:
    assert last_lines(b"1\n2\nlogin: ", 1) == b"login: "
    assert last_lines(b"1\r\n2\x0b3\n4", 2) == b"2\x0b3\n4", "only a newline ends a line"
    assert last_lines(b"", 3) == b""
