"""No test names an address that the random choice may hand out as well: it would fail once in some hundred runs."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.api.compute import world
from tests.api.network.routers import l3

TESTS = Path(__file__).resolve().parents[1]
ADDRESS = re.compile(r"(\d+\.\d+\.\d+)\.(\d+)")


class Drawn(NamedTuple):
    """Tests in ``folder`` get addresses of ``prefix`` at random, with a last byte from ``first`` to ``last``."""

    folder: str
    prefix: str
    first: int
    last: int


POOLS = (
    Drawn("api/compute", "10.9.0", *world.POOL),
    Drawn("api/network/routers", l3.INSIDE.rpartition(".")[0], *l3.POOL),
    Drawn("api/network/routers", l3.OUTSIDE.rpartition(".")[0], *l3.POOL),
)


def named(source: str) -> Iterator[tuple[int, str, int]]:
    """Line, first three bytes and last byte of each string that is an IPv4 address."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (found := ADDRESS.fullmatch(node.value)):
            yield node.lineno, found[1], int(found[2])


def clashes(source: str, pool: Drawn) -> list[tuple[int, str]]:
    """Lines of a test's source that name an address of the pool."""
    return [
        (line, f"{prefix}.{last}")
        for line, prefix, last in named(source)
        if prefix == pool.prefix and pool.first <= last <= pool.last
    ]


def test_no_test_names_an_address_that_may_be_drawn() -> None:
    files = [(path, pool) for pool in POOLS for path in sorted((TESTS / pool.folder).rglob("test_*.py"))]
    assert len(files) > 50
    found = {path.name: clashing for path, pool in files if (clashing := clashes(path.read_text("utf-8"), pool))}
    assert found == {}, "take an address beside the pool"


def test_an_address_of_a_pool_is_found() -> None:
    pool = Drawn("api/compute", "10.9.0", 10, 200)
    source = (
        'a = "10.9.0.9"\nb = {"fixed_ip": "10.9.0.10"}\nc = ["10.9.1.50", "10.9.0.200", "10.9.0.201", "10.9.0.77/32"]\n'
    )
    assert clashes(source, pool) == [(2, "10.9.0.10"), (3, "10.9.0.200")]
