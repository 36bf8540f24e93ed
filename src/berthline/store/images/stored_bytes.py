"""Which bytes there are of images, or may be: by their names, and whose upload each is.

A row is written before the bytes are begun and goes after they are gone, so that what has no row is nobody's.
``writing`` is an upload or an import of a process, good until its lease ends; ``staged`` are bytes that came and wait
for their import; ``whole`` are those of an image that is there; ``unwanted`` ones are to be removed.
An image has one row at most that is not unwanted: a unique index holds that.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from berthline.domain.ids import ImageId
from berthline.domain.image import Image
from berthline.domain.image_store import BytesName
from berthline.store.engine.prepared import Prepared
from berthline.store.images import images as rows
from berthline.store.images import quota as image_quota
from berthline.store.images import tasks
from berthline.store.tables.image import image_bytes, images

_NAME_OF: Final = Prepared(
    # Not unwanted is said for the index, which has no others.
    "SELECT name FROM image_bytes WHERE image_id = ? AND state <> 'unwanted' AND state = 'whole'"
)
GONE: Final = "The process that imported it has ended. The image is queued: import it again."
_AT_ONCE: Final = 500
"""Names that one statement asks for."""


def name_of(connection: Connection, image_id: ImageId) -> BytesName | None:
    """The name of the image's whole bytes; None while it has none."""
    row = _NAME_OF.first(connection, image_id)
    return BytesName(row[0]) if row else None


def is_kept(connection: Connection, name: BytesName) -> bool:
    """Whether these bytes are an image's, or staged for its import."""
    asked = select(image_bytes.c.name).where(image_bytes.c.name == name, image_bytes.c.state.in_(("whole", "staged")))
    return connection.execute(asked).first() is not None


def begin(
    connection: Connection,
    image: Image,
    name: BytesName,
    owner: str,
    at: int,
    until: int,
    status: rows.Receiving = "saving",
) -> bool:
    """Move the image from queued to ``status``, ``name`` being written by ``owner``; False when it is in another state.

    ``at`` and ``until`` in microseconds since the epoch.
    """
    if not rows.begin_upload(connection, image, at, status):
        return False
    values = {"name": name, "image_id": image.id, "state": "writing", "owner": owner, "until": until}
    connection.execute(insert(image_bytes), values)
    return True


def renew(connection: Connection, owner: str, names: Collection[BytesName], until: int) -> frozenset[BytesName]:
    """Let the owner's uploads last until then; those of ``names`` that are still its own."""
    renewed = connection.execute(
        update(image_bytes)
        .where(image_bytes.c.name.in_(names), image_bytes.c.owner == owner, image_bytes.c.state == "writing")
        .values(until=until)
        .returning(image_bytes.c.name)
    )
    return frozenset(BytesName(row[0]) for row in renewed)


def settle(connection: Connection, name: BytesName) -> bool:
    """Say that they are whole; False when the upload was ended meanwhile."""
    return _move(connection, name, "whole", owner=None, until=None)


def stage(connection: Connection, name: BytesName) -> bool:
    """Say that they are whole, and wait for an import; False when the upload was ended meanwhile."""
    return _move(connection, name, "staged", owner=None, until=None)


def take_staged(connection: Connection, image_id: ImageId, owner: str, until: int) -> BytesName | None:
    """Have the staged bytes of an image be imported by ``owner``; their name, None where there are none."""
    taken = connection.execute(
        update(image_bytes)
        .where(image_bytes.c.image_id == image_id, image_bytes.c.state == "staged")
        .values(state="writing", owner=owner, until=until)
        .returning(image_bytes.c.name)
    ).scalar()
    return None if taken is None else BytesName(taken)


def give_up(connection: Connection, image_id: ImageId, name: BytesName, at: int, why: str) -> bool:
    """End an upload: the bytes are unwanted, the image queued again. False when it had ended, well or not."""
    _lock_image(connection, image_id)
    if not _move(connection, name, "unwanted", owner=None, until=None):
        return False
    _queue_again(connection, image_id, at, why)
    return True


def begin_anew(connection: Connection, image: Image, at: int, why: str) -> None:
    """End whatever is under way with an image whose bytes come or are staged; the caller has locked it."""
    unwant(connection, image.id)
    _queue_again(connection, image.id, at, why)


