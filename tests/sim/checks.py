"""What must hold whenever the cloud is quiet, whatever went wrong before. Every function gives back what is wrong."""

import ipaddress
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from berthline.dataplane.projector import LOOP as PROJECTOR
from berthline.domain.compute import Nic, PowerState, Server, VmState
from berthline.domain.hypervisor import OFF, GuestPower
from berthline.domain.ids import PortId, ServerId
from berthline.domain.network import Port
from berthline.domain.server_actions import WANTED
from berthline.ipam.mac import eui64_address
from berthline.reconcile.dataplane_drift import DataplaneDrift
from berthline.reconcile.port_status import PortStatusReconciler
from berthline.reconcile.power_state import POWERS, StartsUnasked, reconcile_power
from berthline.saga import SagaRecord
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.store.control.sagas import list_sagas
from berthline.store.network.info import network_info
from berthline.workflows.server import rebuild
from tests.sim import groups, nics, remains
from tests.sim.cloud import NARROW_NETWORK, NETWORKS, PREFIXES, Content, SimulationProcess, SimulationWorld, content
from tests.sim.model import AskedServer, Model, SeenNic, WantedNic
from tests.sim.script import SERVERS
from tests.workflows.world import NETWORK, PROJECT

RETURN_ALL: Final = StartsUnasked(at_once=SERVERS)
GUESTS: Final[dict[VmState, frozenset[GuestPower]]] = {
    "active": frozenset({"running"}),
    "paused": frozenset({"paused"}),
    "stopped": OFF,
    "suspended": frozenset({"shutoff", "cut"}),
    "rescued": OFF | {"running", "paused"},
    "resized": OFF | {"running", "paused"},
    "shelved": OFF | {"absent"},
    "soft-delete": OFF | {"absent", "paused"},
}
"""What the guest of a server is in each state that has one. A way back from a rescue, a return after a reboot of its
host, and a restore whose undo is refused, too, may fail while the guest is paused."""
WHOLE: Final[frozenset[VmState]] = frozenset(GUESTS) - {"shelved", "soft-delete"}
"""States in which the guest and its disks are as they shall be: others may come from ERROR, or lack it."""
AT_REST: Final[frozenset[VmState]] = frozenset(GUESTS) | {"error", "shelved_offloaded"}


class Violation(AssertionError):
    """Something does not hold. The message says what."""


async def return_guests(world: SimulationWorld) -> bool:
    """Look at all guests, and begin to have those again that their hosts took with them; whether there were some."""
    returning = len(world.store.read_now(partial(list_sagas, unfinished_only=True)))
    await reconcile_power(world.store, world.clock, world.hosts, RETURN_ALL)
    return len(world.store.read_now(partial(list_sagas, unfinished_only=True))) > returning


async def check(world: SimulationWorld, processes: Sequence[SimulationProcess], model: Model) -> None:
    """Raise Violation with everything that does not hold in a quiet cloud."""
    for process in processes:
        await process.stray_nics.run_once()
        for _ in range(2):  # it takes two looks to be sure of a guest that an engine made when it was one no more
            await process.lost_guests.run_once()
    await return_guests(world)
    await PortStatusReconciler(world.store, world.dataplane, world.clock).run_once()
    wrong = [f"leak: {leak.kind} {leak.object_id}: {leak.why}" for leak in await world.leaks()]
    now = await world.store.read(content)
    wrong += model.adopt(now.servers, {port.name: port for port in now.ports.values() if port.name})
    for asked in model.servers.values():
        wrong += _server(world, model, asked, now)
    wrong += _ports(model, now)
    sagas = world.store.read_now(partial(_sagas_of, now=now))
    wrong += remains.images(now, sagas)
    if len(processes) == 1:  # clocks of several say nothing of the order in which sagas began
        wrong += [wrong for server in now.servers.values() for wrong in remains.acknowledged(server, sagas[server.id])]
    wrong += [f"a password waits for server {server_id}" for server_id in now.passwords]
    wrong += groups.wrong(now.servers.values())
    wrong += _quotas(world, model, now)
    wrong += _taps(world, model, now)
    projecting = [process for process in processes if process.worker.loop(PROJECTOR) is not None]
    if len(projecting) != 1:
        raise Violation(f"{len(projecting)} engines project")
    drift = await DataplaneDrift(world.store, world.dataplane, projecting[0].projector).run_once()
    wrong += [f"the dataplane differed from the store by {drift} rows"] if drift else []
    if wrong:
        raise Violation("\n".join(wrong))


