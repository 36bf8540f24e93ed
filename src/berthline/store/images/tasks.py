"""Tasks: imports of images, under way and for a while after they are over."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from berthline.domain.errors import NotFound
from berthline.domain.ids import ImageId
from berthline.domain.image import ImageTask, TaskStatus
from berthline.store.tables.image import image_tasks

KEPT_SECONDS: Final = 48 * 3600
"""As long as Glance keeps a task that is over."""
LONGEST_MESSAGE: Final = 1000
_AT_ONCE: Final = 500


class TaskFilters(NamedTuple):
    """All must hold: column name to the value it has. ``descending``: the newest first."""

    values: Mapping[str, str]
    descending: bool = True


def begin(connection: Connection, task: ImageTask) -> None:
    """Note an import that begins; the image's state has said that there is no other."""
    connection.execute(insert(image_tasks), msgspec.structs.asdict(task))


def succeed(connection: Connection, image_id: ImageId, at: int) -> None:
    """The image's import is done."""
    _end(connection, image_id, "success", "", at)


def fail(connection: Connection, image_id: ImageId, why: str, at: int) -> None:
    """The image's import has failed, which ``why`` says to its owner."""
    _end(connection, image_id, "failure", why[:LONGEST_MESSAGE], at)


def _end(connection: Connection, image_id: ImageId, status: TaskStatus, message: str, at: int) -> None:
    connection.execute(
        update(image_tasks)
        .where(image_tasks.c.image_id == image_id, image_tasks.c.expires_at.is_(None))
        .values(status=status, message=message, updated_at=at, expires_at=at + KEPT_SECONDS * 1_000_000)
    )


def get(connection: Connection, task_id: str) -> ImageTask:
    """The task. Raises NotFound."""
    row = connection.execute(select(image_tasks).where(image_tasks.c.id == task_id)).first()
    if row is None:
        raise NotFound(f"No task found with ID {task_id[:64]}")
    return _task(row._asdict())


def of_image(connection: Connection, image_id: str, limit: int) -> tuple[ImageTask, ...]:
    """The tasks of an image, the newest first."""
    found = connection.execute(
        select(image_tasks)
        .where(image_tasks.c.image_id == image_id)
        .order_by(image_tasks.c.created_at.desc(), image_tasks.c.id.desc())
        .limit(limit)
    )
    return tuple(_task(row._asdict()) for row in found)


def list_tasks(
    connection: Connection, filters: TaskFilters, marker: ImageTask | None, limit: int
) -> tuple[ImageTask, ...]:
    """At most ``limit`` tasks by the time they began, after ``marker``."""
    created, key = image_tasks.c.created_at, image_tasks.c.id
    asked = select(image_tasks).where(*(image_tasks.c[name] == value for name, value in filters.values.items()))
    if marker is not None and filters.descending:
        asked = asked.where(or_(created < marker.created_at, and_(created == marker.created_at, key < marker.id)))
    elif marker is not None:
        asked = asked.where(or_(created > marker.created_at, and_(created == marker.created_at, key > marker.id)))
    order = (created.desc(), key.desc()) if filters.descending else (created.asc(), key.asc())
    return tuple(_task(row._asdict()) for row in connection.execute(asked.order_by(*order).limit(limit)))


def forget_old(connection: Connection, now: int) -> int:
    """Drop tasks that have been over for long, some at a time; how many that were."""
    old = select(image_tasks.c.id).where(image_tasks.c.expires_at < now).order_by(image_tasks.c.expires_at)
    return connection.execute(delete(image_tasks).where(image_tasks.c.id.in_(old.limit(_AT_ONCE)))).rowcount


def _task(values: dict[str, Any]) -> ImageTask:
    return ImageTask(**values)
