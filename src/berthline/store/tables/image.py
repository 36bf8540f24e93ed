"""Images, and by which names their bytes are kept."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from berthline.store.tables.base import Id, Json, Name, flag, metadata, stamps, where

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
    Column("import_result", String(8)),
    CheckConstraint(
        "status IN ('queued', 'saving', 'uploading', 'importing', 'active', 'killed', 'deactivated')", name="status"
    ),
    CheckConstraint("import_result IN ('done', 'failed')", name="import_result"),
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

image_backups = Table(
    "image_backups",
    metadata,
    Column("image_id", Id, ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    Column("server_id", Id, nullable=False),  # no foreign key: backups outlive their server
    Column("backup_type", Name, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_image_backups_server", "server_id", "backup_type", "created_at"),
)
"""Images that were made as backups, which go by age when there are too many of one type of a server."""

image_bytes = Table(
    "image_bytes",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("image_id", Id, nullable=False),  # no foreign key: bytes of an image that is gone are still to be removed
    Column("state", String(16), nullable=False),
    Column("owner", Id),
    Column("until", BigInteger),
    CheckConstraint("state IN ('writing', 'staged', 'whole', 'unwanted')", name="state"),
    CheckConstraint("(state = 'writing') = (owner IS NOT NULL AND until IS NOT NULL)", name="owned_while_written"),
    Index("uq_image_bytes_image", "image_id", unique=True, **where("state <> 'unwanted'")),
    Index("ix_image_bytes_in_hand", "state", "name", **where("state <> 'whole'")),
)

image_processes = Table(
    "image_processes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("host", Name, nullable=False),
    Column("secret", String(32), nullable=False),
    Column("turn", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)

image_tasks = Table(
    "image_tasks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("image_id", Id, nullable=False),  # no foreign key: what became of an import is told after the image went
    Column("project_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("request", Json, nullable=False),
    Column("message", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    CheckConstraint("status IN ('processing', 'success', 'failure')", name="status"),
    CheckConstraint("(status = 'processing') = (expires_at IS NULL)", name="kept_for_a_while"),
    Index("uq_image_tasks_unfinished", "image_id", unique=True, **where("expires_at IS NULL")),
    Index("ix_image_tasks_image", "image_id", "created_at", "id"),
    Index("ix_image_tasks_created", "created_at", "id"),
    Index("ix_image_tasks_expires", "expires_at", **where("expires_at IS NOT NULL")),
)
"""Imports of images: one that is under way of an image at most, and for two days what became of each."""
