"""hosts for real

Revision ID: 0005
Revises: 0004
"""

import uuid

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


def _lost_hosts() -> None:
    """Hosts whose guests are given to others, and what is left of those on them."""
    op.add_column("enrolled_hosts", sa.Column("lost_at", sa.BigInteger()))
    op.create_table(
        "left_guests",
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("server_id", sa.String(36), nullable=False),
        sa.Column("vcpus", sa.Integer(), nullable=False),
        sa.Column("memory_mb", sa.BigInteger(), nullable=False),
        sa.Column("disk_gb", sa.BigInteger(), nullable=False),
        sa.Column("keeps_disks", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["host"], ["hosts.name"], name=op.f("fk_left_guests_host"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("host", "server_id", name=op.f("pk_left_guests")),
    )
    op.create_index("ix_left_guests_server", "left_guests", ["server_id"])
    op.create_table(
        "host_losses",
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("stage", sa.String(8), nullable=False),
        sa.Column("fence", sa.String(8), nullable=False),
        sa.Column("at_once", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("project_id", sa.String(36), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("fenced_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["host"], ["hosts.name"], name=op.f("fk_host_losses_host"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_host_losses")),
        sa.CheckConstraint("stage IN ('fencing', 'moving', 'ended', 'failed')", name=op.f("ck_host_losses_stage")),
        sa.CheckConstraint("fence IN ('person', 'command', 'redfish')", name=op.f("ck_host_losses_fence")),
        sa.CheckConstraint("at_once > 0", name=op.f("ck_host_losses_at_once")),
    )
    unended = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_host_losses_under_way", "host_losses", ["host"], sqlite_where=unended, postgresql_where=unended
    )
    op.create_table(
        "lost_servers",
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("server_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("migration_id", sa.String(36)),
        sa.Column("reason", sa.Text()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["host"], ["host_losses.host"], name=op.f("fk_lost_servers_host"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_lost_servers_server_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("host", "server_id", name=op.f("pk_lost_servers")),
        sa.CheckConstraint("state IN ('moving', 'moved', 'left')", name=op.f("ck_lost_servers_state")),
        sa.CheckConstraint("(state = 'left') = (reason IS NOT NULL)", name=op.f("ck_lost_servers_reason")),
    )
    op.create_index("ix_lost_servers_server", "lost_servers", ["server_id"])


def _stored_credentials() -> None:
    """Credentials and policies that are kept for others."""
    op.create_table(
        "stored_credentials",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("project_id", sa.String(36)),
        sa.Column("type", sa.String(255), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_stored_credentials_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_stored_credentials_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_credentials")),
    )
    op.create_index("ix_stored_credentials_user", "stored_credentials", ["user_id", "type"])
    op.create_index("ix_stored_credentials_project", "stored_credentials", ["project_id"])
    op.create_table(
        "stored_policies",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("type", sa.String(255), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_policies")),
    )


def upgrade() -> None:
    """To 0005."""
    _places_of_loops()
    _lost_hosts()
    _drains()
    _halted_guests()
    _pools()
    _address_groups()
    _sharing()
    _free_disk()
    _stored_credentials()
    _imports_of_images()


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
    op.create_index("ix_host_drains_under_way", "host_drains", ["host"], sqlite_where=unended, postgresql_where=unended)
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
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_drained_servers_server_id", ondelete="CASCADE"),
        sa.CheckConstraint("state IN ('moving', 'moved', 'left')", name=op.f("ck_drained_servers_state")),
        sa.CheckConstraint("state <> 'moving' OR migration_id IS NOT NULL", name=op.f("ck_drained_servers_migration")),
        sa.CheckConstraint("(state = 'left') = (reason IS NOT NULL)", name=op.f("ck_drained_servers_reason")),
    )
    op.create_index("ix_drained_servers_server", "drained_servers", ["server_id"])


def _pools() -> None:
    """Subnet pools and address scopes."""
    op.create_table(
        "address_scopes",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("project_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), server_default="", nullable=False),
        sa.Column("ip_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_address_scopes"),
        sa.CheckConstraint("ip_version IN (4, 6)", name=op.f("ck_address_scopes_ip_version")),
    )
    op.create_index("ix_address_scopes_project", "address_scopes", ["project_id", "id"])
    op.create_table(
        "subnet_pools",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("project_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("description", sa.String(255), server_default="", nullable=False),
        sa.Column("ip_version", sa.Integer(), nullable=False),
        sa.Column("prefixes", sa.Text(), nullable=False),
        sa.Column("default_prefixlen", sa.Integer(), nullable=False),
        sa.Column("min_prefixlen", sa.Integer(), nullable=False),
        sa.Column("max_prefixlen", sa.Integer(), nullable=False),
        sa.Column("default_quota", sa.Integer()),
        sa.Column("is_default", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("address_scope_id", sa.String(36)),
        sa.Column("tags", sa.Text(), server_default="[]", nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subnet_pools"),
        sa.ForeignKeyConstraint(["address_scope_id"], ["address_scopes.id"], name="fk_subnet_pools_address_scope_id"),
        sa.CheckConstraint("ip_version IN (4, 6)", name=op.f("ck_subnet_pools_ip_version")),
        sa.CheckConstraint(
            "min_prefixlen BETWEEN 0 AND default_prefixlen", name=op.f("ck_subnet_pools_min_prefixlen")
        ),
        sa.CheckConstraint("max_prefixlen >= default_prefixlen", name=op.f("ck_subnet_pools_max_prefixlen")),
    )
    op.create_index("ix_subnet_pools_project", "subnet_pools", ["project_id", "id"])
    scoped, default, pooled = (
        sa.text(condition) for condition in ("address_scope_id IS NOT NULL", "is_default", "subnetpool_id IS NOT NULL")
    )
    op.create_index(
        "ix_subnet_pools_scope", "subnet_pools", ["address_scope_id"], sqlite_where=scoped, postgresql_where=scoped
    )
    op.create_index(
        "uq_subnet_pools_default",
        "subnet_pools",
        ["ip_version"],
        unique=True,
        sqlite_where=default,
        postgresql_where=default,
    )
    # in words that both databases know: SQLite adds no constraint to a table that is there
    op.execute(
        "ALTER TABLE subnets ADD COLUMN subnetpool_id VARCHAR(36) "
        "CONSTRAINT fk_subnets_subnetpool_id REFERENCES subnet_pools (id)"
    )
    op.create_index("ix_subnets_pool", "subnets", ["subnetpool_id"], sqlite_where=pooled, postgresql_where=pooled)


def _address_groups() -> None:
    """Prefixes that rules of security groups name together."""
    op.create_table(
        "address_groups",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("project_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), server_default="", nullable=False),
        sa.Column("description", sa.String(255), server_default="", nullable=False),
        sa.Column("addresses", sa.Text(), server_default="[]", nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_address_groups"),
    )
    op.create_index("ix_address_groups_project", "address_groups", ["project_id", "id"])
    op.execute(
        "ALTER TABLE security_group_rules ADD COLUMN remote_address_group_id VARCHAR(36) "
        "CONSTRAINT fk_security_group_rules_remote_address_group_id REFERENCES address_groups (id)"
    )
    named = sa.text("remote_address_group_id IS NOT NULL")
    op.create_index(
        "ix_security_group_rules_addresses",
        "security_group_rules",
        ["remote_address_group_id"],
        sqlite_where=named,
        postgresql_where=named,
    )


def _sharing() -> None:
    """What others may see and use of what a project owns. What was shared or external for all has a policy for it."""
    op.create_table(
        "rbac_policies",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("project_id", sa.String(36), nullable=False),
        sa.Column("object_type", sa.String(32), nullable=False),
        sa.Column("object_id", sa.String(36), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("target_project", sa.String(36), nullable=False),
        sa.Column("network_id", sa.String(36)),
        sa.Column("security_group_id", sa.String(36)),
        sa.Column("subnetpool_id", sa.String(36)),
        sa.Column("address_scope_id", sa.String(36)),
        sa.Column("address_group_id", sa.String(36)),
        sa.PrimaryKeyConstraint("id", name="pk_rbac_policies"),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_rbac_policies_network_id"),
        sa.ForeignKeyConstraint(
            ["security_group_id"], ["security_groups.id"], name="fk_rbac_policies_security_group_id"
        ),
        sa.ForeignKeyConstraint(["subnetpool_id"], ["subnet_pools.id"], name="fk_rbac_policies_subnetpool_id"),
        sa.ForeignKeyConstraint(["address_scope_id"], ["address_scopes.id"], name="fk_rbac_policies_address_scope_id"),
        sa.ForeignKeyConstraint(["address_group_id"], ["address_groups.id"], name="fk_rbac_policies_address_group_id"),
        sa.CheckConstraint(
            "object_id = coalesce(network_id, security_group_id, subnetpool_id, address_scope_id, address_group_id)",
            name=op.f("ck_rbac_policies_object"),
        ),
        sa.CheckConstraint(
            "action IN ('access_as_shared', 'access_as_external')", name=op.f("ck_rbac_policies_action")
        ),
    )
    op.create_index("uq_rbac_policies_object", "rbac_policies", ["object_id", "action", "target_project"], unique=True)
    op.create_index(
        "ix_rbac_policies_target", "rbac_policies", ["target_project", "object_type", "action", "object_id"]
    )
    op.create_index("ix_rbac_policies_project", "rbac_policies", ["project_id", "id"])
    for column in ("network_id", "security_group_id", "subnetpool_id", "address_scope_id", "address_group_id"):
        there = sa.text(f"{column} IS NOT NULL")
        name = f"ix_rbac_policies_{column.removesuffix('_id')}"
        op.create_index(name, "rbac_policies", [column], sqlite_where=there, postgresql_where=there)
    found = op.get_bind().execute(sa.text("SELECT id, project_id, shared, external FROM networks")).all()
    policies = sa.table(
        "rbac_policies",
        *(
            sa.column(name, sa.String())
            for name in ("id", "project_id", "object_type", "object_id", "action", "target_project", "network_id")
        ),
    )
    made = [
        {
            "id": str(uuid.uuid4()),
            "project_id": network.project_id,
            "object_type": "network",
            "object_id": network.id,
            "action": action,
            "target_project": "*",
            "network_id": network.id,
        }
        for network in found
        for action, wanted in (("access_as_shared", network.shared), ("access_as_external", network.external))
        if wanted
    ]
    if made:
        op.get_bind().execute(sa.insert(policies), made)
    op.execute(
        "INSERT INTO quota_usage (project_id, resource, used) "
        "SELECT project_id, 'rbac_policy', count(*) FROM rbac_policies GROUP BY project_id"
    )
    op.drop_index("ix_networks_shared", "networks")
    op.drop_column("networks", "shared")


def _free_disk() -> None:
    """What the disks of hosts were seen to have room for."""
    op.add_column("hosts", sa.Column("free_disk_gb", sa.BigInteger()))


def _imports_of_images() -> None:
    """Images that are staged and imported, and the tasks that tell of it."""
    _widen("images", "ck_images_status", "status", "'queued', 'saving'", "'uploading', 'importing'", "'active'")
    _widen("image_bytes", "ck_image_bytes_ck_image_bytes_state", "state", "'writing'", "'staged'", "'whole'")
    op.execute(
        "ALTER TABLE images ADD COLUMN import_result VARCHAR(8) "
        "CONSTRAINT ck_images_import_result CHECK (import_result IN ('done', 'failed'))"
    )
    op.create_table(
        "image_tasks",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("image_id", sa.String(36), nullable=False),
        sa.Column("project_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_image_tasks"),
        sa.CheckConstraint("status IN ('processing', 'success', 'failure')", name=op.f("ck_image_tasks_status")),
        sa.CheckConstraint(
            "(status = 'processing') = (expires_at IS NULL)", name=op.f("ck_image_tasks_kept_for_a_while")
        ),
    )
    under_way, over = sa.text("expires_at IS NULL"), sa.text("expires_at IS NOT NULL")
    op.create_index(
        "uq_image_tasks_unfinished",
        "image_tasks",
        ["image_id"],
        unique=True,
        sqlite_where=under_way,
        postgresql_where=under_way,
    )
    op.create_index("ix_image_tasks_image", "image_tasks", ["image_id", "created_at", "id"])
    op.create_index("ix_image_tasks_created", "image_tasks", ["created_at", "id"])
    op.create_index("ix_image_tasks_expires", "image_tasks", ["expires_at"], sqlite_where=over, postgresql_where=over)


def _widen(table: str, check: str, column: str, before: str, new: str, after: str) -> None:
    """Have a check of a column's words know new ones, between ``before`` and ``after``, as 0002 did it on SQLite."""
    if op.get_context().dialect.name == "postgresql":
        rest = {"ck_images_status": ", 'killed', 'deactivated'", "ck_image_bytes_ck_image_bytes_state": ", 'unwanted'"}[
            check
        ]
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {check}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({column} IN ({before}, {new}, {after}{rest}))")
        return
    op.execute("PRAGMA writable_schema = ON")
    old, widened = (f"{column} IN ({before}, {words}" for words in (after, f"{new}, {after}"))
    op.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :old, :widened) WHERE type = 'table' AND name = :name"
        ).bindparams(old=old, widened=widened, name=table)
    )
    op.execute("PRAGMA writable_schema = RESET")
