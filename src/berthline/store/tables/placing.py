"""Where servers go, in the words of operators and users: host aggregates and server groups."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from berthline.store.tables.base import Id, Json, Name, metadata

aggregates = Table(
    "aggregates",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("uuid", Id, nullable=False, unique=True),
    Column("name", Name, nullable=False, unique=True),
    Column("availability_zone", Name),
    Column("metadata", Json, nullable=False, server_default="{}"),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger),
    sqlite_autoincrement=True,
)
"""``metadata`` is without the zone, which is a column of its own."""

aggregate_hosts = Table(
    "aggregate_hosts",
    metadata,
    Column("aggregate_id", BigInteger().with_variant(Integer, "sqlite"), ForeignKey("aggregates.id"), primary_key=True),
    Column("host", Name, ForeignKey("hosts.name"), primary_key=True),
    Index("ix_aggregate_hosts_host", "host"),
)
"""An aggregate is deleted when it has no hosts: the foreign key says so."""

server_groups = Table(
    "server_groups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("name", Name, nullable=False),
    Column("policy", String(24), nullable=False),
    Column("max_server_per_host", Integer),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("policy IN ('affinity', 'anti-affinity', 'soft-affinity', 'soft-anti-affinity')", name="policy"),
    CheckConstraint("max_server_per_host IS NULL OR max_server_per_host > 0", name="max_server_per_host"),
    Index("ix_server_groups_project", "project_id", "created_at", "id"),
    Index("ix_server_groups_created", "created_at", "id"),
)

server_group_members = Table(
    "server_group_members",
    metadata,
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", Id, ForeignKey("server_groups.id", ondelete="CASCADE"), nullable=False),
    Index("ix_server_group_members_group", "group_id", "server_id"),
)
"""Who places a member has its group locked: that is what keeps its policy exact. A deleted server counts no more."""
