"""Northbound rows of a unit, by one pure function of its snapshot: used alike for a change and for a repair."""

from collections.abc import Collection
from functools import lru_cache
from typing import Final

from berthline.dataplane.ovn import names
from berthline.dataplane.ovn.acls import drop_group_rows, security_group_rows
from berthline.dataplane.ovn.dhcp import ANSWERED_V6_MODES, HOST_NAME, port_options_rows, subnet_options_row
from berthline.dataplane.ovn.dns import host_label, port_name_row
from berthline.dataplane.ovn.routers import router_rows
from berthline.dataplane.schema import PARENT, PORT_GROUPS
from berthline.domain.dataplane import Cell, Row, Unit
from berthline.domain.guest_services import dhcp, dns
from berthline.domain.ids import SecurityGroupId
from berthline.domain.network import (
    OWNER_FLOATING_IP,
    OWNER_METADATA,
    OWNER_ROUTER_GATEWAY,
    OWNER_ROUTER_INTERFACE,
)
from berthline.domain.snapshot import NetworkSnapshot, PortSnapshot, SecurityGroupSnapshot, Snapshot

DROP_UNIT: Final = Unit("security_group", "default-drop")
"""The group of every port that has port security: what no rule allows is dropped. It belongs to no project."""

NOTHING: Final[frozenset[str]] = frozenset()


def rows_of(snapshot: Snapshot) -> tuple[Row, ...]:
    """The rows that this unit should have."""
    if isinstance(snapshot, PortSnapshot):
        return port_rows(snapshot)
    if isinstance(snapshot, NetworkSnapshot):
        return network_rows(snapshot)
    if isinstance(snapshot, SecurityGroupSnapshot):
        return security_group_rows(snapshot.group, dict(snapshot.addresses))
    return router_rows(snapshot)


def base_rows() -> tuple[Row, ...]:
    """The rows of DROP_UNIT, which every cloud has."""
    return drop_group_rows()


def dependencies(snapshot: Snapshot) -> Collection[Unit]:
    """The units whose rows this unit's rows refer to."""
    if isinstance(snapshot, PortSnapshot):
        groups = {Unit("security_group", group) for group in snapshot.security_group_ids}
        return {Unit("network", snapshot.network_id), DROP_UNIT} | groups
    return ()


def network_rows(network: NetworkSnapshot) -> tuple[Row, ...]:
    """A switch, its way to the provider's wire if it has one, and the DHCP options of its subnets."""
    switch = names.switch(network.id)
    rows = [
        Row(
            table="Logical_Switch",
            key=switch,
            columns={"name": switch, "other_config": (("mcast_snoop", "false"), ("vlan-passthru", "false"))},
        )
    ]
    if network.network_type in {"flat", "vlan"} and network.physical_network:
        rows.append(_localnet_row(network, switch))
    domain = network.dns_domain or dns.CLOUD_DOMAIN
    options = (subnet_options_row(subnet, network.mtu, domain) for subnet in network.subnets)
    return (*rows, *(row for row in options if row is not None))


def _localnet_row(network: NetworkSnapshot, switch: str) -> Row:
    assert network.physical_network is not None
    name = names.localnet(network.id)
    tag: Cell = NOTHING if network.segmentation_id is None else network.segmentation_id
    return Row(
        table="Logical_Switch_Port",
        key=name,
        columns={
            **_empty_port(name, switch),
            "type": "localnet",
            "addresses": frozenset({"unknown"}),
            "options": (("network_name", network.physical_network),),
            "tag": tag,
        },
    )


def port_rows(port: PortSnapshot) -> tuple[Row, ...]:
    """A logical switch port, DHCP options where the port asks for some of its own, DNS records where it has a name.

    A floating IP's hidden port has none: its router answers for the address.
    """
    if port.device_owner == OWNER_FLOATING_IP:
        return ()
    columns = {**_empty_port(port.id, names.switch(port.network_id)), "enabled": port.admin_state_up}
    if port.device_owner in {OWNER_ROUTER_INTERFACE, OWNER_ROUTER_GATEWAY}:
        columns |= _router_peer(port)
        return (_port_row(port, columns),)
    columns["addresses"] = _addresses(port)
    if port.device_owner == OWNER_METADATA:
        # An ordinary port, not a local one: guests on hosts without our process reach it through the tunnels. More than
        # one switch may have it plugged in; the one of the process that answers is named.
        if port.chassis:
            columns["options"] = (("requested-chassis", port.chassis),)
        return (_port_row(port, columns),)
    columns |= _virtual(port) if port.parents else {"options": _guest_options(port)}
    if port.port_security_enabled:
        security = _port_security(port)
        columns["port_security"] = columns["addresses"] if security == columns["addresses"] else security
        columns[PORT_GROUPS] = _port_groups(port.security_group_ids)
    own_options = port_options_rows(port)
    columns |= _dhcp_references(port, own_options)
    name = port_name_row(port)
    return (_port_row(port, columns), *own_options.values(), *(() if name is None else (name,)))


