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


def _made_anew(table: str, old: str, new: str) -> None:
    """Change a part of a table's text, which SQLite has no statement for: it is made anew, with its rows and indexes.

    Alembic's own way orders the constraints by chance, and schemas are compared by their texts.
    """
    connection = op.get_bind()
    asked = sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL ORDER BY type DESC")
    found = connection.execute(asked, {"table": table}).fetchall()
    made = next(text for kind, text in found if kind == "table")
    if old not in made:
        raise ValueError(f"table {table} does not say {old}")
    _, _, rest = made.partition("(")
    connection.exec_driver_sql(f"CREATE TABLE {table}_anew ({rest.replace(old, new)}")
    connection.exec_driver_sql(f"INSERT INTO {table}_anew SELECT * FROM {table}")  # noqa: S608 - a name of this file
    connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql(f"ALTER TABLE {table}_anew RENAME TO {table}")
    for text in (text for kind, text in found if kind == "index"):
        connection.exec_driver_sql(text)


def _of_the_cloud() -> None:
    """The cloud itself, workers, sagas, events, the outbox."""
    op.create_table(
        "topics",
        sa.Column("topic", sa.String(32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name="pk_topics"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("drives", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    op.drop_column("worker_leases", "until")
    op.add_column("worker_leases", sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("sagas", sa.Column("lease_epoch", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("sagas", sa.Column("place", sa.String(255)))
    # whoever drove a saga is dead; that somebody did is to be known
    op.execute("UPDATE sagas SET lease_epoch = 1 WHERE lease_until > 0")
    op.execute("UPDATE sagas SET place = input ->> 'host' WHERE state IN ('forward', 'unwinding')")
    op.drop_column("sagas", "lease_until")


def _of_identity() -> None:
    """Domains, projects, users, roles, tokens."""
    op.add_column("users", sa.Column("tokens_generation", sa.BigInteger(), server_default="0", nullable=False))
    # Tokens of before have no generation, which is 0: those of users whose older tokens had ended end now, too.
    op.execute("UPDATE users SET tokens_generation = 1 WHERE tokens_valid_after > 0")
    op.drop_column("users", "tokens_valid_after")


def _of_images() -> None:
    """Images and where their bytes are."""
    op.add_column("cloud", sa.Column("image_place_id", sa.String(36)))
    op.create_table(
        "image_bytes",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("image_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("owner", sa.String(36)),
        sa.Column("until", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name="pk_image_bytes"),
        sa.CheckConstraint("state IN ('writing', 'whole', 'unwanted')", name="ck_image_bytes_state"),
        sa.CheckConstraint(
            "(state = 'writing') = (owner IS NOT NULL AND until IS NOT NULL)", name="ck_image_bytes_owned_while_written"
        ),
    )
    current, begun = sa.text("state <> 'unwanted'"), sa.text("state <> 'whole'")
    op.create_index(
        "uq_image_bytes_image", "image_bytes", ["image_id"], unique=True, sqlite_where=current, postgresql_where=current
    )
    op.create_index(
        "ix_image_bytes_in_hand", "image_bytes", ["state", "name"], sqlite_where=begun, postgresql_where=begun
    )
    op.create_table(
        "image_processes",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("secret", sa.String(32), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_image_processes"),
    )
    # Bytes had the name of their image, and an upload ended with its process.
    op.execute(
        "INSERT INTO image_bytes (name, image_id, state) "
        "SELECT id, id, 'whole' FROM images WHERE status IN ('active', 'deactivated')"
    )
    op.execute("UPDATE images SET status = 'queued', revision = revision + 1 WHERE status = 'saving'")


def _of_networks() -> None:
    """Networks, subnets, ports, routers."""
    on_a_host = sa.text("binding_host <> ''")
    op.drop_index("ix_ports_host", "ports")
    op.create_index(
        "ix_ports_host", "ports", ["binding_host", "id"], sqlite_where=on_a_host, postgresql_where=on_a_host
    )
    op.add_column("ports", sa.Column("tap", sa.String(11), sa.Computed("substr(id, 1, 11)", persisted=False)))
    op.create_index(
        "uq_ports_tap",
        "ports",
        ["binding_host", "tap"],
        unique=True,
        sqlite_where=on_a_host,
        postgresql_where=on_a_host,
    )


def _of_servers() -> None:
    """Servers, hosts, flavors."""
    op.add_column("remote_nics", sa.Column("maybe_sent", sa.Boolean(), server_default="0", nullable=False))
    names = (
        "building", "active", "paused", "suspended", "stopped", "rescued", "resized", "soft-delete", "shelved",
        "shelved_offloaded", "error", "deleted",
    )  # fmt: skip
    before = "vm_state IN ('building', 'active', 'stopped', 'error', 'deleted')"
    _made_anew("servers", before, f"vm_state IN {names}")
    op.add_column("hosts", sa.Column("owner", sa.String(36)))
    op.add_column("hosts", sa.Column("owner_epoch", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index("ix_hosts_owner", "hosts", ["owner"])


def upgrade() -> None:
    """To 0003."""
    _of_the_cloud()
    _of_identity()
    _of_images()
    _of_networks()
    _of_servers()

