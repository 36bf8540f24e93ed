"""Leave to open a server's console, given once and used once, and the way to the guest."""

import hashlib
import ipaddress
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from prometheus_client import Gauge

from berthline.domain.auth import Caller
from berthline.domain.compute import Server
from berthline.domain.errors import Forbidden, InstanceNotReady, Unavailable
from berthline.domain.hypervisor import GuestStream
from berthline.domain.ids import HostName, ServerId
from berthline.store import Connection
from berthline.store.compute.servers import console_tokens, servers
from berthline.store.compute.servers.console_tokens import ConsoleKind, ConsoleToken
from berthline.store.control import quotas
from berthline.workflows.accepting import check_may_write, check_state, owned_for_change
from berthline.workflows.consoles.holding import Holding, new_token
from berthline.workflows.consoles.settings import ConsoleSettings
from berthline.workflows.consoles.watching import SharedSerial
from berthline.workflows.outside import Outside

TOKENS_OF_A_SERVER: Final = 16
"""Tokens of one server that are good at once."""
TOKENS_OF_A_PROJECT: Final = 128
"""Tokens of all servers of one project that are good at once."""
SECOND: Final = 1_000_000
RELAY_SECONDS: Final = 30
"""How long the token is good by which one process asks another for a serial console."""
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")

SESSIONS: Final = Gauge("berthline_console_sessions", "Consoles that are open in this process.", ("kind",))


class Consoles:
    """What the API calls for consoles. Any process of a cloud that reaches the hosts can do all of it."""

    def __init__(self, outside: Outside, settings: ConsoleSettings | None = None) -> None:
        self._outside = outside
        self.settings = settings or ConsoleSettings()
        self._sessions: Counter[ServerId] = Counter()
        self._serials: dict[ServerId, SharedSerial] = {}
        self._holding = Holding(outside.store, self._relayed, machine_id())
        if self.settings.peer_url:
            self._holding.listens_at(self.settings.peer_url, everywhere=True)

    @property
    def sessions(self) -> int:
        """How many are open in this process."""
        return self._sessions.total()

    def listens_at(self, host: str, port: int, *, scheme: str = "http") -> None:
        """Say at which address this process answers: others share its serial consoles by it, unless the settings say
        another one. One that is not told is asked by nobody.
        """
        if self.settings.peer_url:
            return
        address = ipaddress.ip_address(host)
        if address.is_unspecified:
            address = ipaddress.ip_address("::1" if address.version == 6 else "127.0.0.1")
        shown = f"[{address}]" if address.version == 6 else str(address)
        self._holding.listens_at(f"{scheme}://{shown}:{port}", everywhere=not address.is_loopback)

    def holds_serial(self, server_id: ServerId) -> bool:
        """Whether this process itself has the server's serial console open."""
        return self._holding.has(server_id)

    async def grant(self, caller: Caller, server_id: ServerId, kind: ConsoleKind) -> str:
        """A token that opens this console of the server once, for as long as the settings say.

        Raises NotFound, Forbidden, InstanceNotReady for a server without a guest, InstanceInvalidState for one that is
        being deleted, and Forbidden when too many of its or its project's tokens are good already.
        """
        check_may_write(caller)
        token = new_token()

        def work(connection: Connection) -> None:
            at = self._outside.clock.now()
            server = owned_for_change(connection, caller, server_id)
            if server.host is None or server.vm_state == "building":
                raise InstanceNotReady(f"Instance {server_id} is not ready")
            check_state(server, f"get_{kind}_console")
            if console_tokens.count(connection, server_id, at) >= TOKENS_OF_A_SERVER:
                raise Forbidden(
                    f"Instance {server_id} has {TOKENS_OF_A_SERVER} console URLs that nobody has opened: open one of "
                    f"them, or wait until they expire, which each does after {self.settings.token_seconds} s."
                )
            quotas.hold(connection, server.project_id)
            if console_tokens.count_of_project(connection, server.project_id, at) >= TOKENS_OF_A_PROJECT:
                raise Forbidden(
                    f"The project has {TOKENS_OF_A_PROJECT} console URLs that nobody has opened: open one of them, or "
                    f"wait until they expire, which each does after {self.settings.token_seconds} s."
                )
            until = at + self.settings.token_seconds * SECOND
            made = ConsoleToken(server_id, kind, caller.user_id, until)
            console_tokens.add(connection, _hashed(token), made, server.project_id)

        await self._outside.store.write_short(work)
        return token

    async def known(self, token: str) -> tuple[ConsoleToken, HostName | None] | None:
        """What a good token opens, and on which host; None for any other. Nothing changes by it."""

        def work(connection: Connection) -> tuple[ConsoleToken, HostName | None] | None:
            found = console_tokens.get(connection, _hashed(token), self._outside.clock.now())
            return None if found is None else (found, servers.host_of(connection, found.server_id))

        return await self._outside.store.read_short(work)

    async def redeem(self, token: str, server_id: ServerId, kind: ConsoleKind) -> Server | None:
        """The server whose console the token opens now, and never again; None unless it is good for just that."""

        def work(connection: Connection) -> Server | None:
            taken = console_tokens.take(connection, _hashed(token), server_id, kind, self._outside.clock.now())
            return None if taken is None else servers.get(connection, server_id)

        return await self._outside.store.write_short(work)

    @contextmanager
    def session(self, server_id: ServerId, kind: ConsoleKind) -> Iterator[None]:
        """Count a console that is open while the block runs. Raises Unavailable for one too many."""
        most = self.settings
        if self._sessions.total() >= most.sessions or self._sessions[server_id] >= most.sessions_per_server:
            raise Unavailable("too many consoles are open: close one, or try again later")
        self._sessions[server_id] += 1
        SESSIONS.labels(kind).inc()
        try:
            yield
        finally:
            SESSIONS.labels(kind).dec()
            self._sessions[server_id] -= 1
            if not self._sessions[server_id]:
                del self._sessions[server_id]

    async def open(self, server: Server, kind: ConsoleKind) -> GuestStream:
        """The way to the server's guest. Raises InstanceNotReady, Refused for a guest that is off, and Transient."""
        if server.host is None:
            raise InstanceNotReady(f"Instance {server.id} is not ready")
        host = self._outside.seen(server.host)
        if kind == "vnc":
            return await host.open_screen(server.id)
        for gone in [known for known, shared in self._serials.items() if shared.is_idle]:
            del self._serials[gone]
        opened = partial(self._holding.open, server.id, partial(host.open_serial, server.id))
        shared = self._serials.setdefault(server.id, SharedSerial(opened))
        return await shared.join()

    async def _relayed(self, server_id: ServerId, url: str) -> GuestStream | None:
        """Look through the process at ``url``, by a token that is gone when it has answered."""
        from berthline.workflows.consoles.relaying import relayed  # loads `websockets`, which few processes need

        token = new_token()

        def add(connection: Connection) -> None:
            server = servers.get(connection, server_id)
            if server is not None:
                until = self._outside.clock.now() + RELAY_SECONDS * SECOND
                made = ConsoleToken(server_id, "serial", server.user_id, until)
                console_tokens.add(connection, _hashed(token), made, server.project_id)

        await self._outside.store.write_short(add)
        try:
            return await relayed(server_id, url, token)
        finally:
            await self.redeem(token, server_id, "serial")


def machine_id() -> str:
    """What processes of one machine have in common, and those of others have not."""
    return BOOT_ID.read_text(encoding="ascii").strip()


def _hashed(token: str) -> str:
    """What is kept of a token: it has 256 bits of chance, which no salt is needed for."""
    return hashlib.sha256(token.encode()).hexdigest()
