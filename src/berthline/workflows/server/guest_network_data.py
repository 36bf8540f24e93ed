"""network_data.json: links, networks and services of a guest, in Nova's schema, which cloud-init reads."""

import ipaddress
from typing import Any, Final

from berthline.domain.network_info import VIF, NetworkInfo, Subnet

LINK_TYPES: Final = frozenset({"ovs", "tap", "bridge", "vhostuser", "phy"})
"""Types that cloud-init takes for an ordinary NIC; it refuses a file with one it does not know."""

IPV4: Final = 4


def network_data(info: NetworkInfo) -> dict[str, Any]:
    """The document. An IPv4 subnet with DHCP is left to DHCP; every other address is written out with its routes."""
    networks: list[dict[str, Any]] = []
    for vif in info.vifs:
        for subnet in vif.network.subnets:
            if subnet.ips:
                networks.append(_network(vif, subnet, len(networks)))
    servers = dict.fromkeys(address for vif in info.vifs for subnet in vif.network.subnets for address in subnet.dns)
    return {
        "links": [_link(vif) for vif in info.vifs],
        "networks": networks,
        "services": [{"type": "dns", "address": address} for address in servers],
    }


def _link(vif: VIF) -> dict[str, Any]:
    return {
        "id": vif.devname,
        "vif_id": vif.id,
        "type": vif.type if vif.type in LINK_TYPES else "phy",
        "mtu": vif.network.mtu,
        "ethernet_mac_address": vif.address,
    }


def _network(vif: VIF, subnet: Subnet, number: int) -> dict[str, Any]:
    named = {"id": f"network{number}", "link": vif.devname, "network_id": vif.network.id}
    if subnet.version == IPV4 and subnet.enable_dhcp:
        return {**named, "type": "ipv4_dhcp"}
    mode = f"_{subnet.ipv6_address_mode}" if subnet.ipv6_address_mode else ""
    return {
        **named,
        "type": f"ipv{subnet.version}{mode}",
        "ip_address": subnet.ips[0].address,
        "netmask": str(ipaddress.ip_network(subnet.cidr, strict=False).netmask),
        "routes": _routes(subnet),
        "services": [{"type": "dns", "address": address} for address in subnet.dns],
    }


def _routes(subnet: Subnet) -> list[dict[str, str]]:
    anywhere = "0.0.0.0/0" if subnet.version == IPV4 else "::/0"
    pairs = [(anywhere, subnet.gateway)] if subnet.gateway else []
    pairs += [(route.cidr, route.gateway) for route in subnet.routes]
    return [
        {"network": str(net.network_address), "netmask": str(net.netmask), "gateway": gateway}
        for net, gateway in ((ipaddress.ip_network(cidr, strict=False), gateway) for cidr, gateway in pairs)
    ]
