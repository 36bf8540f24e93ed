"""From a NIC to a bridge and back: addresses and routes as ``ip`` shows them, and the commands that move them."""

import json
from typing import Any, Final

import msgspec

from berthline.install.machine import Machine

Command = tuple[str, ...]
KERNELS: Final = frozenset({"kernel", "ra"})
"""Routes that come by themselves with an address, or from a router."""


class Way(msgspec.Struct, frozen=True):
    """What moves: ``addresses`` with their prefix length, ``routes`` as words of ``ip route``, by the IP version."""

    nic: str
    bridge: str
    mac: str
    datapath: str
    addresses: tuple[str, ...]
    routes: tuple[tuple[str, tuple[str, ...]], ...]
    gateway: str


def way_of(machine: Machine, nic: str, bridge: str, datapath: str) -> Way:
    """How the NIC is reached now. Raises InstallError when there is no such NIC."""
    link = _shown(machine, "address", "show", "dev", nic)[0]
    addresses, routes, gateway = [], [], ""
    for version in ("-4", "-6"):
        for device in _shown(machine, "address", "show", "dev", nic, "scope", "global", version=version):
            lasting = [one for one in device.get("addr_info", ()) if version == "-4" or not one.get("dynamic")]
            addresses += [f"{one['local']}/{one['prefixlen']}" for one in lasting]
        for route in _shown(machine, "route", "show", "dev", nic, version=version):
            if route.get("protocol") in KERNELS:
                continue
            words = [route["dst"]]
            for name, word in (("gateway", "via"), ("metric", "metric"), ("prefsrc", "src")):
                if name in route:
                    words += [word, str(route[name])]
            routes.append((version, tuple(words)))
            if route["dst"] == "default" and not gateway:
                gateway = route.get("gateway", "")
    ordered = sorted(routes, key=lambda route: "via" in route[1])
    return Way(nic, bridge, link["address"], datapath, tuple(addresses), tuple(ordered), gateway)


def forward(way: Way) -> list[Command]:
    """From the NIC to the bridge; each may be repeated."""
    bridge = ("--", "set", "bridge", way.bridge, f"other-config:hwaddr={json.dumps(way.mac)}", "fail_mode=standalone")
    kind = (f"datapath_type={way.datapath}",) if way.datapath else ()
    port = ("--", "--may-exist", "add-port", way.bridge, way.nic)
    return [
        ("ovs-vsctl", "--timeout=20", "--may-exist", "add-br", way.bridge, *bridge, *kind, *port),
        ("ip", "link", "set", way.bridge, "up"),
        *_carried(way, way.nic, way.bridge),
    ]


def back(way: Way) -> list[Command]:
    """From the bridge to the NIC; each may be repeated, and may fail."""
    return [
        *_carried(way, way.bridge, way.nic),
        ("ovs-vsctl", "--timeout=20", "--if-exists", "del-br", way.bridge),
    ]


def _carried(way: Way, source: str, target: str) -> list[Command]:
    moved: list[Command] = []
    for address in way.addresses:
        moved += [
            ("ip", "address", "del", address, "dev", source),
            ("ip", "address", "replace", address, "dev", target),
        ]
    moved += [("ip", version, "route", "replace", *words, "dev", target) for version, words in way.routes]
    return moved


def answers(machine: Machine, way: Way) -> bool:
    """Whether the way out works: its gateway answers; where there is none, whether the NIC has a carrier."""
    if way.gateway:
        return machine.ask("ping", "-n", "-c", "1", "-W", "1", way.gateway).status == 0
    return (machine.read(f"/sys/class/net/{way.nic}/carrier") or "").strip() == "1"


def _shown(machine: Machine, noun: str, *words: str, version: str = "-4") -> list[dict[str, Any]]:
    family = () if noun == "address" and "scope" not in words else (version,)
    shown: list[dict[str, Any]] = json.loads(machine.run("ip", "-json", *family, noun, *words) or "[]")
    return [one for one in shown if one]
