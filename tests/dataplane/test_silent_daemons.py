"""Real daemons that stop: what OVN's databases show of them."""

import asyncio
import signal
import time
from collections.abc import Callable

import pytest

from berthline.dataplane.ovn.daemons import OvnDaemons
from berthline.domain.dataplane import Silence
from berthline.localhost import Endpoints, LocalHost

pytestmark = pytest.mark.dataplane

PATIENCE = 60.0
"""Only keeps a broken run from hanging."""


async def until(daemons: OvnDaemons, chassis: str, sought: Callable[[Silence], object], what: str) -> None:
    """Look until what is sought is seen. ``chassis``: one, or several with blanks between."""
    limit = time.monotonic() + PATIENCE
    while not sought(found := await daemons.look(chassis.split())):
        assert time.monotonic() < limit, f"never seen: {what}; last {found}"
        await asyncio.sleep(0.5)


async def test_each_daemon_that_stands_still_is_seen_and_seen_again(
    local_services: LocalHost, local_host: Endpoints
) -> None:
    daemons = OvnDaemons(local_host.northbound, local_host.southbound)
    stopped = {
        "northd": lambda found: found.northd,
        "controller": lambda found: found.chassis,
        "southbound": lambda found: found.southbound,
        "northbound": lambda found: found.northbound,
    }
    try:
        await until(daemons, local_host.chassis, lambda found: found == Silence(), "all well")
        for name, shows in stopped.items():
            local_services.signal_daemon(name, signal.SIGSTOP)
            try:
                await until(daemons, local_host.chassis, shows, f"{name} stands still")
            finally:
                local_services.signal_daemon(name, signal.SIGCONT)
            await until(daemons, local_host.chassis, lambda found: found == Silence(), f"well again after {name}")
        unknown = f"{local_host.chassis} no-such-chassis"
        await until(
            daemons, unknown, lambda found: found.chassis.keys() == {"no-such-chassis"}, "one that is not there"
        )
    finally:
        await daemons.close()
