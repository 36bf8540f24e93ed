"""Routers' ways out are where chassis say that their bridges lead outside: looked at, written down, followed.

Takes no input: it compares what hosts are recorded to lead to with what their chassis say. A host that was just added
carries no way out before it was seen to have a bridge for it.
"""

from collections.abc import Awaitable, Callable, Mapping

import structlog

from berthline.domain.clock import Clock
from berthline.store import Store
from berthline.store.dataplane import ways_out

log = structlog.get_logger("berthline.reconcile")

Look = Callable[[], Awaitable[Mapping[str, frozenset[str]]]]


async def follow_ways_out(store: Store, clock: Clock, look: Look) -> int:
    """``look``: the physical networks that each chassis leads to. How many hosts changed. Raises Transient."""
    seen = await look()
    changed = await store.write(lambda connection: ways_out.record(connection, seen, clock.now()))
    if changed:
        log.info("hosts lead to other networks than before", hosts=changed)
    return changed
