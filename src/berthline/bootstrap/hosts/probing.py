"""A look at a host that an admin would add: whether it is there, and what it is."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from berthline.bootstrap.hosts.roster import Make
from berthline.domain.errors import Transient
from berthline.domain.hosts.enrolment import EnrolledHost
from berthline.workflows.enrolment.hosts import Seen

LOOK_SECONDS: Final = 20.0

Networks = Callable[[], Awaitable[Mapping[str, Collection[str]]]]


async def look_at_one(make: Make, networks: Networks | None, host: EnrolledHost) -> Seen:
    """See whether a host is there, by a way of its own. ``networks``: the physical ones that each chassis leads to.

    Raises OutsideError.
    """
    made = await make(host)
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            facts = await made.facts()
    except TimeoutError:
        raise Transient(f"it did not answer in {LOOK_SECONDS:.0f} s") from None
    finally:
        await made.close()
    return Seen(facts, None if networks is None else (await networks()).get(host.chassis))
