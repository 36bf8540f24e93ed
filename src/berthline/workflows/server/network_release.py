"""Take a server's NICs back from a network service outside, after a build that no host could finish.

With networks of our own that is part of the transaction that ends the build. Outside it is an effect, so it gets a
saga: tried until it is done, across restarts, and listed meanwhile. Nova only logs what it could not undo.
"""

from typing import Final

import msgspec

from berthline.domain.compute import Server
from berthline.domain.ids import ServerId
from berthline.saga import Commit, Definition, Effect, Failure
from berthline.store import Connection
from berthline.store.control.sagas import insert_saga
from berthline.workflows.outside import Outside
from berthline.workflows.server.placing import release_host

KIND: Final = "network_release"
ATTEMPTS: Final = 10_000
"""A service that cannot be reached is tried for about a day."""


class NetworkRelease(msgspec.Struct, frozen=True):
    """Input of the saga."""

    server_id: ServerId


def give_back(connection: Connection, outside: Outside, server: Server, at: int) -> None:
    """Free the server's NICs and its place on its host; NICs outside by a saga of their own. Again: no change."""
    release_host(connection, server, at)
    if not outside.network.acts_outside:
        outside.network.release(connection, server.id, at)
    elif server.task_state != "deleting":  # the delete that waits takes them back itself
        insert_saga(
            connection,
            kind=KIND,
            subject_id=server.id,
            project_id=server.project_id,
            saga_input=NetworkRelease(server.id),
            holder=None,
            at=at,
        )


def definition(outside: Outside) -> Definition[NetworkRelease, Connection]:
    """The saga that takes the NICs back."""

    async def take_back(release: NetworkRelease) -> None:
        await outside.network.take_back(release.server_id)

    def released(connection: Connection, release: NetworkRelease) -> None:
        outside.network.release(connection, release.server_id, outside.clock.now())

    def leave(_connection: Connection, _release: NetworkRelease, _failure: Failure) -> None:
        """Refused for good: the NICs stay noted, as a leak that ``doctor`` shows, until the server is deleted."""

    forward = "what is taken back is not wanted again"
    return Definition(
        kind=KIND,
        input_type=NetworkRelease,
        steps=(Effect("networks", take_back, None, forward, ATTEMPTS), Commit("released", released)),
        undone=leave,
    )
