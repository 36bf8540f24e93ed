"""The part of the seam to hosts by which guests move to another one while they run; see ``domain.hypervisor``."""

from typing import Protocol

import msgspec

from berthline.domain.hypervisor.guests import GuestSpec
from berthline.domain.ids import HostName, ServerId


class MoveProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a guest that moves while it runs was carried, in bytes. What it writes meanwhile is carried again."""

    memory_total: int = 0
    memory_processed: int = 0
    memory_remaining: int = 0
    disk_total: int = 0
    disk_processed: int = 0
    disk_remaining: int = 0


class MoveWays(msgspec.Struct, frozen=True):
    """What a host may do about a guest that writes faster than its memory is carried.

    ``auto_converge`` slows its processors; ``post_copy`` allows to let it run at its new host before all is there.
    """

    auto_converge: bool = True
    post_copy: bool = False


class MovingDisks(msgspec.Struct, frozen=True):
    """What another host has to know of a guest's disks before they are carried there.

    ``base`` is the SHA-512 of the image that the root disk is made of, "" where that cannot be told; ``capacity`` the
    bytes of the root disk as its guest sees it. The config drive is not carried, but had as it is.
    """

    base: str
    capacity: int
    config_drive: bytes | None


class MovesGuests(Protocol):
    """What a host does for that. Every verb may be repeated, and raises as those of ``Hypervisor``."""

    @property
    def host(self) -> HostName: ...

    async def moving_disks(self, server_id: ServerId) -> MovingDisks:
        """What a host has to know that is to have the guest as it runs. Raises Refused where there is no root disk."""
        ...

    async def await_disks(self, spec: GuestSpec, disks: MovingDisks) -> None:
        """Have disks ready for a guest that is to move here while it runs, to be written by the host that it leaves.

        The root is made of the cached image where it is there too, and is empty and carried as a whole where it is not.
        Raises NoBaseImage where the image is needed and not cached. Nothing is done once the guest is here.
        """
        ...

    async def begin_move(self, server_id: ServerId, destination: "MovesGuests", ways: MoveWays) -> None:
        """Begin to move a guest that is on, with memory and disks, to a host of this kind that awaits its disks.

        It goes on by itself, whoever asked for it, until the guest is on there as it was here, and defined there alone;
        or until it fails, and the guest is on here. Its files stay here. Begun or done already, nothing is done. Raises
        Refused for a guest that is off.
        """
        ...

    async def move_progress(self, server_id: ServerId) -> MoveProgress | None:
        """How far the guest's move away from here is; None while none is under way."""
        ...

    async def finish_move(self, server_id: ServerId) -> None:
        """Have a move away from here that is under way end soon, by post-copy where it may, else with the guest paused.

        It runs on at its end. None under way is fine.
        """
        ...

    async def abort_move(self, server_id: ServerId) -> None:
        """End a move away from here: afterwards none is under way, and the guest is at one of the two hosts.

        Here it may be paused, or it arrived before that.
        """
        ...
