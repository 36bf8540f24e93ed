"""How a server's guest is made and started on its host, for each saga that does it: what is read, and its steps.

Each step may run again and asks for the host anew. The guest's NICs are those that the server has when it starts.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import msgspec
from msgspec.structs import replace

from berthline.domain.chance import random_bytes
from berthline.domain.compute import Build, Flavor, Server
from berthline.domain.disks import Disk
from berthline.domain.errors import DisksInUse, NoBaseImage, NotFound, NoValidHost
from berthline.domain.hypervisor import ON, BaseImage, GuestSpec
from berthline.domain.ids import HostName, ImageId, ServerId
from berthline.domain.network_info import NetworkInfo
from berthline.hypervisor.config_drive import build_config_drive
from berthline.network.service import NetworkService
from berthline.saga import NotYet, Ready
from berthline.store import Connection
from berthline.store.compute.servers import admin_passwords, servers
from berthline.store.images import images
from berthline.workflows.outside import Outside
from berthline.workflows.server import disks, port_waits
from berthline.workflows.server.disks import Decided
from berthline.workflows.server.guest_metadata import RANDOM_SEED_BYTES, guest_files

FRESH: Final = 100_000
"""Microseconds for which what one step read of a server is good enough for the next."""


class AsMade(msgspec.Struct, frozen=True):
    """What a guest is made from, where that is not what its server's row says: before a move of it ends, and behind."""

    flavor: Flavor
    build: Build
    image: BaseImage


async def delete_disks(outside: Outside, server_id: ServerId, host: HostName) -> None:
    """None of a server's disks on a host that has its guest no more.

    Should there be a guest all the same, it came behind the step that took it away: whoever drove the saga before stood
    still amid making it, and has gone on. It goes too, or this step would be refused for ever.
    """
    try:
        await outside.host(host).delete_disks(server_id)
    except DisksInUse:
        await outside.host(host).destroy(server_id)
        await outside.host(host).delete_disks(server_id)


class BootSteps:
    """The steps. Every method raises as the host's verb does."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._specs: dict[ServerId, tuple[GuestSpec, int]] = {}
        """What the disks step read and when, for the guest step if that follows at once."""

    async def cache_image(self, server_id: ServerId, host: HostName) -> None:
        """Have the server's image in its host's cache."""
        image = await self._outside.store.read_short(lambda connection: images.base_image_of(connection, server_id))
        await self._outside.host(host).cache_image(image, self._outside.images)

    async def made_of_image(self, host: HostName, image: BaseImage, make: Callable[[], Awaitable[None]]) -> None:
        """Make something of a cached image; one that was taken out of the cache since is cached again."""
        try:
            await make()
        except NoBaseImage:
            await self._outside.host(host).cache_image(image, self._outside.images)
            await make()

    async def create_disks(self, server_id: ServerId, host: HostName) -> None:
        """Its disks, where they are not there."""
        spec, read_at = await self.spec(server_id), self._outside.clock.now()
        await self.made_of_image(host, spec.image, lambda: self._outside.host(host).create_disks(spec))
        self._specs[server_id] = (spec, read_at)

    async def renew_disks(self, server_id: ServerId, host: HostName, *, keep_empty: bool) -> None:
        """Its disks anew."""
        spec, read_at = await self.spec(server_id), self._outside.clock.now()
        there = self._outside.host(host)
        await self.made_of_image(host, spec.image, lambda: there.renew_disks(spec, keep_empty=keep_empty))
        self._specs[server_id] = (spec, read_at)

    async def delete_disks(self, server_id: ServerId, host: HostName) -> None:
        """None of its disks."""
        self._specs.pop(server_id, None)
        await delete_disks(self._outside, server_id, host)

    async def start_paused(self, server_id: ServerId, host: HostName) -> None:
        """The guest, defined and paused."""
        spec, read_at = self._specs.pop(server_id, (None, 0))
        if spec is None or self._outside.clock.now() - read_at > FRESH:
            spec = await self.spec(server_id)
        await self._outside.host(host).start_paused(spec)

    async def destroy(self, server_id: ServerId, host: HostName) -> None:
        """No guest."""
        port_waits.forget(self._outside, server_id)
        await self._outside.host(host).destroy(server_id)

    async def power_off(self, server_id: ServerId, host: HostName, grace_seconds: float) -> None:
        """No power; a guest that is not there has none."""
        if await self._outside.seen(host).power(server_id) in ON:
            await self._outside.host(host).shutdown(server_id, grace_seconds)

    async def ports_up(self, server_id: ServerId) -> Ready | NotYet:
        """Level-triggered: the network service is asked how each port is now; no notice is relied on.

        A port that was deleted meanwhile is no NIC any more, and is not waited for.
        """
        states = await self._outside.network.nic_states(server_id)
        return port_waits.when_up(self._outside, server_id, states)

    async def resume(self, server_id: ServerId, host: HostName) -> None:
        """The paused guest runs."""
        await self._outside.host(host).resume(server_id)

    async def running(self, server_id: ServerId, host: HostName) -> Ready | NotYet:
        """Whether it does."""
        power = await self._outside.seen(host).power(server_id)
        return (
            Ready() if power == "running" else NotYet(f"the guest is {power}", retry_after=self._outside.look_again / 2)
        )

    async def rescue_spec(self, server_id: ServerId, rescue_image: ImageId) -> GuestSpec:
        """The server's guest while it boots from a rescue disk of that image, with the password that waits for it."""

        def read(connection: Connection) -> tuple[Server, NetworkInfo, BaseImage, Decided, str | None]:
            server, info, own, password = _spec_rows(connection, self._outside.network, server_id, None)
            image, whole = images.base_image(connection, rescue_image), images.get(connection, rescue_image)
            assert whole is not None
            return server, info, image, disks.rescued(server, own.properties, whole), password

        server, info, image, chosen, password = await self._outside.store.read_short(read)
        drive = None
        if server.config_drive:
            drive = await asyncio.to_thread(_config_drive, server, info, chosen.disks, password)
        return _spec_of(server, info, image, chosen, drive, rescues=True)

    async def spec(self, server_id: ServerId, as_made: AsMade | None = None) -> GuestSpec:
        """The guest as the server's rows say, or as it was or is to be made otherwise.

        The rows are read here, which is quicker than to have a thread do it; a config drive is a thread's work.
        """
        server, info, image, password = await self._outside.store.read_short(
            lambda connection: _spec_rows(connection, self._outside.network, server_id, as_made)
        )
        own = disks.of_server(server, image.properties)
        drive = None
        if server.config_drive:
            drive = await asyncio.to_thread(_config_drive, server, info, own.disks, password)
        return _spec_of(server, info, image, own, drive)