def _server(world: SimulationWorld, model: Model, asked: AskedServer, now: Content) -> Iterator[str]:
    server = now.servers[asked.name]
    label = f"server {server.name} ({server.vm_state})"
    if server.vm_state not in AT_REST or server.task_state is not None:
        yield f"{label} is not at rest: task {server.task_state}"
    if server.vm_state in WANTED and server.wanted != WANTED[server.vm_state]:
        yield f"{label} is wanted {server.wanted}"
    if asked.deletion == "accepted" and not _was_refused_its_delete(world, server):
        yield f"{label} was to be deleted, is there, and no delete of it failed"
    if not _keeps_nics(server):
        if server.vm_state != "error" or server.nics:
            yield f"{label} has no host, and {len(server.nics)} NICs"
        elif server.fault is None:
            yield f"{label} does not say why"
        return
    yield from _nics(world, model, asked, server, now)
    if server.host is None:
        if server.vm_state not in {"shelved_offloaded", "soft-delete"}:
            yield f"{label} has no host"
        return
    yield from remains.moves(server, now.moves.get(server.id, ()))
    if server.vm_state in GUESTS:
        yield from _guest(world, asked, server, now)


def _keeps_nics(server: Server) -> bool:
    return server.host is not None or server.shelved_image_id is not None


def _sagas_of(connection: Connection, now: Content) -> dict[ServerId, Sequence[SagaRecord]]:
    return {server.id: list_sagas(connection, subject_id=server.id) for server in now.servers.values()}


def _was_refused_its_delete(world: SimulationWorld, server: Server) -> bool:
    sagas = world.store.read_now(lambda connection: list_sagas(connection, subject_id=server.id))
    deletes = [saga.state for saga in sagas if saga.kind == "server_delete"]
    return "undone" in deletes and "done" not in deletes


def _nics(world: SimulationWorld, model: Model, asked: AskedServer, server: Server, now: Content) -> Iterator[str]:
    sagas = world.store.read_now(lambda connection: list_sagas(connection, subject_id=server.id))
    yield from nics.settle(asked, server, sagas, now.ports, model.deleted_ports)
    if asked.nics is None or len(asked.nics) != len(server.nics):
        return
    places = {server.host or "", *remains.ways_back(server, now.moves.get(server.id, ()))}
    for held, nic in zip(asked.nics, server.nics, strict=True):
        port = now.ports[nic.port_id]
        yield from (f"server {server.name}, NIC {nic.position}: {what}" for what in _nic(held.wanted, nic, port))
        if port.device_id != server.id or port.binding_host not in places:
            yield f"port {port.id} of server {server.name} is {port.device_id}'s, bound to {port.binding_host!r}"
    info = world.store.read_now(lambda connection: network_info(connection, [server.id]))[server.id]
    if [vif.id for vif in info.vifs] != [nic.port_id for nic in server.nics]:
        yield f"server {server.name}: its network information has other NICs, or another order"
    for nic in server.nics:
        port = now.ports[nic.port_id]
        seen = SeenNic(port.id, port.mac_address, _addresses(port))
        if not nic.preserve_on_delete and asked.seen.setdefault(port.id, seen) != seen:
            yield f"server {server.name}: a NIC was {asked.seen[port.id]}, and is {seen}"


def _nic(wanted: WantedNic, nic: Nic, port: Port) -> Iterator[str]:
    if wanted.port_id is not None:
        if (nic.port_id, nic.preserve_on_delete) != (wanted.port_id, True):
            yield f"is {nic.port_id}, and port {wanted.port_id} was asked for"
        return
    if nic.preserve_on_delete or port.name:
        yield f"is port {port.name or port.id}, and a new one was asked for"
    if port.network_id != wanted.network_id:
        yield f"is on network {port.network_id}, not on {wanted.network_id}"
    versions = Counter(ipaddress.ip_address(address).version for address in _addresses(port))
    both = wanted.address is None or wanted.network_id == NETWORK
    if versions != (Counter({4: 1, 6: 1}) if both else Counter({4: 1})):
        yield f"has addresses {_addresses(port)}"
    if wanted.address is not None and wanted.address not in _addresses(port):
        yield f"has {_addresses(port)}, and {wanted.address} was asked for"


