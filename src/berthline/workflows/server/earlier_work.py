"""What was under way at a server when an action was accepted, for an action that begins when all of it is ended."""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from berthline.domain.ids import SagaId, ServerId
from berthline.saga import NotYet, Ready
from berthline.store import Connection
from berthline.store.control.sagas import unfinished
from berthline.workflows.outside import Outside

DEADLINE_SECONDS: Final = 86_400.0
"""As long as a host that cannot be reached is tried."""


class After(Protocol):
    """The input of a saga that waits: ``after`` are the sagas that it is to find ended."""

    @property
    def server_id(self) -> ServerId: ...

    @property
    def after(self) -> tuple[SagaId, ...]: ...


def earlier(connection: Connection, server_id: ServerId) -> tuple[SagaId, ...]:
    """What is under way now; read in the transaction that accepts the action, with the server's row locked."""
    return tuple(saga.id for saga in unfinished(connection, server_id))


def look(outside: Outside) -> Callable[[After], Awaitable[Ready | NotYet]]:
    """What the step that waits does. What is begun later waits in its turn, or is refused by the server's state."""

    async def ended(action: After) -> Ready | NotYet:
        if not action.after:
            return Ready()
        others = await outside.store.read_short(lambda connection: unfinished(connection, action.server_id))
        left = [saga.kind for saga in others if saga.id in action.after]
        return NotYet(f"{left[0]} is not ended", retry_after=outside.look_again) if left else Ready()

    return ended
