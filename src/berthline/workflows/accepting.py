"""What every verb of the compute service does before its saga starts: who may, which server, and the record of it."""

from collections.abc import Sequence

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import Fault, Server, ServerAction
from berthline.domain.errors import BadRequest, Conflict, Forbidden, InstanceInvalidState, NotFound
from berthline.domain.ids import HostName, ServerId
from berthline.domain.server_actions import ACTIONS, ActionRule
from berthline.saga import Engine, SagaRecord
from berthline.store import Connection
from berthline.store.compute import migrations
from berthline.store.compute.servers import actions as server_actions
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import insert_saga
from berthline.workflows.outside import Outside
from berthline.workflows.server.create import HolderFor


def check_may_write(caller: Caller) -> None:
    """Raise Forbidden for a caller that may only read."""
    if not caller.may_write:
        raise Forbidden("Policy doesn't allow this to be performed: the member role is needed.")


def owned(connection: Connection, caller: Caller, server_id: ServerId) -> Server:
    """The caller's server; another project's is as unknown as one that never was."""
    server = servers.get(connection, server_id)
    if server is None or not (caller.is_admin or server.project_id == caller.project_id):
        raise NotFound(f"Instance {server_id} could not be found.")
    return server


def owned_for_change(connection: Connection, caller: Caller, server_id: ServerId) -> Server:
    """``owned``, for what is begun by the server's state: nobody else begins anything with it meanwhile."""
    servers.lock(connection, server_id)
    return owned(connection, caller, server_id)


def check_unlocked(caller: Caller, server: Server) -> None:
    """Raise Conflict for a locked server; a lock does not hold an admin."""
    if server.locked and not caller.is_admin:
        raise Conflict(f"Instance {server.id} is locked")


def wrong_state(server_id: ServerId, verb: str, attribute: str, state: str) -> InstanceInvalidState:
    """The error for a verb that the server's state does not allow, in Nova's words."""
    return InstanceInvalidState(f"Cannot '{verb}' instance {server_id} while it is in {attribute} {state}")


def check_state(server: Server, action: str, verb: str | None = None) -> ActionRule:
    """The rule of the action, which the server's state allows. Raises InstanceInvalidState where it does not.

    ``verb``: what a refusal calls the action, where that is another name.
    """
    rule = ACTIONS[action]
    if refused := rule.refused_for(server):
        raise wrong_state(server.id, verb or action, *refused)
    return rule


def check_without_tpm(server: Server, action: str) -> None:
    """Raise BadRequest, in Nova's words, for a server with a TPM, of which the action would lose what is in it."""
    if server.hardware is not None and server.hardware.tpm is not None:
        raise BadRequest(f"Operation '{action}' not supported for vTPM-enabled instance ({server.id}).")


def check_settled(connection: Connection, server: Server, action: str) -> None:
    """Raise InstanceInvalidState for a server in ERROR in the middle of a move: where its guest is nobody knows.

    Its move is reverted, or it is deleted; whatever else took it out of ERROR would leave the move held for ever.
    """
    if server.vm_state == "error" and migrations.held_by(connection, server.id) is not None:
        raise InstanceInvalidState(
            f"Cannot '{action}' instance {server.id} while it is in vm_state error and a move of it has not ended: "
            "revert its resize, or delete it."
        )


def note_action(
    connection: Connection, caller: Caller, server: Server, action: str, saga: SagaRecord | None, at: int
) -> None:
    """Write which request does what to the server, in the transaction that accepts it."""
    note_actions(connection, caller, [(server, saga)], action, at)


def note_actions(
    connection: Connection,
    caller: Caller,
    begun: Sequence[tuple[Server, SagaRecord | None]],
    action: str,
    at: int,
    faults: Sequence[Fault | None] = (),
) -> None:
    """``note_action`` for each server of one request, with its saga.

    ``faults`` are what this very request met with, one a server: an older one is not this action's.
    """
    actions = (
        ServerAction(
            server_id=server.id,
            request_id=caller.request_id,
            action=action,
            user_id=caller.user_id,
            project_id=caller.project_id,
            saga_id=saga.id if saga else None,
            message=fault.message if fault else None,
            started_at=at,
            updated_at=at,
        )
        for (server, saga), fault in zip(begun, faults or [None] * len(begun), strict=True)
    )
    server_actions.add(connection, *actions)


def begin(
    connection: Connection,
    caller: Caller,
    server: Server,
    *,
    action: str,
    kind: str,
    saga_input: msgspec.Struct,
    holder_for: HolderFor,
    at: int,
    place: HostName | None = None,
) -> SagaRecord:
    """Write the saga of an action on a server, and the action, in the transaction that accepts it.

    ``place``: where its first effect is, unless that is the server's host.
    """
    where = place or server.host
    saga = insert_saga(
        connection,
        kind=kind,
        subject_id=server.id,
        project_id=server.project_id,
        saga_input=saga_input,
        holder=holder_for(where),
        place=where,
        at=at,
    )
    note_action(connection, caller, server, action, saga, at)
    return saga


class Accepting:
    """What every class of verbs on a server has: the outside, and the engine that its sagas are begun by."""

    def __init__(self, outside: Outside, engine: Engine[Connection]) -> None:
        self._outside = outside
        self._engine = engine

    def _begin(
        self,
        connection: Connection,
        caller: Caller,
        server: Server,
        action: str,
        kind: str,
        saga_input: msgspec.Struct,
        at: int,
        place: HostName | None = None,
    ) -> SagaRecord:
        """See ``begin``."""
        return begin(
            connection,
            caller,
            server,
            action=action,
            kind=kind,
            saga_input=saga_input,
            holder_for=self._engine.holder_for,
            at=at,
            place=place,
        )
