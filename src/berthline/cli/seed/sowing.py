"""Puts a seed into a cloud by its public APIs; what is there by name already stays as it is."""

import contextlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from berthline.bootstrap.clouds_file import ADMIN_CLOUD, USER_CLOUD
from berthline.cli.client import Client, open_cloud
from berthline.cli.errors import CommandFailed
from berthline.cli.seed import images, logins
from berthline.cli.seed.recipes import Network, Seed, Subnet
from berthline.cli.things import Thing, find

SIMULATED_TYPE: Final = "simulated"
OPEN: Final = (("IPv4", "icmp", None), ("IPv6", "ipv6-icmp", None), ("IPv4", "tcp", 22), ("IPv6", "tcp", 22))
"""What a seed's security group lets in: ping and ssh."""


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What the external network is in this place; "" leaves the seed's own value."""

    physical_network: str = ""
    cidr: str = ""
    gateway: str = ""
    pool: tuple[str, str] | None = None


class Sown(msgspec.Struct, frozen=True):
    """Of one kind of thing: names of those that were made, and of those that were there."""

    noun: str
    made: tuple[str, ...]
    there: tuple[str, ...]


class _Tally:
    """Counts what is made of one kind."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._made: list[str] = []
        self._there: list[str] = []

    def add(self, name: str, made: bool) -> None:
        (self._made if made else self._there).append(name)

    def sown(self) -> Sown:
        return Sown(self._noun, tuple(self._made), tuple(self._there))


def sow(seed: Seed, clouds: Path, sources: Iterable[str] = (), outside: Outside | None = None) -> tuple[Sown, ...]:
    """Have what the seed names in the cloud of this clouds.yaml; what of it was made, by kind.

    ``sources`` are files and URLs of images; without any it is the tiny guest, or on simulated hosts an empty disk.
    Raises CommandFailed, CloudRefused.
    """
    with open_cloud(clouds, ADMIN_CLOUD) as admin:
        logins.refuse_strangers(admin, clouds, seed.logins)
        brought = _images(admin, clouds.parent, tuple(sources))  # first: what was named may not be there
        known = logins.know(clouds, seed.logins)
        projects, users = _Tally("projects"), _Tally("users")
        for name in dict.fromkeys((*(login.project for login in seed.logins), *seed.projects)):
            projects.add(name, logins.project(admin, name)[1])
        for login in seed.logins:
            users.add(f"{login.user} in {login.project}", logins.admit(admin, login, known.clouds[login.cloud]))
        flavors = _flavors(admin, seed)
        with open_cloud(clouds, USER_CLOUD) as user:
            networks = _networks(admin, user, seed, outside or Outside())
        logins.write_openrc(clouds.parent)
    found = (projects.sown(), users.sown(), flavors, brought, *networks)
    return tuple(each for each in found if each.made or each.there)


def _flavors(admin: Client, seed: Seed) -> Sown:
    tally = _Tally("flavors")
    there = admin.list("compute", "/flavors", "flavors", Thing, is_public="None")
    names, ids = {each.name for each in there}, {each.id for each in there}
    for flavor in seed.flavors:
        absent = flavor.name not in names
        if absent:
            body = msgspec.structs.asdict(flavor)
            if flavor.id in ids:
                del body["id"]  # somebody's own flavor has it
            admin.create("compute", "/flavors", "flavor", body, Thing)
        tally.add(flavor.name, absent)
    return tally.sown()


def _images(admin: Client, folder: Path, sources: tuple[str, ...]) -> Sown:
    tally = _Tally("images")
    named = {images.name_of(source): source for source in sources} or {_own_image(admin): ""}
    for name, source in named.items():
        absent = not images.is_there(admin, name)
        if absent:
            with _bytes_of(name, source, folder) as file:
                images.bring(admin, name, file)
        tally.add(name, absent)
    return tally.sown()


def _own_image(admin: Client) -> str:
    hosts = admin.list("compute", "/os-hypervisors/detail", "hypervisors", _Hypervisor)
    return images.SIMULATED if hosts and all(each.hypervisor_type == SIMULATED_TYPE for each in hosts) else images.TINY


class _Hypervisor(msgspec.Struct, frozen=True):
    hypervisor_type: str


@contextlib.contextmanager
def _bytes_of(name: str, source: str, folder: Path) -> Iterator[IO[bytes]]:
    if source:
        with images.opened(source, folder) as file:
            yield file
    elif name == images.SIMULATED:
        yield io.BytesIO(bytes(images.SIMULATED_BYTES))
    else:
        with images.tiny(folder) as file:
            yield file


def _networks(admin: Client, user: Client, seed: Seed, outside: Outside) -> tuple[Sown, ...]:
    networks, subnets, routers, groups = map(_Tally, ("networks", "subnets", "routers", "security groups"))
    outer = ""
    routed: list[Subnet] = []
    for network in seed.networks:
        owner = admin if network.shared or network.external else user
        found = find(owner, "/networks", network.name, Thing)
        networks.add(network.name, found is None)
        if found is None:
            found = owner.create("network", "/networks", "network", _network_body(network, outside), Thing)
        for subnet in map(lambda each, of=network: _placed(each, of, outside), network.subnets):  # type: ignore[misc]
            if subnet is not None:
                subnets.add(subnet.name, _subnet(owner, found.id, subnet))
                routed += [subnet] if network.routed else []
        outer = found.id if network.external else outer
    routers.add(seed.router, _router(user, seed.router, outer, routed))
    if seed.group:
        groups.add(seed.group, _group(user, seed.group))
    return networks.sown(), subnets.sown(), routers.sown(), groups.sown()


def _network_body(network: Network, outside: Outside) -> dict[str, Any]:
    body: dict[str, Any] = {"name": network.name}
    if network.shared:
        body["shared"] = True
    if network.external:
        body |= {"router:external": True, "is_default": True}
        if outside.physical_network:
            body |= {"provider:network_type": "flat", "provider:physical_network": outside.physical_network}
    return body


def _placed(subnet: Subnet, network: Network, outside: Outside) -> Subnet | None:
    """The subnet as it is in this place; None: the external network here is of IPv4 only."""
    if not network.external or not outside.cidr:
        return subnet
    if subnet.version != (6 if ":" in outside.cidr else 4):
        return None
    return msgspec.structs.replace(subnet, cidr=outside.cidr, gateway=outside.gateway or None, pool=outside.pool)


def _subnet(client: Client, network_id: str, subnet: Subnet) -> bool:
    if find(client, "/subnets", subnet.name, Thing, network_id=network_id):
        return False
    body: dict[str, Any] = {
        "name": subnet.name,
        "network_id": network_id,
        "ip_version": subnet.version,
        "cidr": subnet.cidr,
        "enable_dhcp": subnet.dhcp,
    }
    if subnet.gateway:
        body["gateway_ip"] = subnet.gateway
    if subnet.pool:
        body["allocation_pools"] = [{"start": subnet.pool[0], "end": subnet.pool[1]}]
    if subnet.version == 6 and subnet.dhcp:
        body |= {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    client.create("network", "/subnets", "subnet", body, Thing)
    return True


class _Router(msgspec.Struct, frozen=True):
    id: str
    external_gateway_info: dict[str, Any] | None = None


class _Inside(msgspec.Struct, frozen=True):
    id: str
    fixed_ips: tuple[dict[str, str], ...] = ()


def _router(user: Client, name: str, outer: str, routed: list[Subnet]) -> bool:
    """The router between the routed subnets and outside; what an earlier run did not come to is added."""
    found = find(user, "/routers", name, _Router)
    made = found is None
    if found is None:
        body = {"name": name, "external_gateway_info": {"network_id": outer}}
        found = user.create("network", "/routers", "router", body, _Router)
    ports = user.list("network", "/ports", "ports", _Inside, device_id=found.id)
    joined = {ip["subnet_id"] for port in ports for ip in port.fixed_ips}
    for subnet in routed:
        there = find(user, "/subnets", subnet.name, Thing)
        if there is None:
            raise CommandFailed(f"subnet {subnet.name} is gone while it is used")
        if there.id not in joined:
            user.put("network", f"/routers/{found.id}/add_router_interface", {"subnet_id": there.id})
    return made


def _group(user: Client, name: str) -> bool:
    if find(user, "/security-groups", name, Thing):
        return False
    made = user.create("network", "/security-groups", "security_group", {"name": name}, Thing)
    for version, protocol, port in OPEN:
        body: dict[str, Any] = {"security_group_id": made.id, "direction": "ingress", "ethertype": version}
        body |= {"protocol": protocol} | ({"port_range_min": port, "port_range_max": port} if port else {})
        user.create("network", "/security-group-rules", "security_group_rule", body, Thing)
    return True
