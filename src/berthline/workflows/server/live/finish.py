"""A live migration is to end soon, as an admin said: by post-copy, or with the guest paused until it is there."""

from typing import Final

from berthline.saga import Definition, Effect, Failure
from berthline.store import Connection
from berthline.workflows.outside import Outside
from berthline.workflows.server.resize.verbs import ServerMove

KIND: Final = "server_finish_live_migration"


def definition(outside: Outside) -> Definition[ServerMove, Connection]:
    """The saga beside the migration's own, which goes on."""

    async def finish(move: ServerMove) -> None:
        await outside.host(move.source).finish_move(move.server_id)

    def fail(_connection: Connection, _move: ServerMove, _failure: Failure) -> None:
        """It shows in the action alone: the migration goes on as it did."""

    why = "the migration's own end or undoing has the guest run"
    return Definition(kind=KIND, input_type=ServerMove, steps=(Effect("finish", finish, None, why),), undone=fail)
