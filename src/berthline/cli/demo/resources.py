"""The things of the demonstration, made through the public APIs, or found by name from an earlier run."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from berthline.cli.client import Client
from berthline.cli.demo import plan
from berthline.cli.demo.outside import External
from berthline.cli.errors import CommandFailed
from berthline.cli.things import Thing, ensure

T = TypeVar("T")
CHUNK: Final = 1 << 20
LOOK_SECONDS: Final = 0.2


class Image(msgspec.Struct, frozen=True):
    """What we look at of an image."""

    id: str
    status: str
    os_hash_value: str | None = None


class KeypairReply(msgspec.Struct, frozen=True):
    """A keypair."""

    name: str
    public_key: str


class KeypairItem(msgspec.Struct, frozen=True):
    """A keypair within a list."""

    keypair: KeypairReply


class Rule(msgspec.Struct, frozen=True):
    """A security-group rule."""

    id: str
    direction: str
    protocol: str | None
    ethertype: str
    port_range_min: int | None


class Group(msgspec.Struct, frozen=True):
    """A security group with its rules."""

    id: str
    security_group_rules: tuple[Rule, ...] = ()


class Fault(msgspec.Struct, frozen=True):
    """Why a server is in ERROR."""

    message: str = ""


class Server(msgspec.Struct, frozen=True):
    """What we look at of a server."""

    id: str
    name: str
    status: str
    fault: Fault | None = None


class FixedIp(msgspec.Struct, frozen=True):
    """An address of a port."""

    ip_address: str


class Port(msgspec.Struct, frozen=True):
    """What we look at of a port."""

    id: str
    status: str
    network_id: str
    fixed_ips: tuple[FixedIp, ...]

    @property
    def ipv4(self) -> str:
        """Its IPv4 address."""
        return next(ip.ip_address for ip in self.fixed_ips if "." in ip.ip_address)

    @property
    def ipv6(self) -> str:
        """Its IPv6 address, "" when it has none."""
        return next((ip.ip_address for ip in self.fixed_ips if ":" in ip.ip_address), "")


class FloatingIp(msgspec.Struct, frozen=True):
    """What we look at of a floating IP."""

    id: str
    floating_ip_address: str
    port_id: str | None
    status: str


class Gateway(msgspec.Struct, frozen=True):
    """Where a router leads out."""

    network_id: str


class Router(msgspec.Struct, frozen=True):
    """What we look at of a router."""

    id: str
    external_gateway_info: Gateway | None = None


def ensure_image(client: Client, file: Path, disk_format: str) -> Image:
    """The image with exactly the file's bytes; one of the same name with other bytes is replaced."""
    digest = hashlib.sha512()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
    for found in client.list("image", "/images", "images", Image, name=plan.IMAGE):
        if found.status == "active" and found.os_hash_value == digest.hexdigest():
            return found
        client.delete("image", f"/images/{found.id}")
    made = client.create_image(
        {"name": plan.IMAGE, "disk_format": disk_format, "container_format": "bare", "visibility": "private"}, Image
    )
    with file.open("rb") as opened:
        client.upload(made.id, opened)
    return client_image(client, made.id)


def client_image(client: Client, image_id: str) -> Image:
    """One image; its reply has no key around it. Raises CommandFailed when it cannot be booted."""
    found = next((one for one in client.list("image", "/images", "images", Image) if one.id == image_id), None)
    if found is None or found.status != "active":
        raise CommandFailed(f"image {image_id} is {found.status if found else 'gone'} after its upload")
    return found


def ensure_flavor(client: Client) -> Thing:
    """The flavor; flavors are found in their list, which takes no name to filter by."""
    for flavor in client.list("compute", "/flavors", "flavors", Thing):
        if flavor.name == plan.FLAVOR:
            return flavor
    return client.create("compute", "/flavors", "flavor", {"name": plan.FLAVOR, **plan.FLAVOR_SIZE}, Thing)


def ensure_keypair(client: Client, public_key: str) -> None:
    """The keypair with this key; one of the same name with another key is replaced."""
    for item in client.list("compute", "/os-keypairs", "keypairs", KeypairItem):
        if item.keypair.name == plan.KEYPAIR:
            if item.keypair.public_key.split()[:2] == public_key.split()[:2]:
                return
            client.delete("compute", f"/os-keypairs/{plan.KEYPAIR}")
    body = {"name": plan.KEYPAIR, "public_key": public_key}
    client.create("compute", "/os-keypairs", "keypair", body, KeypairReply)


