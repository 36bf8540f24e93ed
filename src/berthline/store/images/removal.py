"""An image goes: its row, what it counts, and its bytes, which are removed after the commit."""

from sqlalchemy import Connection

from berthline.domain.ids import ImageId
from berthline.domain.image import Image
from berthline.domain.image_store import BytesName
from berthline.store.images import images as rows
from berthline.store.images import quota as image_quota
from berthline.store.images import stored_bytes, tasks


def remove(connection: Connection, image: Image, at: int) -> tuple[BytesName, ...]:
    """Remove the image, which the caller has locked. The names of its bytes: whoever tidies removes them too."""
    rows.delete_image(connection, image, at)
    if image.status == "importing":
        tasks.fail(connection, image.id, "The image was deleted while it was imported.", at)
    image_quota.give_back(connection, image.project_id, image_quota.amounts(image))
    return stored_bytes.unwant(connection, image.id)


def remove_unfinished(connection: Connection, image_id: ImageId, at: int) -> None:
    """Remove an image that was begun and has not become one; one that is gone, or is whole, is let be."""
    rows.lock(connection, image_id)
    image = rows.get(connection, image_id)
    if image is not None and image.status in {"queued", "killed"} | rows.RECEIVING:
        remove(connection, image, at)


def remove_if_there(connection: Connection, image_id: ImageId, at: int) -> None:
    """Remove an image that was the cloud's own matter, whatever it is by now; one that is gone is gone."""
    rows.lock(connection, image_id)
    image = rows.get(connection, image_id)
    if image is not None:
        remove(connection, image, at)
