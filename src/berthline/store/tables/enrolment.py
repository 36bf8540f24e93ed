"""Hosts as operators enrolled them, and their drains. What was seen and is claimed of each is in ``compute.hosts``."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from berthline.store.tables.base import Id, Json, Name, flag, metadata, where

enrolled_hosts = Table(
    "enrolled_hosts",
    metadata,
    Column("name", Name, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("options", Json, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("enrolled_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("fate", String(8)),
    Column("removed_at", BigInteger),
    Column("lost_at", BigInteger),
    CheckConstraint("kind IN ('libvirt', 'simulated')", name="kind"),
    CheckConstraint("fate IS NULL OR fate IN ('error', 'delete')", name="fate"),
)
"""A row stays when its host is removed, so that no settings file brings it back; ``fate`` is that of its servers.
``lost_at``: since when its guests are given to other hosts, until it is there again without them."""

host_drains = Table(
    "host_drains",
    metadata,
    Column("host", Name, ForeignKey("hosts.name", ondelete="CASCADE"), primary_key=True),
    Column("at_once", Integer, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("project_id", Id, nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("cancelled_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("revision", Integer, nullable=False, server_default="1"),
    CheckConstraint("at_once > 0", name="at_once"),
    Index("ix_host_drains_under_way", "host", **where("ended_at IS NULL")),
)
"""The last drain of each host; ``revision`` is swapped by whoever begins something of it, so that no two begin one too
many."""

drained_servers = Table(
    "drained_servers",
    metadata,
    Column("host", Name, ForeignKey("host_drains.host", ondelete="CASCADE"), primary_key=True),
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("migration_id", Id),
    Column("reason", Text),
    Column("updated_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('moving', 'moved', 'left')", name="state"),
    CheckConstraint("state <> 'moving' OR migration_id IS NOT NULL", name="migration"),
    CheckConstraint("(state = 'left') = (reason IS NOT NULL)", name="reason"),
    Index("ix_drained_servers_server", "server_id"),
)
"""What a drain has begun, and what it leaves and why; a server on its host without a row is still to be looked at."""

left_guests = Table(
    "left_guests",
    metadata,
    Column("host", Name, ForeignKey("hosts.name", ondelete="CASCADE"), primary_key=True),
    Column("server_id", Id, primary_key=True),
    Column("vcpus", Integer, nullable=False),
    Column("memory_mb", BigInteger, nullable=False),
    Column("disk_gb", BigInteger, nullable=False),
    flag("keeps_disks", default=True),
    Column("left_at", BigInteger, nullable=False),
    Index("ix_left_guests_server", "server_id"),
)
"""Guests of servers that were given another host while theirs was lost, and what they take of the old one until they
were removed there. ``keeps_disks``: the other host has not got it yet, and the old disks are the only ones."""

host_losses = Table(
    "host_losses",
    metadata,
    Column("host", Name, ForeignKey("hosts.name", ondelete="CASCADE"), primary_key=True),
    Column("stage", String(8), nullable=False),
    Column("fence", String(8), nullable=False),
    Column("at_once", Integer, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("project_id", Id, nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("fenced_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reason", Text),
    Column("revision", Integer, nullable=False, server_default="1"),
    CheckConstraint("stage IN ('fencing', 'moving', 'ended', 'failed')", name="stage"),
    CheckConstraint("fence IN ('person', 'command', 'redfish')", name="fence"),
    CheckConstraint("at_once > 0", name="at_once"),
    Index("ix_host_losses_under_way", "host", **where("ended_at IS NULL")),
)
"""The last loss of each host; ``revision`` is swapped by whoever begins something of it."""

lost_servers = Table(
    "lost_servers",
    metadata,
    Column("host", Name, ForeignKey("host_losses.host", ondelete="CASCADE"), primary_key=True),
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("migration_id", Id),
    Column("reason", Text),
    Column("updated_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('moving', 'moved', 'left')", name="state"),
    CheckConstraint("(state = 'left') = (reason IS NOT NULL)", name="reason"),
    Index("ix_lost_servers_server", "server_id"),
)
"""What was begun of a lost host's servers, and what is left and why; one without a row is still to be looked at."""
