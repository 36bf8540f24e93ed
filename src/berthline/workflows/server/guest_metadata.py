"""What a guest is told of itself: OpenStack's and EC2's metadata, for the config drive and for the metadata service.

Pure: rows in, files out. The formats are those that cloud-init reads: Nova's metadata, its network_data schema, and the
part of EC2's tree that Nova keeps.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from berthline.domain.compute import Server
from berthline.domain.disks import Disk, mappings
from berthline.domain.network_info import NetworkInfo
from berthline.workflows.server.guest_network_data import network_data

OPENSTACK_VERSIONS: Final = (
    "2012-08-10", "2013-04-04", "2013-10-17", "2015-10-15", "2016-06-30", "2016-10-06", "2017-02-22", "2018-08-27",
    "2020-10-14", "latest",
)  # fmt: skip
CONFIG_DRIVE_VERSIONS: Final = ("2018-08-27", "latest")
"""The newest version that cloud-init knows by date, and the one for everybody else; more would only fill the disk."""

EC2_VERSIONS: Final = ("2009-04-04", "latest")

NETWORK_DATA_SINCE: Final = "2015-10-15"
LEAVING_SINCE: Final = "2013-04-04"
"""From then on a guest may leave its password for its owner; see ``metadata.app``."""


RANDOM_SEED_SINCE: Final = "2013-10-17"
RANDOM_SEED_BYTES: Final = 512
CERTIFICATE: Final = "-----BEGIN CERTIFICATE-----"
"""How a key that is no SSH key begins."""
"""As many as Nova gives: entropy for a guest that has just begun."""


def guest_files(
    server: Server,
    info: NetworkInfo,
    *,
    seed: bytes = b"",
    admin_password: str | None = None,
    disks: Sequence[Disk] = (),
) -> Mapping[str, bytes]:
    """The files of the config drive, by path; here alone, as in Nova, a guest is told its administrator's password."""
    files = _openstack_files(server, info, seed, admin_password)
    tree = {
        f"openstack/{version}/{name}": content for version in CONFIG_DRIVE_VERSIONS for name, content in files.items()
    }
    ec2 = msgspec.json.encode(_nested(_ec2_files(server, info, disks)))
    return tree | {f"ec2/{version}/meta-data.json": ec2 for version in EC2_VERSIONS}


def guest_tree(
    server: Server, info: NetworkInfo, *, seed: bytes = b"", disks: Sequence[Disk] = ()
) -> Mapping[str, bytes]:
    """Every file that the metadata service answers with, by path, for all versions."""
    files = _openstack_files(server, info, seed)
    before_seeds = _openstack_files(server, info)
    tree = {
        f"openstack/{version}/{name}": content
        for version in OPENSTACK_VERSIONS
        for name, content in (files if version >= RANDOM_SEED_SINCE else before_seeds).items()
        if name != "network_data.json" or version >= NETWORK_DATA_SINCE
    }
    for version in EC2_VERSIONS:
        tree.update({f"{version}/meta-data/{path}": text.encode() for path, text in _ec2_files(server, info, disks)})
        if server.user_data is not None:
            tree[f"{version}/user-data"] = base64.b64decode(server.user_data)
    return tree


def read_path(
    server: Server, info: NetworkInfo, path: str, *, seed: bytes = b"", disks: Sequence[Disk] = ()
) -> bytes | None:
    """What the metadata service answers to GET ``path``: a file, the names in a folder, or None."""
    tree = guest_tree(server, info, seed=seed, disks=disks)
    wanted = "/".join(part for part in path.split("/") if part)
    if wanted in tree:
        return tree[wanted]
    if wanted.endswith("/meta-data/public-keys") and server.key_name is not None:
        return f"0={server.key_name}".encode()
    prefix = f"{wanted}/" if wanted else ""
    return "\n".join(names).encode() if (names := _children(tree, prefix)) else None


