"""A simulated world as a process of its own, until it is told to end."""

import asyncio
from collections.abc import Callable

from berthline.bootstrap import memory
from berthline.bootstrap.ending import told_to_end
from berthline.bootstrap.hosts.looking import simulated_facts, simulated_names
from berthline.bootstrap.logs import set_up_log
from berthline.config import Settings
from berthline.simulated.address import parsed
from berthline.simulated.server import WorldServer
from berthline.simulated.world import World


def run(settings: Settings, at: str, ready: Callable[[str], None]) -> None:
    """Serve the hosts of these settings at that address; ``ready`` is told which it is. Raises StartRefused."""
    import uvloop

    address = parsed(at)
    memory.prepare()
    set_up_log(settings.log)

    async def serve() -> None:
        server = WorldServer(World(simulated_facts(settings), simulated_names(settings)))
        async with server.serving(address) as there:
            with told_to_end() as told:
                ready(str(there))
                memory.settle()
                await told.wait()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
