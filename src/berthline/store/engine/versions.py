"""Versions of topics, in the database: by them a cache of any process knows whether what it keeps is current.

The transaction that changes what a topic is about raises its version, last of all that it does, so that the row is
locked for as short as can be. Only what changes rarely has one: every port would wait for a row that every port raises.
"""

from typing import Final

from sqlalchemy import Connection

from berthline.store.engine.backend import TOPICS
from berthline.store.engine.prepared import Prepared

STANDINGS_TOPIC: Final = "standings"
"""What tokens are good for may have changed: a user, project, domain, role or assignment did, or one was revoked."""

VERSIONED: Final = frozenset({STANDINGS_TOPIC})

_RAISE: Final = Prepared(
    "INSERT INTO topics (topic, version) VALUES (?, 1) ON CONFLICT (topic) DO UPDATE SET version = topics.version + 1"
)
_VERSION: Final = Prepared("SELECT version FROM topics WHERE topic = ?")


def raise_versions(connection: Connection) -> None:
    """Raise those of the topics that the transaction has notified. A backend calls it when the work of one is done."""
    topics: set[str] | None = connection.info.get(TOPICS)
    if topics and not VERSIONED.isdisjoint(topics):
        for topic in sorted(VERSIONED & topics):
            _RAISE.run(connection, topic)


def version_of(connection: Connection, topic: str) -> int:
    """How often the topic was notified by transactions that are committed; 0 for one that never was."""
    row = _VERSION.first(connection, topic)
    return 0 if row is None else int(row[0])
