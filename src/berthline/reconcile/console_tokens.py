"""Forget tokens of consoles that nobody used in time. It takes no input: the rows say how old they are."""

from typing import Final

from berthline.domain.clock import Clock
from berthline.store import Store
from berthline.store.compute.servers import console_tokens

AT_ONCE: Final = 500


async def forget_expired_tokens(store: Store, clock: Clock) -> int:
    """Delete every expired token, some hundred in a transaction; returns how many."""
    forgotten = 0
    while gone := await store.write(lambda connection: console_tokens.forget_expired(connection, clock.now(), AT_ONCE)):
        forgotten += gone
    return forgotten
