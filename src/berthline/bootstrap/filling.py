"""How a simulated world, in this process or in another, gets back the guests that it had."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Protocol

from berthline.domain.hypervisor import Hypervisor
from berthline.domain.ids import HostName
from berthline.hypervisor.kept_guests import KeptGuest
from berthline.hypervisor.memory import SimulatedHost
from berthline.simulated.messages import Part

if TYPE_CHECKING:
    from berthline.simulated.link import Link


class Filling(Protocol):
    """A world is filled between a ``begin`` that is True and ``end``: its hosts by ``put_back``, and by itself its data
    plane, which the projector fills.
    """

    @property
    def apart(self) -> bool:
        """Whether the world outlives this process, and others use it too."""
        ...

    async def begin(self, part: Part) -> bool:
        """Whether it is ours to fill; False once another has. Raises Transient."""
        ...

    async def put_back(self, guests: Collection[tuple[HostName, KeptGuest]]) -> None: ...

    async def end(self, part: Part) -> None:
        """It holds all now, and others may use it."""
        ...

    async def close(self) -> None:
        """Let go of the world. Its content stays where it is."""
        ...


class FillingHere:
    """The world in this process, which nobody else can fill."""

    def __init__(self, hosts: Mapping[HostName, Hypervisor]) -> None:
        self._hosts = hosts
        self._held: set[Part] = set()
        self.apart = False

    async def begin(self, part: Part) -> bool:
        return part not in self._held

    async def put_back(self, guests: Collection[tuple[HostName, KeptGuest]]) -> None:
        for name, kept in guests:
            host = self._hosts[name]
            assert isinstance(host, SimulatedHost)
            host.put_back(kept)

    async def end(self, part: Part) -> None:
        self._held.add(part)

    async def close(self) -> None: ...


class FillingFar:
    """The world of another process."""

    def __init__(self, link: "Link") -> None:
        self._link = link
        self.apart = True

    async def begin(self, part: Part) -> bool:
        return bool(await self._link.call("begin_fill", part))

    async def put_back(self, guests: Collection[tuple[HostName, KeptGuest]]) -> None:
        await self._link.call("put_back", tuple(guests))

    async def end(self, part: Part) -> None:
        await self._link.call("end_fill", part)

    async def close(self) -> None:
        await self._link.close()
