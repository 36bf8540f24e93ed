"""Attach a NIC to a server: its port is claimed in one transaction, plugged into the guest, and waited for.

When it cannot be, the guest loses the NIC again and the port is deleted, or unbound when it was there before. Nova does
the same work in ``compute.manager.attach_interface``.
"""

from typing import Final

import msgspec

from berthline.domain.errors import Conflict
from berthline.domain.ids import HostName, ServerId
from berthline.domain.network_info import VIF
from berthline.network.service import NicKey
from berthline.saga import Commit, Definition, Effect, Failure, NotYet, Ready, Wait
from berthline.store import Connection
from berthline.workflows.outside import Outside
from berthline.workflows.server import port_waits

KIND: Final = "interface_attach"


class InterfaceChange(msgspec.Struct, frozen=True):
    """Input of the sagas that attach and detach. ``vif`` is the NIC as it was claimed or found.

    It is kept here so that an undo needs no row: the port may have been deleted meanwhile. None for one that a network
    service outside has still to make; then what the service answered is kept until the NIC is released.
    """

    server_id: ServerId
    host: HostName
    nic: NicKey
    vif: VIF | None


def definition(outside: Outside) -> Definition[InterfaceChange, Connection]:
    """The saga that makes a claimed NIC real."""
    steps = _Steps(outside)
    return Definition(
        kind=KIND,
        input_type=InterfaceChange,
        steps=(
            *((Effect("networks", steps.realise, steps.take_back),) if outside.network.acts_outside else ()),
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

    async def realise(self, change: InterfaceChange) -> None:
        await self._outside.network.realise(change.server_id, change.host)

    async def take_back(self, change: InterfaceChange) -> None:
        await self._outside.network.take_back(change.server_id, change.nic)

    async def attach(self, change: InterfaceChange) -> None:
        vif = await current_vif(self._outside, change)
        if vif is None:
            raise _deleted(change)
        await self._outside.host(change.host).attach_interface(change.server_id, vif)

    async def detach(self, change: InterfaceChange) -> None:
        if vif := await current_vif(self._outside, change):
            self._outside.waiting_ports.pop(vif.id, None)
            await self._outside.host(change.host).detach_interface(change.server_id, vif)

    async def port_up(self, change: InterfaceChange) -> Ready | NotYet:
        """Level-triggered, as for a boot. A guest that is off has its ports down, and is waited for no longer.

        Nor is a port that was deleted meanwhile: the commit finds that, and everything is undone.
        """
        vif = await current_vif(self._outside, change)
        states = await self._outside.network.nic_states(change.server_id)
        power = await self._outside.seen(change.host).power(change.server_id)
        if power != "running" or vif is None:
            port_waits.forget(self._outside, change.server_id)
            return Ready()
        return port_waits.when_up(
            self._outside, change.server_id, [state for state in states if state.port_id == vif.id]
        )

    def check_still_ours(self, connection: Connection, change: InterfaceChange) -> None:
        """Nothing is left to write; but a port that was deleted or taken away meanwhile leaves no NIC in the guest."""
        if self._outside.network.vif(connection, change.server_id, change.nic) is None:
            raise _deleted(change)

    def give_back(self, connection: Connection, change: InterfaceChange, _failure: Failure) -> None:
        """Delete the port, or unbind it when it was there before."""
        self._outside.network.release(connection, change.server_id, self._outside.clock.now(), change.nic)


def _deleted(change: InterfaceChange) -> Conflict:
    return Conflict(f"The port of a NIC of instance {change.server_id} was deleted while it was being attached.")


async def current_vif(outside: Outside, change: InterfaceChange) -> VIF | None:
    """The NIC as it was claimed, or as the service outside made it; None when that is not, or no more, so."""
    if change.vif is not None:
        return change.vif
    return await outside.store.read_short(
        lambda connection: outside.network.vif(connection, change.server_id, change.nic)
    )
