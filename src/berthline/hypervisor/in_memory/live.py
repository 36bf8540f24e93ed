"""Simulated guests that move to another host while they run."""

import asyncio
from dataclasses import replace

from berthline.domain.errors import NoBaseImage, Refused
from berthline.domain.hypervisor import ON, GuestSpec
from berthline.domain.hypervisor.moving import MoveProgress, MovesGuests, MoveWays, MovingDisks
from berthline.domain.ids import HostName, ServerId
from berthline.hypervisor.guest_state import Disks
from berthline.hypervisor.image_format import MIB
from berthline.hypervisor.in_memory.base import Leaving, Verbs


class LiveVerbs(Verbs):
    """See ``domain.hypervisor.Hypervisor``. A move is done at once, or after its latency, or when it is let."""

    async def moving_disks(self, server_id: ServerId) -> MovingDisks:
        disks = self._disks.get(server_id)
        if disks is None:
            raise Refused(f"Server {server_id} has no disks on the host that it is to leave.")
        return MovingDisks(disks.sha512, disks.capacity, disks.config_drive)

    async def await_disks(self, spec: GuestSpec, disks: MovingDisks) -> None:
        await asyncio.sleep(self._latency.create_disks)
        if self._taken(spec.server_id) is not None:
            return
        if disks.base == spec.image.sha512 and disks.base not in self._capacities:
            raise NoBaseImage(f"The host has no copy of image {spec.image.id}. Cache the image first.")
        self._disks[spec.server_id] = Disks(disks.base, disks.config_drive, disks.capacity)

    async def begin_move(self, server_id: ServerId, destination: MovesGuests, ways: MoveWays) -> None:
        await self.begin_move_to(server_id, destination.host, ways)

    async def begin_move_to(self, server_id: ServerId, destination: HostName, ways: MoveWays) -> None:
        """The same, to the neighbour of that name. A simulated guest writes nothing: all ways are the same to it."""
        guest, there = self._taken(server_id), self._neighbours.get(destination)
        if there is None or there is self:
            raise Refused(f"Guest {server_id} cannot move to host {destination}, which is no other host of its kind.")
        if server_id in self._leaving or (guest is None and server_id in there._guests):  # noqa: SLF001 - one of us
            return
        if guest is None or guest.power not in ON:
            raise Refused(f"Guest {server_id} is not on, and cannot move while it runs. Start it, or migrate it cold.")
        if server_id not in there._disks:  # noqa: SLF001 - one of us
            raise Refused(f"Host {destination} has no disks for server {server_id}. Have it await them first.")
        there._refuse_taken(server_id, guest.nics)  # noqa: SLF001 - one of us
        leaving = self._leaving[server_id] = Leaving(destination)
        if self._latency.move:
            asyncio.get_running_loop().call_later(self._latency.move, self._arrive, server_id, leaving)
        else:
            self._arrive(server_id, leaving)

    async def move_progress(self, server_id: ServerId) -> MoveProgress | None:
        guest = self._guests.get(server_id)
        if guest is None or server_id not in self._leaving:
            return None
        memory, disks = (guest.memory_mb or 0) * MIB, self._disks[server_id].capacity
        return MoveProgress(memory_total=memory, memory_remaining=memory, disk_total=disks, disk_remaining=disks)

    async def finish_move(self, server_id: ServerId) -> None:
        self._taken(server_id)
        if (leaving := self._leaving.get(server_id)) is not None:
            self._carry_over(server_id, leaving)

    async def abort_move(self, server_id: ServerId) -> None:
        self._taken(server_id)
        self._leaving.pop(server_id, None)

    # What tests do.

    def hold_moves(self) -> None:
        """Let no move away from here end by itself until ``let_moves_end``."""
        self._holding_moves.add(self._name)

    def let_moves_end(self) -> None:
        """Let moves end, those that are under way too."""
        self._holding_moves.clear()
        for server_id, leaving in tuple(self._leaving.items()):
            self._arrive(server_id, leaving)

    def _arrive(self, server_id: ServerId, leaving: Leaving) -> None:
        if not self._holding_moves:
            self._carry_over(server_id, leaving)

    def _carry_over(self, server_id: ServerId, leaving: Leaving) -> None:
        """The guest is there and here no more; where one of the ends changed meanwhile it stays as it is."""
        if self._leaving.get(server_id) is not leaving:
            return
        del self._leaving[server_id]
        guest, there = self._guests.get(server_id), self._neighbours[leaving.destination]
        # Another host of ours, whose insides are as these.
        if guest is None or guest.power not in ON or server_id not in there._disks:  # noqa: SLF001
            return
        for nic in guest.nics:
            self._unplug(nic)
        del self._guests[server_id]
        self._terminals[server_id].hang_up()
        there._disks[server_id] = replace(self._disks[server_id])  # noqa: SLF001
        there._guests[server_id] = replace(guest, epoch=0)  # noqa: SLF001
        for nic in guest.nics:
            there._plug_in(server_id, nic)  # noqa: SLF001
        self._changed(server_id)
        there._changed(server_id)  # noqa: SLF001