class OnOneHost(Protocol):
    """The input of a saga whose server is on one host throughout."""

    @property
    def server_id(self) -> ServerId: ...

    @property
    def host(self) -> HostName: ...


class HostSteps:
    """The last steps of every saga that starts a guest on the host it is given."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._boot = BootSteps(outside)

    async def ports_up(self, subject: OnOneHost) -> Ready | NotYet:
        return await self._boot.ports_up(subject.server_id)

    async def resume(self, subject: OnOneHost) -> None:
        await self._boot.resume(subject.server_id, subject.host)

    async def running(self, subject: OnOneHost) -> Ready | NotYet:
        return await self._boot.running(subject.server_id, subject.host)

    async def power_off(self, subject: OnOneHost) -> None:
        await self._boot.power_off(subject.server_id, subject.host, self._outside.stop_grace)

    async def delete_rescue_disks(self, subject: OnOneHost) -> None:
        await self._outside.host(subject.host).delete_rescue_disks(subject.server_id)


def _spec_rows(
    connection: Connection, network: NetworkService, server_id: ServerId, as_made: AsMade | None
) -> tuple[Server, NetworkInfo, BaseImage, str | None]:
    server = servers.get(connection, server_id)
    image_id = None if server is None else server.shelved_image_id or server.image_id
    if server is None or image_id is None:
        raise NoValidHost(f"server {server_id} is gone, or has no image to boot from")
    info = network.network_info(connection, [server_id])[server_id]
    password = admin_passwords.get(connection, server_id) if server.config_drive else None
    if as_made is None:
        return server, info, _image(connection, image_id, server), password
    build = as_made.build
    server = replace(server, flavor=as_made.flavor, disks=build.disks, hardware=build.hardware)
    return server, info, as_made.image, password


def _image(connection: Connection, image_id: ImageId, server: Server) -> BaseImage:
    """The server's image. One that went meanwhile is needed for no more than its id, by a server that has run."""
    try:
        return images.base_image(connection, image_id)
    except NotFound:
        if server.launched_at is None:
            raise
        return BaseImage(id=image_id, disk_format="qcow2", size=0, sha512="")


def _config_drive(server: Server, info: NetworkInfo, own: tuple[Disk, ...], password: str | None) -> bytes:
    seed = random_bytes(RANDOM_SEED_BYTES)
    return build_config_drive(guest_files(server, info, seed=seed, admin_password=password, disks=own))


def _spec_of(
    server: Server, info: NetworkInfo, image: BaseImage, own: Decided, drive: bytes | None, *, rescues: bool = False
) -> GuestSpec:
    return GuestSpec(
        server_id=server.id,
        name=server.name,
        vcpus=server.flavor.vcpus,
        memory_mb=server.flavor.ram,
        disks=own.disks,
        hardware=own.hardware,
        image=image,
        vifs=info.vifs,
        config_drive=drive,
        rescues=rescues,
    )
