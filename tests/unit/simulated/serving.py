"""A simulated world served on a socket of its own, and a cloud's link to it."""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from berthline.domain.hypervisor import HostFacts
from berthline.domain.ids import HostName
from berthline.simulated.address import Address
from berthline.simulated.link import Link, Patience
from berthline.simulated.server import WorldServer
from berthline.simulated.world import World

CLOUD = "cloud-1"


@contextlib.asynccontextmanager
async def served(
    facts: HostFacts, hosts: int = 1, *, patience: Patience | None = None
) -> AsyncIterator[tuple[World, Link]]:
    """The world, filled with nothing, and the way to it."""
    names = [HostName(f"simulated-{number}") for number in range(1, hosts + 1)]
    world = World(facts, names)
    with tempfile.TemporaryDirectory(prefix="world-") as folder:
        async with WorldServer(world).serving(Address(str(Path(folder) / "world"))) as address:
            link = Link(address, CLOUD, patience)
            await link.open()
            for part in ("hosts", "dataplane"):
                assert await link.call("begin_fill", part)
                await link.call("end_fill", part)
            try:
                yield world, link
            finally:
                await link.close()
