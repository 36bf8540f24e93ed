"""How ports come to be rows: MACs, addresses, group links, events and quota, for any number of ports at once.

The number of statements does not depend on how many ports exist, and hardly on how many are made.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from berthline.domain.errors import BerthlineError, Conflict, MacAddressInUse
from berthline.domain.ids import NetworkId, PortId, ProjectId, ServerId, new_id
from berthline.domain.network import Port, Subnet
from berthline.ipam.mac import random_mac
from berthline.network.ports.addressing import (
    Slot,
    asked_slots,
    automatic_slots,
    fill,
    follows_network,
    random_stretch,
)
from berthline.network.requests import AskedAddress
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.store.network import one_port, ports, subnets
from berthline.store.network.changes import Change, record, tell

MAC_TRIES: Final = 16


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A port that is to be: ``mac_address`` "" has one made.

    ``asked`` None: addresses as the network gives them; empty: none. ``lowest``: the first free addresses, for the
    cloud's own ports.
    """

    port: Port
    asked: tuple[AskedAddress, ...] | None = None
    lowest: bool = False


def bare_port(network_id: NetworkId, project_id: ProjectId, at: int) -> Port:
    """An unbound port with a fresh id and nothing else, to be completed by ``msgspec.structs.replace``."""
    return Port(
        id=PortId(new_id()),
        network_id=network_id,
        project_id=project_id,
        name="",
        description="",
        mac_address="",
        admin_state_up=True,
        status="DOWN",
        device_id="",
        device_owner="",
        port_security_enabled=True,
        dns_name="",
        binding_host="",
        binding_vnic_type="normal",
        binding_vif_type="unbound",
        binding_profile={},
        allowed_address_pairs=(),
        extra_dhcp_opts=(),
        fixed_ips=(),
        security_group_ids=(),
        revision=1,
        created_at=at,
        updated_at=at,
    )


def write_ports(
    connection: Connection,
    drafts: Sequence[Draft],
    at: int,
    known: dict[NetworkId, list[Subnet]] | None = None,
) -> tuple[Port, ...]:
    """Write new ports, in the order given, and return them complete. Quotas come last.

    ``known`` are the subnets of their networks, when they were read already. Raises MacAddressInUse, OverQuota and what
    ``asked_slots`` and ``fill`` raise; the caller's transaction then has to end.
    """
    of_network = known or subnets.of_networks(connection, {draft.port.network_id for draft in drafts})
    if len(drafts) == 1 and one_port.pays(connection):
        single = write_at_once(connection, drafts[0], of_network[drafts[0].port.network_id])
        if single is not None:
            return (single,)
    rows = _with_macs(connection, [draft.port for draft in drafts])
    slots: list[Slot] = []
    for draft, port in zip(drafts, rows, strict=True):
        slots += _slots(draft, port, of_network[port.network_id])
    fixed = fill(connection, slots)
    made = tuple(msgspec.structs.replace(port, fixed_ips=fixed.get(port.id, ())) for port in rows)
    ports.add_groups(connection, made)
    ports.add_pairs(connection, made)
    record(connection, [_change(port, "created") for port in made], at, awaited=_carry(made))
    counted = Counter(port.project_id for port in made if port.project_id)
    for project_id in sorted(counted):
        quotas.take(connection, project_id, {"port": counted[project_id]})
    return made


def write_at_once(
    connection: Connection, draft: Draft, of_network: Sequence[Subnet], by: str | None = None
) -> Port | None:
    """The port, when one statement could write it: one that names no address, of which it gets one or none.

    ``by`` as in ``one_port.add``; the transaction is then over, unless something ran before. None, with nothing
    written: each part by itself tells what is in the way, or finds another MAC or address.
    """
    port = _with_mac(draft.port)
    try:
        slots = _slots(draft, port, of_network)
    except BerthlineError:  # what else is wrong may come before
        return None
    stretch = random_stretch(slots[0]) if len(slots) == 1 else None
    if port.allowed_address_pairs or (slots and stretch is None):
        return None
    fixed_ips = one_port.add(connection, port, stretch, by)
    if fixed_ips is None:
        return None
    made = msgspec.structs.replace(port, fixed_ips=fixed_ips)
    tell(connection, projected=True, awaited=_carry([made]))
    return made


def deleted_port(port: Port) -> Change:
    """What to record when a port was deleted."""
    return _change(msgspec.structs.replace(port, revision=port.revision + 1), "deleted")


def remove_ports(connection: Connection, gone: Iterable[Port], at: int) -> frozenset[ServerId]:
    """Delete ports, with what belongs to them, and count them out of their quotas. Returns whose NICs they were."""
    every = tuple(gone)
    servers = ports.remove(connection, [port.id for port in every])
    record(connection, [deleted_port(port) for port in every], at, awaited=_carry(every))
    for project_id, count in sorted(Counter(port.project_id for port in every if port.project_id).items()):
        quotas.give_back(connection, project_id, {"port": count})
    return servers


def updated_port(port: Port) -> Change:
    """What to record when a port was changed; ``port`` has its new revision."""
    return _change(port, "updated")


def _carry(some: Iterable[Port]) -> bool:
    """Whether any of the ports may carry traffic: that of a guest or a router; a host alone plugs nothing."""
    return any(port.device_owner for port in some)


def _with_macs(connection: Connection, wanted: Sequence[Port]) -> list[Port]:
    """Write the rows, each with the MAC it was given or one that nobody on its network has."""
    rows = [_with_mac(port) for port in wanted]
    waiting = list(range(len(rows)))
    for _ in range(MAC_TRIES):
        refused = {port.id for port in ports.add(connection, [rows[place] for place in waiting])}
        if not refused:
            return rows
        waiting = [place for place in waiting if rows[place].id in refused]
        for place in waiting:
            rows[place] = _chosen_anew(connection, wanted[place])
    raise Conflict(f"no free MAC address was found in {MAC_TRIES} tries: give one by mac_address")


def _chosen_anew(connection: Connection, wanted: Port) -> Port:
    """A port that was refused, with another MAC, and another id: by the old one its tap may have the name of another.

    Raises MacAddressInUse for a MAC that was given and is taken.
    """
    if wanted.mac_address and ports.with_mac(connection, wanted.network_id, wanted.mac_address) is not None:
        raise MacAddressInUse(
            f"Unable to complete operation for network {wanted.network_id}. The mac address {wanted.mac_address} "
            "is in use."
        )
    return _with_mac(msgspec.structs.replace(wanted, id=PortId(new_id())))


def _with_mac(port: Port) -> Port:
    return port if port.mac_address else msgspec.structs.replace(port, mac_address=random_mac())


def _slots(draft: Draft, port: Port, of_network: Sequence[Subnet]) -> list[Slot]:
    if draft.asked is None:
        return automatic_slots(port.id, port.mac_address, port.network_id, of_network, lowest=draft.lowest)
    return asked_slots(
        port.id,
        port.mac_address,
        port.network_id,
        of_network,
        draft.asked,
        lowest=draft.lowest,
        as_asked=not follows_network(port.device_owner),
    )


def _change(port: Port, what: str) -> Change:
    return Change(kind="port", id=port.id, project_id=port.project_id, revision=port.revision, what=what, unit="port")
