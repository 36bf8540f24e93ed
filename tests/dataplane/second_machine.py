"""A second host with a switch, a chassis and a libvirt of its own, in a network namespace of its own beside the first.

Two bridges in a third namespace are the wires between the two: one for guests on their way, and one for tunnels, which
a userspace switch needs on a bridge of its own.
"""

import dataclasses
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from berthline.domain.ids import new_id
from berthline.localhost import Endpoints, LocalHost, commands, daemons, namespaces
from berthline.localhost.daemons import Daemon
from berthline.localhost.layout import Layout

MANAGEMENT: Final = IPv4Address("172.31.7.0")
TUNNELS: Final = IPv4Address("172.31.8.0")
READY_SECONDS: Final = 60


class SecondMachine:
    """``directory`` is an empty one, for all its files."""

    def __init__(self, first: LocalHost, endpoints: Endpoints, directory: Path) -> None:
        self._first, self._first_endpoints = first, endpoints
        self.layout = Layout(directory, f"{first.name}b")
        self._wire = f"blw-{first.name}"
        layout = self.layout
        self.endpoints = dataclasses.replace(
            endpoints,
            instances=layout.instances,
            logs=layout.logs,
            libvirt_uri=f"qemu+unix:///system?socket={layout.libvirt_socket}",
            ovs_db=f"unix:{layout.ovs_socket}",
            chassis=layout.chassis,
            network_namespace=layout.network_namespace,
        )

    @property
    def addresses(self) -> dict[str, str]:
        """Where each chassis takes guests from the other one."""
        return {self._first_endpoints.chassis: str(MANAGEMENT + 1), self.endpoints.chassis: str(MANAGEMENT + 2)}

    def start(self) -> None:
        """Have the wire, and the second host running at its end."""
        layout, first = self.layout, self._first.layout
        for folder in (layout.instances, layout.logs, layout.switch):
            folder.mkdir()
        for place in layout.PRIVATE_FOLDERS:
            layout.inside(place).mkdir(parents=True, exist_ok=True)
        namespaces.add_namespace(self._wire)
        namespaces.add_namespace(layout.network_namespace)
        for kind in ("m", "t"):
            self._ip(self._wire, "link", "add", f"wire-{kind}", "type", "bridge")
            self._ip(self._wire, "link", "set", f"wire-{kind}", "up")
        self._connect(first, 1)
        self._connect(layout, 2)
        daemons.write_accounts(layout)
        places = (*layout.PRIVATE_FOLDERS, *layout.PRIVATE_FILES)
        self._anchor = namespaces.start_anchor(layout.network_namespace, layout.private, places)
        self._start_switch()
        daemons.write_libvirt_files(layout)
        with (layout.inside("/etc/libvirt") / "libvirtd.conf").open("a") as configuration:
            # Both are on one machine: libvirt would take them for one host.
            configuration.write(f'host_uuid = "{new_id()}"\n')
        self._start(daemons.virtlogd(layout))
        self.start_libvirtd()
        self._tunnel_from(first, 1)
        southbound = self._first_endpoints.southbound
        wait = ("ovn-sbctl", f"--db={southbound}", "--no-leader-only", f"--timeout={READY_SECONDS}", "wait-until")
        commands.run((*wait, "chassis", layout.chassis))

    def start_libvirtd(self) -> None:
        """Start it, anew where it died."""
        self._start(daemons.libvirtd(self.layout))
        commands.run(("virsh", "--connect", self.endpoints.libvirt_uri, "version"))

    def cut(self, *, whole: bool) -> None:
        """Cut the wire by which guests travel, or make it whole again."""
        for number in (1, 2):
            self._ip(self._wire, "link", "set", f"m{number}", "up" if whole else "down")

    def stop(self) -> None:
        """End all of its processes, and take the wire away; the first one is as it was."""
        layout, first = self.layout, self._first.layout
        namespaces.end_members(layout.network_namespace, layout.private)
        control = ("ovs-vsctl", f"--db=unix:{first.ovs_socket}", "--timeout=20")
        commands.run((*control, "--", "--if-exists", "del-br", "br-phy"))
        commands.run((*control, "set", "Open_vSwitch", ".", "external_ids:ovn-encap-ip=127.0.0.1"))
        southbound = ("ovn-sbctl", f"--db={self._first_endpoints.southbound}", "--no-leader-only", "--timeout=20")
        commands.run((*southbound, "--if-exists", "chassis-del", layout.chassis))
        for name in (self._wire, layout.network_namespace):
            namespaces.delete_namespace(name)

    def _connect(self, layout: Layout, number: int) -> None:
        """Plug both ends of a host into the wire."""
        for kind, inner in (("m", "manage0"), ("t", "tunnel0")):
            peer = ("peer", "name", inner, "netns", layout.network_namespace)
            self._ip(self._wire, "link", "add", f"{kind}{number}", "type", "veth", *peer)
            self._ip(self._wire, "link", "set", f"{kind}{number}", "master", f"wire-{kind}", "up")
            self._ip(layout.network_namespace, "link", "set", inner, "up")
            for namespace, end in ((self._wire, f"{kind}{number}"), (layout.network_namespace, inner)):
                enter = ("nsenter", f"--net={namespaces.NAMESPACE_FOLDER / namespace}", "--")
                commands.run((*enter, "ethtool", "-K", end, "tx", "off", "gso", "off", "tso", "off", "gro", "off"))
        self._ip(layout.network_namespace, "address", "add", f"{MANAGEMENT + number}/24", "dev", "manage0")

    def _start_switch(self) -> None:
        layout = self.layout
        daemons.create_database(layout.switch / "conf.db", daemons.SWITCH_SCHEMA)
        self._start(daemons.switch_database(layout))
        external_ids = {
            "system-id": layout.chassis,
            "hostname": layout.chassis,
            "ovn-remote": self._first_endpoints.southbound,
            "ovn-encap-type": "geneve",
            "ovn-encap-ip": str(TUNNELS + 2),
            "ovn-bridge-datapath-type": "netdev",
        }
        values = tuple(f"external_ids:{key}={value}" for key, value in external_ids.items())
        control = ("ovs-vsctl", f"--db=unix:{layout.ovs_socket}", "--timeout=20", "--no-wait", "--", "init")
        bridge = ("--", "add-br", "br-int", "--", "set", "bridge", "br-int", "datapath_type=netdev", "fail_mode=secure")
        commands.run((*control, "--", "set", "Open_vSwitch", ".", *values, *bridge))
        self._start(daemons.vswitchd(layout))
        self._tunnel_from(layout, 2)
        self._start(daemons.controller(layout))

    def _tunnel_from(self, layout: Layout, number: int) -> None:
        """A tunnel's own address has to be on a bridge, or what is sent to it is dropped and nobody told."""
        control = ("ovs-vsctl", f"--db=unix:{layout.ovs_socket}", "--timeout=20")
        bridge = ("--", "set", "bridge", "br-phy", "datapath_type=netdev", "fail_mode=standalone")
        commands.run((*control, "--", "add-br", "br-phy", *bridge, "--", "add-port", "br-phy", "tunnel0"))
        address = str(TUNNELS + number)
        self._ip(layout.network_namespace, "address", "add", f"{address}/24", "dev", "br-phy")
        self._ip(layout.network_namespace, "link", "set", "br-phy", "up")
        commands.run((*control, "set", "Open_vSwitch", ".", f"external_ids:ovn-encap-ip={address}"))

    def _start(self, daemon: Daemon) -> None:
        enter = namespaces.inside(self.layout.network_namespace, self._anchor)
        output = self.layout.logs / f"{daemon.name}.start"
        commands.run((*enter, *daemon.argv), timeout=READY_SECONDS, output=output)

    @staticmethod
    def _ip(namespace: str, *words: str) -> None:
        commands.run(("ip", "-n", namespace, *words))
