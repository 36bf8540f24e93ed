"""What servers of the real cloud stand on, made through its API; and the outside, looked at without Berthline."""

import io
import ipaddress
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from lxml import etree

from berthline.cli.demo.guest import make_key
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt.xml import domain_name
from berthline.localhost import Endpoints
from berthline.localhost.commands import run

from .cloud import Interface, RealCloud, Server, eventually

CIDR = "10.30.0.0/24"
SECOND_CIDR = "10.31.0.0/24"
KEYPAIR = "dataplane"
RAM = 96
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
LISTENS = "until ps | grep -q [p]ower-button; do usleep 50000; done"
"""A command of a guest: wait until it would hear of its power button. Pressed before, it is not heard, and a stop waits
as long as it may."""
SSH_FAILED = 255
"""What ssh ends with when it did not come as far as the command."""


class Ground:
    """A tenant network behind a router, a second network that nothing leads to, an image, a flavor and a key.

    The router translates no addresses, and the outside has a route to it: a guest is reached by its own address.
    """

    def __init__(self, cloud: RealCloud, image: Path, folder: Path) -> None:
        self.cloud = cloud
        self._image_file = image
        self.host = cloud.host
        self._known_hosts, self._key = folder / "known_hosts", folder / "key"
        public_key = make_key(self._key)
        outside = ipaddress.ip_interface(self.host.external_address)
        user, admin = cloud.user, cloud.admin
        self.image = self.upload()
        size = {"name": "tiny", "vcpus": 1, "ram": RAM, "disk": 1}
        self.flavor = admin.create("compute", "/flavors", "flavor", size, dict)["id"]
        cloud.make_keypair(KEYPAIR, public_key)
        self.network = cloud.make("network", "/networks", "network", name="first")
        subnet = cloud.make("network", "/subnets", "subnet", network_id=self.network, ip_version=4, cidr=CIDR)
        self.second = cloud.make("network", "/networks", "network", name="second")
        alone = {"network_id": self.second, "ip_version": 4, "cidr": SECOND_CIDR, "gateway_ip": None}
        cloud.make("network", "/subnets", "subnet", **alone)
        self.group = cloud.make("network", "/security-groups", "security_group", name="open")
        for protocol in ("icmp", "tcp"):
            rule = {"direction": "ingress", "ethertype": "IPv4", "protocol": protocol}
            cloud.make("network", "/security-group-rules", "security_group_rule", security_group_id=self.group, **rule)
        self.external = self._external(outside)
        self.router = cloud.make("network", "/routers", "router", name="router")
        user.put("network", f"/routers/{self.router}/add_router_interface", {"subnet_id": subnet})
        gateway = {"external_gateway_info": {"network_id": self.external, "enable_snat": False}}
        changed = admin.change("network", f"/routers/{self.router}", "router", gateway, dict)
        via = changed["external_gateway_info"]["external_fixed_ips"][0]["ip_address"]
        run(("ip", "-n", str(self.host.external_namespace), "route", "replace", CIDR, "via", via))
        self._subnet = subnet

    def upload(self, tail: bytes = b"", *, file: Path | None = None, properties: Mapping[str, str] = NOTHING) -> str:
        """Upload the guest image, or another ``file``, with properties.

        With a ``tail``, which nobody reads, it is one that no host has in its cache.
        """
        user = self.cloud.user
        fields = {"name": "tiny", "disk_format": "qcow2", "container_format": "bare"} | dict(properties)
        image = user.create_image(fields, dict)["id"]
        user.upload(image, io.BytesIO((file or self._image_file).read_bytes() + tail))
        return str(image)

    def _external(self, outside: ipaddress.IPv4Interface | ipaddress.IPv6Interface) -> str:
        flat = {
            "name": "outside",
            "router:external": True,
            "provider:network_type": "flat",
            "provider:physical_network": self.host.external_bridge_mapping,
        }
        admin = self.cloud.admin
        network = str(admin.create("network", "/networks", "network", flat, dict)["id"])
        subnet = {
            "network_id": network,
            "ip_version": 4,
            "cidr": str(outside.network),
            "gateway_ip": str(outside.ip),
            "enable_dhcp": False,
        }
        admin.create("network", "/subnets", "subnet", subnet, dict)
        return network

    def remove(self) -> None:
        """Take it all away again, newest first."""
        cloud, user, admin = self.cloud, self.cloud.user, self.cloud.admin
        for server in cloud.servers():
            cloud.delete_server(server.id)
        user.put("network", f"/routers/{self.router}/remove_router_interface", {"subnet_id": self._subnet})
        for path in (f"/routers/{self.router}", f"/networks/{self.network}", f"/networks/{self.second}"):
            user.delete("network", path)
        user.delete("network", f"/security-groups/{self.group}")
        admin.delete("network", f"/networks/{self.external}")
        user.delete("compute", f"/os-keypairs/{KEYPAIR}")
        admin.delete("compute", f"/flavors/{self.flavor}")
        for image in user.list("image", "/images", "images", Server):
            user.delete("image", f"/images/{image.id}")

    def body(self, name: str, *networks: str) -> dict[str, Any]:
        """The body of a request for a server, on the first network unless others are named."""
        return {
            "name": name,
            "imageRef": self.image,
            "flavorRef": self.flavor,
            "key_name": KEYPAIR,
            "networks": [{"uuid": network} for network in networks or (self.network,)],
            "security_groups": [{"name": self.group}],
            "config_drive": True,
        }

    def boot(self, name: str, *networks: str, **fields: Any) -> str:
        """Ask for a server; its id."""
        return self.cloud.make("compute", "/servers", "server", **self.body(name, *networks) | fields)

    # --- guests ---

    def outside(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command where the machine's own external address is."""
        namespace = f"--net=/run/netns/{self.host.external_namespace}"
        command = ("nsenter", namespace, "--", *words)
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def pings(self, address: str) -> bool:
        """Whether a guest answers to one ping from outside."""
        return self.outside("ping", "-n", "-c", "1", "-W", "1", address).returncode == 0

    def inside(self, address: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in the guest at this address by ssh, again while ssh itself is refused or not heard."""
        options = ("BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=no", "ConnectTimeout=8")
        flags = [word for option in (*options, f"UserKnownHostsFile={self._known_hosts}") for word in ("-o", option)]
        ssh = ("ssh", "-F", "/dev/null", "-i", str(self._key), *flags, "-o", "LogLevel=ERROR")

        def ask() -> "subprocess.CompletedProcess[str] | None":
            done = self.outside(*ssh, f"root@{address}", "--", *words)
            return None if done.returncode == SSH_FAILED else done

        done = eventually(ask, f"a login at {address}")
        assert done is not None
        return done

    def logged_in(self, address: str) -> str:
        """The name of the guest at this address, once it lets us in."""
        return self.inside(address, "hostname").stdout.strip()

    # --- the outside, as it is ---

    def domain_ports(self, server_id: str) -> tuple[str, ...]:
        """The ports of the NICs in libvirt's XML of the guest, in order.

        Those of the guest as it runs are followed by those of the guest as it would start next, where they differ.
        """
        texts = (virsh(self.host, "dumpxml", *more, domain_name(ServerId(server_id))) for more in ((), ("--inactive",)))
        live, inactive = (tuple(_ports_in(text)) for text in texts)
        return live if live == inactive else (*live, *inactive)

    def logical_ports(self) -> frozenset[str]:
        """Every logical switch port in OVN that is Berthline's, by name."""
        found = northbound(self.host, "--columns=name,external_ids", "list", "Logical_Switch_Port")
        rows = ((str(row[0]), dict(row[1][1])) for row in json.loads(found)["data"])
        return frozenset(name for name, ids in rows if "berthline:unit" in ids)

    def taps(self) -> dict[str, str]:
        """The port of each guest's tap on the switch, by the tap's name."""
        found = switch(self.host, "--columns=name,external_ids", "list", "Interface")
        rows = ((row[0], dict(row[1][1])) for row in json.loads(found)["data"])
        return {name: ids["iface-id"] for name, ids in rows if name.startswith("tap")}

    def traces(self, server_id: str, *nics: Interface) -> list[str]:
        """What the outside still has of a server: guest, disks, logical ports, taps; empty when nothing is left."""
        found = [line for line in virsh(self.host, "list", "--all", "--name").split() if server_id in line]
        found += [str(path) for path in self.host.instances.rglob(f"*{server_id}*")]
        ports = {nic.port_id for nic in nics}
        found += [f"logical port {port}" for port in self.logical_ports() & ports]
        found += [f"tap {name}" for name, port in self.taps().items() if port in ports]
        links = run(("ip", "-n", self.host.network_namespace, "-brief", "link", "show"))
        found += [f"interface tap{port[:11]}" for port in ports if f"tap{port[:11]}" in links]
        return found


def virsh(host: Endpoints, *arguments: str) -> str:
    """What an operator's command says of libvirt."""
    return run(("virsh", "--connect", host.libvirt_uri, *arguments))


def northbound(host: Endpoints, *arguments: str) -> str:
    """What OVN's northbound database says, as JSON."""
    return run(("ovn-nbctl", f"--db={host.northbound}", "--timeout=20", "--format=json", *arguments))


def switch(host: Endpoints, *arguments: str) -> str:
    """What the switch says, as JSON."""
    return run(("ovs-vsctl", f"--db={host.ovs_db}", "--timeout=20", "--format=json", *arguments))


def _ports_in(description: str) -> Iterator[str]:
    for parameters in etree.fromstring(description).iterfind("devices/interface/virtualport/parameters"):
        yield str(parameters.get("interfaceid"))
