"""What a network service outside says or is found to have done to the ports of servers: a hint, then a look.

Nothing relies on an event: each only brings the next look forward. A look reads the NICs anew, keeps what is newer, and
takes a NIC whose port is gone out of its guest. Nova acts on the event itself, and a lost one is never made good.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping
from functools import partial
from itertools import islice
from typing import Final

import msgspec
import structlog

from berthline.domain.auth import Caller
from berthline.domain.errors import BerthlineError, OutsideError, Unavailable
from berthline.domain.ids import DomainId, PortId, ProjectId, ServerId, UserId, new_request_id
from berthline.saga import Engine
from berthline.store import Connection
from berthline.store.network.nics import remote as remote_nics
from berthline.workflows.interfaces.verbs import Interfaces
from berthline.workflows.outside import Outside

log = structlog.get_logger("berthline.network")

CHUNK: Final = 50
EVERY_SECONDS: Final = 60.0
GATHER_SECONDS: Final = 0.02
AGAIN_SECONDS: Final = 2.0

OURSELVES: Final = Caller(
    user_id=UserId("berthline"),
    user_name="berthline",
    project_id=ProjectId(""),
    project_name="",
    domain_id=DomainId(""),
    roles=frozenset({"admin"}),
    request_id=new_request_id(),
)


class NetworkEvents:
    """``run`` is the loop; ``hint`` is called on the event loop."""

    def __init__(
        self,
        outside: Outside,
        engine: Engine[Connection],
        interfaces: Interfaces,
    ) -> None:
        self._outside = outside
        self._engine = engine
        self._interfaces = interfaces
        self._hinted: set[ServerId] = set()
        self._wake = asyncio.Event()
        self.looks_at_all: Callable[[], bool] = lambda: True
        """Whether this process is the one that looks at all servers."""

    def hint(self, server_id: ServerId) -> None:
        """Something may have happened to a port of this server: whoever waits for its ports looks at once."""
        if not self._outside.network.acts_outside:
            self._engine.wake_subject(server_id)
            return
        self._hinted.add(server_id)
        self._wake.set()

    async def run(self) -> None:
        """Look until cancelled: at all servers at the start and on the timer, at hinted ones at once."""
        loop = asyncio.get_running_loop()
        all_due = loop.time()
        while True:
            self._wake.clear()
            pause = EVERY_SECONDS
            try:
                if loop.time() >= all_due:
                    if self.looks_at_all():
                        await self.run_once()
                    all_due = loop.time() + EVERY_SECONDS
                await self.look_at_hinted()
            except (OutsideError, Unavailable) as error:
                log.info("ports of servers could not be looked at; looking again soon", why=error.message)
                pause = AGAIN_SECONDS
                all_due = min(all_due, loop.time() + AGAIN_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, min(pause, all_due - loop.time()))):
                    await self._wake.wait()
                await asyncio.sleep(GATHER_SECONDS)

    async def run_once(self) -> None:
        """Look at every server that has NICs outside. Raises Transient when the service cannot be reached."""
        store, after = self._outside.store, ServerId("")
        while ids := await store.read(partial(remote_nics.servers_after, after=after, limit=CHUNK)):
            await self._look(ids)
            after = ids[-1]

    async def look_at_hinted(self) -> None:
        """Look at those that were hinted at, once each."""
        waiting, self._hinted = self._hinted, set()
        try:
            while some := set(islice(waiting, CHUNK)):
                await self._look(some)
                waiting -= some
        finally:
            self._hinted |= waiting

    async def _look(self, server_ids: Collection[ServerId]) -> None:
        lost = await self._outside.network.lost_ports(server_ids)
        for server_id in server_ids:
            self._engine.wake_subject(server_id)
        await self._detach(lost)

    async def _detach(self, lost: Mapping[ServerId, Collection[PortId]]) -> None:
        """Take NICs without a port out of their guests. A server that something is done to is looked at again later."""
        for server_id, ports in lost.items():
            for port_id in ports:
                caller = msgspec.structs.replace(OURSELVES, request_id=new_request_id())
                try:
                    await self._interfaces.detach(caller, server_id, port_id)
                except BerthlineError as error:
                    log.info(
                        "a NIC whose port is gone stays for now", server=server_id, port=port_id, why=error.message
                    )
                    continue
                log.warning("detaching a NIC whose port is gone", server=server_id, port=port_id)
