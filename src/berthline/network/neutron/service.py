"""The network service that compute uses when networks are a Neutron's."""

import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Final, Literal

import structlog

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import BerthlineError, OutsideError, Transient
from berthline.domain.ids import HostName, NetworkId, PortId, ProjectId, ServerId
from berthline.domain.network import DhcpOption, SecurityGroup
from berthline.domain.network_info import VIF, NetworkInfo
from berthline.network.neutron import addresses, claims, groups, info, wire
from berthline.network.neutron.calls import NeutronCalls, as_service
from berthline.network.neutron.effects import Effects
from berthline.network.neutron.nics import ports_of
from berthline.network.neutron.session import NeutronSession
from berthline.network.neutron.settings import NeutronSettings
from berthline.network.neutron.validation import BINDING_FAILED, validate
from berthline.network.service import Asked, Instance, NicKey, NicState, Validated
from berthline.store import Connection, Store
from berthline.store.compute.servers import servers
from berthline.store.network.nics import late as late_nics
from berthline.store.network.nics import remote as remote_nics
from berthline.store.network.nics.remote import RemoteNic

log = structlog.get_logger("berthline.network")

AGAIN: Final = 3
"""How often a whole allocation or release begins anew when an answer was lost; sagas have their own patience."""

LATE_AT_ONCE: Final = 100
MOST_UNSENT: Final = 10_000
MICROSECONDS: Final = 1_000_000


