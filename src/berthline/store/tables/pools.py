"""Subnet pools, and the scopes within which the addresses of several pools are one another's."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table

from berthline.store.tables.base import Id, Json, Name, flag, metadata, stamps, where

address_scopes = Table(
    "address_scopes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, nullable=False),
    Column("name", Name, nullable=False, server_default=""),
    Column("ip_version", Integer, nullable=False),
    CheckConstraint("ip_version IN (4, 6)", name="ip_version"),
    Index("ix_address_scopes_project", "project_id", "id"),
)

subnet_pools = Table(
    "subnet_pools",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, nullable=False),
    Column("name", Name, nullable=False),
    Column("description", Name, nullable=False, server_default=""),
    Column("ip_version", Integer, nullable=False),
    Column("prefixes", Json, nullable=False),
    Column("default_prefixlen", Integer, nullable=False),
    Column("min_prefixlen", Integer, nullable=False),
    Column("max_prefixlen", Integer, nullable=False),
    Column("default_quota", Integer),
    flag("is_default", default=False),
    Column("address_scope_id", Id, ForeignKey("address_scopes.id")),
    Column("tags", Json, nullable=False, server_default="[]"),
    *stamps(),
    CheckConstraint("ip_version IN (4, 6)", name="ip_version"),
    CheckConstraint("min_prefixlen BETWEEN 0 AND default_prefixlen", name="min_prefixlen"),
    CheckConstraint("max_prefixlen >= default_prefixlen", name="max_prefixlen"),
    Index("ix_subnet_pools_project", "project_id", "id"),
    Index("ix_subnet_pools_scope", "address_scope_id", **where("address_scope_id IS NOT NULL")),
    Index("uq_subnet_pools_default", "ip_version", unique=True, **where("is_default")),
)
"""Two subnets of a pool never overlap, nor do two pools of a scope: the row of the pool, or of the scope, is locked by
whoever adds to it.
"""
