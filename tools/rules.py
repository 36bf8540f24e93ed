"""Rules of ours that no linter knows, read off the source: where time comes from, and who answers a route.

Run it as `python tools/rules.py`; it prints what is wrong and exits 1, or prints nothing and exits 0.

- The time of day comes from the Clock: only WALL_CLOCK asks the machine. (Durations, by a monotonic clock, are free.)
- A request's caller comes from one place: only CALLERS take `user` out of a request's scope.
- Rights go by names of roles in few places: only RIGHTS look for a name among a caller's roles.
- No work before a limit: a request's body is read by BODY_READERS, which bound it, and no condition of a statement
  grows with a list (but in BOUNDED_CHAINS): it is store/engine/value_lists.py that takes lists.
- Nothing blocks the event loop for the database: only BLOCKING, which run before there is anybody to serve, read and
  write in the calling thread.
- Which database it is, only ENGINE knows: nothing else has the library of one, or what SQLAlchemy has for one alone.
- Handlers are declared in api/ and metadata/ alone, so that what guards the application guards them all.

tests/api/test_routes.py asks every route of the application itself.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
SOURCE: Final = "src/berthline"

WALL_CLOCK: Final = frozenset({"src/berthline/domain/clock.py", "src/berthline/domain/ids.py"})
"""The Clock itself; and ids, whose time need only grow."""

ASKS_THE_TIME: Final = frozenset(
    {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.localtime"}
)

CALLERS: Final = frozenset({"src/berthline/api/auth.py", "src/berthline/api/frame.py"})
"""Where a token becomes a caller, and where handlers get it from."""

RIGHTS: Final = frozenset({"src/berthline/domain/auth.py", "src/berthline/identity/rights.py"})
"""What a role of which name may do; everything else asks these."""

SETS: Final = frozenset({"intersection", "isdisjoint", "issubset", "__contains__"})

BODY_READERS: Final = frozenset({"src/berthline/api/body.py", "src/berthline/api/image/data.py"})
"""The reader of all bodies; and an image's bytes, which go to disk as they come, up to a limit of their own."""
READS: Final = frozenset({"body", "json", "stream", "form", "msgpack"})

BLOCKING: Final = frozenset(
    {
        "src/berthline/store/engine/database.py",
        "src/berthline/store/engine/sqlite/backend.py",
        "src/berthline/store/engine/postgresql/backend.py",
        "src/berthline/identity/bootstrap.py",
        "src/berthline/bootstrap/cloud.py",
        "src/berthline/bootstrap/database_copies.py",
        "src/berthline/bootstrap/ownership.py",
    }
)
"""The store itself, what a start does before it serves, and commands that serve nobody. The rest awaits ``read_short``
or ``write_short``.
"""

STORE: Final = "src/berthline/store/"
BOUNDED_CHAINS: Final = frozenset(
    {"src/berthline/store/network/ports.py", "src/berthline/store/compute/servers/addresses.py"}
)
"""Where a chain of conditions is as long as MOST_PARTS, or as the four numbers of an address can be cut."""

ENGINE: Final = "src/berthline/store/engine/"
OF_ONE_DATABASE: Final = ("sqlite3", "psycopg", "sqlalchemy.dialects")

ROUTES: Final = ("src/berthline/api/", "src/berthline/metadata/")
DECLARES: Final = frozenset({"get", "post", "put", "patch", "delete", "head", "route", "asgi", "websocket"})


def dotted(node: ast.expr) -> str:
    """The name that an expression spells, such as time.time_ns, by its last two words; nothing for any other."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value).rsplit('.', 1)[-1]}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def asks_the_time(tree: ast.AST) -> Iterator[int]:
    """Yields the line of each call that asks the machine for the time of day."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and dotted(node.func) in ASKS_THE_TIME:
            yield node.lineno


def takes_the_caller(tree: ast.AST) -> Iterator[int]:
    """Yields the line of each look into a scope for its user."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript):
            whose, key = node.value, node.slice
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "get"
            and node.args
        ):
            whose, key = node.func.value, node.args[0]
        else:
            continue
        if dotted(whose).rsplit(".", 1)[-1] == "scope" and isinstance(key, ast.Constant) and key.value == "user":
            yield node.lineno


def looks_for_a_role(tree: ast.AST) -> Iterator[int]:
    """Yields the line of each look for a name among roles: ``in``, ``&`` or a method of sets."""
    for node in ast.walk(tree):
        looked: list[ast.expr] = []
        if isinstance(node, ast.Compare) and any(isinstance(each, ast.In | ast.NotIn) for each in node.ops):
            looked = node.comparators
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
            looked = [node.left, node.right]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SETS:
            looked = [node.func.value, *node.args]
        yield from (each.lineno for each in looked if isinstance(each, ast.Attribute) and each.attr == "roles")


def reads_a_body(tree: ast.AST) -> Iterator[int]:
    """Yields the line of each call that takes the body of a request from the web framework."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.args:
            continue
        if node.func.attr in READS and dotted(node.func.value).rsplit(".", 1)[-1] == "request":
            yield node.lineno


def blocks(tree: ast.AST) -> Iterator[int]:
    """Yields the line of each use of a verb of the store that waits for the database in the calling thread."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"read_now", "write_now"}:
            yield node.lineno


def grows(tree: ast.AST) -> Iterator[int]:
    """Yields the line of each chain of conditions that has one for each item of a list."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and dotted(node.func).rsplit(".", 1)[-1] in {"or_", "and_"}:
            starred = [argument.value for argument in node.args if isinstance(argument, ast.Starred)]
            if any(isinstance(value, ast.GeneratorExp | ast.ListComp | ast.Call) for value in starred):
                yield node.lineno


def knows_the_database(tree: ast.AST) -> Iterator[int]:
    """Yields the line of each import of what is for one database alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        if any(name == one or name.startswith(f"{one}.") for name in names for one in OF_ONE_DATABASE):
            yield node.lineno


def declares_routes(tree: ast.AST) -> Iterator[int]:
    """Yields the line of each handler that is declared with the words of the web framework."""
    words = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "litestar"
        for alias in node.names
        if alias.name in DECLARES
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in words:
            yield node.lineno


def complaints(root: Path) -> Iterator[str]:
    """Yields one line for each place that breaks a rule."""
    for path in sorted((root / SOURCE).rglob("*.py")):
        name = path.relative_to(root).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if name not in WALL_CLOCK:
            yield from (f"{name}:{line}: asks for the time of day: take a Clock" for line in asks_the_time(tree))
        if name not in CALLERS:
            yield from (
                f"{name}:{line}: takes the caller itself: use current_caller" for line in takes_the_caller(tree)
            )
        if name not in RIGHTS:
            yield from (f"{name}:{line}: goes by the name of a role: ask Caller" for line in looks_for_a_role(tree))
        if name not in BODY_READERS:
            yield from (f"{name}:{line}: reads a body without a limit: use read_json" for line in reads_a_body(tree))
        if name not in BLOCKING:
            yield from (f"{name}:{line}: blocks the event loop: await read_short" for line in blocks(tree))
        if name.startswith(STORE) and name not in BOUNDED_CHAINS:
            yield from (f"{name}:{line}: grows with a list: use value_lists" for line in grows(tree))
        if not name.startswith(ENGINE):
            yield from (f"{name}:{line}: knows which database it is" for line in knows_the_database(tree))
        if not name.startswith(ROUTES):
            yield from (f"{name}:{line}: declares a route outside the API" for line in declares_routes(tree))


def main() -> int:
    """Prints every place that breaks a rule."""
    wrong = list(complaints(ROOT))
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
