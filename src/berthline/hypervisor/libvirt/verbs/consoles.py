"""Screens and serial consoles of guests."""

import asyncio
import socket
from typing import cast

from berthline.domain.errors import Refused
from berthline.domain.hypervisor import GuestStream
from berthline.domain.ids import ServerId
from berthline.hypervisor.console import last_lines
from berthline.hypervisor.libvirt import binding, guests
from berthline.hypervisor.libvirt.binding import Connection, Domain, EventStream
from berthline.hypervisor.libvirt.streams.serial import SerialStream
from berthline.hypervisor.libvirt.streams.sockets import SocketStream
from berthline.hypervisor.libvirt.verbs.base import Verbs


class ConsoleVerbs(Verbs):
    """See ``domain.hypervisor.Hypervisor``."""

    async def console_output(self, server_id: ServerId, lines: int | None) -> bytes:
        aim = f"read the console of guest {server_id}"
        kept = await self._host.run(aim, lambda connection: self._files.read_console(connection, server_id))
        return last_lines(kept, lines)

    async def open_screen(self, server_id: ServerId) -> GuestStream:
        """QEMU's own where libvirt hands a socket over; elsewhere by pictures, as asked for one the connection ends."""
        if not self._is_near:
            return await self._screens.open(self._host, server_id)

        def work(connection: Connection) -> int:
            domain = _that_is_on(connection, server_id)
            return domain.openGraphicsFD(0, binding.OPEN_WITHOUT_PASSWORD)

        number = await self._host.run(f"open the screen of guest {server_id}", work)
        connected = socket.socket(fileno=number)
        connected.setblocking(False)
        return SocketStream(*await asyncio.open_unix_connection(sock=connected))

    async def open_serial(self, server_id: ServerId) -> GuestStream:
        loop = asyncio.get_running_loop()

        def work(connection: Connection) -> SerialStream:
            domain = _that_is_on(connection, server_id)
            stream = cast("EventStream", connection.newStream(binding.STREAM_NONBLOCK))
            domain.openConsole(None, stream, binding.CONSOLE_FROM_OTHERS)
            return SerialStream(self._host, stream, loop)

        return await self._host.run(f"open the serial console of guest {server_id}", work)


def _that_is_on(connection: Connection, server_id: ServerId) -> Domain:
    domain = guests.guest(connection, server_id)
    if not domain.isActive():
        raise Refused(f"Guest {server_id} is {guests.power(domain)}. Start it.")
    return domain
