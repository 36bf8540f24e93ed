"""What compute asks of a network service: Nova's verbs, and the parts of them that a workflow is made of.

Two services fit: our own, whose rows lie in the same store, and any Neutron, over HTTP. They differ in one thing, which
``acts_outside`` says. With our own, ``claim`` is all of the allocation, in the transaction that writes the server. With
a Neutron, ``claim`` writes which NICs there will be, their MACs chosen; ``realise`` is the effect that makes them and
``take_back`` its undo, and both may be repeated: what was made is found again by device id and MAC.

The verbs ``allocate_for_instance``, ``deallocate_for_instance`` … are these parts put together, each whole by itself.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Literal, NewType, Protocol

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import RequestedNetwork
from berthline.domain.ids import HostName, NetworkId, PortId, ProjectId, SecurityGroupId, ServerId
from berthline.domain.network import DhcpOption, SecurityGroup
from berthline.domain.network_info import VIF, NetworkInfo, NetworkMeta
from berthline.store import Connection

Asked = tuple[RequestedNetwork, ...] | str | None
"""Items, "auto", "none", or None: nothing was said, so the one available network is meant."""


NicKey = NewType("NicKey", str)
"""What names a NIC from its claim until its release: the id of a port of ours; the MAC of one at a service outside,
whose id is the service's to choose.
"""


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """The server that NICs are for, as far as networks need it: Nova's ``instance``."""

    server_id: ServerId
    project_id: ProjectId
    hostname: str
    availability_zone: str


class FoundNic(msgspec.Struct, frozen=True, kw_only=True):
    """One NIC of a request, as a service outside was found to have it.

    ``port_id`` and ``mac_address`` of a port that is there already; None of one that is to be made.
    """

    network_id: NetworkId
    label: str
    port_id: PortId | None
    mac_address: str | None
    fixed_ip: str | None
    tag: str | None
    subnets: tuple[tuple[str, str], ...] = ()
    """Id and CIDR of each subnet, where the service tells them in the same answer."""
    meta: NetworkMeta | None = None
    """What does not depend on the NIC, where the service told it."""
    secured: bool = True
    """Whether security groups apply on the network."""
    revision: int | None = None
    """The revision at which a port that is there was seen to be free."""


class Validated(msgspec.Struct, frozen=True, kw_only=True):
    """A request for networks that may be claimed.

    ``most`` is how many servers the quota of ports is enough for. ``nics`` and ``group_ids`` are what a service outside
    was asked; None where the claim itself looks.
    """

    requested: Asked
    security_groups: tuple[str, ...]
    most: int
    nics: tuple[FoundNic, ...] | None = None
    group_ids: tuple[SecurityGroupId, ...] = ()
    ports_left: int | None = None
    """What is left of the quota of ports, where a service outside was asked and told."""
    outside_project: ProjectId | None = None
    """The project as the service outside knows it."""


class NicState(msgspec.Struct, frozen=True, kw_only=True):
    """How one NIC's port is now; ``said`` is a word for people: up, down, unknown, not yet projected."""

    port_id: PortId
    up: bool
    said: str
    failed: bool = False
    """The service says that it will not come up: binding failed."""


