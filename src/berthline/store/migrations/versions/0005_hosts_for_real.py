"""hosts for real

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _halted_guests() -> None:
    halted = sa.text("power_state IN (3, 6) AND vm_state <> 'paused' AND deleted_at IS NULL")
    op.create_index("ix_servers_halted", "servers", ["power_state"], sqlite_where=halted, postgresql_where=halted)


def _places_of_loops() -> None:
    """At which chassis a loop has its effects, and the one that all that hangs on it was told."""
    op.add_column("worker_leases", sa.Column("place", sa.String(255), server_default="", nullable=False))
    op.add_column("worker_leases", sa.Column("told", sa.String(255), server_default="", nullable=False))


def upgrade() -> None:
    """To 0005."""
    _places_of_loops()
    _drains()
    _halted_guests()


def _drains() -> None:
    """Hosts that everything is moved off."""
    op.create_table(
        "host_drains",
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("at_once", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("project_id", sa.String(36), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("cancelled_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_host_drains"),
        sa.ForeignKeyConstraint(["host"], ["hosts.name"], name="fk_host_drains_host", ondelete="CASCADE"),
        sa.CheckConstraint("at_once > 0", name=op.f("ck_host_drains_at_once")),
    )
    unended = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_host_drains_under_way", "host_drains", ["host"], sqlite_where=unended, postgresql_where=unended
    )
    op.create_table(
        "drained_servers",
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("server_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("migration_id", sa.String(36)),
        sa.Column("reason", sa.Text()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("host", "server_id", name="pk_drained_servers"),
        sa.ForeignKeyConstraint(["host"], ["host_drains.host"], name="fk_drained_servers_host", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name="fk_drained_servers_server_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("state IN ('moving', 'moved', 'left')", name=op.f("ck_drained_servers_state")),
        sa.CheckConstraint(
            "state <> 'moving' OR migration_id IS NOT NULL", name=op.f("ck_drained_servers_migration")
        ),
        sa.CheckConstraint("(state = 'left') = (reason IS NOT NULL)", name=op.f("ck_drained_servers_reason")),
    )
    op.create_index("ix_drained_servers_server", "drained_servers", ["server_id"])
