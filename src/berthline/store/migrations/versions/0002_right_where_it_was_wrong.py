"""right where it was wrong

Revision ID: 0002
Revises: 0001
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _hints() -> sa.Column[str]:
    return sa.Column("availability_zone_hints", sa.Text(), server_default="[]", nullable=False)


def _of_the_cloud() -> None:
    """The cloud itself, idempotency keys, sagas, events, the outbox."""


def _of_identity() -> None:
    """Domains, projects, users, roles, tokens."""


def _of_images() -> None:
    """Images."""


def _of_networks() -> None:
    """Networks and subnets."""
    op.add_column("networks", _hints())
    # The smallest MTU depends on the subnets. SQLite has no statement that changes a constraint, and a table that is
    # made anew would be dropped under its foreign keys: the text of the schema is what its documentation offers then.
    op.execute("PRAGMA writable_schema = ON")
    op.execute(
        "UPDATE sqlite_master SET sql = replace(sql, 'CHECK (mtu >= 68)', 'CHECK (mtu >= 1)') "
        "WHERE type = 'table' AND name = 'networks'"
    )
    op.execute("PRAGMA writable_schema = RESET")


def _of_ports() -> None:
    """Ports and the NICs among them."""


def _of_security_groups() -> None:
    """Security groups and their rules."""


def _of_routers() -> None:
    """Routers and floating IPs."""
    op.add_column("routers", _hints())


def _of_hosts() -> None:
    """Hosts."""
    used = sa.Computed("memory_mb_used - memory_mb", persisted=False)
    op.add_column("hosts", sa.Column("fullness", sa.BigInteger, used))
    op.create_index("ix_hosts_room", "hosts", ["fullness", "name"], sqlite_where=sa.text("enabled AND up"))


def _of_servers() -> None:
    """Servers, flavors, keypairs."""


NOUNS: tuple[Callable[[], None], ...] = (
    _of_the_cloud,
    _of_identity,
    _of_images,
    _of_networks,
    _of_ports,
    _of_security_groups,
    _of_routers,
    _of_hosts,
    _of_servers,
)


def upgrade() -> None:
    for change in NOUNS:
        change()