def ensure_network(client: Client) -> Thing:
    """The tenant network with its IPv4 and IPv6 subnets."""
    network = ensure(client, "/networks", "network", {"name": plan.NETWORK}, Thing)
    v4 = {"name": plan.SUBNET_V4, "network_id": network.id, "ip_version": 4, "cidr": plan.CIDR_V4}
    v6 = {"name": plan.SUBNET_V6, "network_id": network.id, "ip_version": 6, "cidr": plan.CIDR_V6}
    ensure(client, "/subnets", "subnet", v4, Thing)
    ensure(client, "/subnets", "subnet", {**v6, "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}, Thing)
    return network


def ensure_external(admin: Client, external: External) -> Thing:
    """The external network: the wire of ``plan.PHYSICAL_NETWORK``, on which the machine itself has an address."""
    network = ensure(
        admin,
        "/networks",
        "network",
        {
            "name": plan.EXTERNAL,
            "router:external": True,
            "provider:network_type": "flat",
            "provider:physical_network": plan.PHYSICAL_NETWORK,
        },
        Thing,
    )
    start, end = external.pool
    subnet = {
        "name": plan.EXTERNAL,
        "network_id": network.id,
        "ip_version": 4,
        "cidr": str(external.network),
        "gateway_ip": str(external.machine.ip),
        "enable_dhcp": False,
        "allocation_pools": [{"start": str(start), "end": str(end)}],
    }
    ensure(admin, "/subnets", "subnet", subnet, Thing)
    return network


def ensure_router(client: Client, external: Thing) -> Router:
    """The router between the tenant network's subnets and the external network."""
    gateway = {"network_id": external.id}
    router = ensure(client, "/routers", "router", {"name": plan.ROUTER, "external_gateway_info": gateway}, Router)
    if router.external_gateway_info is None:
        client.change("network", f"/routers/{router.id}", "router", {"external_gateway_info": gateway}, Router)
    ports = client.list("network", "/ports", "ports", Port, device_id=router.id)
    joined = {ip.ip_address for port in ports for ip in port.fixed_ips}
    for subnet in client.list("network", "/subnets", "subnets", Subnet):
        if subnet.name in {plan.SUBNET_V4, plan.SUBNET_V6} and subnet.gateway_ip not in joined:
            client.put("network", f"/routers/{router.id}/add_router_interface", {"subnet_id": subnet.id})
    return router


class Subnet(msgspec.Struct, frozen=True):
    """What we look at of a subnet."""

    id: str
    name: str
    gateway_ip: str | None


def ensure_group(client: Client) -> Group:
    """The security group: ping and ssh may come in, and nothing else; a rule that an earlier run added goes."""
    body = {"name": plan.GROUP, "description": "Ping and ssh"}
    group = ensure(client, "/security-groups", "security_group", body, Group)
    incoming = {
        (rule.ethertype, rule.protocol, rule.port_range_min)
        for rule in group.security_group_rules
        if rule.direction == "ingress"
    }
    for rule in group.security_group_rules:
        if rule.direction == "ingress" and rule.port_range_min == plan.HTTP_PORT:
            client.delete("network", f"/security-group-rules/{rule.id}")
    for ethertype, protocol, port in (
        ("IPv4", "icmp", None),
        ("IPv6", "ipv6-icmp", None),
        ("IPv4", "tcp", plan.SSH_PORT),
    ):
        if (ethertype, protocol, port) not in incoming:
            allow(client, group, ethertype, protocol, port)
    return group


def allow(client: Client, group: Group, ethertype: str, protocol: str, port: int | None) -> None:
    """Let this protocol, to this port if it has ports, come in."""
    body: dict[str, Any] = {
        "security_group_id": group.id,
        "direction": "ingress",
        "ethertype": ethertype,
        "protocol": protocol,
    }
    if port is not None:
        body |= {"port_range_min": port, "port_range_max": port}
    client.create("network", "/security-group-rules", "security_group_rule", body, Thing)


def remove_servers(client: Client) -> int:
    """Delete the servers of an earlier run and wait until they are gone; how many there were."""
    names = {*plan.SERVERS, plan.COPY}
    mine = [one for one in client.list("compute", "/servers", "servers", Thing) if one.name in names]
    for server in mine:
        client.delete("compute", f"/servers/{server.id}")
    wait_until(lambda: not _present(client, {server.id for server in mine}), "the old servers to go", plan.BOOT_SECONDS)
    return len(mine)


def _present(client: Client, ids: set[str]) -> bool:
    return bool(ids) and any(one.id in ids for one in client.list("compute", "/servers", "servers", Thing))


def create_server(
    client: Client, name: str, image: Image, flavor: Thing, network: Thing, group: Group, **fields: Any
) -> Thing:
    """Ask for one server. It learns its name and key from a config drive where ``fields`` say so."""
    body = {
        "name": name,
        "imageRef": image.id,
        "flavorRef": flavor.id,
        "key_name": plan.KEYPAIR,
        "networks": [{"uuid": network.id}],
        "security_groups": [{"name": group.id}],
        **fields,
    }
    return client.create("compute", "/servers", "server", body, Thing)


def wait_active(client: Client, server: Thing, told: Callable[[str], None]) -> Server:
    """The server once it is ACTIVE. Raises CommandFailed with its fault when it ends in ERROR, or takes too long."""

    def look() -> tuple[Server, ...]:
        found = client.show("compute", f"/servers/{server.id}", "server", Server)
        told(f"{found.name} is {found.status}")
        if found.status == "ERROR":
            raise CommandFailed(
                f"{found.name} is in ERROR: {found.fault.message if found.fault else 'no reason given'}"
            )
        return (found,) if found.status == "ACTIVE" else ()

    return wait_until(look, f"{server.id} to be ACTIVE", plan.BOOT_SECONDS)[0]


def port_of(client: Client, server: Server) -> Port:
    """The server's only port."""
    return client.list("network", "/ports", "ports", Port, device_id=server.id)[0]


def ensure_floating_ip(client: Client, external: Thing, port: Port) -> FloatingIp:
    """A floating IP of ours that leads to the port."""
    mine = client.list("network", "/floatingips", "floatingips", FloatingIp, description=plan.PREFIX)
    if mine:
        path = f"/floatingips/{mine[0].id}"
        return client.change("network", path, "floatingip", {"port_id": port.id}, FloatingIp)
    body = {"floating_network_id": external.id, "port_id": port.id, "description": plan.PREFIX}
    return client.create("network", "/floatingips", "floatingip", body, FloatingIp)


def wait_until(look: Callable[[], T], what: str, seconds: float) -> T:
    """What ``look`` gives once it gives something true. Raises CommandFailed after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise CommandFailed(f"waited {seconds:g} s for {what}")
        time.sleep(LOOK_SECONDS)
    return found
