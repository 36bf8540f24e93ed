"""The kinds of host that the contract is held against, and what they offer its tests."""

import asyncio
import hashlib
import struct
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
import pytest

from berthline.domain.disks import lay_out
from berthline.domain.hardware import Hardware
from berthline.domain.hypervisor import BaseImage, GuestSpec, HostFacts, Hypervisor
from berthline.domain.ids import HostName, ImageId, PortId, ServerId, new_id
from berthline.domain.network_info import VIF
from berthline.hypervisor.guest_state import Disks
from berthline.hypervisor.memory import SimulatedHost
from berthline.simulated.host import DistantHost
from berthline.simulated.link import Link
from berthline.simulated.world import World as Served
from tests.unit.hypervisor.samples import make_vif

CHUNK = 64 * 1024
PLAIN = Hardware()
by_socket_alone = pytest.mark.parametrize(
    "world", ["simulated", "distant", pytest.param("libvirt", marks=pytest.mark.dataplane)], indirect=True
)


@dataclass
class Source:
    """An image's bytes, and how often they were asked for; ``on_chunk`` sees the number of each chunk first."""

    content: bytes
    reads: int = 0
    on_chunk: Callable[[int], None] = lambda _number: None

    async def read(self, image_id: ImageId) -> AsyncIterator[bytes]:
        self.reads += 1
        for number, start in enumerate(range(0, len(self.content), CHUNK)):
            self.on_chunk(number)
            await asyncio.sleep(0)
            yield self.content[start : start + CHUNK]

    def image(self) -> BaseImage:
        """The raw image of this content."""
        digest = hashlib.sha512(self.content).hexdigest()
        return BaseImage(id=ImageId(new_id()), disk_format="raw", size=len(self.content), sha512=digest)


def new_source() -> Source:
    """A raw image that no other test uses: some text, a hole of two MiB, the text again."""
    text = new_id().encode().ljust(1024) * 1024
    return Source(text + bytes(2 * 1024**2) + text)


