"""Backups of servers: which images are a server's, made how often, so that the oldest can go."""

from sqlalchemy import Connection, insert, select

from berthline.domain.ids import ImageId, ServerId
from berthline.domain.image import Image
from berthline.store.images import images
from berthline.store.tables.image import image_backups


def add(connection: Connection, image_id: ImageId, server_id: ServerId, backup_type: str, at: int) -> None:
    """Note that the image is a backup of this type of the server. It is forgotten with the image."""
    values = {"image_id": image_id, "server_id": server_id, "backup_type": backup_type, "created_at": at}
    connection.execute(insert(image_backups), values)


def excess(connection: Connection, server_id: ServerId, backup_type: str, keep: int) -> tuple[Image, ...]:
    """The backups of this server and type beyond the ``keep`` newest, locked. Protected ones count, and stay."""
    rows = image_backups.c
    asked = (
        select(rows.image_id)
        .where(rows.server_id == server_id, rows.backup_type == backup_type)
        .order_by(rows.created_at.desc(), rows.image_id.desc())
        .offset(keep)
    )
    found: list[Image] = []
    for image_id in sorted(connection.execute(asked).scalars()):
        images.lock(connection, image_id)
        image = images.get(connection, image_id)
        if image is not None and not image.protected:
            found.append(image)
    return tuple(found)
