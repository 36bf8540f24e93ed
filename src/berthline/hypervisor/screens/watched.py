"""A screen that is looked at by asking for pictures: once for all who look, while somebody does, and not too often.

What they type goes to the guest in one row, however many type.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from berthline.domain.errors import OutsideError, Refused
from berthline.hypervisor.screens.frames import Frame
from berthline.hypervisor.screens.keys import Chords
from berthline.hypervisor.screens.viewer import Looker, Viewer

AFTER_A_KEY: Final = 0.1
"""Seconds to the next picture once something was typed."""
CHANGING: Final = 0.5
"""Seconds between pictures that differ: a cursor that blinks is enough for that."""
STILL: Final = 2.0
"""Seconds between pictures of a screen that stays as it is."""
SLOWER: Final = 1.5
KEY_SECONDS: Final = 0.01
"""What QEMU leaves between a key's way down and up; faster ones would wait there, and be lost when there are many."""
MOST_CHORDS: Final = 64
"""Presses that wait; who types more is held up."""

Take = Callable[[], Awaitable[Frame | None]]
"""A picture; None once the guest is off. Raises Refused and Transient."""
Press = Callable[[tuple[int, ...]], Awaitable[None]]
"""Press these keys together and let them go."""


class Pace:
    """How long to wait for the next picture: quick after a key, slower the longer nothing comes of it."""

    def __init__(self) -> None:
        self._seconds = AFTER_A_KEY
        self._took = 0.0

    @property
    def seconds(self) -> float:
        """From now on; at least as long as the last one took, so that the host has half of the time for others."""
        return max(self._seconds, self._took)

    def typed(self) -> None:
        """Something may come of it."""
        self._seconds = AFTER_A_KEY

    def taken(self, seconds: float, *, differs: bool) -> None:
        """A picture took so long."""
        self._took = seconds
        self._seconds = min(self._seconds * SLOWER, CHANGING if differs else STILL)


class WatchedScreen:
    """A guest's screen. Fits ``Scene``.

    Args:
        name: shown by viewers.
        take: the guest's picture.
        press: keys of the guest's, by their numbers.
    """

    def __init__(self, name: str, take: Take, press: Press) -> None:
        self._name = name
        self._take = take
        self._press = press
        self._opening = asyncio.Lock()
        self._lookers: set[Looker] = set()
        self._frame: Frame | None = None
        self._pace = Pace()
        self._typed = asyncio.Event()
        self._chords: asyncio.Queue[tuple[int, ...]] = asyncio.Queue(MOST_CHORDS)
        self._work: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def is_idle(self) -> bool:
        """Nobody looks, or is about to."""
        return not self._lookers and not self._opening.locked()

    def frame(self) -> Frame:
        if self._frame is None:
            raise Refused("Nobody looks at this screen.")
        return self._frame

    async def join(self) -> Viewer:
        """Look, too. Raises Refused for a guest that is off, and what ``take`` raises."""
        async with self._opening:
            if self._work is None or self._work.done():
                first = await self._take()
                if first is None:
                    raise Refused("The guest is off. Start it.")
                self._frame, self._pace, self._chords = first, Pace(), asyncio.Queue(MOST_CHORDS)
                self._work = asyncio.create_task(self._run(), name="screen")
            chords, waiting = Chords(), self._chords

            async def key(down: bool, keysym: int, number: int) -> None:
                if pressed := chords.moved(keysym, number, down=down):
                    await waiting.put(pressed)

            viewer = Viewer(self, key)
            self._lookers.add(viewer)
            return viewer

    async def leave(self, looker: Looker) -> None:
        async with self._opening:
            self._lookers.discard(looker)
            if self._lookers or self._work is None:
                return
            work, self._work = self._work, None
            work.cancel()
            await asyncio.wait((work,))
            self._frame = None

    async def _run(self) -> None:
        """Look and type, until one of them ends."""
        both = [asyncio.create_task(each) for each in (self._look(), self._type())]
        error: OutsideError | None = None
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except OutsideError as came:
            error = came
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for looker in tuple(self._lookers):
                looker.end(error)

    async def _look(self) -> None:
        while True:
            await self._rest()
            began = time.monotonic()
            frame = await self._take()
            if frame is None:
                return
            differs = frame != self._frame
            self._pace.taken(time.monotonic() - began, differs=differs)
            if differs:
                self._frame = frame
                for looker in tuple(self._lookers):
                    looker.news()

    async def _rest(self) -> None:
        """Until the next picture is due, which is soon when something is typed."""
        self._typed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.seconds):
                await self._typed.wait()
            await asyncio.sleep(self._pace.seconds)

    async def _type(self) -> None:
        while True:
            chord = await self._chords.get()
            with suppress(Refused):  # a key that the guest has not; one that is off is seen by its pictures
                await self._press(chord)
            self._pace.typed()
            self._typed.set()
            await asyncio.sleep(KEY_SECONDS * 2 * len(chord))
