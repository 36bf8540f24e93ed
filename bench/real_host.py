"""A private host with real OVN, Open vSwitch and libvirt, and a cloud on it that has nothing else."""

import contextlib
import importlib.util
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from bench import cloud
from bench.api import Failed
from bench.endpoint import Endpoint, api_of, lift_quotas, make_network
from bench.real_guest import BarePort
from bench.waiting import until
from berthline.localhost import Endpoints, LocalHost, Settings, commands, daemons, guest_image

PLACE = Path("/var/tmp")  # noqa: S108 - on a disk, and a short path, as those of sockets must be; a folder of its own
LIMIT_SECONDS = 120.0
LOOK_SECONDS = 0.05
QUIET_SECONDS = 1.0
"""How long nothing is asked before a boot, so that what the one before left to do is done."""
MEMORY_MB = 96


PROGRAMS = (*daemons.REQUIRED_PROGRAMS, *guest_image.REQUIRED_PROGRAMS, str(guest_image.BOOT_SECTOR))


def obstacles(programs: Sequence[str] = PROGRAMS, user: int | None = None) -> tuple[str, ...]:
    """Why real guests cannot be started here by ``user`` (who asks, unless given), in words; empty when they can."""
    found = [] if (os.geteuid() if user is None else user) == 0 else ["it does not run as root"]
    absent = commands.missing(programs)
    if absent:
        found.append(f"not installed: {', '.join(dict.fromkeys(absent))} (scripts/host-packages brings them)")
    if importlib.util.find_spec("libvirt") is None:
        found.append("no libvirt binding in .venv (scripts/host-packages, then scripts/setup, bring it)")
    return tuple(found)


@dataclass(frozen=True)
class RealCloud:
    """What is measured: a cloud's APIs, its host, and what servers are made of."""

    endpoint: Endpoint
    host: Endpoints
    network: str
    image: str
    flavor: str

    def post(self, name: str) -> str:
        """Ask for a server; its id."""
        body = {
            "name": name,
            "imageRef": self.image,
            "flavorRef": self.flavor,
            "networks": [{"uuid": self.network}],
            "config_drive": True,
        }
        with api_of(self.endpoint, self.endpoint.compute) as compute:
            made: str = compute.call("POST", "/servers", {"server": body})["server"]["id"]
        return made

    def status(self, server_id: str) -> str:
        """ACTIVE, BUILD and the like; "" when there is no such server. Raises Failed with the reason of an ERROR."""
        with api_of(self.endpoint, self.endpoint.compute) as compute:
            status, text, _ = compute.exchange("GET", f"/servers/{server_id}")
        if status == 404:
            return ""
        found = msgspec.json.decode(text)["server"]
        if found["status"] == "ERROR":
            raise Failed(f"server {server_id} did not boot: {found.get('fault')}")
        return str(found["status"])

    def delete(self, server_id: str) -> None:
        """Delete a server, and wait until it is gone."""
        with api_of(self.endpoint, self.endpoint.compute) as compute:
            compute.call("DELETE", f"/servers/{server_id}")
        until(lambda: not self.status(server_id), f"server {server_id} gone", LIMIT_SECONDS, LOOK_SECONDS)

    def make_port(self) -> BarePort:
        """A port on the same network and host, for a guest that Berthline knows nothing of."""
        port = {"network_id": self.network, "binding:host_id": self.host.chassis}
        with api_of(self.endpoint, self.endpoint.network) as network:
            made = network.call("POST", "/v2.0/ports", {"port": port})["port"]
        return BarePort(made["id"], made["mac_address"])

    def delete_port(self, port: BarePort) -> None:
        """Take such a port away."""
        with api_of(self.endpoint, self.endpoint.network) as network:
            network.call("DELETE", f"/v2.0/ports/{port.id}")

    def emulator(self, name: str) -> int:
        """The process of the guest that libvirt calls so, by libvirt's own note of it."""
        notes = self.host.instances.parent / "private" / "run" / "libvirt" / "qemu"
        return int((notes / f"{name}.pid").read_text(encoding="ascii"))

    def settle(self) -> None:
        """Wait until OVN has every change, and then a little."""
        root = self.endpoint.network.removesuffix(urlsplit(self.endpoint.network).path)
        with api_of(self.endpoint, root) as own:

            def is_settled() -> bool:
                return not own.call("GET", "/healthz")["parts"]["dataplane"]["changes"]

            until(is_settled, "every change in OVN", LIMIT_SECONDS, LOOK_SECONDS)
        time.sleep(QUIET_SECONDS)


@contextlib.contextmanager
def opened() -> Iterator[RealCloud]:
    """A host and a cloud on it while the block runs; then nothing of them is left, whatever happened."""
    image = guest_image.build(guest_image.default_cache() / "image")
    with tempfile.TemporaryDirectory(prefix="berthline-bench-", dir=PLACE) as place:
        host = LocalHost(Path(place) / "host", f"b{os.getpid()}", Settings(isolated=True))
        try:
            endpoints = host.start()
            data = Path(place) / "data"
            data.mkdir()
            (data / "berthline.toml").write_text(settings(endpoints), encoding="utf-8")
            started = cloud.start(data, simulated=0)
            try:
                yield _prepared(cloud.endpoint_of(started), endpoints, image)
            finally:
                started.end()
        finally:
            host.stop()


def _prepared(endpoint: Endpoint, host: Endpoints, image: Path) -> RealCloud:
    """A network, an image and a flavor."""
    endpoint = replace(endpoint, host=host.chassis)
    lift_quotas(endpoint)
    network = make_network(endpoint, "real", "10.30.0.0/24")
    with api_of(endpoint, endpoint.image) as images:
        plain = {"name": "tiny", "disk_format": "qcow2", "container_format": "bare"}
        image_id = images.call("POST", "/v2/images", plain)["id"]
        data = image.read_bytes()
        images.call("PUT", f"/v2/images/{image_id}/file", data, **{"Content-Type": "application/octet-stream"})
    with api_of(endpoint, endpoint.compute) as compute:
        flavor = {"name": "tiny", "id": "tiny", "ram": MEMORY_MB, "vcpus": 1, "disk": 1}
        compute.call("POST", "/flavors", {"flavor": flavor})
    return RealCloud(endpoint, host, network, image_id, "tiny")


def settings(host: Endpoints) -> str:
    """A cloud's settings file for this host. Guests learn who they are from a config drive."""
    tables: dict[str, dict[str, object]] = {
        "dataplane": {
            "kind": "ovn",
            "northbound": host.northbound,
            "southbound": host.southbound,
            "physical_networks": [host.external_bridge_mapping],
            "gateway_chassis": [host.chassis],
        },
        "[hypervisors]": {
            "name": host.chassis,
            "uri": host.libvirt_uri,
            "chassis": host.chassis,
            "virt_type": host.virt_type,
            "userspace_datapath": host.datapath_type == "netdev",
            "folder": str(host.instances),
        },
    }
    lines: list[str] = []
    for table, values in tables.items():
        lines.append(f"[{table}]")
        lines += [f"{name} = {msgspec.json.encode(value).decode()}" for name, value in values.items()]
    return "\n".join(lines) + "\n"
