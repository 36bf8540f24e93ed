"""DNS records: OVN answers queries for the names of a network's ports itself, wherever they are sent to.

Each port has a row of its own, so that a port that comes or goes costs what it is, however many its network has.
"""

import ipaddress

from berthline.dataplane.ovn import names
from berthline.dataplane.schema import PARENT
from berthline.domain.dataplane import Row
from berthline.domain.guest_services import dns
from berthline.domain.snapshot import PortSnapshot


def port_name_row(port: PortSnapshot) -> Row | None:
    """The records of a port: its names to its addresses, and each address to its name. None without a name.

    A name counts in its network's domain and in the cloud's, and alone when it is one label. What is more than that, a
    name of several labels alone or of another domain, counts only where all ports are of the project that owns the
    network: nobody is to answer to another's guests for a name of the world.
    """
    if not dns.is_name(port.dns_name) or not port.fixed_ips:
        return None
    domains = dict.fromkeys((port.dns_domain or dns.CLOUD_DOMAIN, dns.CLOUD_DOMAIN))
    complete = [dns.fqdn(port.dns_name, domain) for domain in domains]
    alone = port.dns_name.removesuffix(".")
    if port.trusted_names or "." not in alone:
        complete.append(alone)
    elif port.dns_name.endswith("."):
        complete = [each for each in complete if any(each.endswith(f".{domain}") for domain in domains)]
    addresses = " ".join(fixed.ip_address for fixed in port.fixed_ips)
    records = {name.removesuffix("."): addresses for name in complete if dns.is_name(name)}
    if not records:
        return None
    known_as = next(iter(records))
    records |= {ipaddress.ip_address(fixed.ip_address).reverse_pointer: known_as for fixed in port.fixed_ips}
    return Row(
        table="DNS",
        key=names.port_name(port.id),
        columns={PARENT: names.switch(port.network_id), "records": tuple(sorted(records.items()))},
    )


def host_label(port: PortSnapshot) -> str | None:
    """What DHCP tells a guest that it is called: the first label of its port's name."""
    return port.dns_name.partition(".")[0] if dns.is_name(port.dns_name) else None
