"""Ports between rows and values, by hand: the same for one port as for the ten thousand of a list."""

from typing import Any, Final

import msgspec

from berthline.domain.ids import HostName, NetworkId, PortId, ProjectId, SecurityGroupId
from berthline.domain.network import AddressPair, DhcpOption, FixedIp, Port
from berthline.store.prepared import Row
from berthline.store.tables.base import to_json
from berthline.store.tables.network import ports

COLUMNS: Final = ", ".join(f"ports.{column.name}" for column in ports.c)
"""The columns in the order of ``port_of`` and ``values_of``."""

PAIRS: Final = msgspec.json.Decoder(tuple[AddressPair, ...])
OPTIONS: Final = msgspec.json.Decoder(tuple[DhcpOption, ...])
_TAGS: Final = msgspec.json.Decoder(tuple[str, ...])
_PROFILE: Final = msgspec.json.Decoder(dict[str, object])


def port_of(row: Row, fixed_ips: tuple[FixedIp, ...], groups: tuple[SecurityGroupId, ...]) -> Port:
    """The port of a row of ``COLUMNS``, with what other tables say of it."""
    port_id, network_id, project_id, name, description, mac_address, up, status, device_id, owner, *more = row
    secured, dns_name, host, vnic_type, vif_type, profile, pairs, options, tags, revision, created_at, updated_at = more
    return Port(
        id=PortId(port_id),
        network_id=NetworkId(network_id),
        project_id=ProjectId(project_id),
        name=name,
        description=description,
        mac_address=mac_address,
        admin_state_up=bool(up),
        status=status,
        device_id=device_id,
        device_owner=owner,
        port_security_enabled=bool(secured),
        dns_name=dns_name,
        binding_host=HostName(host),
        binding_vnic_type=vnic_type,
        binding_vif_type=vif_type,
        binding_profile={} if profile == "{}" else _PROFILE.decode(profile),
        allowed_address_pairs=() if pairs == "[]" else PAIRS.decode(pairs),
        extra_dhcp_opts=() if options == "[]" else OPTIONS.decode(options),
        fixed_ips=fixed_ips,
        security_group_ids=groups,
        tags=() if tags == "[]" else _TAGS.decode(tags),
        revision=revision,
        created_at=created_at,
        updated_at=updated_at,
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
