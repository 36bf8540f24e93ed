"""A serial console that another process of the cloud holds, by that one's WebSocket."""

import logging
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from berthline.domain.errors import Unavailable
from berthline.domain.hypervisor import GuestStream
from berthline.domain.ids import ServerId

SECONDS: Final = 5.0
"""How long a holder may take to answer. One that takes longer is stopped or gone."""
FULL: Final = 503
LARGEST: Final = 1 << 20

_quiet: Final = logging.getLogger("berthline.consoles.relaying")
"""The library's own logger tells whole addresses, with their tokens."""
_quiet.setLevel(logging.WARNING)


class Relayed:
    """Fits ``GuestStream``."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def read(self) -> bytes:
        try:
            return await self._connection.recv(decode=False)
        except ConnectionClosed:
            return b""

    async def write(self, data: bytes) -> None:
        try:
            await self._connection.send(data)
        except ConnectionClosed:
            return  # whoever reads is told of the end

    async def close(self) -> None:
        await self._connection.close()


async def relayed(server_id: ServerId, url: str, token: str) -> GuestStream | None:
    """The console as the process at ``url`` has it; None where it has none, or does not answer. Raises Unavailable."""
    address = f"{url.replace('http', 'ws', 1).rstrip('/')}/console/{server_id}/serial?token={token}&held=1"
    try:
        connection = await connect(
            address,
            subprotocols=[Subprotocol("binary")],
            proxy=None,
            compression=None,
            open_timeout=SECONDS,
            close_timeout=SECONDS,
            max_size=LARGEST,
            logger=_quiet,
        )
    except InvalidStatus as refused:
        if refused.response.status_code == FULL:
            raise Unavailable("too many consoles are open: close one, or try again later") from None
        return None
    except (InvalidHandshake, OSError, EOFError):  # TimeoutError is an OSError
        return None
    return Relayed(connection)
