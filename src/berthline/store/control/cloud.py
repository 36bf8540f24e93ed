"""The one row about the cloud itself: by its id, what lies beside a database is known to be its own."""

from typing import Final

from sqlalchemy import Connection, insert, select, update

from berthline.store.tables.identity import schema_facts

_ID: Final = select(schema_facts.c.cloud_id)
_IMAGE_PLACE: Final = select(schema_facts.c.image_place_id)


def cloud_id(connection: Connection) -> str | None:
    """The cloud's id, None before its first start."""
    found: str | None = connection.execute(_ID).scalar()
    return found


def name_cloud(connection: Connection, chosen: str, at: int) -> str:
    """Give the cloud this id unless it has one; the one it has now. ``at`` in microseconds."""
    if known := cloud_id(connection):
        return known
    connection.execute(insert(schema_facts).values(id=1, cloud_id=chosen, created_at=at))
    return chosen


def image_place_id(connection: Connection) -> str | None:
    """The id of the place where the bytes of images are, None before the first start that had one."""
    found: str | None = connection.execute(_IMAGE_PLACE).scalar()
    return found


def note_image_place(connection: Connection, place_id: str) -> str | None:
    """Let the bytes of images be there unless they are elsewhere; where they are now."""
    none = schema_facts.c.image_place_id.is_(None)
    connection.execute(update(schema_facts).where(none).values(image_place_id=place_id))
    return image_place_id(connection)
