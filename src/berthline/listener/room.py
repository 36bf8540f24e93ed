"""Who is connected, and who has to go when there is no more room: those that keep a place without asking for anything.

Everybody has a share by address. Who comes when the share, or the whole, is used up takes the place of another: of one
that never said anything, of one that waits between requests, of one whose request does not come to its end; in each of
these the longest first. A request that is being answered is never ended for another.
"""

import enum
import ipaddress
from collections import OrderedDict
from typing import Final, Protocol


class Stage(enum.IntEnum):
    """What a connection does, in the order in which they give way."""

    SILENT = 0
    """It has sent nothing, or nothing more is wanted of it."""
    IDLE = 1
    """It was answered, and may ask again."""
    HEAD = 2
    """Part of a request's head has come."""
    BODY = 3
    """Part of its body has come."""
    ANSWERED = 4
    """The request is there, and being answered."""


_GIVE_WAY: Final = (Stage.SILENT, Stage.IDLE, Stage.HEAD, Stage.BODY)
_UNFINISHED: Final = (Stage.HEAD, Stage.BODY)


class Guest(Protocol):
    """A connection as the room sees it. ``stage`` and ``held`` are the room's to write."""

    address: str
    stage: Stage
    held: int

    def give_way(self) -> None:
        """End at once: the place is another's."""


class _Queue:
    """Connections by what they do, in each stage the longest first."""

    __slots__ = ("_by_stage", "count")

    def __init__(self) -> None:
        self._by_stage: tuple[OrderedDict[Guest, None], ...] = tuple(OrderedDict() for _ in Stage)
        self.count = 0

    def add(self, guest: Guest) -> None:
        self._by_stage[guest.stage][guest] = None
        self.count += 1

    def remove(self, guest: Guest) -> None:
        del self._by_stage[guest.stage][guest]
        self.count -= 1

    def move(self, guest: Guest, stage: Stage) -> None:
        del self._by_stage[guest.stage][guest]
        self._by_stage[stage][guest] = None

    def has(self, guest: Guest) -> bool:
        return guest in self._by_stage[guest.stage]

    def first(self, stages: tuple[Stage, ...]) -> Guest | None:
        """Who has to go first."""
        for stage in stages:
            for guest in self._by_stage[stage]:
                return guest
        return None


class Room:
    """Places for so many connections, of them so many for each address, and for so many bytes of unfinished requests.

    Attributes:
        held: bytes of requests that have not come whole.
        gave_way: how many connections were ended for others since the start.
    """

    def __init__(self, connections: int, per_address: int, held_bytes: int) -> None:
        self._most = connections
        self._share = min(per_address, max(1, connections * 3 // 4))
        self._most_held = held_bytes
        self._all = _Queue()
        self._by_address: dict[str, _Queue] = {}
        self.held = 0
        self.gave_way = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return self._all.count

    def enter(self, guest: Guest) -> bool:
        """Take a place, that of another if need be; False when all others are being answered."""
        queue = self._by_address.get(guest.address)
        if queue is not None and queue.count >= self._share and not self._free_one(queue, _GIVE_WAY):
            return False
        if self._all.count >= self._most and not self._free_one(self._all, _GIVE_WAY):
            return False
        guest.stage, guest.held = Stage.SILENT, 0
        self._all.add(guest)
        self._by_address.setdefault(guest.address, _Queue()).add(guest)
        return True

    def move(self, guest: Guest, stage: Stage) -> None:
        """The connection does something else now."""
        if guest.stage is not stage and self._knows(guest):
            self._all.move(guest, stage)
            self._by_address[guest.address].move(guest, stage)
            guest.stage = stage

    def hold(self, guest: Guest, count: int) -> None:
        """So many bytes are held of its request. Over what is held of all, those go whose request began first."""
        if not self._knows(guest):
            return
        self.held += count - guest.held
        guest.held = count
        while self.held > self._most_held and self._free_one(self._all, _UNFINISHED):
            pass

    def leave(self, guest: Guest) -> None:
        """The connection has ended; may be said again."""
        if not self._knows(guest):
            return
        self._all.remove(guest)
        queue = self._by_address[guest.address]
        queue.remove(guest)
        if not queue.count:
            del self._by_address[guest.address]
        self.held -= guest.held
        guest.held = 0

    def _knows(self, guest: Guest) -> bool:
        return self._all.has(guest)

    def _free_one(self, queue: _Queue, stages: tuple[Stage, ...]) -> bool:
        guest = queue.first(stages)
        if guest is None:
            return False
        self.leave(guest)
        self.gave_way += 1
        guest.give_way()
        return True


def share_of(place: str, host: str) -> str:
    """Whose share a client's address counts in: its own, of IPv6 its /64, which is one customer's (RFC 6177)."""
    if ":" not in host:
        return place + host
    try:
        address = ipaddress.IPv6Address(host.partition("%")[0])
    except ValueError:
        return place + host
    if address.ipv4_mapped is not None:
        return f"{place}{address.ipv4_mapped}"
    return f"{place}{ipaddress.IPv6Network((address, 64), strict=False)}"