def unwant(connection: Connection, image_id: ImageId) -> tuple[BytesName, ...]:
    """Have the bytes of an image that goes be removed, also while they are written; their names."""
    gone = connection.execute(
        update(image_bytes)
        .where(image_bytes.c.image_id == image_id, image_bytes.c.state != "unwanted")
        .values(state="unwanted", owner=None, until=None)
        .returning(image_bytes.c.name)
    )
    return tuple(BytesName(row[0]) for row in gone)


def in_hand(connection: Connection, now: int, limit: int) -> tuple[tuple[BytesName, ...], tuple[BytesName, ...]]:
    """The names of uploads whose lease has ended by ``now`` (microseconds), and of bytes that are to be removed."""
    found = connection.execute(
        select(image_bytes.c.name, image_bytes.c.state, image_bytes.c.until)
        .where(image_bytes.c.state != "whole")
        .order_by(image_bytes.c.state, image_bytes.c.name)
        .limit(limit)
    ).all()
    ended = tuple(BytesName(row.name) for row in found if row.state == "writing" and row.until < now)
    return ended, tuple(BytesName(row.name) for row in found if row.state == "unwanted")


def end(connection: Connection, name: BytesName, now: int) -> bool:
    """End an upload whose lease has ended; False when its owner renewed it, or it ended otherwise."""
    image_id = connection.execute(select(image_bytes.c.image_id).where(image_bytes.c.name == name)).scalar()
    if image_id is None:
        return False
    _lock_image(connection, image_id)
    ended = connection.execute(
        update(image_bytes)
        .where(image_bytes.c.name == name, image_bytes.c.state == "writing", image_bytes.c.until < now)
        .values(state="unwanted", owner=None, until=None)
    )
    if ended.rowcount == 0:
        return False
    _queue_again(connection, image_id, now, GONE)
    return True


def forget(connection: Connection, names: Collection[BytesName]) -> None:
    """Drop the rows of unwanted bytes, which are gone."""
    connection.execute(delete(image_bytes).where(image_bytes.c.name.in_(names), image_bytes.c.state == "unwanted"))


def known(connection: Connection, names: Collection[BytesName]) -> frozenset[BytesName]:
    """Those of these names that have a row, in whatever state."""
    found: set[BytesName] = set()
    in_order = sorted(names)
    for start in range(0, len(in_order), _AT_ONCE):
        some = in_order[start : start + _AT_ONCE]
        asked = select(image_bytes.c.name).where(image_bytes.c.name.in_(some))
        found.update(BytesName(row[0]) for row in connection.execute(asked))
    return frozenset(found)


def whole(connection: Connection) -> dict[BytesName, ImageId]:
    """The names of all bytes that are there, and the image of each."""
    asked = select(image_bytes.c.name, image_bytes.c.image_id).where(image_bytes.c.state == "whole")
    return {BytesName(row.name): ImageId(row.image_id) for row in connection.execute(asked)}


def lose(connection: Connection, name: BytesName, image_id: ImageId, at: int) -> bool:
    """Have the image killed, whose bytes are not there; False when it went or changed meanwhile."""
    _lock_image(connection, image_id)
    image = rows.get(connection, image_id)
    if image is None or not _move(connection, name, "unwanted", old="whole"):
        return False
    return rows.lose(connection, image, at)


def _move(connection: Connection, name: BytesName, state: str, *, old: str = "writing", **values: None) -> bool:
    moved = connection.execute(
        update(image_bytes).where(image_bytes.c.name == name, image_bytes.c.state == old).values(state=state, **values)
    )
    return moved.rowcount > 0


def _queue_again(connection: Connection, image_id: ImageId, at: int, why: str) -> None:
    """Have an image that is locked be queued, without what was staged of it; its import, if it is one, has failed."""
    image = rows.get(connection, image_id)
    if image is None or not rows.abort_upload(connection, image, at):
        return
    if image.status == "importing":
        tasks.fail(connection, image_id, why, at)
    if image.size is not None:
        image_quota.give_back(connection, image.project_id, {image_quota.SIZE: image_quota.mebibytes(image.size)})


def _lock_image(connection: Connection, image_id: str) -> None:
    """First the image and then its bytes, in whatever transaction: so no two wait for each other."""
    connection.execute(select(images.c.id).where(images.c.id == image_id).with_for_update())
