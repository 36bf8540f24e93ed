"""That a saga waits for what was under way before it."""

import asyncio

from berthline.domain.ids import ServerId
from berthline.store.control.sagas import list_sagas
from tests.workflows.world import Process


async def waits(process: Process, server_id: ServerId, kind: str) -> None:
    """See that this saga of the server does nothing while its hosts are away; tries of an effect would count."""
    for _ in range(10):
        await asyncio.sleep(0.01)
        found = process.store.read_now(lambda connection: list_sagas(connection, subject_id=server_id))
        assert [(saga.position, saga.attempts) for saga in found if saga.kind == kind] == [(0, 0)]
