"""Whether all processes of a cloud have the same shared place for images: each finds there what the others left.

A process writes its sign into the place first and into the database then. Another that reads the database and does not
find that sign in its place has another place.
"""

import socket
from functools import partial
from typing import Final

import msgspec
import structlog

from berthline.domain.chance import random_bytes
from berthline.domain.clock import Clock
from berthline.domain.errors import Unavailable
from berthline.domain.image_store import SharedPlace, Sign
from berthline.domain.start import StartRefused
from berthline.store import Store
from berthline.store.images import processes
from berthline.store.images.processes import Process

log = structlog.get_logger("berthline.images")

LIVES_SECONDS: Final = 60
TURNS_LATE: Final = 6
"""A machine may see what another one wrote a minute late: NFS keeps what it read for so long."""
MISSES: Final = 2
"""A sign that is read while it is written is no sign; that the next look finds it, too, is then sure."""


class Meeting:
    """``look`` is one turn, for a loop. While others are missed, ``trouble`` says which."""

    def __init__(self, store: Store, clock: Clock, place: SharedPlace, process_id: str) -> None:
        """Nothing is written yet."""
        self._store = store
        self._clock = clock
        self._place = place
        self._sign = Sign(random_bytes(8).hex(), 0)
        self._process_id = process_id
        self._missed: dict[str, int] = {}
        self.trouble: str | None = None

    async def join(self) -> None:
        """Raise StartRefused, with nothing written, when a process that lives has another place; else leave a sign."""
        if missing := await self._missing():
            raise StartRefused(
                f"{self._place.place} is not the folder of images that {_told(missing)} of this cloud has: mount the "
                "same folder on every machine, and name it by images.folder"
            )
        await self._leave()

    async def look(self) -> None:
        """Leave a newer sign, and find those of the others. Raises Unavailable."""
        try:
            await self._place.check()
        except Unavailable:
            await self.part()
            raise
        await self._leave()
        ended = await self._store.write(partial(processes.forget_ended, now=self._long_ago()))
        for process_id in ended:
            await self._place.unsign(process_id)
        missing = await self._missing()
        self._missed = {one.id: self._missed.get(one.id, 0) + 1 for one in missing}
        surely = [one for one in missing if self._missed[one.id] >= MISSES]
        self.trouble = None
        if surely:
            self.trouble = (
                f"the sign of {_told(surely)} is not in {self._place.place}: the machines have not mounted the same "
                "folder of images"
            )

    async def part(self) -> None:
        """Be missed by nobody: for the end, and for a place that was lost."""
        await self._store.write(partial(processes.forget, process_id=self._process_id))

    async def _leave(self) -> None:
        self._sign = msgspec.structs.replace(self._sign, turn=self._sign.turn + 1)
        await self._place.sign(self._process_id, self._sign)
        me = Process(self._process_id, socket.gethostname(), self._sign)
        until = self._clock.now() + LIVES_SECONDS * 1_000_000
        await self._store.write(partial(processes.keep, process=me, until=until))

    async def _missing(self) -> list[Process]:
        """The processes that live and whose sign is not here."""
        now = self._clock.now()
        there = await self._store.read(partial(processes.others, process_id=self._process_id, now=now))
        return [one for one in there if not _same(await self._place.signed(one.id), one.sign)]

    def _long_ago(self) -> int:
        return self._clock.now() - 10 * LIVES_SECONDS * 1_000_000


def _same(found: Sign | None, noted: Sign) -> bool:
    return found is not None and found.secret == noted.secret and found.turn >= noted.turn - TURNS_LATE


def _told(missing: list[Process]) -> str:
    return " and ".join(f"process {one.id} on {one.host}" for one in missing[:3])
