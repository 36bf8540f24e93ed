"""The network service that compute uses when networks are our own: their rows lie in the same store.

So a claim is all of the allocation, in the transaction that writes the server, and there is nothing to realise: ports
are projected from their rows.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Literal

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.dataplane import Dataplane
from berthline.domain.ids import HostName, NetworkId, PortId, ProjectId, ServerId
from berthline.domain.network import DhcpOption, SecurityGroup
from berthline.domain.network_info import VIF, NetworkInfo
from berthline.network import auto_topologies
from berthline.network.nics import addresses as nic_addresses
from berthline.network.nics import allocation, server_groups
from berthline.network.nics import floating_ips as nic_floating_ips
from berthline.network.service import Asked, Instance, NicKey, NicState, Validated
from berthline.network.settings import NetworkSettings
from berthline.store import Connection, Store
from berthline.store.control import quotas
from berthline.store.dataplane.projection import unprojected_ports
from berthline.store.network import info as rows
from berthline.store.network.nics import nics as server_nics
from berthline.store.network.nics import ports as server_ports
from berthline.store.network.nics import usable


class StoreNetworkService:
    """Fits ``NetworkService``; the verbs' docstrings are there. ``dataplane`` says which ports are up."""

    acts_outside = False

    def __init__(
        self, store: Store, clock: Clock, dataplane: Dataplane, settings: NetworkSettings | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._dataplane = dataplane
        self._settings = settings or NetworkSettings()

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
        """Nothing is looked at here: ``claim`` looks, in the transaction in which it must still be true."""
        return Validated(requested=requested_networks, security_groups=security_groups, most=count)

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
        at = self._clock.now()
        validated = Validated(requested=requested_networks, security_groups=security_groups, most=1)

        def work(connection: Connection) -> NetworkInfo:
            self.claim(
                connection, caller, server, validated, bind_host=bind_host, at=at, macs=macs, dhcp_options=dhcp_options
            )
            return self.network_info(connection, [server.server_id])[server.server_id]

        return await self._store.write_short(work)

    async def deallocate_for_instance(self, server_id: ServerId) -> None:
        at = self._clock.now()
        await self._store.write_short(lambda connection: self.release(connection, server_id, at))

    async def deallocate_port_for_instance(self, server_id: ServerId, port_id: PortId) -> None:
        at = self._clock.now()
        await self._store.write(
            lambda connection: allocation.deallocate_port_for_instance(connection, server_id, port_id, at)
        )

    async def get_instance_network_info(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, NetworkInfo]:
        return await self._store.read(lambda connection: self.network_info(connection, server_ids))

    async def associate_floating_ip(
        self, caller: Caller, server_id: ServerId, floating_address: str, fixed_address: str | None = None
    ) -> None:
        at = self._clock.now()
        await self._store.write(
            lambda connection: nic_floating_ips.associate(
                connection, caller, server_id, floating_address, fixed_address, at
            )
        )

    async def disassociate_floating_ip(self, caller: Caller, server_id: ServerId, floating_address: str) -> None:
        at = self._clock.now()
        await self._store.write(
            lambda connection: nic_floating_ips.disassociate(connection, caller, server_id, floating_address, at)
        )

    # --- the parts that workflows are made of ---

    def affordable(self, connection: Connection, project_id: ProjectId, validated: Validated, count: int) -> int:
        requested = validated.requested
        if count == 1 or requested == "none":
            return count
        router_legs = 0
        if isinstance(requested, tuple):
            each = sum(item.port_id is None for item in requested)
        else:
            found = len(usable.candidate_networks(connection, project_id))
            router_legs = (
                auto_topologies.ports_needed(connection, project_id, self._settings)
                if requested == "auto" and not found
                else 0
            )
            each = int(found == 1 or bool(router_legs))
        left = quotas.left(connection, project_id, ("port",))["port"]
        return count if not each or left is None else min(count, max(left - router_legs, 0) // each)

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
        nics = allocation.allocate_for_instance(
            connection,
            caller,
            server,
            validated.requested,
            validated.security_groups,
            at,
            bind_host=bind_host,
            macs=macs,
            dhcp_options=dhcp_options,
            first_position=first_position,
            settings=self._settings,
        )
        return tuple(NicKey(nic.port_id) for nic in nics)

    async def realise(self, server_id: ServerId, bind_host: HostName) -> None:
        """Nothing is left to do: ports are projected from their rows."""

    async def take_back(self, server_id: ServerId, nic: NicKey | None = None) -> None:
        """Nothing is left to do: a row that is gone is projected as gone."""

    def release(self, connection: Connection, server_id: ServerId, at: int, nic: NicKey | None = None) -> None:
        if nic is None:
            allocation.deallocate_for_instance(connection, server_id, at)
        else:
            allocation.deallocate_port_for_instance(connection, server_id, PortId(nic), at)

    def rebind(self, connection: Connection, server_id: ServerId, bind_host: HostName, at: int) -> bool:
        return server_ports.bind_ports_to(connection, server_id, bind_host, at)

    def await_on(self, connection: Connection, server_id: ServerId, host: HostName | None, at: int) -> bool:
        return server_ports.await_ports_on(connection, server_id, host, at)

    def unbind(self, connection: Connection, server_id: ServerId, at: int) -> None:
        server_ports.unbind_ports_of(connection, server_id, at)

    def network_info(self, connection: Connection, server_ids: Collection[ServerId]) -> Mapping[ServerId, NetworkInfo]:
        return rows.network_info(connection, server_ids)

    def vif(self, connection: Connection, server_id: ServerId, nic: NicKey) -> VIF | None:
        vifs = rows.network_info(connection, [server_id])[server_id].vifs
        return next((vif for vif in vifs if vif.id == PortId(nic)), None)

    def nic_with_port(self, connection: Connection, server_id: ServerId, port_id: PortId) -> NicKey | None:
        return NicKey(port_id) if server_ports.is_nic_of(connection, server_id, port_id) else None

    def next_position(self, connection: Connection, server_id: ServerId) -> int:
        return server_nics.next_position(connection, server_id)

    async def nic_states(self, server_id: ServerId) -> tuple[NicState, ...]:
        def look(connection: Connection) -> tuple[tuple[PortId, ...], frozenset[PortId]]:
            held = server_nics.in_order(connection, server_id)
            return held, unprojected_ports(connection, held) if held else frozenset()

        held, behind = await self._store.read_short(look)
        if not held:
            return ()
        states = await self._dataplane.port_states(held)
        return tuple(
            NicState(port_id=port, up=False, said="not yet projected")
            if port in behind
            else NicState(
                port_id=port,
                up=states[port].up,
                said="up" if states[port].up else "down" if states[port].present else "unknown",
            )
            for port in held
        )

    async def lost_ports(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, tuple[PortId, ...]]:
        return {}

    async def free_late_ports(self) -> int:
        return 0

    def on_unread(self, callback: Callable[[ServerId], None]) -> None:
        """All is always read: never called back."""

    async def add_fixed_ip(
        self, caller: Caller, server_id: ServerId, network_id: NetworkId, accept: Callable[[Connection], None]
    ) -> None:
        at = self._clock.now()

        def work(connection: Connection) -> None:
            accept(connection)
            nic_addresses.add(connection, caller, server_id, network_id, at)

        await self._store.write(work)

    async def change_security_group(
        self,
        caller: Caller,
        server_id: ServerId,
        group: str,
        how: Literal["add", "remove"],
        note: Callable[[Connection, str], None],
    ) -> None:
        at = self._clock.now()
        change = server_groups.add if how == "add" else server_groups.remove

        def work(connection: Connection) -> None:
            note(connection, change(connection, caller, server_id, group, at).name)

        await self._store.write(work)

    async def security_groups(self, server_id: ServerId) -> tuple[SecurityGroup, ...]:
        return await self._store.read(lambda connection: server_groups.of_server(connection, server_id))

    async def remove_fixed_ip(
        self, caller: Caller, server_id: ServerId, address: str, accept: Callable[[Connection], None]
    ) -> None:
        at = self._clock.now()

        def work(connection: Connection) -> None:
            accept(connection)
            nic_addresses.remove(connection, caller, server_id, address, at)

        await self._store.write(work)
