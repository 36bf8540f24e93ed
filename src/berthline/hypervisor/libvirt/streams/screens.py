"""The screens of a host's guests that are looked at by pictures, each for all who look at it from this process."""

import asyncio
from typing import Final

from berthline.domain.errors import Transient
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt.binding import Connection
from berthline.hypervisor.libvirt.connection import Host, Missing
from berthline.hypervisor.libvirt.streams import screenshots
from berthline.hypervisor.libvirt.xml import domain_name
from berthline.hypervisor.screens.frames import Frame
from berthline.hypervisor.screens.viewer import Viewer
from berthline.hypervisor.screens.watched import WatchedScreen

AT_ONCE: Final = 2
"""Pictures that one host is asked for at once: half of the calls that it serves, so that the others go on."""
SECONDS: Final = 30.0
"""How long a picture or a key may take; a guest that needs longer hangs, or its host does."""


class Screens:
    """``call_seconds`` is how long calls of this host may take at most."""

    def __init__(self, call_seconds: float) -> None:
        self._seconds = min(SECONDS, call_seconds)
        self._watched: dict[ServerId, WatchedScreen] = {}
        self._asking = asyncio.Semaphore(AT_ONCE)
        self._unanswered: set[ServerId] = set()

    async def open(self, host: Host, server_id: ServerId) -> Viewer:
        """Look at the guest. Raises Refused for one that is off, and Transient."""
        for gone in [known for known, watched in self._watched.items() if watched.is_idle]:
            del self._watched[gone]
        if (watched := self._watched.get(server_id)) is None:

            async def take() -> Frame | None:
                return await self._taken(host, server_id)

            async def press(numbers: tuple[int, ...]) -> None:
                aim = f"press a key of guest {server_id}"
                work = lambda connection: screenshots.press(connection, server_id, numbers)  # noqa: E731 - it is short
                await host.run(aim, work, self._seconds)

            name = f"{domain_name(server_id)} (keys only, no pointer)"
            watched = self._watched[server_id] = WatchedScreen(name, take, press)
        return await watched.join()

    async def _taken(self, host: Host, server_id: ServerId) -> Frame | None:
        """A picture; None once the guest is off. A guest that hangs holds one thread of the host's, not one a try."""
        began = False

        def work(connection: Connection) -> Frame | None:
            nonlocal began
            began = True
            try:
                return screenshots.taken(connection, server_id)
            finally:
                self._unanswered.discard(server_id)

        async with self._asking:
            if server_id in self._unanswered:
                raise Transient(f"Guest {server_id} has not answered yet to who looked at it before. Try again later.")
            self._unanswered.add(server_id)
            try:
                return await host.run(f"show the screen of guest {server_id}", work, self._seconds)
            except Missing:
                return None
            finally:
                if not began:
                    self._unanswered.discard(server_id)