def qcow2_source(capacity: int) -> Source:
    """An empty qcow2 image of a disk of that many bytes: header, reference counts, empty table; a cluster each."""
    cluster, table_entries = 1 << 16, -(-capacity // (1 << 29))
    header = struct.pack(
        ">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 16, capacity, 0, table_entries, 3 * cluster, cluster, 1, 0, 0
    )
    counts_at = struct.pack(">Q", 2 * cluster)
    counts = struct.pack(">4H", 1, 1, 1, 1)
    unique = new_id().encode().rjust(cluster, b"\0")
    return Source(b"".join(part.ljust(cluster, b"\0") for part in (header, counts_at, counts, unique)))


def new_spec(
    image: BaseImage,
    *vifs: VIF,
    disk_gb: int = 0,
    ephemeral_gb: int = 0,
    swap_mb: int = 0,
    hardware: Hardware = PLAIN,
    config_drive: bytes | None = b"\1" * 2048,
) -> GuestSpec:
    """A guest that no other test uses, with little memory. It has nothing to boot, and needs nothing."""
    return GuestSpec(
        server_id=ServerId(new_id()),
        name="guest",
        vcpus=1,
        memory_mb=32,
        disks=lay_out(hardware, image.id, root_gb=disk_gb, ephemeral_gb=ephemeral_gb, swap_mb=swap_mb),
        hardware=hardware,
        image=image,
        vifs=vifs,
        config_drive=config_drive,
    )


def with_flavors_disks(spec: GuestSpec) -> GuestSpec:
    """The guest with an ephemeral disk and swap."""
    disks = lay_out(spec.hardware, spec.image.id, root_gb=0, ephemeral_gb=1, swap_mb=8)
    return msgspec.structs.replace(spec, disks=disks)


def new_vif() -> VIF:
    """A NIC of a port that no other test uses."""
    port_id = PortId(new_id())
    return make_vif(port_id, f"fa:16:3e:{port_id[0:2]}:{port_id[2:4]}:{port_id[4:6]}")


class World(Protocol):
    """A host, and what may happen to it behind Berthline's back."""

    @property
    def host(self) -> Hypervisor: ...

    async def cut_power(self, server_id: ServerId) -> None:
        """Someone stops the guest by hand."""
        ...

    async def plugged(self, vif: VIF) -> bool:
        """True when the port's tap is on the switch, with the port's id."""
        ...

    async def write(self, server_id: ServerId, data: bytes) -> None:
        """Have this at the beginning of the root disk of a guest that is off, as if it had written it."""
        ...

    async def written(self, server_id: ServerId) -> bytes:
        """What ``write`` wrote last, read from the disk."""
        ...

    async def capacity(self, server_id: ServerId) -> int:
        """Bytes of the root disk as the guest sees it; of a simulated one those that its flavor named."""
        ...

    async def forget_image(self, image: BaseImage) -> None:
        """Remove the image from the host's cache, whoever uses it."""
        ...


async def prepared(world: World, *vifs: VIF) -> GuestSpec:
    """A new guest whose disks are there."""
    source = new_source()
    spec = new_spec(source.image(), *vifs)
    await world.host.cache_image(spec.image, source)
    await world.host.create_disks(spec)
    return spec


async def removed(world: World, server_id: ServerId) -> None:
    """Nothing of the guest is left."""
    await world.host.destroy(server_id)
    await world.host.delete_disks(server_id)


async def eventually(look: Callable[[], bool], what: str) -> None:
    """Look again until it is so; the limit only keeps a broken run from hanging."""
    limit = time.monotonic() + 60
    while not look():
        assert time.monotonic() < limit, f"never seen: {what}"
        await asyncio.sleep(0.02)


@dataclass(eq=False)
class Taps:
    """The simulated dataplane, as far as a host sees it."""

    plugged: dict[PortId, str] = field(default_factory=dict)

    def plug(self, port_id: PortId, chassis: str) -> None:
        self.plugged[port_id] = chassis

    def unplug(self, port_id: PortId, chassis: str | None = None) -> None:
        self.plugged.pop(port_id, None)


FACTS = HostFacts(
    hypervisor_type="simulated", hypervisor_version=1, vcpus=4, memory_mb=4096, disk_gb=100, cpu_info="{}"
)


class InMemory:
    """What is done to disks that are in memory."""

    def in_memory(self) -> SimulatedHost:
        """The host itself."""
        raise NotImplementedError

    async def write(self, server_id: ServerId, data: bytes) -> None:
        self._disks(server_id).written = data

    async def written(self, server_id: ServerId) -> bytes:
        return self._disks(server_id).written

    async def capacity(self, server_id: ServerId) -> int:
        return self._disks(server_id).capacity

    async def forget_image(self, image: BaseImage) -> None:
        self.in_memory()._capacities.pop(image.sha512)

    def _disks(self, server_id: ServerId) -> Disks:
        disks = self.in_memory().disks_of(server_id)
        assert disks is not None
        return disks


class SimulatedWorld(InMemory):
    """A host in memory."""

    def __init__(self) -> None:
        self.taps = Taps()
        self.simulated = SimulatedHost(HostName("simulated"), FACTS, self.taps, chassis="chassis-1")

    def in_memory(self) -> SimulatedHost:
        return self.simulated

    @property
    def host(self) -> Hypervisor:
        return self.simulated

    async def cut_power(self, server_id: ServerId) -> None:
        self.simulated.guest_powers_off(server_id)

    async def plugged(self, vif: VIF) -> bool:
        return self.taps.plugged.get(vif.id) == "chassis-1"


class DistantWorld(InMemory):
    """A host of a world that is reached over a socket."""

    def __init__(self, world: Served, link: Link) -> None:
        self._world = world
        self._link = link
        self.distant = DistantHost(HostName("simulated-1"), link)

    def in_memory(self) -> SimulatedHost:
        return self._world.host(HostName("simulated-1"))

    @property
    def host(self) -> Hypervisor:
        return self.distant

    async def cut_power(self, server_id: ServerId) -> None:
        await self._link.call("power_off", HostName("simulated-1"), server_id)

    async def plugged(self, vif: VIF) -> bool:
        return self._world.dataplane.plugged().get(vif.id) == "simulated-1"
