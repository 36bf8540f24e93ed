"""What the database says of images compared with the bytes there are: for a start, and now and then."""

from functools import partial
from typing import Final

import structlog

from berthline.domain.clock import Clock
from berthline.domain.errors import NotFound
from berthline.domain.ids import ImageId
from berthline.domain.image_store import BytesName, ImageStore, image_of
from berthline.store import Connection, Store
from berthline.store.images import images as rows
from berthline.store.images import stored_bytes, tasks

log = structlog.get_logger("berthline.images")

SWEEP_SECONDS: Final = 3600.0


async def sweep(store: Store, clock: Clock, place: ImageStore) -> int:
    """Delete bytes that no row tells of and that were an image's of this cloud; kill images whose bytes are lost.

    How many bytes were deleted. What is found first and then not known to the database is nobody's: a row comes before
    its bytes. Bytes of an image that this cloud never had are let be, and told of in the log. Raises Unavailable.
    """
    await place.check()
    held = await place.look()
    found = held.whole | held.parts

    def compare(connection: Connection) -> tuple[frozenset[BytesName], dict[BytesName, ImageId]]:
        return found - stored_bytes.known(connection, found), stored_bytes.whole(connection)

    loose, wanted = await store.read(compare)
    images = {name: image_id for name in loose if (image_id := image_of(name)) is not None}
    own = await store.read(partial(rows.ever_had, image_ids=frozenset(images.values())))
    ours = sorted(name for name, image_id in images.items() if image_id in own)
    for name in ours:
        await place.delete(name)
    if ours:
        log.warning("bytes of no image were deleted", count=len(ours))
    if strange := [name for name, image_id in images.items() if image_id not in own]:
        log.warning("bytes that no image of this cloud had were let be", count=len(strange), first=min(strange))
    while await store.write(partial(tasks.forget_old, now=clock.now())):
        pass
    for name in wanted.keys() - held.whole:
        await _lose(store, clock, place, name, wanted[name])
    return len(ours)


async def _lose(store: Store, clock: Clock, place: ImageStore, name: BytesName, image_id: ImageId) -> None:
    """Have the image killed if its bytes are not there: a list may be older than what it lists."""
    try:
        await place.size(name)
    except NotFound:
        at = clock.now()
        if await store.write(partial(stored_bytes.lose, name=name, image_id=image_id, at=at)):
            log.error("the bytes of an image are lost", image=image_id)  # noqa: TRY400 - the line says all of it
