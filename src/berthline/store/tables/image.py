"""Images; their bytes are files named by image id."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from berthline.store.tables.base import Id, Json, Name, flag, metadata, stamps

images = Table(
    "images",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, nullable=False),
    Column("name", Name),
    Column("status", String(16), nullable=False),
    Column("visibility", String(16), nullable=False),
    Column("container_format", String(16)),
    Column("disk_format", String(16)),
    Column("min_disk", Integer, nullable=False, server_default="0"),
    Column("min_ram", Integer, nullable=False, server_default="0"),
    Column("size", BigInteger),
    Column("virtual_size", BigInteger),
    Column("checksum", String(32)),
    Column("sha512", String(128)),
    flag("protected", default=False),
    flag("hidden", default=False),
    Column("properties", Json, nullable=False, server_default="{}"),
    Column("null_properties", Json, nullable=False, server_default="[]"),
    *stamps(),
    CheckConstraint("status IN ('queued', 'saving', 'active', 'killed', 'deactivated')", name="status"),
    CheckConstraint("visibility IN ('public', 'private', 'shared', 'community')", name="visibility"),
    Index("ix_images_project", "project_id", "created_at", "id"),
    Index("ix_images_created", "created_at", "id"),
)

image_tags = Table(
    "image_tags",
    metadata,
    Column("image_id", Id, ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", Name, primary_key=True),
)

image_members = Table(
    "image_members",
    metadata,
    Column("image_id", Id, ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", Id, primary_key=True),
    Column("status", String(16), nullable=False, server_default="pending"),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
