"""Waiting for ports: level-triggered, with a note of who waits so that a change notice brings the next look forward."""

from collections.abc import Sequence

from berthline.domain.errors import RefusedEverywhere
from berthline.domain.ids import ServerId
from berthline.network.service import NicState
from berthline.saga import NotYet, Ready
from berthline.workflows.outside import Outside


def when_up(outside: Outside, server_id: ServerId, states: Sequence[NicState]) -> Ready | NotYet:
    """Ready once every port is up; else how each one is that is not.

    Raises RefusedEverywhere for a port that will never be: Nova calls it VirtualInterfaceCreateException.
    """
    failed = [state for state in states if state.failed]
    if failed:
        ports = ", ".join(f"port {state.port_id} {state.said}" for state in failed)
        raise RefusedEverywhere(f"Binding failed: {ports}. Look at the network service's log for the host.")
    waiting = [state for state in states if not state.up]
    if not waiting:
        for state in states:
            outside.waiting_ports.pop(state.port_id, None)
        return Ready()
    for state in states:
        outside.waiting_ports[state.port_id] = server_id
    said = ", ".join(f"port {state.port_id} {state.said}" for state in waiting)
    return NotYet(said, retry_after=outside.look_again)


def forget(outside: Outside, server_id: ServerId) -> None:
    """Nobody waits for this server's ports any more."""
    for port in [port for port, waiter in outside.waiting_ports.items() if waiter == server_id]:
        outside.waiting_ports.pop(port, None)
