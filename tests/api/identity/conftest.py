"""After every test: each change of what tokens are good for was told, or a caller that is kept would outlive it."""

from collections.abc import Iterator

import pytest

from berthline.store import Connection, Store
from berthline.store.engine.backend import TOPICS
from berthline.store.engine.sqlite.connections import driver
from berthline.store.engine.versions import STANDINGS_TOPIC
from tests.databases import Databases

DECIDING = frozenset(
    {
        "users",
        "projects",
        "domains",
        "roles",
        "implied_roles",
        "role_assignments",
        "revoked_tokens",
        "application_credentials",
        "application_credential_roles",
        "user_groups",
        "user_group_members",
        "group_role_assignments",
        "inherited_role_assignments",
        "inherited_group_role_assignments",
    }
)
HARMLESS = "UPDATE users SET password_hash="
"""The same password hashed anew: nobody's rights change."""


class Watch:
    """Hears every statement of the writer, and notes work that wrote to a deciding table and told nobody."""

    def __init__(self, connection: Connection) -> None:
        self.seen = 0
        self.silent: list[str] = []
        self._wrote: str | None = None
        self._connection = connection
        driver(connection).set_trace_callback(self._hear)

    def _hear(self, statement: str) -> None:
        if statement.startswith("RELEASE"):
            if self._wrote and STANDINGS_TOPIC not in self._connection.info.get(TOPICS, ()):
                self.silent.append(self._wrote)
            self.seen += self._wrote is not None
        if statement.startswith(("SAVEPOINT", "ROLLBACK", "RELEASE")):
            self._wrote = None
        verb, *words = statement.split()
        if verb in {"INSERT", "DELETE", "UPDATE"} and DECIDING & set(words[:2]) and not statement.startswith(HARMLESS):
            self._wrote = statement


@pytest.fixture(autouse=True)
def changes_of_standings_are_told(store: Store, databases: Databases) -> Iterator[None]:
    """It hears the statements by a way of SQLite's own; which work tells is the same code on both databases."""
    if databases.kind != "sqlite":
        yield
        return
    watch = store.write_now(Watch)
    yield
    if not store.closed:
        store.write_now(lambda connection: driver(connection).set_trace_callback(None))
    assert watch.silent == []
    assert watch.seen  # every test's cloud has people, who were written
