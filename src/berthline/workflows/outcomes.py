"""How a saga ended, for a request that waits for it, whichever worker drives it."""

import asyncio

from berthline.domain.ids import SagaId
from berthline.saga import Engine, SagaRecord
from berthline.saga.log import UNFINISHED
from berthline.store import Connection
from berthline.store.control.sagas import get_saga
from berthline.workflows.outside import Outside


async def outcome(outside: Outside, engine: Engine[Connection], saga_id: SagaId, at_most: float) -> SagaRecord | None:
    """Wait until the saga has ended, or ``at_most`` seconds, and return its record as it is then; None: it has none.

    One that is driven here is heard of when it ends; another worker's is looked at every ``look_again``. The seconds
    are measured, so that a clock that is set meanwhile changes nothing. Raises Unavailable: the store was not reached.
    """
    measured = asyncio.get_running_loop().time
    patience = measured() + at_most
    while True:
        await engine.driven(saga_id, min(outside.look_again, max(patience - measured(), 0.0)))
        saga = await outside.store.read_short(lambda connection: get_saga(connection, saga_id))
        if saga is None or saga.state not in UNFINISHED or measured() >= patience:
            return saga
