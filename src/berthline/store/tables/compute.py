"""Flavors, keypairs, hosts, servers and their NICs."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from berthline.store.tables.base import Id, Json, Name, flag, metadata, stamps, where

flavors = Table(
    "flavors",
    metadata,
    Column("id", Name, primary_key=True),
    Column("name", Name, nullable=False, unique=True),
    Column("description", Text),
    Column("vcpus", Integer, nullable=False),
    Column("ram", Integer, nullable=False),
    Column("disk", Integer, nullable=False),
    Column("ephemeral", Integer, nullable=False, server_default="0"),
    Column("swap", Integer, nullable=False, server_default="0"),
    Column("rxtx_factor", Float, nullable=False, server_default="1"),
    flag("is_public", default=True),
    flag("disabled", default=False),
    Column("extra_specs", Json, nullable=False, server_default="{}"),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("vcpus > 0 AND ram > 0 AND disk >= 0 AND ephemeral >= 0 AND swap >= 0", name="size"),
)

flavor_projects = Table(
    "flavor_projects",
    metadata,
    Column("flavor_id", Name, ForeignKey("flavors.id", ondelete="CASCADE"), primary_key=True),
    Column("project_id", Id, primary_key=True),
)

keypairs = Table(
    "keypairs",
    metadata,
    Column("user_id", Id, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("type", String(8), nullable=False),
    Column("fingerprint", Name, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("type IN ('ssh', 'x509')", name="type"),
)

hosts = Table(
    "hosts",
    metadata,
    Column("name", Name, primary_key=True),
    Column("chassis", Name, nullable=False),
    Column("hypervisor_type", String(32), nullable=False),
    Column("hypervisor_version", Integer, nullable=False, server_default="0"),
    Column("cpu_info", Text, nullable=False, server_default=""),
    Column("vcpus", Integer, nullable=False),
    Column("memory_mb", BigInteger, nullable=False),
    Column("disk_gb", BigInteger, nullable=False),
    Column("vcpus_used", Integer, nullable=False, server_default="0"),
    Column("memory_mb_used", BigInteger, nullable=False, server_default="0"),
    Column("disk_gb_used", BigInteger, nullable=False, server_default="0"),
    Column("running_vms", Integer, nullable=False, server_default="0"),
    flag("enabled", default=True),
    flag("up", default=True),
    Column("seen_at", BigInteger, nullable=False, server_default="0"),
    Column("updated_at", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("vcpus_used >= 0 AND memory_mb_used >= 0 AND disk_gb_used >= 0", name="used"),
    CheckConstraint("running_vms >= 0", name="running_vms"),
    Column("fullness", BigInteger, Computed("memory_mb_used - memory_mb", persisted=False)),
    Column("physical_vcpus", Integer, nullable=False, server_default="0"),
    Column("physical_memory_mb", BigInteger, nullable=False, server_default="0"),
    Column("physical_disk_gb", BigInteger, nullable=False, server_default="0"),
    Column("disabled_reason", Name),
    flag("forced_down", default=False),
    flag("answers", default=True),
    Column("owner", Id),
    Column("owner_epoch", BigInteger, nullable=False, server_default="0"),
    Column("availability_zone", Name, nullable=False, server_default="nova"),
    Column("traits", Text, nullable=False, server_default=""),
    Column("booted_at", BigInteger),
    Column("physical_networks", Text),
    flag("gateway", default=True),
    Column("free_disk_gb", BigInteger),
    Index("ix_hosts_room", "fullness", "name", **where("enabled AND up")),
    Index("ix_hosts_owner", "owner"),
)
"""``up`` is what counts: the host ``answers``, and nobody forced it down. The physical sizes are without overcommit.

``fullness`` is minus the MiB that are left: what hosts are chosen by, the least first, in the order of an index.
``owner`` is the worker that drives it, as long as that lives; ``owner_epoch`` how often it was given to another one.
``availability_zone`` follows the aggregates that have the host; ``traits`` are words with blanks between;
``booted_at`` is when the machine came up. ``physical_networks`` are the names in its bridge mappings, with blanks
between, ``*`` for each that there is, NULL while nobody has looked; ``gateway``: routers' ways out may be there.
``free_disk_gb`` is what the host's disk was last seen to have room for, NULL where that cannot be told."""

