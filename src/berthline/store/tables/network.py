"""Networks, subnets, ports, addresses, security groups, routers, floating IPs."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, Computed, ForeignKey, Index, Integer, String, Table, Text

from berthline.store.tables.base import Address, Id, Json, Name, Trigger, flag, metadata, stamps, where

networks = Table(
    "networks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, nullable=False),
    Column("name", Name, nullable=False, server_default=""),
    Column("description", Name, nullable=False, server_default=""),
    flag("admin_state_up", default=True),
    flag("external", default=False),
    flag("is_default", default=False),
    Column("mtu", Integer, nullable=False),
    flag("port_security_enabled", default=True),
    Column("dns_domain", Name, nullable=False, server_default=""),
    Column("network_type", String(16), nullable=False),
    Column("physical_network", String(64)),
    Column("segmentation_id", Integer),
    Column("tags", Json, nullable=False, server_default="[]"),
    Column("availability_zone_hints", Json, nullable=False, server_default="[]"),
    *stamps(),
    CheckConstraint("mtu >= 1", name="mtu"),
    CheckConstraint("network_type IN ('geneve', 'flat', 'vlan')", name="network_type"),
    Index("ix_networks_project", "project_id", "id"),
    Index("ix_networks_name", "name"),
    Index(
        "uq_networks_segment",
        "network_type",
        "physical_network",
        "segmentation_id",
        unique=True,
        **where("segmentation_id IS NOT NULL"),
    ),
    Index("uq_networks_flat", "physical_network", unique=True, **where("network_type = 'flat'")),
    Index("uq_networks_default", "is_default", unique=True, **where("is_default AND external")),
    Index("uq_networks_geneve", "segmentation_id", unique=True, **where("network_type = 'geneve'")),
)

subnets = Table(
    "subnets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("network_id", Id, ForeignKey("networks.id"), nullable=False),
    Column("project_id", Id, nullable=False),
    Column("name", Name, nullable=False, server_default=""),
    Column("description", Name, nullable=False, server_default=""),
    Column("ip_version", Integer, nullable=False),
    Column("cidr", String(64), nullable=False),
    Column("gateway_ip", Address),
    flag("enable_dhcp", default=True),
    Column("ipv6_ra_mode", String(16)),
    Column("ipv6_address_mode", String(16)),
    Column("pools", Json, nullable=False),
    Column("dns_nameservers", Json, nullable=False, server_default="[]"),
    Column("host_routes", Json, nullable=False, server_default="[]"),
    Column("tags", Json, nullable=False, server_default="[]"),
    *stamps(),
    Column("subnetpool_id", Id, ForeignKey("subnet_pools.id")),
    CheckConstraint("ip_version IN (4, 6)", name="ip_version"),
    Index("ix_subnets_network", "network_id"),
    Index("ix_subnets_pool", "subnetpool_id", **where("subnetpool_id IS NOT NULL")),
    Index("ix_subnets_project", "project_id", "id"),
    Index("uq_subnets_network_cidr", "network_id", "cidr", unique=True),
)

ports = Table(
    "ports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("network_id", Id, ForeignKey("networks.id"), nullable=False),
    Column("project_id", Id, nullable=False),
    Column("name", Name, nullable=False, server_default=""),
    Column("description", Name, nullable=False, server_default=""),
    Column("mac_address", String(17), nullable=False),
    flag("admin_state_up", default=True),
    Column("status", String(8), nullable=False),
    Column("device_id", Name, nullable=False, server_default=""),
    Column("device_owner", Name, nullable=False, server_default=""),
    flag("port_security_enabled", default=True),
    Column("dns_name", Name, nullable=False, server_default=""),
    Column("binding_host", Name, nullable=False, server_default=""),
    Column("binding_vnic_type", String(32), nullable=False, server_default="normal"),
    Column("binding_vif_type", String(32), nullable=False, server_default="unbound"),
    Column("binding_profile", Json, nullable=False, server_default="{}"),
    Column("allowed_address_pairs", Json, nullable=False, server_default="[]"),
    Column("extra_dhcp_opts", Json, nullable=False, server_default="[]"),
    Column("tags", Json, nullable=False, server_default="[]"),
    *stamps(),
    Column("tap", String(11), Computed("substr(id, 1, 11)", persisted=False)),
    CheckConstraint("status IN ('ACTIVE', 'DOWN', 'BUILD', 'ERROR', 'N/A')", name="status"),
    Index("uq_ports_network_mac", "network_id", "mac_address", unique=True),
    Index("ix_ports_project", "project_id", "id"),
    Index("ix_ports_network_project", "network_id", "project_id"),
    Index("ix_ports_device", "device_id", **where("device_id <> ''")),
    Index("ix_ports_name", "name", **where("name <> ''")),
    Index("ix_ports_host", "binding_host", "id", **where("binding_host <> ''")),
    Index("uq_ports_tap", "binding_host", "tap", unique=True, **where("binding_host <> ''")),
    Index("ix_ports_metadata", "network_id", **where("device_owner = 'network:distributed'")),
    Index("ix_ports_dhcp_options", "network_id", **where("extra_dhcp_opts <> '[]'")),
)

"""``tap`` is what a port's tap on its host is named by, after "tap"; of two that are the same a host has one.

