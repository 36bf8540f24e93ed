"""The ground the demonstration stands on: private OVN and libvirt, the guest image, the cloud's settings."""

import hashlib
import socket
import tomllib
from ipaddress import IPv4Network
from pathlib import Path
from typing import Final

import msgspec

from berthline.cli.demo import outside, plan
from berthline.cli.demo.outside import External
from berthline.cli.errors import CommandFailed
from berthline.config.model import DEFAULT_LISTEN
from berthline.localhost import Endpoints, LocalHost, Settings, guest_image

LOCAL_HOST_NAME: Final = "demo"
"""Of the demonstration in the default folder; others are named after theirs, so that several can run."""

SIMULATED_IMAGE_BYTES: Final = 1 << 20


def local_host(folder: plan.DemoFolder, external: External) -> LocalHost:
    """The private OVN, Open vSwitch and libvirt of this folder."""
    usual = folder == plan.default_folder(simulated=False)
    name = LOCAL_HOST_NAME if usual else "d" + hashlib.sha256(bytes(folder.path)).hexdigest()[:8]
    return LocalHost(folder.local_host, name, Settings(external_address=external.machine))


def tiny_image(folder: plan.DemoFolder) -> Path:
    """The guest image, built unless it is there. Raises LocalHostError."""
    return guest_image.build(folder.guest)


def simulated_image(folder: plan.DemoFolder) -> Path:
    """An empty raw disk: simulated guests never read it."""
    folder.guest.mkdir(parents=True, exist_ok=True)
    path = folder.guest / "empty.raw"
    path.write_bytes(bytes(SIMULATED_IMAGE_BYTES))
    return path


def mark(folder: plan.DemoFolder, *, simulated: bool) -> External:
    """Make the folder and say that it is the demonstration's, before anything else is in it.

    Returns the external network, which is chosen once. Raises CommandFailed when it is there for the other kind of
    hosts.
    """
    found = read_mark(folder)
    if found is not None and found.simulated != simulated:
        other = "simulated" if found.simulated else "real"
        raise CommandFailed(
            f"{folder.path} holds the demonstration on {other} hosts: --clean it, or name another folder"
        )
    if found is None:
        found = plan.Mark(simulated=simulated, external=str(outside.choose(look=not simulated).network))
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mark.write_bytes(msgspec.json.encode(found))
    return External(IPv4Network(found.external))


def read_mark(folder: plan.DemoFolder) -> plan.Mark | None:
    """The mark of the folder, if the demonstration made it."""
    try:
        return msgspec.json.decode(folder.mark.read_bytes(), type=plan.Mark)
    except FileNotFoundError:
        return None


def write_settings(folder: plan.DemoFolder, endpoints: Endpoints | None, simulated: int | None) -> None:
    """The settings file of the cloud: on these endpoints, or on simulated hosts. The address stays once chosen."""
    listen = _earlier_address(folder) or _free_address()
    values: dict[str, object] = {"listen": listen, "log": {"level": "info"}}
    if endpoints is None:
        values |= {"dataplane": {"kind": "simulated"}, "simulated": {"hosts": simulated}}
    else:
        values["dataplane"] = {
            "kind": "ovn",
            "northbound": endpoints.northbound,
            "southbound": endpoints.southbound,
            "ovs_db": endpoints.ovs_db,
            "network_namespace": endpoints.network_namespace,
            "physical_networks": [endpoints.external_bridge_mapping],
        }
        values["hypervisors"] = [
            {
                "name": endpoints.chassis,
                "uri": endpoints.libvirt_uri,
                "chassis": endpoints.chassis,
                "virt_type": endpoints.virt_type,
                "userspace_datapath": endpoints.datapath_type == "netdev",
                "folder": str(endpoints.instances),
            }
        ]
    head = "# Written by `berthline demo`, which writes it again each time.\n"
    folder.settings.write_text(head + _toml(values), encoding="utf-8")


def _earlier_address(folder: plan.DemoFolder) -> str | None:
    if not folder.settings.exists():
        return None
    listen = tomllib.loads(folder.settings.read_text(encoding="utf-8")).get("listen")
    return listen if isinstance(listen, str) else None


def _free_address() -> str:
    """The default address, or a free port beside it when somebody listens there."""
    host, _, port = DEFAULT_LISTEN.rpartition(":")
    for wanted in (int(port), 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, wanted))
            except OSError:
                continue
            return f"{host}:{probe.getsockname()[1]}"
    return DEFAULT_LISTEN


def _toml(values: dict[str, object]) -> str:
    """The tree as TOML; JSON's texts, numbers and lists are TOML's too."""
    plain: list[str] = []
    tables: list[str] = []
    for name, value in values.items():
        if isinstance(value, dict):
            tables += [f"\n[{name}]", _toml(value).rstrip()]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                tables += [f"\n[[{name}]]", _toml(item).rstrip()]
        else:
            plain.append(f"{name} = {msgspec.json.encode(value).decode()}")
    return "\n".join([*plain, *tables]) + "\n"
