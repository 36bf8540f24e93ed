"""Guests that move to another host while they run."""

import asyncio
import threading
from functools import partial
from typing import Final

import structlog

from berthline.domain.errors import Refused, Transient
from berthline.domain.hypervisor import (
    GuestSpec,
)
from berthline.domain.hypervisor.moving import MoveProgress, MovesGuests, MoveWays, MovingDisks
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt import leaving
from berthline.hypervisor.libvirt.binding import Connection, libvirt_error
from berthline.hypervisor.libvirt.connection import translated
from berthline.hypervisor.libvirt.leaving import Order
from berthline.hypervisor.libvirt.verbs.base import Verbs

log = structlog.get_logger("berthline.hypervisor.libvirt")

BEGIN_SECONDS: Final = 60.0
"""How long a move may take until its job is seen: the two libvirts reach each other within that."""


class Carrying(threading.Thread):
    """Asks a host to move a guest, and waits for its end, on a connection of its own: a host answers few calls of one
    connection at a time. That nobody waits any more changes nothing for the guest.
    """

    def __init__(self, verbs: "LiveVerbs", server_id: ServerId, order: Order) -> None:
        super().__init__(name=f"libvirt-move-{server_id}", daemon=True)
        self.error: Exception | None = None
        self._verbs = verbs
        self._server_id = server_id
        self._order = order

    def run(self) -> None:
        aim = f"move guest {self._server_id}"
        try:
            connection = self._verbs._host.another()  # noqa: SLF001 - it is one of us
            try:
                leaving.carry(connection, self._server_id, self._order)
            finally:
                connection.close()
        except libvirt_error as error:
            self.error = translated(error, aim, self._verbs._name)  # noqa: SLF001 - it is one of us
            log.warning("a guest did not move", host=self._verbs._name, server=self._server_id, error=str(error))  # noqa: SLF001


class LiveVerbs(Verbs):
    """See ``domain.hypervisor.Hypervisor``."""

    async def moving_disks(self, server_id: ServerId) -> MovingDisks:
        return await self._host.run(
            f"tell of the disks of server {server_id}", partial(leaving.disks_of, server_id=server_id)
        )

    async def await_disks(self, spec: GuestSpec, disks: MovingDisks) -> None:
        work = partial(leaving.await_disks, files=self._files, spec=spec, disks=disks)
        await self._host.run(f"make disks for server {spec.server_id}", work)

    async def begin_move(self, server_id: ServerId, destination: MovesGuests, ways: MoveWays) -> None:
        aim = f"move guest {server_id}"
        if not isinstance(destination, LiveVerbs) or destination.host == self._name:
            raise Refused(f"Guest {server_id} cannot move to host {destination.host}, which is no other libvirt host.")
        there = await destination.arrival(server_id)
        order = await self._change(aim, server_id, partial(leaving.order, server_id=server_id, there=there, ways=ways))
        if order is None:
            return
        carrying = Carrying(self, server_id, order)
        carrying.start()

        limit = asyncio.get_running_loop().time() + BEGIN_SECONDS
        while carrying.is_alive():
            if await self.move_progress(server_id) is not None:
                return
            if asyncio.get_running_loop().time() > limit:
                raise Transient(f"The host took too long to {aim}.")
            await asyncio.sleep(0.05)
        if carrying.error is not None:
            raise carrying.error

    async def move_progress(self, server_id: ServerId) -> MoveProgress | None:
        work = partial(leaving.progress, server_id=server_id)
        return await self._host.run(f"tell how far guest {server_id} is", work)

    async def finish_move(self, server_id: ServerId) -> None:
        await self._change(f"move guest {server_id} soon", server_id, partial(leaving.finish, server_id=server_id))

    async def abort_move(self, server_id: ServerId) -> None:
        aim = f"end the move of guest {server_id}"
        await self._change(aim, server_id, partial(leaving.abort, server_id=server_id))

        def over(connection: Connection) -> bool:
            return leaving.progress(connection, server_id) is None

        if not await self._until(aim, over, self._settings.call_seconds):
            raise Transient(f"The host took too long to {aim}.")

    async def arrival(self, server_id: ServerId) -> leaving.Arrival:
        """What a host of this kind that the guest leaves has to know of this one."""
        uri = self._settings.migration_uri or leaving.uri_for_others(self._uri)
        address = self._settings.migration_address or leaving.address_of(uri)
        work = partial(leaving.arrival, server_id=server_id, uri=uri, address=address)
        return await self._host.run(f"await guest {server_id}", work)