class NetworkService(Protocol):
    """See the module. Raises Transient when the service cannot be reached, Refused when it said no."""

    @property
    def acts_outside(self) -> bool:
        """Whether NICs are made by ``realise`` after the claim, and unmade by ``take_back`` before the release."""
        ...

    # --- Nova's verbs ---

    async def validate_networks(
        self,
        caller: Caller,
        project_id: ProjectId,
        requested_networks: Asked,
        security_groups: tuple[str, ...] = (),
        *,
        count: int = 1,
        hostname: str | None = None,
        dry_run: bool = False,
    ) -> Validated:
        """Check a request before anything is claimed. Our own service checks in ``claim``, where it is exact.

        ``count`` servers are wanted. A service outside may make the project's network for ``auto`` here; with
        ``dry_run`` it only asks whether that can be. Raises Nova's errors for a request that can never be met (see
        ``domain.errors``).
        """
        ...

    async def allocate_for_instance(
        self,
        caller: Caller,
        server: Instance,
        requested_networks: Asked,
        security_groups: tuple[str, ...] = (),
        *,
        macs: frozenset[str] | None = None,
        dhcp_options: tuple[DhcpOption, ...] = (),
        bind_host: HostName,
    ) -> NetworkInfo:
        """Allocate every NIC of the server and bind it to ``bind_host``: all of them, in the order asked, or none.

        ``macs`` are the addresses that the host offers, taken first; None: any. ``dhcp_options`` become each port's
        extra_dhcp_opts. Raises Nova's errors, as ``claim`` does.
        """
        ...

    async def deallocate_for_instance(self, server_id: ServerId) -> None:
        """Delete the ports that were made for the server and unbind those that were there before. Again: no change."""
        ...

    async def deallocate_port_for_instance(self, server_id: ServerId, port_id: PortId) -> None:
        """Free one NIC as ``deallocate_for_instance`` frees all. A port that is not the server's is left alone."""
        ...

    async def get_instance_network_info(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, NetworkInfo]:
        """The NICs of each server, as the service has them now."""
        ...

    async def associate_floating_ip(
        self, caller: Caller, server_id: ServerId, floating_address: str, fixed_address: str | None = None
    ) -> None:
        """Lead a floating IP to the server's ``fixed_address``, or its first IPv4 one. Raises NotFound, BadRequest."""
        ...

    async def disassociate_floating_ip(self, caller: Caller, server_id: ServerId, floating_address: str) -> None:
        """Take a floating IP from the server. Raises NotFound, and Conflict when it does not lead there."""
        ...

    # --- the parts that workflows are made of ---

    def affordable(self, connection: Connection, project_id: ProjectId, validated: Validated, count: int) -> int:
        """How many of ``count`` servers the quota of ports is enough for."""
        ...

    def claim(
        self,
        connection: Connection,
        caller: Caller,
        server: Instance,
        validated: Validated,
        *,
        bind_host: HostName,
        at: int,
        first_position: int = 0,
        macs: frozenset[str] | None = None,
        dhcp_options: tuple[DhcpOption, ...] = (),
    ) -> tuple[NicKey, ...]:
        """Claim the NICs in the caller's transaction, from ``first_position``; returns their keys, in order.

        Raises NetworkNotFound, NetworkAmbiguous, NetworkRequiresSubnet, ExternalNetworkAttachForbidden, PortNotFound,
        PortNotUsable, PortNotFree, PortInUse, PortRequiresFixedIP, InvalidInput, FixedIpAlreadyInUse, NoMoreFixedIps,
        NoUniqueMatch, SecurityGroupCannotBeApplied and PortLimitExceeded; the transaction then has to end.
        """
        ...

    async def realise(self, server_id: ServerId, bind_host: HostName) -> None:
        """Make the claimed NICs real: those that are missing are made, all are bound to ``bind_host``."""
        ...

    async def take_back(self, server_id: ServerId, nic: NicKey | None = None) -> None:
        """Undo ``realise`` for one NIC, or for all. A port that only names the server is not touched."""
        ...

    def release(self, connection: Connection, server_id: ServerId, at: int, nic: NicKey | None = None) -> None:
        """Give back what ``claim`` took, of one NIC or of all, in the caller's transaction. Again: no change."""
        ...

    def rebind(self, connection: Connection, server_id: ServerId, bind_host: HostName, at: int) -> bool:
        """Bind the NICs to another host in the caller's transaction. Outside, the next ``realise`` does it."""
        ...

    def await_on(self, connection: Connection, server_id: ServerId, host: HostName | None, at: int) -> bool:
        """Have the NICs on this host too, for a guest that moves there while it runs, until ``rebind``; None: no more.

        In the caller's transaction. False as ``rebind``. A service outside is told nothing before the guest is there.
        """
        ...

    def unbind(self, connection: Connection, server_id: ServerId, at: int) -> None:
        """Have the NICs on no host, in the caller's transaction; they keep their addresses, and ``rebind`` follows.

        A service outside is told nothing: there they stay bound where they were, and down, until ``realise``.
        """
        ...

    def network_info(self, connection: Connection, server_ids: Collection[ServerId]) -> Mapping[ServerId, NetworkInfo]:
        """The NICs of each server, in the order of the request, as this store knows them."""
        ...

    def vif(self, connection: Connection, server_id: ServerId, nic: NicKey) -> VIF | None:
        """One NIC; None when it is not, or not yet, real."""
        ...

    def nic_with_port(self, connection: Connection, server_id: ServerId, port_id: PortId) -> NicKey | None:
        """The server's NIC that has this port; None when it is none of its NICs."""
        ...

    def next_position(self, connection: Connection, server_id: ServerId) -> int:
        """The position behind the last NIC."""
        ...

    async def nic_states(self, server_id: ServerId) -> tuple[NicState, ...]:
        """How the port of each NIC is now, asked of those who know. A port that was deleted is no NIC any more."""
        ...

    async def lost_ports(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, tuple[PortId, ...]]:
        """Ports that the service has no more and that are NICs still; looks at how all NICs of these servers are now.

        With networks of our own there is none: a NIC ends with its port.
        """
        ...

    async def free_late_ports(self) -> int:
        """Free ports of NICs that were given back, which a request that was only slow made or bound after that.

        Returns how many. With networks of our own there is none.
        """
        ...

    def on_unread(self, callback: Callable[[ServerId], None]) -> None:
        """Call back with a server of which not all was read when its NICs were made: it should be looked at soon."""
        ...

    async def add_fixed_ip(
        self, caller: Caller, server_id: ServerId, network_id: NetworkId, accept: Callable[[Connection], None]
    ) -> None:
        """Give the server's first NIC on the network one more address. Raises BadRequest if there is none.

        ``accept`` checks that the server allows it and notes the action: in the transaction of the change, or, for a
        service outside, in one before the request is sent.
        """
        ...

    async def change_security_group(
        self,
        caller: Caller,
        server_id: ServerId,
        group: str,
        how: Literal["add", "remove"],
        note: Callable[[Connection, str], None],
    ) -> None:
        """Put a group, by name or id, on the server's NICs, or take it off.

        ``note`` is called with the group's name: in the transaction of the change, or, for a service outside, in one
        after it. Raises SecurityGroupNotFound, NoUniqueMatch and SecurityGroupCannotBeApplied, and nothing has changed.
        """
        ...

    async def security_groups(self, server_id: ServerId) -> tuple[SecurityGroup, ...]:
        """The groups of the server's ports now, each once, in order of NICs, with their rules."""
        ...

    async def remove_fixed_ip(
        self, caller: Caller, server_id: ServerId, address: str, accept: Callable[[Connection], None]
    ) -> None:
        """Take this address from whichever NIC of the server has it, likewise. Raises BadRequest when none has."""
        ...