Ids begin with their time: two processes may make two ports in one microsecond.
"""

port_moves = Table(
    "port_moves",
    metadata,
    Column("port_id", Id, ForeignKey("ports.id", ondelete="CASCADE"), primary_key=True),
    Column("host", Name, nullable=False),
    sqlite_with_rowid=False,
)
"""The host that a port's guest is moving to while it runs, beside the one that the port is bound to."""

addresses = Table(
    "addresses",
    metadata,
    Column("subnet_id", Id, ForeignKey("subnets.id"), primary_key=True),
    Column("ip", Address, primary_key=True),
    Column("port_id", Id, ForeignKey("ports.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    Index("ix_addresses_port", "port_id"),
    Index("ix_addresses_ip", "ip"),
    sqlite_with_rowid=False,
)
"""One row per address in use; the primary key is the judge of who has it."""

port_address_pairs = Table(
    "port_address_pairs",
    metadata,
    Column("network_id", Id, primary_key=True),
    Column("ip", Address, primary_key=True),
    Column("port_id", Id, ForeignKey("ports.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_port_address_pairs_port", "port_id"),
    sqlite_with_rowid=False,
)
"""The single addresses among the allowed address pairs of ports: who may take over what a port on no host has."""

_FOLLOWERS = """
    INSERT INTO outbox (kind, object_id, revision, at)
    SELECT 'port', ports.id, ports.revision, coalesce((SELECT at FROM events ORDER BY sequence DESC LIMIT 1), 0)
    FROM subnets CROSS JOIN addresses CROSS JOIN ports
    WHERE subnets.network_id = {0}.network_id AND addresses.subnet_id = subnets.id AND addresses.ip = {0}.ip
        AND ports.id = addresses.port_id AND ports.binding_host = '' AND ports.id <> {0}.port_id
"""
TRIGGERS: Final = (
    Trigger("pair_begins", "port_address_pairs", "INSERT", _FOLLOWERS.format("NEW")),
    Trigger("pair_ends", "port_address_pairs", "DELETE", _FOLLOWERS.format("OLD")),
)
"""A pair that begins or ends puts the port whose address it is into the outbox, on whatever way that came about."""

security_groups = Table(
    "security_groups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, nullable=False),
    Column("name", Name, nullable=False),
    Column("description", Name, nullable=False, server_default=""),
    flag("stateful", default=True),
    flag("is_default", default=False),
    Column("tags", Json, nullable=False, server_default="[]"),
    *stamps(),
    Index("ix_security_groups_project", "project_id", "id"),
    Index("uq_security_groups_default", "project_id", unique=True, **where("is_default")),
)

address_groups = Table(
    "address_groups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, nullable=False),
    Column("name", Name, nullable=False, server_default=""),
    Column("description", Name, nullable=False, server_default=""),
    Column("addresses", Json, nullable=False, server_default="[]"),
    *stamps(),
    Index("ix_address_groups_project", "project_id", "id"),
)

security_group_rules = Table(
    "security_group_rules",
    metadata,
    Column("id", Id, primary_key=True),
    Column("security_group_id", Id, ForeignKey("security_groups.id", ondelete="CASCADE"), nullable=False),
    Column("project_id", Id, nullable=False),
    Column("description", Name, nullable=False, server_default=""),
    Column("direction", String(8), nullable=False),
    Column("ethertype", String(8), nullable=False),
    Column("protocol", String(40)),
    Column("port_range_min", Integer),
    Column("port_range_max", Integer),
    Column("remote_ip_prefix", String(64)),
    Column("remote_group_id", Id, ForeignKey("security_groups.id", ondelete="CASCADE")),
    *stamps(),
    Column("remote_address_group_id", Id, ForeignKey("address_groups.id")),
    CheckConstraint("direction IN ('ingress', 'egress')", name="direction"),
    CheckConstraint("ethertype IN ('IPv4', 'IPv6')", name="ethertype"),
    CheckConstraint("remote_ip_prefix IS NULL OR remote_group_id IS NULL", name="one_remote"),
    Index("ix_security_group_rules_group", "security_group_id"),
    Index("ix_security_group_rules_remote", "remote_group_id"),
    Index(
        "ix_security_group_rules_addresses", "remote_address_group_id", **where("remote_address_group_id IS NOT NULL")
    ),
    Index("ix_security_group_rules_project", "project_id", "id"),
)

port_security_groups = Table(
    "port_security_groups",
    metadata,
    Column("port_id", Id, ForeignKey("ports.id", ondelete="CASCADE"), primary_key=True),
    Column("security_group_id", Id, ForeignKey("security_groups.id"), primary_key=True),
    Column("position", Integer, nullable=False, server_default="0"),
    Index("ix_port_security_groups_group", "security_group_id"),
    sqlite_with_rowid=False,
)

routers = Table(
    "routers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, nullable=False),
    Column("name", Name, nullable=False, server_default=""),
    Column("description", Name, nullable=False, server_default=""),
    flag("admin_state_up", default=True),
    Column("gateway_network_id", Id, ForeignKey("networks.id")),
    Column("gateway_port_id", Id, ForeignKey("ports.id"), unique=True),
    flag("enable_snat", default=True),
    Column("routes", Json, nullable=False, server_default="[]"),
    Column("tags", Json, nullable=False, server_default="[]"),
    Column("availability_zone_hints", Json, nullable=False, server_default="[]"),
    *stamps(),
    CheckConstraint("(gateway_network_id IS NULL) = (gateway_port_id IS NULL)", name="gateway"),
    Index("ix_routers_project", "project_id", "id"),
    Index("ix_routers_gateway_network", "gateway_network_id"),
)

router_interfaces = Table(
    "router_interfaces",
    metadata,
    Column("port_id", Id, ForeignKey("ports.id"), primary_key=True),
    Column("router_id", Id, ForeignKey("routers.id"), nullable=False),
    Column("subnet_id", Id, ForeignKey("subnets.id"), primary_key=True),
    Index("uq_router_interfaces_router_subnet", "router_id", "subnet_id", unique=True),
    Index("ix_router_interfaces_subnet", "subnet_id"),
)

floating_ips = Table(
    "floating_ips",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("floating_network_id", Id, ForeignKey("networks.id"), nullable=False),
    Column("floating_ip", Address, nullable=False),
    Column("port_id", Id, ForeignKey("ports.id"), nullable=False, unique=True),
    Column("fixed_port_id", Id, ForeignKey("ports.id")),
    Column("fixed_ip", Address),
    Column("router_id", Id, ForeignKey("routers.id")),
    Column("status", String(8), nullable=False),
    Column("dns_name", Name, nullable=False, server_default=""),
    Column("dns_domain", Name, nullable=False, server_default=""),
    Column("tags", Json, nullable=False, server_default="[]"),
    *stamps(),
    CheckConstraint("(fixed_port_id IS NULL) = (fixed_ip IS NULL)", name="association"),
    Index("uq_floating_ips_address", "floating_network_id", "floating_ip", unique=True),
    Index(
        "uq_floating_ips_fixed",
        "fixed_port_id",
        "fixed_ip",
        "floating_network_id",
        unique=True,
        **where("fixed_port_id IS NOT NULL"),
    ),
    Index("ix_floating_ips_project", "project_id", "id"),
    Index("ix_floating_ips_router", "router_id"),
    Index("ix_floating_ips_ip", "floating_ip"),
)

auto_allocated_topologies = Table(
    "auto_allocated_topologies",
    metadata,
    Column("project_id", Id, primary_key=True),
    Column("network_id", Id, ForeignKey("networks.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("router_id", Id, ForeignKey("routers.id", ondelete="SET NULL"), unique=True),
    sqlite_with_rowid=False,
)
"""The network that the cloud made for a project, one each; the primary key is the judge of who made it."""
