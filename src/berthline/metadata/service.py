"""The metadata service on this machine: for each metadata port in the store a namespace, and in it a server.

Level-triggered: each turn makes the namespaces that there are equal to the metadata ports that there are.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog
import uvicorn
from uvicorn.server import ServerState

from berthline.domain.errors import AddressInUse, OutsideError, Unavailable
from berthline.domain.ids import NetworkId
from berthline.listener.limits import METADATA, Limits
from berthline.listener.protocol import protocol_for
from berthline.listener.room import Room
from berthline.metadata.app import Application, refusal
from berthline.store import Store
from berthline.store.network.metadata_ports import MetadataPlace, metadata_places

log = structlog.get_logger("berthline.metadata")

EVERY_SECONDS: Final = 15.0
GATHER_SECONDS: Final = 0.05


class Places(Protocol):
    """What the service needs of ``MetadataNamespaces``."""

    async def present(self) -> frozenset[NetworkId]: ...

    async def make(self, place: MetadataPlace) -> None: ...

    async def listen(self, network: NetworkId) -> socket.socket: ...

    async def remove(self, network: NetworkId) -> None: ...

    async def remove_unknown_ports(self, networks: Iterable[NetworkId]) -> None: ...

    async def close(self) -> None: ...


@dataclass(slots=True)
class _Served:
    """A network that is being answered: as what it was made, and its server once it listens."""

    place: MetadataPlace
    server: asyncio.Server | None = None
    state: ServerState | None = None


class MetadataService:
    """``reconcile`` is one turn, for a loop that runs it on a timer and when networks were projected."""

    def __init__(
        self,
        store: Store,
        places: Places,
        create_app: Callable[[Store, NetworkId], Application],
        limits: Limits = METADATA,
    ) -> None:
        """``limits`` hold for the guests of all networks together: no network can use up what others need."""
        self._limits = limits
        self._room = Room(limits.connections, limits.connections_per_address, limits.held_bytes)
        self._store = store
        self._places = places
        self._create_app = create_app
        self._served: dict[NetworkId, _Served] = {}
        self._lock = asyncio.Lock()
        self._poked = asyncio.Event()
        self._tidy = False

    @property
    def serving(self) -> frozenset[NetworkId]:
        """The networks whose guests are answered now."""
        return frozenset(network for network, served in self._served.items() if served.server is not None)

    def poke(self) -> None:
        """Have the next turn of ``run`` soon. To be called on the event loop; a hint, many of them are one turn."""
        self._poked.set()

    async def run(self) -> None:
        """Turns until cancelled: on a timer, and after each poke."""
        while True:
            self._poked.clear()
            try:
                await self.reconcile()
            except (OutsideError, Unavailable) as error:
                log.warning("metadata could not be looked at", why=error.message)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._poked.wait()
                await asyncio.sleep(GATHER_SECONDS)

    async def reconcile(self) -> int:
        """One turn; returns how many networks were begun, changed or ended.

        What fails for one network is logged and tried again at the next turn; the others go on.
        """
        async with self._lock:
            wanted = {place.network_id: place for place in await self._store.read(metadata_places)}
            changed = 0
            for network in (await self._places.present() | self._served.keys()) - wanted.keys():
                changed += await self._attempt(network, self._end(network))
            for network, place in wanted.items():
                served = self._served.get(network)
                if served is None or served.server is None or served.place != place:
                    changed += await self._attempt(network, self._begin(place))
            if not self._tidy:
                self._tidy = await self._attempt(None, self._places.remove_unknown_ports(wanted))
            return changed

    async def rest(self) -> None:
        """Stop answering, and leave everything in place: another process of this machine answers from now on."""
        async with self._lock:
            for network in tuple(self._served):
                await self._stop(network)

    async def close(self, *, remove: bool = False) -> None:
        """Stop answering; with ``remove`` no namespace is left. Without, the next process takes them over."""
        async with self._lock:
            for network in tuple(self._served):
                await self._stop(network)
            if remove:
                for network in await self._places.present():
                    await self._attempt(network, self._places.remove(network))
                await self._attempt(None, self._places.remove_unknown_ports(()))
            await self._places.close()

    async def _attempt(self, network: NetworkId | None, work: Awaitable[None]) -> bool:
        try:
            await work
        except OutsideError as error:
            log.warning("metadata of a network is not as it should be", network=network, why=error.message)
            self._tidy = False
            return False
        return True

    async def _begin(self, place: MetadataPlace) -> None:
        served = self._served.setdefault(place.network_id, _Served(place))
        await self._places.make(place)
        served.place = place
        if served.server is None:
            listening = await self._listen(place)
            served.state = ServerState()
            served.server = await self._serve(place.network_id, listening, served.state)
            log.info("metadata served", network=place.network_id, addresses=place.addresses)

    async def _listen(self, place: MetadataPlace) -> socket.socket:
        """A socket in the namespace. One that another process still listens in, stopped or slow to hear that it has
        the lease no more, is made anew: whoever has the old one answers nobody.
        """
        try:
            return await self._places.listen(place.network_id)
        except AddressInUse:
            log.warning("metadata is taken over from a process that still listens", network=place.network_id)
            await self._places.remove(place.network_id)
            await self._places.make(place)
            return await self._places.listen(place.network_id)

    async def _serve(self, network: NetworkId, listening: socket.socket, state: ServerState) -> asyncio.Server:
        """uvicorn's protocol on the socket: its server would bring a main loop of its own for each network."""
        config = uvicorn.Config(
            self._create_app(self._store, network),
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            http=protocol_for(self._limits, self._room, refusal, f"{network} "),
        )
        config.load()
        protocol: Callable[..., asyncio.Protocol] = config.http_protocol_class
        loop = asyncio.get_running_loop()
        return await loop.create_server(
            lambda: protocol(config=config, server_state=state, app_state={}, _loop=loop), sock=listening
        )

    async def _end(self, network: NetworkId) -> None:
        await self._stop(network)
        await self._places.remove(network)
        log.info("metadata ended", network=network)

    async def _stop(self, network: NetworkId) -> None:
        served = self._served.pop(network, None)
        if served is None or served.server is None:
            return
        served.server.close()
        for connection in tuple(served.state.connections if served.state is not None else ()):
            with contextlib.suppress(AttributeError):
                connection.shutdown()
