"""The checkers of rooms and of our own rules find what is planted, and nothing in the tree as it is."""

from pathlib import Path

import pytest

from tools import rooms, rules

HERE = "src/berthline/network"


def plant(root: Path, name: str, text: str = "") -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def test_a_family_without_a_room_is_found(tmp_path: Path) -> None:
    for name in ("port_rows", "port_checks", "ports", "routers", "router_legs", "router_routes"):
        plant(tmp_path, f"{HERE}/{name}.py")
    assert list(rooms.complaints(tmp_path)) == []
    plant(tmp_path, f"{HERE}/port_values.py")
    assert list(rooms.complaints(tmp_path)) == [f"{HERE}: 3 modules begin with port_: give port a folder"]


def test_tests_of_a_family_are_a_family(tmp_path: Path) -> None:
    for name in ("rows", "checks", "values"):
        plant(tmp_path, f"tests/unit/test_port_{name}.py")
    assert list(rooms.complaints(tmp_path)) == ["tests/unit: 3 modules begin with port_: give port a folder"]


def test_a_crowd_is_found(tmp_path: Path) -> None:
    for number in range(rooms.MODULES):
        plant(tmp_path, f"{HERE}/noun{number}.py")
    plant(tmp_path, f"{HERE}/__init__.py")
    assert list(rooms.complaints(tmp_path)) == []
    plant(tmp_path, f"{HERE}/one_more.py")
    assert [line.split(":")[1] for line in rooms.complaints(tmp_path)] == [" 25 modules, over 24"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import time\nx = time.time()\n", "asks for the time of day"),
        ("import time\nx = time.time_ns() // 1000\n", "asks for the time of day"),
        ("import datetime\nx = datetime.datetime.now(datetime.UTC)\n", "asks for the time of day"),
        ("from datetime import date\nx = date.today()\n", "asks for the time of day"),
        ("x = request.scope['user']\n", "takes the caller itself"),
        ("x = scope.get('user')\n", "takes the caller itself"),
        ("async def f(request): return await request.body()\n", "reads a body without a limit"),
        ("async def f(context): return await context.request.json()\n", "reads a body without a limit"),
        ("async def f(request):\n    async for x in request.stream(): ...\n", "reads a body without a limit"),
        ("x = 'admin' in caller.roles\n", "goes by the name of a role"),
        ("x = context.caller.roles & ROLES\n", "goes by the name of a role"),
        ("async def f(store): return store.read_now(work)\n", "blocks the event loop"),
        ("def f(self): self._store.write_now(work)\n", "blocks the event loop"),
        ("import sqlite3\n", "knows which database it is"),
        ("from psycopg import errors\n", "knows which database it is"),
        ("from sqlalchemy.dialects.postgresql import insert\n", "knows which database it is"),
        ("x = ROLES.isdisjoint(caller.roles)\n", "goes by the name of a role"),
        ("from litestar import get\n\n@get('/open')\nasync def f() -> None: ...\n", "declares a route outside the API"),
        ("from litestar import post as p\nx = p('/open')(print)\n", "declares a route outside the API"),
    ],
)
def test_what_breaks_a_rule_is_found(tmp_path: Path, text: str, said: str) -> None:
    plant(tmp_path, f"{HERE}/planted.py", text)
    assert [said in line for line in rules.complaints(tmp_path)] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "import time\nx = time.monotonic()\n",
        "x = 'admin' in names\ny = caller.roles\n",
        "x = body.get('user')\n",
        "x = answer.json()\n",
        "from berthline.x import get\nx = get('/')\n",
    ],
)
def test_what_breaks_no_rule_is_left_alone(tmp_path: Path, text: str) -> None:
    plant(tmp_path, f"{HERE}/planted.py", text)
    assert list(rules.complaints(tmp_path)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = or_(*(each == 1 for each in values))\n", True),
        ("x = sa.and_(true(), *[f(each) for each in values])\n", True),
        ("x = ~or_(*map(has_tag, values))\n", True),
        ("x = or_(*cases)\n", False),
        ("x = or_(a == 1, b == 2)\n", False),
    ],
)
def test_a_statement_that_grows_with_a_list_is_found_in_the_store(tmp_path: Path, text: str, found: bool) -> None:
    plant(tmp_path, "src/berthline/store/planted.py", text)
    plant(tmp_path, f"{HERE}/planted.py", text)
    assert ["store/planted.py:1: grows" in line for line in rules.complaints(tmp_path)] == [True] * found


def test_the_places_that_may_are_in_the_tree() -> None:
    places = rules.WALL_CLOCK | rules.CALLERS | rules.RIGHTS | rules.BODY_READERS | rules.BOUNDED_CHAINS
    places |= rules.BLOCKING
    assert [name for name in places if not (rules.ROOT / name).exists()] == []