def _guest_options(port: PortSnapshot) -> tuple[tuple[str, str], ...]:
    """Where a guest's port is, and how its guest is called by DHCP, unless the port says that otherwise."""
    options = {"requested-chassis": port.chassis} if port.chassis else {}
    if port.chassis and port.next_chassis not in {"", port.chassis}:
        # Both ends of a move have the port, and the new one is silent until the guest announces itself there.
        options |= {"requested-chassis": f"{port.chassis},{port.next_chassis}", "activation-strategy": "rarp"}
    said = any(option.ip_version == 4 and option.opt_name in HOST_NAME for option in port.extra_dhcp_opts)
    if port.chassis and not said and (label := host_label(port)):
        options["hostname"] = f'"{label}"'
    return tuple(sorted(options.items()))


def _virtual(port: PortSnapshot) -> dict[str, Cell]:
    """An address that is on no host, and that others may take over: OVN finds out which of them has it now.

    OVN follows one address a port: the first of the port's that others may have, as in Neutron.
    """
    wanted = {ip for ip, _ in port.parents}
    address = next(fixed.ip_address for fixed in port.fixed_ips if fixed.ip_address in wanted)
    parents = ",".join(parent for ip, parent in port.parents if ip == address)
    return {"type": "virtual", "options": (("virtual-ip", address), ("virtual-parents", parents))}


def _port_row(port: PortSnapshot, columns: dict[str, Cell]) -> Row:
    return Row(table="Logical_Switch_Port", key=port.id, columns=columns)


def _empty_port(name: str, switch: str) -> dict[str, Cell]:
    """A port that does nothing, with every column that Berthline owns."""
    return {
        "name": name,
        PARENT: switch,
        PORT_GROUPS: NOTHING,
        "type": "",
        "addresses": NOTHING,
        "port_security": NOTHING,
        "enabled": True,
        "options": (),
        "tag": NOTHING,
        "dhcpv4_options": NOTHING,
        "dhcpv6_options": NOTHING,
    }


def _router_peer(port: PortSnapshot) -> dict[str, Cell]:
    options = {"router-port": names.router_port(port.id)}
    if port.device_owner == OWNER_ROUTER_GATEWAY:
        options["nat-addresses"] = "router"
    return {"type": "router", "addresses": frozenset({"router"}), "options": tuple(sorted(options.items()))}


def _addresses(port: PortSnapshot) -> frozenset[str]:
    """The port's MAC with its addresses; other MACs it may use; anything, when port security is off."""
    own = " ".join((port.mac_address, *(fixed.ip_address for fixed in port.fixed_ips)))
    if not port.port_security_enabled and port.device_owner != OWNER_METADATA:
        return frozenset({own, "unknown"})
    others = {pair.mac_address for pair in port.allowed_address_pairs if pair.mac_address}
    return frozenset({own} | (others - {port.mac_address}))


@lru_cache(maxsize=1024)
def _port_groups(groups: tuple[SecurityGroupId, ...]) -> frozenset[str]:
    """The port groups of a port with these security groups. Kept, so that its neighbours hold the same value."""
    return frozenset({names.DROP_GROUP, *map(names.port_group, groups)})


def _port_security(port: PortSnapshot) -> frozenset[str]:
    """One entry for each MAC that the port may send from, with the addresses it may send by it."""
    allowed: dict[str, list[str]] = {port.mac_address: [fixed.ip_address for fixed in port.fixed_ips]}
    for pair in port.allowed_address_pairs:
        ips = allowed.setdefault(pair.mac_address or port.mac_address, [])
        if pair.ip_address not in ips:
            ips.append(pair.ip_address)
    return frozenset(" ".join((mac, *ips)) for mac, ips in allowed.items())


def _dhcp_references(port: PortSnapshot, own: dict[int, Row]) -> dict[str, Cell]:
    """Which DHCP options answer the port: its own, or those of the first subnet of each version that it is in."""
    if port.device_owner.startswith("network:"):
        return {}
    disabled = {version for version in (4, 6) if dhcp.is_disabled(port.extra_dhcp_opts, version)}
    subnets = {subnet.id: subnet for subnet in port.subnets}
    references: dict[str, Cell] = {}
    for fixed in port.fixed_ips:
        subnet = subnets[fixed.subnet_id]
        column = f"dhcpv{subnet.ip_version}_options"
        if column in references or subnet.ip_version in disabled:
            continue
        if subnet.ip_version == 6 and subnet.ipv6_address_mode not in ANSWERED_V6_MODES:
            continue
        row = own.get(subnet.ip_version)
        references[column] = names.subnet_options(subnet.id) if row is None else row.key
    return references
