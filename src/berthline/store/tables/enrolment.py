"""Hosts as operators enrolled them. What was seen of them, and what is claimed there, is in ``compute.hosts``."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, String, Table

from berthline.store.tables.base import Json, Name, metadata

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
    CheckConstraint("kind IN ('libvirt', 'simulated')", name="kind"),
    CheckConstraint("fate IS NULL OR fate IN ('error', 'delete')", name="fate"),
)
"""A row stays when its host is removed, so that no settings file brings it back; ``fate`` is that of its servers."""
