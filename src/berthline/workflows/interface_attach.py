"""Attach a NIC to a server: its port is claimed in one transaction, plugged into the guest, and waited for.

When it cannot be, the guest loses the NIC again and the port is deleted, or unbound when it was there before. Nova does
the same work in ``compute.manager.attach_interface``.
"""

from typing import Final

import msgspec

from berthline.domain.errors import Conflict
from berthline.domain.ids import HostName, ServerId
from berthline.domain.network_info import Vif
from berthline.network.allocation import deallocate_port_for_instance
from berthline.saga import Commit, Definition, Effect, Failure, NotYet, Ready, Wait
from berthline.store import Connection, server_ports
from berthline.store.projection import unprojected_ports
from berthline.workflows.outside import Outside

KIND: Final = "interface_attach"


class InterfaceChange(msgspec.Struct, frozen=True):
    """Input of the sagas that attach and detach. ``vif`` is the NIC as it was claimed or found.

    It is kept here so that an undo needs no row: the port may have been deleted meanwhile.
    """

    server_id: ServerId
    host: HostName
    vif: Vif


def definition(outside: Outside) -> Definition[InterfaceChange, Connection]:
    """The saga that makes a claimed NIC real."""
    steps = _Steps(outside)
    return Definition(
        kind=KIND,
        input_type=InterfaceChange,
        steps=(
            Effect("attach", steps.attach, steps.detach),
            Wait("port up", steps.port_up, outside.boot_deadline),
            Commit("attached", steps.check_still_ours),
        ),
        undone=steps.give_back,
    )


class _Steps:
    """The steps of interface_attach, do beside undo."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def attach(self, change: InterfaceChange) -> None:
        await self._outside.host(change.host).attach_interface(change.server_id, change.vif)

    async def detach(self, change: InterfaceChange) -> None:
        self._outside.waiting_ports.pop(change.vif.id, None)
        await self._outside.host(change.host).detach_interface(change.server_id, change.vif)

    async def port_up(self, change: InterfaceChange) -> Ready | NotYet:
        """Level-triggered, as for a boot. A guest that is off has its ports down, and is waited for no longer.

        Nor is a port that was deleted meanwhile: the commit finds that, and everything is undone.
        """
        outside, port = self._outside, change.vif.id
        outside.waiting_ports[port] = change.server_id
        behind, held = outside.store.read_now(
            lambda connection: (
                unprojected_ports(connection, (port,)),
                server_ports.is_nic_of(connection, change.server_id, port),
            )
        )
        state = (await outside.dataplane.port_states((port,)))[port]
        power = await outside.host(change.host).power(change.server_id)
        if power != "running" or not held or (state.up and not behind):
            outside.waiting_ports.pop(port, None)
            return Ready()
        said = "not yet projected" if behind else "down" if state.present else "unknown"
        return NotYet(f"port {port} {said}", retry_after=outside.look_again)

    def check_still_ours(self, connection: Connection, change: InterfaceChange) -> None:
        """Nothing is left to write; but a port that was deleted or taken away meanwhile leaves no NIC in the guest."""
        if not server_ports.is_nic_of(connection, change.server_id, change.vif.id):
            raise Conflict(f"Port {change.vif.id} was deleted while it was being attached.")

    def give_back(self, connection: Connection, change: InterfaceChange, _failure: Failure) -> None:
        """Delete the port, or unbind it when it was there before."""
        deallocate_port_for_instance(connection, change.server_id, change.vif.id, self._outside.clock.now())
