"""the life of a server

Revision ID: 0004
Revises: 0003
"""

import uuid

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


def _of_placing() -> None:
    """Zones and traits of hosts, host aggregates, server groups."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("hosts", sa.Column("availability_zone", sa.String(255), server_default="nova", nullable=False))
    op.add_column("hosts", sa.Column("traits", sa.Text(), server_default="", nullable=False))
    op.add_column("hosts", sa.Column("booted_at", sa.BigInteger()))
    op.add_column("hosts", sa.Column("physical_networks", sa.Text()))
    op.add_column("hosts", sa.Column("gateway", sa.Boolean(), server_default="1", nullable=False))
    # until they are looked at, hosts of before lead where they were taken to lead
    op.execute("UPDATE hosts SET physical_networks = '*'")
    op.create_table(
        "aggregates",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("availability_zone", sa.String(255)),
        sa.Column("metadata", sa.Text(), server_default="{}", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_aggregates"),
        sa.UniqueConstraint("uuid", name="uq_aggregates_uuid"),
        sa.UniqueConstraint("name", name="uq_aggregates_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "aggregate_hosts",
        sa.Column("aggregate_id", number, nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("aggregate_id", "host", name="pk_aggregate_hosts"),
        sa.ForeignKeyConstraint(["aggregate_id"], ["aggregates.id"], name="fk_aggregate_hosts_aggregate_id"),
        sa.ForeignKeyConstraint(["host"], ["hosts.name"], name="fk_aggregate_hosts_host"),
    )
    op.create_index("ix_aggregate_hosts_host", "aggregate_hosts", ["host"])
    policies = "policy IN ('affinity', 'anti-affinity', 'soft-affinity', 'soft-anti-affinity')"
    most = "max_server_per_host IS NULL OR max_server_per_host > 0"
    op.create_table(
        "server_groups",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("project_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("policy", sa.String(24), nullable=False),
        sa.Column("max_server_per_host", sa.Integer()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_server_groups"),
        sa.CheckConstraint(policies, name=op.f("ck_server_groups_policy")),
        sa.CheckConstraint(most, name=op.f("ck_server_groups_max_server_per_host")),
    )
    op.create_index("ix_server_groups_project", "server_groups", ["project_id", "created_at", "id"])
    op.create_index("ix_server_groups_created", "server_groups", ["created_at", "id"])
    op.create_table(
        "server_group_members",
        sa.Column("server_id", sa.String(36), nullable=False),
        sa.Column("group_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("server_id", name="pk_server_group_members"),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name="fk_server_group_members_server_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["server_groups.id"], name="fk_server_group_members_group_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_server_group_members_group", "server_group_members", ["group_id", "server_id"])


def _usage_and_quotas() -> None:
    """What usage is counted by, and limits that are no project's own."""
    launched = sa.text("launched_at IS NOT NULL")
    op.create_index(
        "ix_servers_launched", "servers", ["project_id", "id"], sqlite_where=launched, postgresql_where=launched
    )
    op.create_table(
        "quota_class_limits",
        sa.Column("class_name", sa.String(255), nullable=False),
        sa.Column("resource", sa.String(64), nullable=False),
        sa.Column("hard_limit", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("class_name", "resource", name="pk_quota_class_limits"),
        sa.CheckConstraint("hard_limit >= -1", name=op.f("ck_quota_class_limits_hard_limit")),
    )
    op.create_table(
        "quota_user_limits",
        sa.Column("project_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("resource", sa.String(64), nullable=False),
        sa.Column("hard_limit", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "user_id", "resource", name="pk_quota_user_limits"),
        sa.CheckConstraint("hard_limit >= -1", name=op.f("ck_quota_user_limits_hard_limit")),
    )
def _shelving() -> None:
    """Which image holds the disk of a server that was shelved, and since when."""
    op.add_column("servers", sa.Column("shelved_image_id", sa.String(36)))
    op.add_column("servers", sa.Column("shelved_at", sa.BigInteger()))
    there = sa.text("vm_state = 'shelved'")
    columns = ["shelved_at", "id"]
    op.create_index("ix_servers_shelved", "servers", columns, sqlite_where=there, postgresql_where=there)


def _backups() -> None:
    """Images that were made as backups of a server; there are none yet."""
    op.create_table(
        "image_backups",
        sa.Column("image_id", sa.String(36), primary_key=True),
        sa.Column("server_id", sa.String(36), nullable=False),
        sa.Column("backup_type", sa.String(255), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name="fk_image_backups_image_id", ondelete="CASCADE"),
    )
    op.create_index("ix_image_backups_server", "image_backups", ["server_id", "backup_type", "created_at"])
def _of_migrations() -> None:
    """Moves of servers between flavors and hosts."""
    statuses = (
        "'accepted', 'queued', 'preparing', 'running', 'migrating', 'post-migrating', 'finished', 'confirming', "
        "'confirmed', 'reverting', 'reverted', 'completed', 'cancelled', 'failed', 'error'"
    )
    op.create_table(
        "migrations",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True
        ),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("server_id", sa.String(36), nullable=False),
        sa.Column("project_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("source", sa.String(255), nullable=False),
        sa.Column("destination", sa.String(255), nullable=False),
        sa.Column("old_flavor", sa.Text(), nullable=False),
        sa.Column("new_flavor", sa.Text(), nullable=False),
        sa.Column("old_build", sa.Text(), nullable=False),
        sa.Column("new_build", sa.Text(), nullable=False),
        sa.Column("image", sa.Text(), nullable=False),
        sa.Column("before", sa.String(16), nullable=False),
        sa.Column("held", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("progress", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "type IN ('resize', 'migration', 'live-migration', 'evacuation')", name=op.f("ck_migrations_type")
        ),
        sa.CheckConstraint(f"status IN ({statuses})", name=op.f("ck_migrations_status")),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name="fk_migrations_server_id_servers", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_migrations"),
        sa.UniqueConstraint("id", name="uq_migrations_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_migrations_server", "migrations", ["server_id", "number"])
    held = sa.text("held")
    op.create_index(
        "ux_migrations_held", "migrations", ["server_id"], unique=True, sqlite_where=held, postgresql_where=held
    )
    finished = sa.text("status = 'finished'")
    op.create_index(
        "ix_migrations_finished", "migrations", ["updated_at"], sqlite_where=finished, postgresql_where=finished
    )
    op.create_index("ix_migrations_created", "migrations", ["created_at", "number"])


def _two_bindings() -> None:
    """The host that a port's guest is moving to, beside the one that the port is bound to."""
    op.create_table(
        "port_moves",
        sa.Column("port_id", sa.String(length=36), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["port_id"], ["ports.id"], name=op.f("fk_port_moves_port_id_ports"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("port_id", name=op.f("pk_port_moves")),
        sqlite_with_rowid=False,
    )


def _console_tokens() -> None:
    """Leave to open a console, once."""
    op.create_table(
        "console_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("server_id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('vnc', 'serial')", name=op.f("ck_console_tokens_kind")),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_console_tokens_server_id_servers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_console_tokens")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_console_tokens_server", "console_tokens", ["server_id"])
    op.create_index("ix_console_tokens_project", "console_tokens", ["project_id"])
    op.create_index("ix_console_tokens_expires", "console_tokens", ["expires_at"])


def _serial_holds() -> None:
    """Which process has a guest's serial console."""
    op.create_table(
        "serial_holds",
        sa.Column("server_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("machine", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_serial_holds_server_id_servers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("server_id", name=op.f("pk_serial_holds")),
        sqlite_with_rowid=False,
    )


def _soft_deletion() -> None:
    """When servers were deleted that can be restored."""
    op.add_column("servers", sa.Column("soft_deleted_at", sa.BigInteger()))
    there = sa.text("soft_deleted_at IS NOT NULL")
    columns = ["soft_deleted_at", "id"]
    op.create_index("ix_servers_soft_deleted", "servers", columns, sqlite_where=there, postgresql_where=there)


def _postponements() -> None:
    """When what is overdue is tried again."""
    op.create_table(
        "postponements",
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_postponements")),
    )
    op.create_index(op.f("ix_postponements_until"), "postponements", ["until"])


def _wanted() -> None:
    """What owners want their guests to be: what those are, where they are at rest."""
    known = sa.CheckConstraint(
        "wanted IN ('running', 'stopped', 'paused', 'suspended')", name=op.f("ck_servers_wanted")
    )
    op.add_column("servers", sa.Column("wanted", sa.String(9), known, server_default="running", nullable=False))
    op.execute(
        "UPDATE servers SET wanted = vm_state WHERE vm_state IN ('stopped', 'paused', 'suspended') "
        "AND deleted_at IS NULL"
    )


def _guest_passwords() -> None:
    """Passwords that guests leave for their owners."""
    op.create_table(
        "guest_passwords",
        sa.Column("server_id", sa.String(length=36), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_guest_passwords_server_id_servers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("server_id", name=op.f("pk_guest_passwords")),
    )


def _built_in_roles() -> None:
    """The roles manager and service, in a cloud that is there already; those of their names are taken as they are."""
    known = "(SELECT id FROM roles WHERE name = '{}' AND domain_id IS NULL)"
    for name in ("manager", "service"):
        op.execute(
            sa.text(
                "INSERT INTO roles (id, name) SELECT :id, :name WHERE EXISTS "
                f"{known.format('admin')} AND NOT EXISTS {known.format(name)}"
            ).bindparams(id=uuid.uuid4().hex, name=name)
        )
    for prior, implied in (("admin", "manager"), ("manager", "member")):
        op.execute(
            "INSERT INTO implied_roles (prior_role_id, implied_role_id) SELECT p.id, i.id FROM roles p, roles i "
            f"WHERE p.name = '{prior}' AND p.domain_id IS NULL AND i.name = '{implied}' AND i.domain_id IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM implied_roles WHERE prior_role_id = p.id AND implied_role_id = i.id)"
        )


def _application_credentials() -> None:
    """Secrets by which programs act for users, their roles, and the rules that they go by."""
    op.create_table(
        "application_credentials",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("unrestricted", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_application_credentials_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_application_credentials_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_credentials")),
    )
    op.create_index(
        "uq_application_credentials_user_name", "application_credentials", ["user_id", "name"], unique=True
    )
    op.create_index("ix_application_credentials_project", "application_credentials", ["project_id"])
    op.create_table(
        "access_rules",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_access_rules_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_rules")),
    )
    op.create_index(
        "uq_access_rules_user_request", "access_rules", ["user_id", "service", "path", "method"], unique=True
    )
    for table, column, whose, ends in (
        ("application_credential_roles", "role_id", "roles", "CASCADE"),
        ("application_credential_access_rules", "access_rule_id", "access_rules", None),
    ):
        op.create_table(
            table,
            sa.Column("application_credential_id", sa.String(length=36), nullable=False),
            sa.Column(column, sa.String(length=36), nullable=False),
            sa.ForeignKeyConstraint(
                ["application_credential_id"],
                ["application_credentials.id"],
                name=op.f(f"fk_{table}_application_credential_id"),
                ondelete="CASCADE",
            ),
            sa.ForeignKeyConstraint(
                [column], [f"{whose}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ends
            ),
            sa.PrimaryKeyConstraint("application_credential_id", column, name=op.f(f"pk_{table}")),
        )
    op.create_index("ix_application_credential_roles_role", "application_credential_roles", ["role_id"])
    op.create_index(
        "ix_application_credential_access_rules_rule", "application_credential_access_rules", ["access_rule_id"]
    )


def _enrolment() -> None:
    """Hosts as operators enrolled them; those of a settings file are taken over at the next start."""
    op.create_table(
        "enrolled_hosts",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("fate", sa.String(8)),
        sa.Column("removed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name="pk_enrolled_hosts"),
        sa.CheckConstraint("kind IN ('libvirt', 'simulated')", name=op.f("ck_enrolled_hosts_kind")),
        sa.CheckConstraint("fate IS NULL OR fate IN ('error', 'delete')", name=op.f("ck_enrolled_hosts_fate")),
    )


def _groups() -> None:
    """Groups of users, and the roles that they hold."""
    op.create_table(
        "user_groups",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("domain_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["domain_id"], ["domains.id"], name=op.f("fk_user_groups_domain_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_groups")),
    )
    op.create_index("uq_user_groups_domain_name", "user_groups", ["domain_id", "name"], unique=True)
    op.create_table(
        "user_group_members",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_group_members_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["user_groups.id"], name=op.f("fk_user_group_members_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "group_id", name=op.f("pk_user_group_members")),
    )
    op.create_index("ix_user_group_members_group", "user_group_members", ["group_id"])
    op.create_table(
        "group_role_assignments",
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.Column("role_id", sa.String(length=36), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("target_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint(
            "scope IN ('project', 'domain', 'system')", name=op.f("ck_group_role_assignments_scope")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["user_groups.id"], name=op.f("fk_group_role_assignments_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name=op.f("fk_group_role_assignments_role_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "group_id", "role_id", "scope", "target_id", name=op.f("pk_group_role_assignments")
        ),
    )
    op.create_index("ix_group_role_assignments_target", "group_role_assignments", ["scope", "target_id"])


def _inherited_roles() -> None:
    """Roles that users and groups hold on every project below a project or a domain."""
    op.create_index("ix_projects_parent", "projects", ["parent_id"])
    for table, holder, holders in (
        ("inherited_role_assignments", "user_id", "users"),
        ("inherited_group_role_assignments", "group_id", "user_groups"),
    ):
        op.create_table(
            table,
            sa.Column(holder, sa.String(length=36), nullable=False),
            sa.Column("role_id", sa.String(length=36), nullable=False),
            sa.Column("scope", sa.String(length=8), nullable=False),
            sa.Column("target_id", sa.String(length=36), nullable=False),
            sa.CheckConstraint("scope IN ('project', 'domain')", name=op.f(f"ck_{table}_scope")),
            sa.ForeignKeyConstraint([holder], [f"{holders}.id"], name=op.f(f"fk_{table}_{holder}"), ondelete="CASCADE"),
            sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f(f"fk_{table}_role_id"), ondelete="CASCADE"),
            sa.PrimaryKeyConstraint(holder, "role_id", "scope", "target_id", name=op.f(f"pk_{table}")),
        )
        op.create_index(f"ix_{table}_target", table, ["target_id"])


def _catalog() -> None:
    """Regions, services and endpoints that admins add."""
    op.create_table(
        "catalog_regions",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("parent_region_id", sa.String(length=255)),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_regions")),
    )
    op.create_table(
        "catalog_services",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), server_default="", nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("enabled", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_services")),
    )
    op.create_table(
        "catalog_endpoints",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("interface", sa.String(length=8), nullable=False),
        sa.Column("region_id", sa.String(length=255)),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("extra", sa.Text(), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "interface IN ('public', 'internal', 'admin')", name=op.f("ck_catalog_endpoints_interface")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["catalog_services.id"],
            name=op.f("fk_catalog_endpoints_service_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_endpoints")),
    )
    op.create_index("ix_catalog_endpoints_service", "catalog_endpoints", ["service_id"])


def upgrade() -> None:
    """To 0004."""
    _disks()
    _of_placing()
    _usage_and_quotas()
    _shelving()
    _backups()
    _console_tokens()
    _serial_holds()
    _soft_deletion()
    _postponements()
    _wanted()
    _guest_passwords()
    _of_migrations()
    _built_in_roles()
    _application_credentials()
    _enrolment()
    _two_bindings()
    _groups()
    _inherited_roles()
    _catalog()
