"""The verbs on a server's interfaces: attach and detach a NIC, add and remove an address."""

import ipaddress
from collections.abc import Callable
from typing import Final

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import RequestedNetwork, Server, VmState
from berthline.domain.errors import (
    BadRequest,
    Conflict,
    InterfaceAttachFailed,
    InterfaceAttachFailedNoNetwork,
    PortNotFound,
)
from berthline.domain.ids import HostName, NetworkId, PortId, SagaId, ServerId
from berthline.domain.network_info import Vif
from berthline.network.allocation import ServerClaim, allocate_for_instance
from berthline.saga import Engine, SagaRecord
from berthline.saga.log import UNFINISHED
from berthline.store import Connection, server_ports
from berthline.store.network_info import network_info
from berthline.store.sagas import get_saga, unfinished
from berthline.workflows import fixed_ips, interface_attach, interface_detach
from berthline.workflows.accepting import begin, check_may_write, check_unlocked, note_action, owned, wrong_state
from berthline.workflows.interface_attach import InterfaceChange
from berthline.workflows.outside import Outside
from berthline.workflows.server_create import Leased

ALLOWED: Final[tuple[VmState, ...]] = ("active", "stopped")
HOST_SECONDS: Final = 60.0
"""How much longer than the port's deadline an attach may take: the host's own work, and its undoing."""


class Attachment(msgspec.Struct, frozen=True):
    """An attach that was begun: the NIC's port, and the saga that makes it real."""

    server_id: ServerId
    port_id: PortId
    saga_id: SagaId


class Interfaces:
    """What the compute API calls for interfaces. Every method checks that the caller may, before anything changes."""

    def __init__(self, outside: Outside, engine: Engine[Connection]) -> None:
        self._outside = outside
        self._engine = engine
        self._leased = Leased(engine.owner, engine.lease_seconds)

    async def attach(
        self,
        caller: Caller,
        server_id: ServerId,
        wanted: RequestedNetwork | None,
        inside: Callable[[Connection, Attachment], None] | None = None,
    ) -> Attachment:
        """Claim a NIC for a server and begin to plug it in; without a network or port, on the one network there is.

        ``inside`` runs in the transaction of the claim. Raises NotFound, Conflict and InstanceInvalidState for the
        server, InterfaceAttachFailedNoNetwork, and the errors of ``allocate_for_instance``; then nothing has changed.
        """
        check_may_write(caller)

        def work(connection: Connection) -> tuple[Attachment, SagaRecord]:
            at = self._outside.clock.now()
            server, host = _usable(connection, caller, server_id, "attach_interface")
            vif = _claim_nic(connection, caller, server, host, wanted, at)
            change = InterfaceChange(server_id, host, vif)
            saga = self._begin(connection, caller, server, interface_attach.KIND, change, at)
            attachment = Attachment(server_id, vif.id, saga.id)
            if inside is not None:
                inside(connection, attachment)
            return attachment, saga

        attachment, saga = await self._outside.store.write(work)
        self._engine.adopt(saga)
        return attachment

    async def attached(self, attachment: Attachment) -> None:
        """Wait until the NIC is in the guest, and up where the guest runs.

        Raises InterfaceAttachFailed when it could not be; then everything is as before it was asked for. Raises
        Conflict when the server was deleted meanwhile.
        """
        outside = self._outside
        patience = outside.clock.now() + int((outside.boot_deadline + HOST_SECONDS) * 1_000_000)
        await self._engine.driven(attachment.saga_id)
        while True:
            saga = outside.store.read_now(lambda connection: get_saga(connection, attachment.saga_id))
            if saga is None or saga.state not in UNFINISHED:
                break
            if outside.clock.now() > patience:
                raise InterfaceAttachFailed(
                    f"Failed to attach port {attachment.port_id} to {attachment.server_id} in time; it is still tried."
                )
            await self._engine.driven(attachment.saga_id, outside.look_again)
        if saga is None or saga.state == "done":
            return
        if saga.failure is not None and saga.failure.status == Conflict.status:
            raise Conflict(f"Attaching port {attachment.port_id} was given up: {saga.failure.message}")
        raise InterfaceAttachFailed(
            f"Failed to attach network adapter device to {attachment.server_id}. Nothing was changed."
        )

    async def detach(self, caller: Caller, server_id: ServerId, port_id: PortId) -> None:
        """Begin to take a NIC out of a server.

        Raises NotFound, Conflict (locked, or something is being done to this NIC), InstanceInvalidState, PortNotFound.
        """
        check_may_write(caller)

        def work(connection: Connection) -> SagaRecord:
            at = self._outside.clock.now()
            server, host = _usable(connection, caller, server_id, "detach_interface")
            _check_free(connection, server_id, port_id)
            change = InterfaceChange(server_id, host, _vif(connection, server_id, port_id))
            return self._begin(connection, caller, server, interface_detach.KIND, change, at)

        self._engine.adopt(await self._outside.store.write(work))

    async def add_fixed_ip(self, caller: Caller, server_id: ServerId, network_id: NetworkId) -> None:
        """Give the server one more address on a network that it is on. Raises BadRequest where that cannot be."""

        def work(connection: Connection, server: Server, at: int) -> None:
            fixed_ips.add(connection, caller, server, network_id, at)

        await self._change_addresses(caller, server_id, "addFixedIp", work)

    async def remove_fixed_ip(self, caller: Caller, server_id: ServerId, address: str) -> None:
        """Take an address from the server. Raises BadRequest when it has not got it."""
        try:
            wanted = str(ipaddress.ip_address(address))
        except ValueError:
            raise BadRequest(f"'{address[:64]}' is not an IP address.") from None

        def work(connection: Connection, server: Server, at: int) -> None:
            fixed_ips.remove(connection, caller, server, wanted, at)

        await self._change_addresses(caller, server_id, "removeFixedIp", work)

    async def _change_addresses(
        self, caller: Caller, server_id: ServerId, action: str, change: Callable[[Connection, Server, int], None]
    ) -> None:
        check_may_write(caller)

        def work(connection: Connection) -> None:
            at = self._outside.clock.now()
            server, _ = _usable(connection, caller, server_id, action)
            change(connection, server, at)
            note_action(connection, caller, server, action, None, at)

        await self._outside.store.write(work)

    def _begin(
        self, connection: Connection, caller: Caller, server: Server, kind: str, change: InterfaceChange, at: int
    ) -> SagaRecord:
        return begin(connection, caller, server, action=kind, kind=kind, saga_input=change, leased=self._leased, at=at)