def _children(tree: Mapping[str, bytes], prefix: str) -> list[str]:
    """Names directly below ``prefix``; those of EC2's folders end with a slash, as its readers expect."""
    slash = "/" if "meta-data" in prefix else ""
    names = set()
    for path in tree:
        if path.startswith(prefix):
            name, deeper, _ = path.removeprefix(prefix).partition("/")
            names.add(name + slash if deeper else name)
    return sorted(names)


def _nested(paths: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Paths with slashes as objects within objects."""
    tree: dict[str, Any] = {}
    for path, text in paths:
        *folders, name = path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = text
    return tree


def _openstack_files(
    server: Server, info: NetworkInfo, seed: bytes = b"", admin_password: str | None = None
) -> dict[str, bytes]:
    said = _meta_data(server, info)
    if seed:
        said["random_seed"] = base64.b64encode(seed).decode()
    if admin_password is not None:
        said["admin_pass"] = admin_password
    files = {
        "meta_data.json": msgspec.json.encode(said),
        "network_data.json": msgspec.json.encode(network_data(info)),
        "vendor_data.json": b"{}",
        "vendor_data2.json": b"{}",
    }
    if server.user_data is not None:
        files["user_data"] = base64.b64decode(server.user_data)
    return files


def _meta_data(server: Server, info: NetworkInfo) -> dict[str, Any]:
    said: dict[str, Any] = {
        "uuid": server.id,
        "name": server.name,
        "hostname": server.hostname,
        "launch_index": server.launch_index,
        "availability_zone": server.availability_zone,
        "project_id": server.project_id,
        "meta": server.metadata,
        "devices": [*_tagged_nics(info), *_tagged_disks(server.disks)],
    }
    if server.key_name is not None and server.key_data is not None:
        said["public_keys"] = {server.key_name: server.key_data}
        kind = "x509" if server.key_data.lstrip().startswith(CERTIFICATE) else "ssh"
        said["keys"] = [{"name": server.key_name, "type": kind, "data": server.key_data}]
    return said


def _tagged_nics(info: NetworkInfo) -> list[dict[str, Any]]:
    """NICs with a tag. The guest finds them by MAC: their bus address is the hypervisor's to choose."""
    return [
        {"type": "nic", "bus": "none", "address": "none", "mac": vif.address, "tags": [vif.tag]}
        for vif in info.vifs
        if vif.tag is not None
    ]


def _tagged_disks(disks: Sequence[Disk]) -> list[dict[str, Any]]:
    """Disks with a tag. The guest finds them by their path."""
    return [
        {"type": "disk", "bus": disk.bus, "address": "none", "path": f"/dev/{disk.device}", "tags": [disk.tag]}
        for disk in disks
        if disk.tag is not None
    ]


def _ec2_files(server: Server, info: NetworkInfo, disks: Sequence[Disk]) -> Iterator[tuple[str, str]]:
    fixed = [ip for vif in info.vifs for ip in vif.fixed_ips()]
    local = next((ip.address for ip in fixed if ":" not in ip.address), "")
    public = next((floating.address for ip in fixed for floating in ip.floating_ips), "")
    yield "ami-id", f"ami-{(server.image_id or '')[-8:]}"
    yield "ami-launch-index", str(server.launch_index)
    for name, device in mappings(disks):
        yield f"block-device-mapping/{name}", device
    yield "hostname", server.hostname
    yield "instance-action", "none"
    yield "instance-id", f"i-{server.id[-8:]}"
    yield "instance-type", server.flavor.name
    yield "local-hostname", server.hostname
    yield "local-ipv4", local
    yield "placement/availability-zone", server.availability_zone
    yield "public-hostname", server.hostname
    yield "public-ipv4", public
    if server.key_name is not None and server.key_data is not None:
        yield "public-keys/0/openssh-key", server.key_data
    yield "reservation-id", server.reservation_id
    yield "security-groups", "\n".join(server.security_group_names)
