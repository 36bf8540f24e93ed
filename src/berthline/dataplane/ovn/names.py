"""Names of rows, made from ids alone."""

from functools import lru_cache
from typing import Final

from berthline.domain.ids import AddressGroupId, NetworkId, PortId, RouterId, SecurityGroupId, SubnetId

DROP_GROUP: Final = "berthline_drop"


@lru_cache(maxsize=4096)  # all ports of a network hold the same text
def switch(network: NetworkId) -> str:
    """Name of the logical switch that is this network."""
    return f"berthline-{network}"


def localnet(network: NetworkId) -> str:
    """Name of the port by which a provider network's switch reaches the wire."""
    return f"provnet-{network}"


def router(router_id: RouterId) -> str:
    """Name of the logical router."""
    return f"berthline-{router_id}"


def router_port(port: PortId) -> str:
    """Name of a router's leg, whose peer is the logical switch port named by the port's id."""
    return f"lrp-{port}"


def port_group(group: SecurityGroupId) -> str:
    """OVN allows letters, digits and underscores only, for the name is used in matches."""
    return "pg_" + group.replace("-", "_")


def address_set(group: SecurityGroupId, addresses: AddressGroupId, ip: str) -> str:
    """The addresses of one IP version that rules of a group name together; ``ip`` is OVN's word for the version."""
    return f"as_{group}_{addresses}_{ip}".replace("-", "_")


@lru_cache(maxsize=4096)
def subnet_options(subnet: SubnetId) -> str:
    """Key of a subnet's DHCP options."""
    return f"dhcp-{subnet}"


def port_name(port: PortId) -> str:
    """Key of the DNS records that a port has."""
    return f"dns-{port}"


def port_options(port: PortId, version: int) -> str:
    """Key of the DHCP options that a port has of its own for an IP version."""
    return f"dhcp-{port}-v{version}"
