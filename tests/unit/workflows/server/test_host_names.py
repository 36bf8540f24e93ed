"""Host names from servers' names: the right ones are what Nova's sanitize_hostname gives."""

import pytest

from berthline.domain.ids import ServerId
from berthline.workflows.server.host_names import host_name

SERVER = ServerId("0d5a1c0e-0000-4000-8000-000000000001")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("foo(bar)", "foobar"),
        ("web+1", "web1"),
        ("(" * 10 + "a" * 60, "a" * 53),
        ("a" * 60 + "(((" + "b" * 9, "a" * 60),
        ("My_Web.Server 1", "my-web-server-1"),
        ("a" * 62 + ".b", "a" * 62),
        ("..--web--..", "web"),
        ("web,\u4e2d\u6587 db", "web-db"),
        ("\u4e2d" * 70 + "web", "web"),
        ("caf\u00e9", "caf"),
        ("\u4e2d\u6587", f"Server-{SERVER}"),
        ("(+)", f"Server-{SERVER}"),
        ("---", f"Server-{SERVER}"),
    ],
)
def test_the_name_is_nova_s(name: str, expected: str) -> None:
    assert host_name(name, SERVER) == expected


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("web", 1, "web-1"),
        ("web", 1000, "web-1000"),
        ("a" * 63, 1, "a" * 61 + "-1"),
        ("a" * 63, 10, "a" * 60 + "-10"),
        ("a" * 60 + "-bb", 10, "a" * 60 + "-10"),
        ("a" * 59 + "-bbb", 10, "a" * 59 + "-10"),
        ("\u4e2d\u6587", 2, f"Server-{SERVER}"),
    ],
)
def test_the_number_of_a_server_is_never_cut(name: str, number: int, expected: str) -> None:
    made = host_name(name, SERVER, number)
    assert made == expected
    assert len(made) <= 63
