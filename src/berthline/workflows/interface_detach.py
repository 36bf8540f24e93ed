"""Detach a NIC from a server: out of the guest first, then its port is deleted, or unbound when it was there before.

A guest that does not let go, or a host that refuses, leaves everything as it was. Nova does the same work in
``compute.manager.detach_interface``.
"""

from typing import Final

from berthline.network.allocation import deallocate_port_for_instance
from berthline.saga import Commit, Definition, Effect, Failure
from berthline.store import Connection, server_ports
from berthline.workflows.interface_attach import InterfaceChange
from berthline.workflows.outside import Outside

KIND: Final = "interface_detach"


def definition(outside: Outside) -> Definition[InterfaceChange, Connection]:
    """The saga that takes a NIC away."""
    steps = _Steps(outside)
    return Definition(
        kind=KIND,
        input_type=InterfaceChange,
        steps=(Effect("unplug", steps.unplug, steps.plug_again), Commit("released", steps.release)),
        undone=steps.leave,
    )


class _Steps:
    """The steps of interface_detach, do beside undo."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def unplug(self, change: InterfaceChange) -> None:
        await self._outside.host(change.host).detach_interface(change.server_id, change.vif)

    async def plug_again(self, change: InterfaceChange) -> None:
        """Only where there is a guest, and the port is still its: what is gone needs no NIC back."""
        outside = self._outside
        host = outside.host(change.host)
        ours = outside.store.read_now(
            lambda connection: server_ports.is_nic_of(connection, change.server_id, change.vif.id)
        )
        if ours and await host.power(change.server_id) != "absent":
            await host.attach_interface(change.server_id, change.vif)

    def release(self, connection: Connection, change: InterfaceChange) -> None:
        deallocate_port_for_instance(connection, change.server_id, change.vif.id, self._outside.clock.now())

    def leave(self, _connection: Connection, _change: InterfaceChange, _failure: Failure) -> None:
        """The transaction that began the saga took nothing: the NIC is the server's as before."""
