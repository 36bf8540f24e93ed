"""The verbs on a server's interfaces: attach and detach a NIC, add and remove an address."""

import ipaddress
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import RequestedNetwork, Server
from berthline.domain.errors import (
    BadRequest,
    Conflict,
    InterfaceAttachFailed,
    InterfaceAttachFailedNoNetwork,
    PortNotFound,
)
from berthline.domain.ids import HostName, NetworkId, PortId, SagaId, ServerId
from berthline.domain.network import SecurityGroup
from berthline.network.service import NicKey, Validated
from berthline.saga import Engine, SagaRecord
from berthline.saga.log import UNFINISHED
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import unfinished
from berthline.workflows.accepting import (
    begin,
    check_may_write,
    check_state,
    check_unlocked,
    note_action,
    owned,
    owned_for_change,
    wrong_state,
)
from berthline.workflows.interfaces import attach as interface_attach
from berthline.workflows.interfaces import detach as interface_detach
from berthline.workflows.interfaces.attach import InterfaceChange
from berthline.workflows.outcomes import outcome
from berthline.workflows.outside import Outside
from berthline.workflows.server.create import instance

HOST_SECONDS: Final = 60.0
"""How much longer than the port's deadline an attach may take: the host's own work, and its undoing."""


class Attachment(msgspec.Struct, frozen=True):
    """An attach that was begun: the NIC, and the saga that makes it real."""

    server_id: ServerId
    nic: NicKey
    saga_id: SagaId