class NeutronNetworkService:
    """Fits ``NetworkService``; the verbs' docstrings are there.

    Nothing it remembers is a truth: ``_unsent`` are MACs that no request of this process ever named, so that the first
    one need not ask what is there, unless another process has noted that it may have named them; ``_seen`` keeps a
    waiting server from asking for its ports more often than ``look_seconds``.
    """

    acts_outside = True

    def __init__(self, settings: NeutronSettings, store: Store, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._session = NeutronSession(settings)
        self._calls = NeutronCalls(self._session, settings.page_size)
        self._effects = Effects(self._calls)
        self._unsent: set[str] = set()
        self._look_later: Callable[[ServerId], None] = lambda _: None
        self._seen: dict[ServerId, tuple[int, tuple[NicState, ...]]] = {}

    def close(self) -> None:
        """End the threads, when what is under way is answered."""
        self._session.close()

    async def extensions(self) -> frozenset[str]:
        """What this Neutron has beyond its core. Raises Transient while it cannot be reached."""
        return await self._calls.extensions()

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
        """``project_id`` is the caller's or, for an admin, another: Neutron is asked as the caller all the same."""
        return await validate(
            self._calls,
            caller,
            requested_networks,
            security_groups,
            count=count,
            hostname=hostname,
            dry_run=dry_run,
        )

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
        validated = await self.validate_networks(
            caller, server.project_id, requested_networks, security_groups, hostname=server.hostname
        )
        at = self._clock.now()

        def work(connection: Connection) -> tuple[NicKey, ...]:
            return self.claim(
                connection, caller, server, validated, bind_host=bind_host, at=at, macs=macs, dhcp_options=dhcp_options
            )

        claimed = await self._store.write(work)
        try:
            await _patiently(lambda: self.realise(server.server_id, bind_host))
        except BerthlineError:
            for nic in claimed:
                await self._give_back(server.server_id, nic)
            raise
        return await self._store.read(
            lambda connection: self.network_info(connection, [server.server_id])[server.server_id]
        )

    async def deallocate_for_instance(self, server_id: ServerId) -> None:
        await self._give_back(server_id, None)

    async def deallocate_port_for_instance(self, server_id: ServerId, port_id: PortId) -> None:
        nic = await self._store.read(lambda connection: self.nic_with_port(connection, server_id, port_id))
        if nic is not None:
            await self._give_back(server_id, nic)

    async def get_instance_network_info(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, NetworkInfo]:
        """Asks Neutron, keeps what is newer, and answers what is then kept.

        A NIC whose port is gone stays, until it is detached: its guest has it still.
        """
        await self._look(server_ids)
        return await self._store.read(lambda connection: self.network_info(connection, server_ids))

    async def lost_ports(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, tuple[PortId, ...]]:
        return await self._look(server_ids)

    async def _look(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, tuple[PortId, ...]]:
        """Read the NICs of these servers anew; returns the bound ones whose port is gone."""
        nics = await self._store.read(lambda connection: remote_nics.of_servers(connection, server_ids))
        by_nic = await ports_of(self._calls, as_service(), [nic for held in nics.values() for nic in held])
        for server_id in server_ids:
            self._seen.pop(server_id, None)
        pairs = [
            (nic, by_nic[nic.server_id, nic.mac_address])
            for held in nics.values()
            for nic in held
            if (nic.server_id, nic.mac_address) in by_nic
        ]
        seen = await info.vifs(self._calls, as_service(), await self._renewed(pairs), floating=True)
        await self._keep(seen, pairs)
        there = {nic.mac_address for nic, _ in pairs}
        return {
            server_id: lost
            for server_id, held in nics.items()
            if (
                lost := tuple(
                    nic.port_id for nic in held if nic.port_id and nic.bound_host and nic.mac_address not in there
                )
            )
        }

    async def associate_floating_ip(
        self, caller: Caller, server_id: ServerId, floating_address: str, fixed_address: str | None = None
    ) -> None:
        nics = await self._nics(server_id)
        await addresses.associate(self._calls, caller, server_id, nics, floating_address, fixed_address)
        await self._refresh(server_id)

    async def disassociate_floating_ip(self, caller: Caller, server_id: ServerId, floating_address: str) -> None:
        await addresses.disassociate(self._calls, caller, server_id, await self._nics(server_id), floating_address)
        await self._refresh(server_id)

    # --- the parts that workflows are made of ---

    def affordable(self, connection: Connection, project_id: ProjectId, validated: Validated, count: int) -> int:
        return min(count, validated.most)

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
        claimed = claims.claim(
            connection, server, validated, first_position=first_position, macs=macs, dhcp_options=dhcp_options
        )
        if len(self._unsent) > MOST_UNSENT:  # claims that came to nothing; to forget one costs one request
            self._unsent.clear()
        self._unsent.update(nic.mac_address for nic in claimed)
        return tuple(NicKey(nic.mac_address) for nic in claimed)

    async def realise(self, server_id: ServerId, bind_host: HostName) -> None:
        def read(connection: Connection) -> tuple[Instance | None, tuple[RemoteNic, ...]]:
            return _instance(connection, server_id), remote_nics.in_order(connection, server_id)

        server, nics = await self._store.read(read)
        wanted = [nic for nic in nics if nic.bound_host != bind_host]
        if server is None or not wanted:
            return
        macs = {nic.mac_address for nic in wanted}
        look = not self._none_sent(wanted)
        if look and (unnoted := macs - {nic.mac_address for nic in wanted if nic.maybe_sent}):
            await self._store.write(partial(remote_nics.note_sending, server_id=server_id, macs=unnoted))
        self._unsent -= macs
        made = await self._effects.make(server, wanted, bind_host, look=look)
        pairs = [(nic, made[nic.mac_address]) for nic in wanted if nic.mac_address in made]
        there = any(nic.preserve_on_delete for nic in wanted)
        spent = any(nic.group_ids or nic.fixed_ip for nic in wanted if not nic.preserve_on_delete)
        seen = await info.vifs(self._calls, as_service(server_id), pairs, floating=there and not spent)
        bound = {nic.mac_address: PortId(port.id) for nic, port in pairs}
        at = self._clock.now()

        def write(connection: Connection) -> None:
            remote_nics.set_bound(connection, server_id, bound, bind_host)
            remote_nics.keep(connection, server_id, seen, at)

        await self._store.write(write)
        if there and spent:
            self._look_later(server_id)  # five requests were to be enough: floating IPs are read by the next look

    async def take_back(self, server_id: ServerId, nic: NicKey | None = None) -> None:
        nics = await self._nics(server_id)
        ours = [one for one in nics if nic is None or one.mac_address == nic]
        never_sent = bool(ours) and self._none_sent(ours)
        self._unsent -= {one.mac_address for one in ours}
        if not never_sent or nic is None:
            await self._effects.take_back(server_id, nics, nic)

    def release(self, connection: Connection, server_id: ServerId, at: int, nic: NicKey | None = None) -> None:
        self._seen.pop(server_id, None)
        given_back = [one for one in remote_nics.in_order(connection, server_id) if nic in {None, one.mac_address}]
        late_nics.note(connection, given_back, at)
        remote_nics.remove(connection, server_id, nic, at)

    async def free_late_ports(self) -> int:
        before = self._clock.now() - int(self._settings.late_seconds * MICROSECONDS)
        freed = 0
        while looked := await self._store.read(lambda connection: late_nics.due(connection, before, LATE_AT_ONCE)):
            freed += await self._effects.free_late([nic for nic, held_again in looked if not held_again])
            await self._store.write(partial(late_nics.forget, nics=[nic for nic, _ in looked]))
        if freed:
            log.warning("freed ports that a slow request made after their server gave them back", ports=freed)
        return freed

    def rebind(self, connection: Connection, server_id: ServerId, bind_host: HostName, at: int) -> bool:
        """Nothing here: ``realise`` sees that the ports are bound to another host."""
        return True

    def await_on(self, connection: Connection, server_id: ServerId, host: HostName | None, at: int) -> bool:
        """Nothing here: the ports are bound to another host once the guest is there."""
        return True

    def unbind(self, connection: Connection, server_id: ServerId, at: int) -> None:
        """Nothing here: the next ``realise`` binds them to another host."""

    def network_info(self, connection: Connection, server_ids: Collection[ServerId]) -> Mapping[ServerId, NetworkInfo]:
        return remote_nics.network_info(connection, server_ids)

    def vif(self, connection: Connection, server_id: ServerId, nic: NicKey) -> VIF | None:
        kept = remote_nics.network_info(connection, [server_id])[server_id]
        return next((vif for vif in kept if vif.address == nic), None)

    def nic_with_port(self, connection: Connection, server_id: ServerId, port_id: PortId) -> NicKey | None:
        nics = remote_nics.in_order(connection, server_id)
        return next((NicKey(nic.mac_address) for nic in nics if nic.port_id == port_id), None)

    def next_position(self, connection: Connection, server_id: ServerId) -> int:
        return remote_nics.next_position(connection, server_id)

    async def nic_states(self, server_id: ServerId) -> tuple[NicState, ...]:
        nics = await self._nics(server_id)
        if not nics or not self._settings.wait_for_ports:
            return tuple(NicState(port_id=nic.port_id, up=True, said="not asked") for nic in nics if nic.port_id)
        now = self._clock.now()
        before = self._seen.get(server_id)
        if before is not None and now - before[0] < self._settings.look_seconds * MICROSECONDS:
            return before[1]
        found = await ports_of(self._calls, as_service(server_id), nics)
        by_mac = {mac: port for (_, mac), port in found.items()}
        states = tuple(state_of(by_mac[nic.mac_address]) for nic in nics if nic.mac_address in by_mac)
        if all(state.up for state in states):
            self._seen.pop(server_id, None)
            await self._store.write(partial(info.keep_up, server_id=server_id, ports=by_mac, at=now))
        else:
            self._seen[server_id] = (now, states)
        return states

    async def add_fixed_ip(
        self, caller: Caller, server_id: ServerId, network_id: NetworkId, accept: Callable[[Connection], None]
    ) -> None:
        await self._store.write(accept)
        await addresses.add_fixed(self._calls, server_id, await self._nics(server_id), network_id)
        await self._refresh(server_id)

    async def change_security_group(
        self,
        caller: Caller,
        server_id: ServerId,
        group: str,
        how: Literal["add", "remove"],
        note: Callable[[Connection, str], None],
    ) -> None:
        name = await groups.change(self._calls, caller, server_id, await self._nics(server_id), group, how)
        await self._store.write(lambda connection: note(connection, name))

    async def security_groups(self, server_id: ServerId) -> tuple[SecurityGroup, ...]:
        return await groups.of_server(self._calls, server_id, await self._nics(server_id))

    async def remove_fixed_ip(
        self, caller: Caller, server_id: ServerId, address: str, accept: Callable[[Connection], None]
    ) -> None:
        await self._store.write(accept)
        await addresses.remove_fixed(self._calls, server_id, await self._nics(server_id), address)
        await self._refresh(server_id)

    def on_unread(self, callback: Callable[[ServerId], None]) -> None:
        self._look_later = callback

    # --- helpers ---

    def _none_sent(self, nics: Collection[RemoteNic]) -> bool:
        """Whether no request of any process ever named these NICs, which were just read."""
        return all(nic.mac_address in self._unsent and not nic.maybe_sent for nic in nics)

    async def _nics(self, server_id: ServerId) -> tuple[RemoteNic, ...]:
        return await self._store.read(lambda connection: remote_nics.in_order(connection, server_id))

    async def _give_back(self, server_id: ServerId, nic: NicKey | None) -> None:
        await _patiently(lambda: self.take_back(server_id, nic))
        at = self._clock.now()
        await self._store.write(lambda connection: self.release(connection, server_id, at, nic))

    async def _refresh(self, server_id: ServerId) -> None:
        """Keep what a change just made of the NICs. It is done, whether it can be read now or by the next refresh."""
        with contextlib.suppress(OutsideError):
            await self.get_instance_network_info([server_id])

    async def _renewed(self, pairs: Sequence[tuple[RemoteNic, wire.Port]]) -> list[tuple[RemoteNic, wire.Port]]:
        """The NICs with their networks' present facts; those of a network that is not told stay as they are known."""
        networks = await self._calls.networks(as_service(), {port.network_id for _, port in pairs})
        return [(info.with_network(nic, networks.get(port.network_id)), port) for nic, port in pairs]

    async def _keep(self, seen: Sequence[VIF], pairs: Sequence[tuple[RemoteNic, wire.Port]]) -> None:
        of_server: dict[ServerId, list[VIF]] = {}
        for (nic, _), vif in zip(pairs, seen, strict=True):
            of_server.setdefault(nic.server_id, []).append(vif)
        at = self._clock.now()

        def write(connection: Connection) -> None:
            for server_id, vifs in of_server.items():
                remote_nics.keep(connection, server_id, vifs, at)

        if of_server:
            await self._store.write(write)


def _instance(connection: Connection, server_id: ServerId) -> Instance | None:
    server = servers.get(connection, server_id)
    if server is None:
        return None
    return Instance(
        server_id=server.id,
        project_id=server.project_id,
        hostname=server.hostname,
        availability_zone=server.availability_zone,
    )


def state_of(port: wire.Port) -> NicState:
    """How a port is, by its status and its binding."""
    failed = port.vif_type == BINDING_FAILED
    said = "binding failed" if failed else "up" if port.up else port.status.lower() or "unknown"
    return NicState(port_id=PortId(port.id), up=port.up and not failed, said=said, failed=failed)


async def _patiently(work: Callable[[], Awaitable[None]]) -> None:
    """Do it, again if an answer was lost."""
    for left in reversed(range(AGAIN)):
        try:
            await work()
        except Transient:
            if not left:
                raise
        else:
            return
