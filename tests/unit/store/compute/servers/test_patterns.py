"""What SQLite judges of a pattern by itself is what Python's expressions say."""

import itertools
import random
import re

import pytest
from sqlalchemy import Column, MetaData, String, Table, create_engine, select

from berthline.store.compute.servers.addresses import possible_octets
from berthline.store.compute.servers.patterns import Literal, literal_of, matches

NAMES = ("web-1", "web-10", "my.web-1", "WEB-1", "", "a|b", "db_01", "x^y", "1", "webb", "we", "a\\b", "é-1")


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("web-1", Literal("web-1", False, False)),
        ("^web-1$", Literal("web-1", True, True)),
        ("^web", Literal("web", True, False)),
        ("1$", Literal("1", False, True)),
        (r"my\.web", Literal("my.web", False, False)),
        (r"a\|b", Literal("a|b", False, False)),
        ("", Literal("", False, False)),
        ("my.web", None),
        ("we?b", None),
        ("a|b", None),
        ("[ab]", None),
        (r"\d", None),
        (r"x\^y", Literal("x^y", False, False)),
        ("x^y", None),
    ],
)
def test_what_is_plain_text_is_seen(pattern: str, literal: Literal | None) -> None:
    assert literal_of(pattern) == literal


def test_conditions_find_what_the_expression_finds() -> None:
    draw = random.Random(7)
    pieces = [
        "w",
        "e",
        "b",
        "-1",
        "1",
        ".",
        r"\.",
        "[a-w]",
        "*",
        "+",
        "?",
        "^",
        "$",
        "|",
        r"\|",
        r"\d",
        "_",
        r"\\",
        "é",
    ]
    engine = create_engine("sqlite://")
    table = Table("names", MetaData(), Column("name", String))
    tried = 0
    with engine.connect() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"name": name} for name in NAMES])
        for pattern in itertools.chain(
            ("", "^", "$", "^$", "web", "^web", "1$", "^web-1$", "a|b", "webb*", "web?b"),
            ("".join(draw.choices(pieces, k=draw.randint(1, 5))) for _ in range(1500)),
        ):
            try:
                compiled = re.compile(pattern)
            except re.error:
                continue
            tried += 1
            found = connection.execute(select(table.c.name).where(*matches(table.c.name, pattern))).scalars().all()
            assert found == [name for name in NAMES if compiled.search(name)], pattern
    assert tried > 1000


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.5",
        "10.0.0.",
        ".0.0.",
        "0.5",
        "77$",
        "^10",
        "^10.0.0.5$",
        "1",
        "10.0.0.256",
        ".",
        "^.1",
        "5.",
        "..",
        "25",
    ],
)
def test_the_addresses_that_a_text_can_mean_are_those_that_have_it(text: str) -> None:
    draw = random.Random(5)
    some = [tuple(draw.choice((0, 1, 5, 10, 25, 77, 110, 250, 255)) for _ in range(4)) for _ in range(3000)]
    inner = re.escape(text.removeprefix("^").removesuffix("$"))
    compiled = re.compile(("^" if text[0] == "^" else "") + inner + ("$" if text[-1] == "$" else ""))
    places = [[frozenset(map(int, numbers)) for numbers in each] for each in possible_octets(text)]
    for octets in some:
        means = any(all(octet in numbers for octet, numbers in zip(octets, each, strict=True)) for each in places)
        assert means == bool(compiled.search(".".join(map(str, octets)))), octets
