"""Ports between rows and values, by hand: the same for one port as for the ten thousand of a list."""

from typing import Any, Final

import msgspec

from berthline.domain.ids import SecurityGroupId, SubnetId
from berthline.domain.network import AddressPair, DhcpOption, FixedIp, Port
from berthline.store.engine.prepared import Row
from berthline.store.tables.base import to_json, unpacked
from berthline.store.tables.network import ports

COLUMNS: Final = ", ".join(f"ports.{column.name}" for column in ports.c if column.computed is None)
"""The columns in the order of ``values_of``."""
HELD: Final = """(
    SELECT group_concat(position || ' ' || subnet_id || ' ' || hex(ip)) FROM addresses WHERE port_id = ports.id
)"""
"""A column of a port's addresses, as ``addresses_of`` reads it: one text is cheaper than a row each."""
GROUPS: Final = """(
    SELECT group_concat(position || ' ' || security_group_id) FROM port_security_groups WHERE port_id = ports.id
)"""
"""A column of a port's security groups, as ``groups_of`` reads it."""
WHOLE: Final = f"{COLUMNS}, {HELD}, {GROUPS}"
"""The columns in the order of ``port_of``."""

PAIRS: Final = msgspec.json.Decoder(tuple[AddressPair, ...])
OPTIONS: Final = msgspec.json.Decoder(tuple[DhcpOption, ...])
_TAGS: Final = msgspec.json.Decoder(tuple[str, ...])
_PROFILE: Final = msgspec.json.Decoder(dict[str, object])


def addresses_of(held: str | None) -> tuple[FixedIp, ...]:
    """What ``HELD`` says, in the order of the port."""
    if held is None:
        return ()
    if "," not in held:  # nearly all have one
        _, subnet_id, ip = held.split(" ")
        return (FixedIp(SubnetId(subnet_id), unpacked(bytes.fromhex(ip))),)
    return tuple(fixed for _, _, fixed in sorted(map(_fixed_ip, held.split(","))))


def _fixed_ip(text: str) -> tuple[int, bytes, FixedIp]:
    position, subnet_id, ip = text.split(" ")
    packed = bytes.fromhex(ip)
    return int(position), packed, FixedIp(SubnetId(subnet_id), unpacked(packed))


def groups_of(groups: str | None) -> tuple[SecurityGroupId, ...]:
    """What ``GROUPS`` says, in the order of the port."""
    if groups is None:
        return ()
    if "," not in groups:
        return (SecurityGroupId(groups.partition(" ")[2]),)
    in_order = sorted((item.split(" ") for item in groups.split(",")), key=lambda item: int(item[0]))
    return tuple(SecurityGroupId(group) for _, group in in_order)


def port_of(row: Row) -> Port:
    """The port of a row of ``WHOLE``."""
    port_id, network_id, project_id, name, description, mac_address, up = row[:7]
    status, device_id, owner, secured, dns_name, host, vnic_type, vif_type = row[7:15]
    profile, pairs, options, tags, revision, created_at, updated_at, held, groups = row[15:]
    return Port(
        port_id,
        network_id,
        project_id,
        name,
        description,
        mac_address,
        up != 0,
        status,
        device_id,
        owner,
        secured != 0,
        dns_name,
        host,
        vnic_type,
        vif_type,
        {} if profile == "{}" else _PROFILE.decode(profile),
        () if pairs == "[]" else PAIRS.decode(pairs),
        () if options == "[]" else OPTIONS.decode(options),
        addresses_of(held),
        groups_of(groups),
        revision,
        created_at,
        updated_at,
        () if tags == "[]" else _TAGS.decode(tags),
    )


def values_of(port: Port) -> tuple[Any, ...]:
    """The port's values in the order of ``COLUMNS``."""
    return (
        port.id,
        port.network_id,
        port.project_id,
        port.name,
        port.description,
        port.mac_address,
        port.admin_state_up,
        port.status,
        port.device_id,
        port.device_owner,
        port.port_security_enabled,
        port.dns_name,
        port.binding_host,
        port.binding_vnic_type,
        port.binding_vif_type,
        to_json(port.binding_profile) if port.binding_profile else "{}",
        to_json(port.allowed_address_pairs) if port.allowed_address_pairs else "[]",
        to_json(port.extra_dhcp_opts) if port.extra_dhcp_opts else "[]",
        to_json(port.tags) if port.tags else "[]",
        port.revision,
        port.created_at,
        port.updated_at,
    )
