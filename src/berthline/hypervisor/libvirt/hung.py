"""Guests whose QEMU answers libvirt no more, which nothing of libvirt's says by itself.

libvirt knows for how long a call has waited for a QEMU, and tells it without asking that one; so who asked before is
seen. To see the others each QEMU is asked for something small, by a connection and a thread that may be left behind:
they wait for as long as the guest hangs, once for each, as one that is waited for already is not asked again.
"""

import asyncio
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import suppress
from typing import Final

from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt import binding, xml
from berthline.hypervisor.libvirt.binding import Connection, Domain, libvirt_error
from berthline.hypervisor.libvirt.connection import Host

SECONDS: Final = 10.0
"""A QEMU that has not answered for so long hangs; one on a busy host takes milliseconds, or a second."""
ROUNDS: Final = 4
"""Guests that may be found to hang by one question after the other."""
AIM: Final = "look for guests that hang"


async def hung_guests(host: Host, call_seconds: float) -> Collection[ServerId]:
    """Those of ours that hang. Raises as ``Host.run``."""
    seconds = min(SECONDS, call_seconds)

    def look(connection: Connection) -> frozenset[ServerId]:
        return frozenset(server for server, domain in _running(connection) if _waits(domain, seconds / 2))

    found = await host.run(AIM, look)
    for _ in range(ROUNDS):
        asked = asyncio.wrap_future(_asked(host.another, found))
        done, _ = await asyncio.wait([asked], timeout=seconds)
        found = await host.run(AIM, look)
        if done:
            return found
    return found


def _running(connection: Connection) -> list[tuple[ServerId, Domain]]:
    domains = connection.listAllDomains(binding.LIST_ACTIVE)
    named = ((xml.server_of(domain.name()), domain) for domain in domains)
    return [(server, domain) for server, domain in named if server is not None]


def _waits(domain: Domain, seconds: float) -> bool:
    """Whether something has waited so long for its QEMU; not for one that has gone since."""
    with suppress(libvirt_error):
        state, _, milliseconds = domain.controlInfo()
        return state == binding.CONTROL_OCCUPIED and milliseconds >= 1000 * seconds
    return False


def _asked(another: Callable[[], Connection], spared: Collection[ServerId]) -> Future[None]:
    """Done once each QEMU has answered but those that are spared; also where the host does not take the question."""
    answered: Future[None] = Future()

    def run() -> None:
        with suppress(libvirt_error):
            connection = another()
            try:
                domains = [domain for server, domain in _running(connection) if server not in spared]
                if domains:
                    connection.domainListGetStats(domains, binding.STATS_DISKS, binding.STATS_OF_IDLE_ONES)
            finally:
                with suppress(libvirt_error):
                    connection.close()
        answered.set_result(None)

    threading.Thread(target=run, name="libvirt-hung", daemon=True).start()
    return answered
