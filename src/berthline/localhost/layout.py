"""Settings in, endpoints out, and where each file of one local host lies."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from berthline.localhost.errors import InvalidSetting

NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{0,9}")
"""Names become parts of interface names, which Linux cuts at 15 characters."""

DEFAULT_EXTERNAL_ADDRESS = IPv4Interface("203.0.113.1/24")
"""From TEST-NET-3 (RFC 5737), which no real network uses."""

SOCKET_PATH_LIMIT = 107
"""Bytes of a unix socket's path that Linux accepts (sun_path, without its end mark)."""

VirtType = Literal["qemu", "kvm"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a local host may differ in.

    Attributes:
        external_address: the machine's own address on the external network, with its prefix length. Several local
            hosts at once need different networks.
        isolated: keep the external address in a network namespace of its own, `blx-NAME`, and not in the machine's
            own namespace, where its user reaches floating IPs.
        virt_type: libvirt's domain type for guests. `qemu` emulates and works everywhere; `kvm` needs /dev/kvm
            and a host on which stock guest kernels run under it.
    """

    external_address: IPv4Interface = DEFAULT_EXTERNAL_ADDRESS
    isolated: bool = False
    virt_type: VirtType = "qemu"

    def __post_init__(self) -> None:
        """Refuse an external address that no host can have."""
        network = self.external_address.network
        if (
            self.external_address.ip in (network.network_address, network.broadcast_address)
            or network.num_addresses < 8
        ):
            raise InvalidSetting(f"external address {self.external_address}: give a host's address in a /29 or larger")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """How to reach the services of a started local host; all paths are valid inside and outside its namespaces.

    Attributes:
        northbound: OVN's northbound database, `unix:PATH`.
        southbound: OVN's southbound database, `unix:PATH`.
        ovs_db: the switch's own database, `unix:PATH`.
        libvirt_uri: `qemu+unix:///system?socket=PATH`.
        network_namespace: the namespace that holds br-int, br-ex and the guests' taps.
        anchor_pid: a process in that namespace and in the private mounts, for nsenter.
        chassis: the switch's system-id, which is also its hostname in OVN.
        external_bridge_mapping: the name provider networks use for br-ex (`public`).
        external_address: the machine's own address on the external network, with its prefix length.
        external_interface: the interface that has it.
        external_namespace: the namespace of that interface; None is the machine's own.
        virt_type: libvirt's domain type for guests.
        datapath_type: the bridges' datapath; `netdev` needs offloads off on guest NICs and veth pairs.
        instances: folder for guests' disks and console logs.
        logs: folder of the daemons' logs.
    """

    northbound: str
    southbound: str
    ovs_db: str
    libvirt_uri: str
    network_namespace: str
    anchor_pid: int
    chassis: str
    external_bridge_mapping: str
    external_address: str
    external_interface: str
    external_namespace: str | None
    virt_type: VirtType
    datapath_type: str
    instances: Path
    logs: Path

    def to_json(self) -> str:
        """One JSON object, two-space indented."""
        return json.dumps(asdict(self), indent=2, default=str) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Endpoints:
        """The endpoints that `to_json` wrote."""
        values = json.loads(text)
        folders = {key: Path(values[key]) for key in ("instances", "logs")}
        return cls(**{**values, **folders})


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the files and interfaces of the local host `name` in `directory` are."""

    directory: Path
    name: str

    def __post_init__(self) -> None:
        """Refuse a name or directory whose interfaces or sockets could not be made."""
        if not NAME_PATTERN.fullmatch(self.name):
            raise InvalidSetting(f"name {self.name!r}: use 1 to 10 of a-z, 0-9 and -, starting with a letter or digit")
        if not self.directory.is_absolute():
            raise InvalidSetting(f"directory {self.directory}: give an absolute path")
        hiding = [folder for folder in self.PRIVATE_FOLDERS if self.directory.is_relative_to(folder)]
        if hiding:
            raise InvalidSetting(f"directory {self.directory}: {hiding[0]} is replaced for the services; use another")
        longest = len(str(self.libvirt_socket).encode())
        if longest > SOCKET_PATH_LIMIT:
            excess = longest - SOCKET_PATH_LIMIT
            raise InvalidSetting(f"directory {self.directory}: its path is {excess} bytes too long for unix sockets")

    # Folders that the services see in the places of the machine's own.
    PRIVATE_FOLDERS = (
        "/run/openvswitch",
        "/run/ovn",
        "/run/libvirt",
        "/var/lib/libvirt",
        "/var/cache/libvirt",
        "/etc/libvirt",
        "/var/log/libvirt",
        "/var/log/openvswitch",
        "/var/log/ovn",
    )
    # Files likewise: libvirt insists on its own user and group being there, even when guests run as root.
    PRIVATE_FILES = ("/etc/passwd", "/etc/group")

    @property
    def network_namespace(self) -> str:
        """Name of the network namespace the services live in."""
        return f"bl-{self.name}"

    @property
    def external_interface(self) -> str:
        """The outer end of the veth pair into br-ex."""
        return f"blx-{self.name}"

    @property
    def external_namespace(self) -> str:
        """The namespace that holds the outer end of an isolated host."""
        return f"blx-{self.name}"

    @property
    def chassis(self) -> str:
        """OVN's name for this host."""
        return f"bl-{self.name}"

    @property
    def private(self) -> Path:
        """What the services see as /run/openvswitch and so on."""
        return self.directory / "private"

    @property
    def central(self) -> Path:
        """OVN's databases and northd."""
        return self.directory / "central"

    @property
    def switch(self) -> Path:
        """The switch's database and the controller."""
        return self.directory / "switch"

    @property
    def logs(self) -> Path:
        """Logs of every daemon."""
        return self.directory / "logs"

    @property
    def instances(self) -> Path:
        """Guests' disks and console logs."""
        return self.directory / "instances"

    @property
    def claim_file(self) -> Path:
        """Says whose directory this is, so that stop never removes a folder of somebody else; locked meanwhile."""
        return self.directory / "berthline-localhost"

    @property
    def endpoints_file(self) -> Path:
        """What start returned, for people."""
        return self.directory / "endpoints.json"

    @property
    def libvirt_socket(self) -> Path:
        """libvirtd's socket, as seen from outside."""
        return self.private / "run/libvirt/libvirt-sock"

    @property
    def ovs_socket(self) -> Path:
        """The switch database's socket, as seen from outside."""
        return self.private / "run/openvswitch/db.sock"

    def inside(self, folder: str) -> Path:
        """The folder that the services see as `folder`."""
        return self.private / folder.lstrip("/")

    def endpoints(self, settings: Settings, anchor_pid: int) -> Endpoints:
        """The endpoints of a host started with these settings."""
        return Endpoints(
            northbound=f"unix:{self.central / 'nb.sock'}",
            southbound=f"unix:{self.central / 'sb.sock'}",
            ovs_db=f"unix:{self.ovs_socket}",
            libvirt_uri=f"qemu+unix:///system?socket={quote(str(self.libvirt_socket))}",
            network_namespace=self.network_namespace,
            anchor_pid=anchor_pid,
            chassis=self.chassis,
            external_bridge_mapping="public",
            external_address=str(settings.external_address),
            external_interface=self.external_interface,
            external_namespace=self.external_namespace if settings.isolated else None,
            virt_type=settings.virt_type,
            datapath_type="netdev",
            instances=self.instances,
            logs=self.logs,
        )