def _guest(world: SimulationWorld, asked: AskedServer, server: Server, now: Content) -> Iterator[str]:
    host = world.host_of(server)
    power: GuestPower = "absent" if host is None else host.power_of(server.id)
    told_paused = (server.vm_state, server.power_state, power) == (
        "active",
        3,
        "paused",
    )  # not by a pause that ended well
    if power not in GUESTS[server.vm_state] and not told_paused:
        yield f"server {server.name} is {server.vm_state}, and its guest is {power}"
    told: PowerState = POWERS[power] if power != "absent" and server.vm_state != "suspended" else server.power_state
    if server.power_state != told:
        yield f"server {server.name} shows power {server.power_state}, and its guest is {power}"
    if server.vm_state not in WHOLE:
        return
    disks = None if host is None else host.disks_of(server.id)
    if disks is None or host is None:
        yield f"server {server.name} has no disks"
        return
    sagas = world.store.read_now(lambda connection: list_sagas(connection, subject_id=server.id))
    yield from remains.disks(server, disks, now.moves.get(server.id, ()), sagas)
    yield from remains.contents(asked, server, disks.written, sagas)
    if server.vm_state == "active" and power == "running" and not asked.written:
        asked.written, asked.rebuilds = server.name.encode(), sum(saga.kind == rebuild.KIND for saga in sagas)
        host.guest_writes(server.id, asked.written)
    half_way_back = server.vm_state == "rescued" and server.fault is not None
    if (disks.rescue is not None) != (server.vm_state == "rescued") and not half_way_back:
        yield f"server {server.name} is {server.vm_state}, and its rescue disk is {disks.rescue}"
    attached = host.ports_of(server.id)
    should = [nic.port_id for nic in server.nics]
    if sorted(attached) != sorted(should) or (not asked.known_sagas and list(attached) != should):
        yield f"server {server.name}: its guest has interfaces {attached}, and its NICs are {should}"


def _ports(model: Model, now: Content) -> Iterator[str]:
    holders = Counter(nic.port_id for server in now.servers.values() for nic in server.nics)
    known = {asked.last.id: asked for asked in model.ports.values() if asked.last is not None}
    away = {nic.port_id for server in now.servers.values() if server.host is None for nic in server.nics}
    for port in now.ports.values():
        if holders[port.id] > 1:
            yield f"port {port.id} is a NIC of {holders[port.id]} servers"
        if not port.name and not holders[port.id]:
            yield f"port {port.id} is nobody's"
        if port.id in known:
            last = known[port.id].last
            assert last is not None
            if (port.mac_address, _addresses(port)) != (last.mac_address, _addresses(last)):
                yield f"port {port.name} was answered {_addresses(last)}, and has {_addresses(port)}"
            bound = (bool(port.device_id), bool(port.binding_host), bool(port.device_owner))
            held = bool(holders[port.id])
            if bound != (held, held and port.id not in away, held):
                yield f"port {port.name}: {holders[port.id]} NICs, device {port.device_id!r}, on {port.binding_host!r}"
        yield from _own_addresses(port)
    macs = Counter((port.network_id, port.mac_address) for port in now.ports.values())
    yield from (f"MAC {mac} is there {count} times" for (_, mac), count in macs.items() if count > 1)
    used = Counter((port.network_id, ip) for port in now.ports.values() for ip in _addresses(port))
    yield from (f"address {ip} is there {count} times" for (_, ip), count in used.items() if count > 1)


def _own_addresses(port: Port) -> Iterator[str]:
    prefix = PREFIXES[NETWORKS.index(port.network_id)]
    for address in _addresses(port):
        if ":" not in address:
            if not address.startswith(prefix) or not 2 <= int(address.rpartition(".")[2]) <= 254:
                yield f"port {port.id} has {address}, outside its network's pool"
        elif port.network_id == NARROW_NETWORK:
            if not address.startswith("2001:db8:1::"):
                yield f"port {port.id} has {address}, outside its network's pool"
        elif address != eui64_address("2001:db8::/64", port.mac_address):
            yield f"port {port.id} has {address}, which its MAC {port.mac_address} does not make"


def _quotas(world: SimulationWorld, model: Model, now: Content) -> Iterator[str]:
    """Counted from what was asked for, not from rows."""
    holding = [asked for asked in model.servers.values() if _keeps_nics(now.servers[asked.name])]
    made = sum(1 for asked in holding for held in asked.nics or () if held.wanted.port_id is None)
    living = now.servers.values()
    cores = sum(each.flavor.vcpus + remains.more_cores(now.moves.get(each.id, ()), each.flavor) for each in living)
    should = {"instances": len(model.servers), "cores": cores, "port": made + len(model.ports)}
    counted = world.store.read_now(lambda connection: quotas.used(connection, PROJECT, tuple(should)))
    if counted != should:
        yield f"quotas count {counted}, and by what was asked for it is {should}"


def _taps(world: SimulationWorld, model: Model, now: Content) -> Iterator[str]:
    """A tap for each NIC of each running guest, on its host, and no other; and the ports' status says so."""
    should: dict[PortId, str] = {}
    for server in now.servers.values():
        host = world.host_of(server)
        if host is not None and host.power_of(server.id) in {"running", "paused"}:
            should |= {port: str(host.host) for port in host.ports_of(server.id)}
    plugged = dict(world.dataplane.plugged())
    if plugged != should:
        yield f"taps are {plugged}, and should be {should}"
    for port in now.ports.values():
        if (port.status == "ACTIVE") != (port.id in plugged and bool(port.binding_host)):
            yield f"port {port.id} is {port.status}, and its tap is {plugged.get(port.id)}"


def _addresses(port: Port) -> tuple[str, ...]:
    return tuple(fixed.ip_address for fixed in port.fixed_ips)
