"""What a move, its confirmation and its way back have in common: their input, the row, NICs that change hosts."""

from collections.abc import Callable

import msgspec

from berthline.domain.compute import Migration, Server
from berthline.domain.errors import Refused
from berthline.domain.hypervisor import GuestSpec
from berthline.domain.ids import HostName, MigrationId, SagaId, ServerId
from berthline.saga import NotYet, Ready
from berthline.store import Connection
from berthline.store.compute import migrations
from berthline.store.compute.servers import servers
from berthline.workflows.outside import Outside
from berthline.workflows.server.boot_steps import AsMade, BootSteps


class ServerMove(msgspec.Struct, frozen=True):
    """Input of the three sagas: the row of ``migration_id`` says the rest.

    ``runs``: whether the guest was on when the move began, and is to be on at its end. ``after`` are the sagas that a
    move which begins is to find ended.
    """

    server_id: ServerId
    migration_id: MigrationId
    source: HostName
    destination: HostName
    runs: bool
    after: tuple[SagaId, ...] = ()

    @classmethod
    def of(cls, migration: Migration, after: tuple[SagaId, ...] = ()) -> "ServerMove":
        """What its record says."""
        ends = migration.source, migration.destination
        return cls(migration.server_id, migration.id, *ends, migration.before == "active", after)

    @property
    def stays(self) -> bool:
        """Whether the server keeps its host."""
        return self.source == self.destination


class Verbs:
    """Steps of more than one of the sagas."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._start = BootSteps(outside)

    async def old_spec(self, move: ServerMove) -> GuestSpec:
        """The guest as it was before the move."""
        found = await self._migration(move)
        return await self._start.spec(move.server_id, AsMade(found.old_flavor, found.old_build, found.image))

    async def new_spec(self, move: ServerMove) -> GuestSpec:
        """The guest as it is to be after it."""
        found = await self._migration(move)
        return await self._start.spec(move.server_id, AsMade(found.new_flavor, found.new_build, found.image))

    async def bind_to(self, move: ServerMove, host: HostName) -> None:
        """Bind the server's NICs to the host, with the ports, MACs and addresses that they have."""
        network = self._outside.network
        await self.say_of_nics(move, host, lambda c, at: network.rebind(c, move.server_id, host, at))
        await network.realise(move.server_id, host)

    async def say_of_nics(
        self, move: ServerMove, host: HostName | None, say: Callable[[Connection, int], bool]
    ) -> None:
        """Write where the NICs of the server, whose row is locked, are. Raises Refused where ``say`` cannot."""
        at = self._outside.clock.now()

        def work(connection: Connection) -> None:
            servers.lock(connection, move.server_id)
            if not say(connection, at):
                raise Refused(
                    f"A NIC of server {move.server_id} would have the name of another one on host {host}. "
                    "Choose another host."
                )

        await self._outside.store.write(work)

    async def begin_guest(self, move: ServerMove, host: HostName, spec: GuestSpec) -> None:
        """Have the guest defined there, and paused with its taps plugged where it is to run."""
        there = self._outside.host(host)
        await (there.start_paused(spec) if move.runs else there.define(spec))

    async def end_new_guest(self, move: ServerMove) -> None:
        """No guest at the destination; on its own host it has no power, and its definition waits to be the old one.

        Removed with it would be what its firmware and its TPM remember.
        """
        if move.stays:
            await self._start.power_off(move.server_id, move.destination, 0.0)
        else:
            await self._outside.host(move.destination).destroy(move.server_id)

    async def ports_up(self, move: ServerMove) -> Ready | NotYet:
        """Level-triggered, as at a boot."""
        return await self._start.ports_up(move.server_id) if move.runs else Ready()

    async def resume(self, move: ServerMove, host: HostName) -> None:
        """Let the guest run on, where it is to run."""
        if move.runs:
            await self._start.resume(move.server_id, host)

    async def running(self, move: ServerMove, host: HostName) -> Ready | NotYet:
        """Whether the guest is as it is to be."""
        return await self._start.running(move.server_id, host) if move.runs else Ready()

    async def _migration(self, move: ServerMove) -> Migration:
        found = await self._outside.store.read_short(lambda connection: migrations.get(connection, move.migration_id))
        if found is None:
            raise Refused(f"The record of what is done with server {move.server_id} is gone.")
        return found


def locked(connection: Connection, move: ServerMove) -> tuple[Server, Migration] | None:
    """The server and its move, for change; None where one of them is gone or ended."""
    servers.lock(connection, move.server_id)
    server = servers.get(connection, move.server_id)
    migration = migrations.held_by(connection, move.server_id)
    return None if server is None or migration is None or migration.id != move.migration_id else (server, migration)


def show(connection: Connection, migration: Migration, at: int, *, moved: bool) -> None:
    """The server's row says where it is and what it is made of: at the destination, or as it was before."""
    host, flavor, build = (
        (migration.destination, migration.new_flavor, migration.new_build)
        if moved
        else (migration.source, migration.old_flavor, migration.old_build)
    )
    servers.set_host(connection, migration.server_id, host, at)
    servers.set_build(connection, migration.server_id, at=at, flavor=flavor, disks=build.disks, hardware=build.hardware)
