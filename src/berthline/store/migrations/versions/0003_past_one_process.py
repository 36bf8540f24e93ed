"""past one process

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _of_the_cloud() -> None:
    """The cloud itself, workers, sagas, events, the outbox."""
    op.create_table(
        "topics",
        sa.Column("topic", sa.String(32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name="pk_topics"),
        sqlite_with_rowid=False,
    )


def _of_identity() -> None:
    """Domains, projects, users, roles, tokens."""


def _of_images() -> None:
    """Images and where their bytes are."""


def _of_networks() -> None:
    """Networks, subnets, ports, routers."""
    on_a_host = sa.text("binding_host <> ''")
    op.drop_index("ix_ports_host", "ports")
    op.create_index(
        "ix_ports_host", "ports", ["binding_host", "id"], sqlite_where=on_a_host, postgresql_where=on_a_host
    )


def _of_servers() -> None:
    """Servers, hosts, flavors."""


def upgrade() -> None:
    """To 0003."""
    _of_the_cloud()
    _of_identity()
    _of_images()
    _of_networks()
    _of_servers()

