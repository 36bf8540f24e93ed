"""Who of several processes has a guest's one serial stream, and how the others look through that one.

The database says who holds it. A process that wants it asks the holder, by the holder's own WebSocket and a token as
any browser's, and hands what comes to all who look by this process. A holder that does not answer is replaced: the
stream is opened by force, and what its holder had of it ends (docs/decisions/0366).
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from berthline.domain.errors import Transient
from berthline.domain.hypervisor import GuestStream
from berthline.domain.ids import ServerId, new_id
from berthline.store import Connection, Store
from berthline.store.compute.servers import serial_holds
from berthline.store.compute.servers.serial_holds import SerialHold

ATTEMPTS: Final = 8
"""Holders that a process may find gone, one after the other, before it says that it is busy."""
Open = Callable[[], Awaitable[GuestStream]]


class Relay(Protocol):
    """The way to a holder. A token for it is good for so short that it may be made for each attempt."""

    async def __call__(self, server_id: ServerId, url: str) -> GuestStream | None:
        """What the holder there has; None where it has nothing. Raises Unavailable where it is full."""
        ...


class Held:
    """The guest's own stream, in this process. Fits ``GuestStream``."""

    def __init__(self, stream: GuestStream, released: Callable[[], Awaitable[None]]) -> None:
        self._stream = stream
        self._released = released
        self._closed = False

    async def read(self) -> bytes:
        return await self._stream.read()

    async def write(self, data: bytes) -> None:
        await self._stream.write(data)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            await self._stream.close()
        finally:
            await self._released()


class Holding:
    """What this process holds. ``machine`` is this machine's; ``url`` where others reach this process, "" nowhere."""

    def __init__(self, store: Store, relay: Relay, machine: str) -> None:
        self._store = store
        self._relay = relay
        self._machine = machine
        self._held: dict[ServerId, str] = {}
        self._url, self._everywhere = "", False

    def listens_at(self, url: str, *, everywhere: bool) -> None:
        """Say where this process is reached: by those of this machine, or by all."""
        self._url, self._everywhere = url, everywhere

    def has(self, server_id: ServerId) -> bool:
        """Whether this process has the stream itself, or is opening it."""
        return server_id in self._held

    async def open(self, server_id: ServerId, opened: Open) -> GuestStream:
        """The stream: the holder's, or the guest's own, which ``opened`` opens and this process then holds.

        Raises what ``opened`` raises, Unavailable where the holder has too many who look, and Transient.
        """
        gone: str | None = None
        for _ in range(ATTEMPTS):
            mine = SerialHold(new_id(), self._url, "" if self._everywhere else self._machine)
            found = await self._claimed(server_id, mine, gone)
            if found == mine:
                return await self._own(server_id, mine.id, opened)
            gone = None
            if found is not None:
                if self._reaches(found) and (stream := await self._relay(server_id, found.url)) is not None:
                    return stream
                gone = found.id
        raise Transient("Other processes open this serial console at the same moment. Try again.")

    async def _claimed(self, server_id: ServerId, mine: SerialHold, gone: str | None) -> SerialHold | None:
        def work(connection: Connection) -> SerialHold | None:
            return serial_holds.claim(connection, server_id, mine, gone)

        return await self._store.write_short(work)

    async def _own(self, server_id: ServerId, hold_id: str, opened: Open) -> GuestStream:
        self._held[server_id] = hold_id

        async def release() -> None:
            if self._held.get(server_id) == hold_id:
                del self._held[server_id]
            await self._store.write_short(lambda connection: serial_holds.release(connection, server_id, hold_id))

        try:
            return Held(await opened(), release)
        except BaseException:
            await release()
            raise

    def _reaches(self, hold: SerialHold) -> bool:
        return bool(hold.url) and hold.machine in {"", self._machine}


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(32)