VM_STATES: Final = (
    "building", "active", "paused", "suspended", "stopped", "rescued", "resized", "soft-delete", "shelved",
    "shelved_offloaded", "error", "deleted",
)  # fmt: skip
"""All of Nova's, so that one which comes into use needs no new table."""

WANTED: Final = ("running", "stopped", "paused", "suspended")
"""``domain.compute.WantedPower``."""

servers = Table(
    "servers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("name", Name, nullable=False),
    Column("hostname", Name, nullable=False),
    Column("description", Text),
    Column("vm_state", String(16), nullable=False),
    Column("task_state", String(32)),
    Column("power_state", Integer, nullable=False, server_default="0"),
    Column("host", Name, ForeignKey("hosts.name")),
    Column("availability_zone", Name, nullable=False),
    Column("pinned_availability_zone", Name),
    Column("disk_config", String(8), nullable=False, server_default="MANUAL"),
    Column("image_id", Id),
    Column("flavor", Json, nullable=False),
    Column("key_name", Name),
    Column("key_data", Text),
    Column("user_data", Text),
    flag("config_drive", default=False),
    Column("metadata", Json, nullable=False, server_default="{}"),
    Column("security_groups", Json, nullable=False, server_default="[]"),
    Column("tags", Json, nullable=False, server_default="[]"),
    flag("locked", default=False),
    Column("locked_by", String(8)),
    Column("locked_reason", Text),
    Column("scheduler_hints", Json, nullable=False, server_default="{}"),
    Column("reservation_id", String(36), nullable=False),
    Column("launch_index", Integer, nullable=False, server_default="0"),
    Column("fault", Json),
    Column("access_ip_v4", String(64), nullable=False, server_default=""),
    Column("access_ip_v6", String(64), nullable=False, server_default=""),
    Column("launched_at", BigInteger),
    Column("deleted_at", BigInteger),
    *stamps(),
    Column("disks", Json, nullable=False, server_default="[]"),
    Column("hardware", Json),
    Column("shelved_image_id", Id),
    Column("shelved_at", BigInteger),
    Column("soft_deleted_at", BigInteger),
    Column(
        "wanted",
        String(9),
        CheckConstraint(f"wanted IN {WANTED}", name="wanted"),
        nullable=False,
        server_default="running",
    ),
    CheckConstraint(f"vm_state IN {VM_STATES}", name="vm_state"),
    CheckConstraint("locked_by IS NULL OR locked_by IN ('owner', 'admin')", name="locked_by"),
    Index("ix_servers_project", "project_id", "created_at", "id", "name", "deleted_at", **where("deleted_at IS NULL")),
    Index("ix_servers_created", "created_at", "id", "name", "deleted_at", **where("deleted_at IS NULL")),
    Index("ix_servers_name", "name", **where("deleted_at IS NULL")),
    Index("ix_servers_state", "vm_state", "created_at", "id", "deleted_at", **where("deleted_at IS NULL")),
    Index(
        "ix_servers_project_state",
        "project_id",
        "vm_state",
        "created_at",
        "id",
        "deleted_at",
        **where("deleted_at IS NULL"),
    ),
    Index("ix_servers_deleted", "deleted_at", **where("deleted_at IS NOT NULL")),
    Index("ix_servers_task", "task_state", **where("task_state IS NOT NULL")),
    Index("ix_servers_host", "host", **where("deleted_at IS NULL")),
    Index("ix_servers_soft_deleted", "soft_deleted_at", "id", **where("soft_deleted_at IS NOT NULL")),
    Index("ix_servers_shelved", "shelved_at", "id", **where("vm_state = 'shelved'")),
    Index("ix_servers_changed", "updated_at", "id"),
    Index(
        "ix_servers_halted",
        "power_state",
        **where("power_state IN (3, 6) AND vm_state <> 'paused' AND deleted_at IS NULL"),
    ),
    Index("ix_servers_launched", "project_id", "id", **where("launched_at IS NOT NULL")),
)

