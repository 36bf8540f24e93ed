"""Images that an operator wants ready on the hosts of an aggregate, so that the first boot there needs no copy.

One saga for each host, so that each is fetched by the process that owns the host, and goes on after a kill. A host that
is away keeps its saga for a day. Nova does this in ``conductor.manager.ComputeTaskManager.cache_images``, once.
"""

from collections.abc import Collection
from functools import partial
from typing import Final

import msgspec
import structlog

from berthline.domain.auth import Caller
from berthline.domain.errors import BadRequest, Conflict, NotFound, Refused
from berthline.domain.ids import HostName, ImageId, ProjectId
from berthline.domain.placing import Aggregate
from berthline.saga import Definition, Effect, Engine, Failure, SagaRecord
from berthline.store import Connection
from berthline.store.compute import aggregates as stored
from berthline.store.control.sagas import insert_saga, unfinished
from berthline.store.images import images
from berthline.workflows.hosts import aggregates
from berthline.workflows.outside import Outside

KIND: Final = "host_cache_images"
MOST: Final = 100
"""Images of one request."""
ATTEMPTS: Final = 10_000
"""A host that cannot be reached is tried for about a day."""
NOBODYS: Final = ProjectId("")

log = structlog.get_logger("berthline.workflows.hosts")


class HostImages(msgspec.Struct, frozen=True):
    """Input of the saga."""

    host: HostName
    image_ids: tuple[ImageId, ...]


class CachedImages:
    """What the API calls for the images of an aggregate's hosts."""

    def __init__(self, outside: Outside, engine: Engine[Connection]) -> None:
        self._outside = outside
        self._engine = engine

    async def want(self, caller: Caller, aggregate_id: int, image_ids: Collection[ImageId]) -> Aggregate:
        """Begin to fetch these images to every host of the aggregate; a host that is at it already is left to that.

        Raises NotFound for the aggregate, and BadRequest for too many images and for one that is not there or has no
        bytes; then nothing has begun.
        """
        if len(image_ids) > MOST:
            raise BadRequest(f"At most {MOST} images are cached by one request.")
        wanted = tuple(sorted(image_ids))

        def work(connection: Connection) -> tuple[Aggregate, list[SagaRecord]]:
            stored.lock(connection, aggregate_id)
            aggregate = aggregates.known(connection, aggregate_id)
            for image_id in wanted:
                _check_image(connection, caller, image_id)
            return aggregate, self._begun(connection, aggregate, wanted)

        aggregate, begun = await self._outside.store.write(work)
        for saga in begun:
            self._engine.adopt(saga)
        return aggregate

    def _begun(self, connection: Connection, aggregate: Aggregate, wanted: tuple[ImageId, ...]) -> list[SagaRecord]:
        at_it = {
            msgspec.json.decode(saga.input, type=HostImages)
            for saga in unfinished(connection, aggregate.uuid)
            if saga.kind == KIND
        }
        at = self._outside.clock.now()
        return [
            insert_saga(
                connection,
                kind=KIND,
                subject_id=aggregate.uuid,
                project_id=NOBODYS,
                saga_input=HostImages(host, wanted),
                holder=self._engine.holder_for(host),
                place=host,
                at=at,
            )
            for host in aggregate.hosts
            if HostImages(host, wanted) not in at_it
        ]


def definition(outside: Outside) -> Definition[HostImages, Connection]:
    """The saga that has one host fetch them, one after the other."""

    async def fetch(asked: HostImages) -> None:
        """All that can be had; raises Refused, naming them, for those that cannot, and Transient to go on later."""
        missed: list[str] = []
        for image_id in asked.image_ids:
            try:
                image = await outside.store.read_short(partial(images.base_image, image_id=image_id))
                await outside.host(asked.host).cache_image(image, outside.images)
            except (NotFound, Conflict) as error:  # deleted, or taken out of service, since it was asked for
                missed.append(error.message)
            except Refused as error:
                missed.append(f"Image {image_id}: {error.message}")
        if missed:
            raise Refused(" ".join(missed))

    def leave(_connection: Connection, asked: HostImages, failure: Failure) -> None:
        """What is cached stays: it is in nobody's way, and leaves the host when it is long unused."""
        log.warning("a host has not all the images that it was to keep ready", host=asked.host, why=failure.message)

    why = "a cached image is shared by guests and is no leak"
    return Definition(
        kind=KIND,
        input_type=HostImages,
        steps=(Effect("images", fetch, None, why, ATTEMPTS),),
        undone=leave,
    )


def _check_image(connection: Connection, caller: Caller, image_id: ImageId) -> None:
    image = images.get_visible(connection, caller, image_id)
    if image is None:
        raise BadRequest(f"Image {image_id} could not be found.")
    if image.status != "active":
        raise BadRequest(f"Image {image_id} is not active.")
