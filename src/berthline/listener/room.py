"""Who is connected, and who has to go when there is no more room: those that keep a place without asking for anything.

Everybody has a share by address. Who comes when the share, or the whole, is used up takes the place of another: of one
that never said anything, of one that waits between requests, of one whose request does not come to its end; in each of
these the longest first. A request that is being answered is never ended for another.
"""

import enum
import ipaddress
from collections import OrderedDict
from typing import Final, Protocol, TypeAlias


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


Queue: TypeAlias = tuple[OrderedDict["Guest", None], ...]
"""Connections by their stage, in each the longest first."""


class Guest(Protocol):
    """A connection as the room sees it. ``stage``, ``held`` and ``share`` are the room's to write.

    ``share`` is the queue of all that have its address; None while it has no place.
    """

    address: str
    stage: Stage
    held: int
    share: Queue | None

    def give_way(self) -> None:
        """End at once: the place is another's."""


class Room:
    """Places for so many connections, of them so many for each address, and for so many bytes of unfinished requests.

    Attributes:
        count: how many there are.
        held: bytes of requests that have not come whole.
        gave_way: how many connections were ended for others since the start.
    """

    def __init__(self, connections: int, per_address: int, held_bytes: int) -> None:
        self._most = connections
        self._most_of_one = min(per_address, max(1, connections * 3 // 4))
        self._most_held = held_bytes
        self._all = _queue()
        self._shares: dict[str, Queue] = {}
        self.count = 0
        self.held = 0
        self.gave_way = 0

    def enter(self, guest: Guest) -> bool:
        """Take a place, that of another if need be; False when all others are being answered."""
        share = self._shares.get(guest.address)
        if share is not None and _length(share) >= self._most_of_one and not self._free_one(share, _GIVE_WAY):
            return False
        if self.count >= self._most and not self._free_one(self._all, _GIVE_WAY):
            return False
        guest.stage, guest.held = Stage.SILENT, 0
        guest.share = self._shares.setdefault(guest.address, share or _queue())
        self._all[Stage.SILENT][guest] = guest.share[Stage.SILENT][guest] = None
        self.count += 1
        return True

    def move(self, guest: Guest, stage: Stage) -> None:
        """The connection does something else now."""
        before, share, everybody = guest.stage, guest.share, self._all
        if before is stage or share is None:
            return
        del everybody[before][guest], share[before][guest]
        everybody[stage][guest] = share[stage][guest] = None
        guest.stage = stage

    def hold(self, guest: Guest, count: int) -> None:
        """So many bytes are held of its request. Over what is held of all, those go whose request began first."""
        if guest.share is None:
            return
        self.held += count - guest.held
        guest.held = count
        while self.held > self._most_held and self._free_one(self._all, _UNFINISHED):
            pass

    def leave(self, guest: Guest) -> None:
        """The connection has ended; may be said again."""
        share = guest.share
        if share is None:
            return
        del self._all[guest.stage][guest], share[guest.stage][guest]
        if not any(share):
            del self._shares[guest.address]
        self.count -= 1
        self.held -= guest.held
        guest.share, guest.held = None, 0

    def _free_one(self, queue: Queue, stages: tuple[Stage, ...]) -> bool:
        for stage in stages:
            for guest in queue[stage]:
                self.leave(guest)
                self.gave_way += 1
                guest.give_way()
                return True
        return False


def _queue() -> Queue:
    return tuple(OrderedDict() for _ in Stage)


def _length(queue: Queue) -> int:
    return sum(map(len, queue))


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