"""``disks`` are ``domain.disks`` and ``hardware`` is ``domain.hardware``, as they were decided for this server; empty
and null of one that is older than they are. ``wanted`` is what its owner wants its guest to be, whatever that is."""

server_nics = Table(
    "server_nics",
    metadata,
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("port_id", Id, ForeignKey("ports.id"), nullable=False, unique=True),
    Column("tag", Name),
    flag("preserve_on_delete", default=False),
    Column("dhcp_options_before", Json),
)
"""A NIC ends with its port: the row is deleted in the transaction that frees or deletes the port.

``dhcp_options_before`` are those of a port that was there before, where the server's took their place.
"""

admin_passwords = Table(
    "admin_passwords",
    metadata,
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("password", Text, nullable=False),
)
"""Of servers with a config drive that are being built; the row goes in the commit that ends the build."""

guest_passwords = Table(
    "guest_passwords",
    metadata,
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("password", Text, nullable=False),
)
"""What a guest left at the metadata service of the password that it made, encrypted for its owner's key."""

console_tokens = Table(
    "console_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), nullable=False),
    Column("project_id", Id, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("user_id", Id, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('vnc', 'serial')", name="kind"),
    Index("ix_console_tokens_server", "server_id"),
    Index("ix_console_tokens_project", "project_id"),
    Index("ix_console_tokens_expires", "expires_at"),
)
"""Leave to open a console of one kind of one server, once. The token itself is known to who asked for it alone."""

serial_holds = Table(
    "serial_holds",
    metadata,
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Id, nullable=False),
    Column("url", Text, nullable=False),
    Column("machine", String(64), nullable=False),
)
"""Which process has a guest's serial console. One that died leaves its row to who opens the console next."""

server_actions = Table(
    "server_actions",
    metadata,
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("request_id", String(64), primary_key=True),
    Column("action", String(32), nullable=False),
    Column("user_id", Id, nullable=False),
    Column("project_id", Id, nullable=False),
    Column("saga_id", Id),
    Column("message", Text),
    Column("started_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("ix_server_actions_newest", "server_id", "started_at"),
)
"""Which request did what to a server; the steps are in the saga's timeline."""

MIGRATION_STATUSES: Final = (
    "accepted", "queued", "preparing", "running", "migrating", "post-migrating", "finished", "confirming", "confirmed",
    "reverting", "reverted", "completed", "cancelled", "failed", "error",
)  # fmt: skip
"""All of Nova's, so that one which comes into use needs no new table."""

migrations = Table(
    "migrations",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", Id, nullable=False, unique=True),
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), nullable=False),
    Column("project_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("type", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("source", Name, nullable=False),
    Column("destination", Name, nullable=False),
    Column("old_flavor", Json, nullable=False),
    Column("new_flavor", Json, nullable=False),
    Column("old_build", Json, nullable=False),
    Column("new_build", Json, nullable=False),
    Column("image", Json, nullable=False),
    Column("before", String(16), nullable=False),
    flag("held", default=True),
    Column("progress", Json),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    CheckConstraint("type IN ('resize', 'migration', 'live-migration', 'evacuation')", name="type"),
    CheckConstraint(f"status IN {MIGRATION_STATUSES}", name="status"),
    Index("ix_migrations_server", "server_id", "number"),
    Index("ux_migrations_held", "server_id", unique=True, **where("held")),
    Index("ix_migrations_finished", "updated_at", **where("status = 'finished'")),
    Index("ix_migrations_created", "created_at", "number"),
    sqlite_autoincrement=True,
)
"""Moves of servers between flavors and hosts; ``number`` is the id that Nova's API shows.

``progress``: how far a live migration was when that was last seen.
``held``: the place at the other end, and the quota of the larger flavor, are taken beside what the server's own row
takes; a server has one such move at a time. ``image`` and ``before`` are what the way back needs.
"""
