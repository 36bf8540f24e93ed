"""Forget idempotency keys that are older than a day. It takes no input: the rows say how old they are."""

from typing import Final

from berthline.domain.clock import Clock
from berthline.store import Store
from berthline.store.control import idempotency

AT_ONCE: Final = 500


async def forget_expired_keys(store: Store, clock: Clock) -> int:
    """Delete every expired key, some hundred in a transaction; returns how many."""
    forgotten = 0
    while gone := await store.write(lambda connection: idempotency.forget_expired(connection, clock.now(), AT_ONCE)):
        forgotten += gone
    return forgotten
