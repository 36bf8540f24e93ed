"""Policies by which projects let others see and use what they own."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table

from berthline.store.tables.base import Id, metadata, where

rbac_policies = Table(
    "rbac_policies",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, nullable=False),
    Column("object_type", String(32), nullable=False),
    Column("object_id", Id, nullable=False),
    Column("action", String(32), nullable=False),
    Column("target_project", Id, nullable=False),
    Column("network_id", Id, ForeignKey("networks.id")),
    Column("security_group_id", Id, ForeignKey("security_groups.id")),
    Column("subnetpool_id", Id, ForeignKey("subnet_pools.id")),
    Column("address_scope_id", Id, ForeignKey("address_scopes.id")),
    Column("address_group_id", Id, ForeignKey("address_groups.id")),
    CheckConstraint(
        "object_id = coalesce(network_id, security_group_id, subnetpool_id, address_scope_id, address_group_id)",
        name="object",
    ),
    CheckConstraint("action IN ('access_as_shared', 'access_as_external')", name="action"),
    Index("uq_rbac_policies_object", "object_id", "action", "target_project", unique=True),
    Index("ix_rbac_policies_target", "target_project", "object_type", "action", "object_id"),
    Index("ix_rbac_policies_project", "project_id", "id"),
    Index("ix_rbac_policies_network", "network_id", **where("network_id IS NOT NULL")),
    Index("ix_rbac_policies_security_group", "security_group_id", **where("security_group_id IS NOT NULL")),
    Index("ix_rbac_policies_subnetpool", "subnetpool_id", **where("subnetpool_id IS NOT NULL")),
    Index("ix_rbac_policies_address_group", "address_group_id", **where("address_group_id IS NOT NULL")),
    Index("ix_rbac_policies_address_scope", "address_scope_id", **where("address_scope_id IS NOT NULL")),
)
"""``object_id`` is said again in the column of its type, whose foreign key has it be there. ``target_project`` "*" is
every project. That a network is shared with everybody, or external for everybody, is a policy like any other.
"""
