"""Change the administrator's password in a server's guest, by its agent. The password is kept until that is done."""

from typing import Final

import msgspec

from berthline.domain.ids import HostName, ServerId
from berthline.saga import Commit, Definition, Effect, Failure
from berthline.store import Connection
from berthline.store.compute.servers import admin_passwords, servers
from berthline.workflows.outside import Outside

KIND: Final = "server_change_password"


class PasswordChange(msgspec.Struct, frozen=True):
    """Input of the saga: whose password it is in the guest."""

    server_id: ServerId
    host: HostName
    user: str


def definition(outside: Outside) -> Definition[PasswordChange, Connection]:
    """The saga that tells the agent."""

    async def tell(change: PasswordChange) -> None:
        read = outside.store.read_short
        password = await read(lambda connection: admin_passwords.get(connection, change.server_id))
        if password is not None:
            await outside.host(change.host).set_password(change.server_id, change.user, password)

    def finish(connection: Connection, change: PasswordChange) -> None:
        admin_passwords.forget(connection, change.server_id)
        now = outside.clock.now()
        servers.set_states(
            connection, change.server_id, expected_task_state="updating_password", task_state=None, at=now
        )

    def fail(connection: Connection, change: PasswordChange, _failure: Failure) -> None:
        """The server is as it was; who asked is told why, and so is the action's record."""
        finish(connection, change)

    why = "nobody knows the password that was there before"
    return Definition(
        kind=KIND,
        input_type=PasswordChange,
        steps=(Effect("password", tell, None, why), Commit("changed", finish)),
        undone=fail,
    )