def _usable(connection: Connection, caller: Caller, server_id: ServerId, verb: str) -> tuple[Server, HostName]:
    """The server and its host, when its interfaces may be changed now."""
    server = owned(connection, caller, server_id)
    check_unlocked(caller, server)
    if server.vm_state not in ALLOWED:
        raise wrong_state(server_id, verb, "vm_state", server.vm_state)
    if server.task_state is not None or server.host is None:
        raise wrong_state(server_id, verb, "task_state", str(server.task_state))
    return server, server.host


def _claim_nic(
    connection: Connection,
    caller: Caller,
    server: Server,
    host: HostName,
    wanted: RequestedNetwork | None,
    at: int,
) -> Vif:
    """Allocate the NIC behind those that are there, and read it back as the host needs it."""
    claim = ServerClaim(
        server_id=server.id,
        project_id=server.project_id,
        hostname=server.hostname,
        availability_zone=server.availability_zone,
        host=host,
    )
    first = max((nic.position for nic in server.nics), default=-1) + 1
    if wanted is not None and wanted.network_id is None and wanted.port_id is None:
        found = server_ports.candidate_networks(connection, server.project_id)
        wanted = msgspec.structs.replace(wanted, network_id=found[0].id) if len(found) == 1 else None
    requested = None if wanted is None else (wanted,)
    nics = allocate_for_instance(connection, caller, claim, requested, (), at, first_position=first)
    if not nics:
        raise InterfaceAttachFailedNoNetwork(
            f"No specific network was requested and none are available for project '{server.project_id}'."
        )
    return _vif(connection, server.id, nics[0].port_id)


def _vif(connection: Connection, server_id: ServerId, port_id: PortId) -> Vif:
    info = network_info(connection, [server_id])[server_id]
    for vif in info.vifs:
        if vif.id == port_id:
            return vif
    raise PortNotFound(f"Port {port_id} is not attached to instance {server_id}.")


def _check_free(connection: Connection, server_id: ServerId, port_id: PortId) -> None:
    """Raise Conflict while another saga attaches or detaches this very NIC: one of them wins."""
    for saga in unfinished(connection, server_id):
        if saga.kind in (interface_attach.KIND, interface_detach.KIND):
            change = msgspec.json.decode(saga.input, type=InterfaceChange)
            if change.vif.id == port_id:
                raise Conflict(f"Port {port_id} of instance {server_id} is busy: its {saga.kind} has not ended.")