class Interfaces:
    """What the compute API calls for interfaces. Every method checks that the caller may, before anything changes."""

    def __init__(self, outside: Outside, engine: Engine[Connection]) -> None:
        self._outside = outside
        self._engine = engine

    async def attach(
        self,
        caller: Caller,
        server_id: ServerId,
        wanted: RequestedNetwork | None,
        inside: Callable[[Connection, Attachment], None] | None = None,
    ) -> Attachment:
        """Claim a NIC for a server and begin to plug it in; without a network or port, on the one network there is.

        ``inside`` runs in the transaction of the claim. Raises NotFound, Conflict and InstanceInvalidState for the
        server, InterfaceAttachFailedNoNetwork, and the errors of ``NetworkService.claim``; then nothing has changed.
        """
        check_may_write(caller)
        validated = await self._validated(caller, server_id, wanted)

        def work(connection: Connection) -> tuple[Attachment, SagaRecord]:
            at = self._outside.clock.now()
            servers.lock(connection, server_id)
            server, host = _usable(connection, caller, server_id, "attach_interface")
            nic = self._claim(connection, caller, server, host, validated, at)
            vif = self._outside.network.vif(connection, server_id, nic)
            change = InterfaceChange(server_id, host, nic, vif)
            saga = self._begin(connection, caller, server, interface_attach.KIND, change, at)
            attachment = Attachment(server_id, nic, saga.id)
            if inside is not None:
                inside(connection, attachment)
            return attachment, saga

        attachment, saga = await self._outside.store.write(work)
        self._engine.adopt(saga)
        return attachment

    async def attached(self, attachment: Attachment) -> PortId:
        """Wait until the NIC is in the guest, and up where the guest runs; returns its port.

        Raises InterfaceAttachFailed when it could not be; then everything is as before it was asked for. Raises
        Conflict when the server was deleted meanwhile.
        """
        outside = self._outside
        patience = outside.boot_deadline + HOST_SECONDS
        saga = await outcome(outside, self._engine, attachment.saga_id, patience)
        if saga is not None and saga.state in UNFINISHED:
            raise InterfaceAttachFailed(f"Failed to attach a NIC to {attachment.server_id} in time; it is still tried.")
        if saga is None or saga.state == "done":
            return await self._port_of(attachment)
        if saga.failure is not None and saga.failure.status == Conflict.status:
            raise Conflict(f"Attaching a NIC to {attachment.server_id} was given up: {saga.failure.message}")
        why = f": {saga.failure.message}" if saga.failure is not None else "."
        raise InterfaceAttachFailed(
            f"Failed to attach network adapter device to {attachment.server_id}{why} Nothing was changed."
        )

    async def detach(self, caller: Caller, server_id: ServerId, port_id: PortId) -> None:
        """Begin to take a NIC out of a server.

        Raises NotFound, Conflict (locked, or something is being done to this NIC), InstanceInvalidState, PortNotFound.
        """
        check_may_write(caller)

        def work(connection: Connection) -> SagaRecord:
            at = self._outside.clock.now()
            servers.lock(connection, server_id)
            server, host = _usable(connection, caller, server_id, "detach_interface")
            network = self._outside.network
            nic = network.nic_with_port(connection, server_id, port_id)
            if nic is None:
                raise PortNotFound(f"Port {port_id} is not attached to instance {server_id}.")
            _check_free(connection, server_id, nic, port_id)
            change = InterfaceChange(server_id, host, nic, network.vif(connection, server_id, nic))
            return self._begin(connection, caller, server, interface_detach.KIND, change, at)

        self._engine.adopt(await self._outside.store.write(work))

    async def add_fixed_ip(self, caller: Caller, server_id: ServerId, network_id: NetworkId) -> None:
        """Give the server one more address on a network that it is on. Raises BadRequest where that cannot be."""
        check_may_write(caller)
        accept = self._accepting(caller, server_id, "addFixedIp")
        await self._outside.network.add_fixed_ip(caller, server_id, network_id, accept)

    async def remove_fixed_ip(self, caller: Caller, server_id: ServerId, address: str) -> None:
        """Take an address from the server. Raises BadRequest when it has not got it."""
        check_may_write(caller)
        try:
            wanted = str(ipaddress.ip_address(address))
        except ValueError:
            raise BadRequest(f"'{address[:64]}' is not an IP address.") from None
        accept = self._accepting(caller, server_id, "removeFixedIp")
        await self._outside.network.remove_fixed_ip(caller, server_id, wanted, accept)

    async def add_floating_ip(
        self, caller: Caller, server_id: ServerId, address: str, fixed_address: str | None = None
    ) -> None:
        """Lead a floating IP of the caller's to the server. Raises NotFound, and BadRequest where that cannot be."""
        await self._check_owned(caller, server_id)
        await self._outside.network.associate_floating_ip(caller, server_id, address, fixed_address)

    async def remove_floating_ip(self, caller: Caller, server_id: ServerId, address: str) -> None:
        """Let a floating IP lead to the server no more. Raises NotFound, and Conflict when it does not."""
        await self._check_owned(caller, server_id)
        await self._outside.network.disassociate_floating_ip(caller, server_id, address)

    async def change_security_group(
        self, caller: Caller, server_id: ServerId, group: str, how: Literal["add", "remove"]
    ) -> None:
        """Put a security group, by name or id, on all of the server's NICs, or take it off.

        Raises NotFound, SecurityGroupNotFound, NoUniqueMatch and SecurityGroupCannotBeApplied; then nothing is changed.
        """
        await self._check_owned(caller, server_id)

        def note(connection: Connection, name: str) -> None:
            """What the server shows where its ports are not here, and what its guest is told."""
            server = owned_for_change(connection, caller, server_id)
            others = [held for held in server.security_group_names or ("default",) if held not in {name, group}]
            shown = [*others, name] if how == "add" else others
            servers.set_attributes(connection, server_id, at=self._outside.clock.now(), security_groups=shown)

        await self._outside.network.change_security_group(caller, server_id, group, how, note)

    async def security_groups(self, server_id: ServerId) -> tuple[SecurityGroup, ...]:
        """The groups of the server's ports now, each once, in order of NICs."""
        return await self._outside.network.security_groups(server_id)

    async def _check_owned(self, caller: Caller, server_id: ServerId) -> None:
        """For what networks have of a server: a lock does not hold its floating IPs and groups, in Nova neither."""
        check_may_write(caller)
        await self._outside.store.read(lambda connection: owned(connection, caller, server_id))

    def _accepting(self, caller: Caller, server_id: ServerId, action: str) -> Callable[[Connection], None]:
        """What checks that the server allows the action, and notes it."""

        def accept(connection: Connection) -> None:
            servers.lock(connection, server_id)
            server, _ = _usable(connection, caller, server_id, action)
            note_action(connection, caller, server, action, None, self._outside.clock.now())

        return accept

    async def _validated(self, caller: Caller, server_id: ServerId, wanted: RequestedNetwork | None) -> Validated:
        """The NIC asked for, as the network service takes it. Raises as ``attach``."""
        server, _ = await self._outside.store.read_short(
            lambda connection: _usable(connection, caller, server_id, "attach_interface")
        )
        return await self._outside.network.validate_networks(
            caller, server.project_id, None if wanted is None else (wanted,), hostname=server.hostname
        )

    def _claim(
        self, connection: Connection, caller: Caller, server: Server, host: HostName, validated: Validated, at: int
    ) -> NicKey:
        """Claim the NIC behind those that are there."""
        network = self._outside.network
        first = network.next_position(connection, server.id)
        nics = network.claim(
            connection, caller, instance(server), validated, bind_host=host, at=at, first_position=first
        )
        if not nics:
            raise InterfaceAttachFailedNoNetwork(
                f"No specific network was requested and none are available for project '{server.project_id}'."
            )
        return nics[0]

    async def _port_of(self, attachment: Attachment) -> PortId:
        outside = self._outside
        vif = await outside.store.read_short(
            lambda connection: outside.network.vif(connection, attachment.server_id, attachment.nic)
        )
        if vif is None:
            raise Conflict(f"The NIC was attached to {attachment.server_id}, and taken away since.")
        return vif.id

    def _begin(
        self, connection: Connection, caller: Caller, server: Server, kind: str, change: InterfaceChange, at: int
    ) -> SagaRecord:
        holder_for = self._engine.holder_for
        return begin(
            connection, caller, server, action=kind, kind=kind, saga_input=change, holder_for=holder_for, at=at
        )


def _usable(connection: Connection, caller: Caller, server_id: ServerId, verb: str) -> tuple[Server, HostName]:
    """The server and its host, when its interfaces may be changed now."""
    server = owned(connection, caller, server_id)
    check_unlocked(caller, server)
    check_state(server, "attach_interface" if verb == "attach_interface" else "detach_interface", verb)
    if server.host is None:
        raise wrong_state(server_id, verb, "host", "None")
    return server, server.host


def _check_free(connection: Connection, server_id: ServerId, nic: NicKey, port_id: PortId) -> None:
    """Raise Conflict while another saga attaches or detaches this very NIC: one of them wins."""
    for saga in unfinished(connection, server_id):
        if saga.kind in (interface_attach.KIND, interface_detach.KIND):
            change = msgspec.json.decode(saga.input, type=InterfaceChange)
            if change.nic == nic:
                raise Conflict(f"Port {port_id} of instance {server_id} is busy: its {saga.kind} has not ended.")
