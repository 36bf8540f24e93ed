"""the life of a server

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _disks() -> None:
    """What disks and what hardware servers have; what is there before gets them from its flavor and its image."""
    op.add_column("servers", sa.Column("disks", sa.Text(), server_default="[]", nullable=False))
    op.add_column("servers", sa.Column("hardware", sa.Text()))


def upgrade() -> None:
    """To 0004."""
    _disks()
