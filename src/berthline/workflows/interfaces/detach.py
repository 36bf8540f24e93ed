"""Detach a NIC from a server: out of the guest first, then its port is deleted, or unbound when it was there before.

A guest that does not let go, or a host that refuses, leaves everything as it was. Nova does the same work in
``compute.manager.detach_interface``.
"""

from typing import Final

from berthline.saga import Commit, Definition, Effect, Failure
from berthline.store import Connection
from berthline.workflows.interfaces.attach import InterfaceChange, current_vif
from berthline.workflows.outside import Outside

KIND: Final = "interface_detach"
ATTEMPTS: Final = 10_000
"""A network service that cannot be reached is tried for about a day."""


def definition(outside: Outside) -> Definition[InterfaceChange, Connection]:
    """The saga that takes a NIC away."""
    steps = _Steps(outside)
    forward = "the NIC is out of the guest: its port is not wanted back"
    return Definition(
        kind=KIND,
        input_type=InterfaceChange,
        steps=(
            Effect("unplug", steps.unplug, steps.plug_again),
            *((Effect("networks", steps.take_back, None, forward, ATTEMPTS),) if outside.network.acts_outside else ()),
            Commit("released", steps.release),
        ),
        undone=steps.leave,
    )


class _Steps:
    """The steps of interface_detach, do beside undo."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def unplug(self, change: InterfaceChange) -> None:
        if vif := await current_vif(self._outside, change):
            await self._outside.host(change.host).detach_interface(change.server_id, vif)

    async def plug_again(self, change: InterfaceChange) -> None:
        """Only where there is a guest, and the port is still its: what is gone needs no NIC back."""
        outside = self._outside
        host = outside.host(change.host)
        vif = await outside.store.read_short(
            lambda connection: outside.network.vif(connection, change.server_id, change.nic)
        )
        if vif is not None and await host.power(change.server_id) != "absent":
            await host.attach_interface(change.server_id, vif)

    async def take_back(self, change: InterfaceChange) -> None:
        await self._outside.network.take_back(change.server_id, change.nic)

    def release(self, connection: Connection, change: InterfaceChange) -> None:
        self._outside.network.release(connection, change.server_id, self._outside.clock.now(), change.nic)

    def leave(self, _connection: Connection, _change: InterfaceChange, _failure: Failure) -> None:
        """The transaction that began the saga took nothing: the NIC is the server's as before."""
