"""Another libvirt beside the private host's own, with guests, files and a socket of its own, and the same switch.

What moves between the two goes all the way that it goes between machines; the network's way between chassis is no part
of it, as both are on one.
"""

import dataclasses
from pathlib import Path

from berthline.localhost import Endpoints, LocalHost, daemons, namespaces
from berthline.localhost.commands import run
from berthline.localhost.layout import Layout

SWITCH = "/run/openvswitch"


class SecondLibvirt:
    """The second host. ``directory`` is an empty one, for all its files."""

    def __init__(self, first: LocalHost, endpoints: Endpoints, directory: Path) -> None:
        self.layout = Layout(directory, first.name)
        self._switch = first.layout.inside(SWITCH)
        self.endpoints = dataclasses.replace(
            endpoints,
            instances=self.layout.instances,
            logs=self.layout.logs,
            libvirt_uri=f"qemu+unix:///system?socket={self.layout.libvirt_socket}",
        )

    def start(self) -> None:
        """Have its mounts, and libvirt running in them."""
        layout = self.layout
        for folder in (layout.instances, layout.logs):
            folder.mkdir()
        for place in layout.PRIVATE_FOLDERS:
            inside = layout.inside(place)
            inside.parent.mkdir(parents=True, exist_ok=True)
            if place == SWITCH:
                inside.symlink_to(self._switch)
            else:
                inside.mkdir()
        daemons.write_accounts(layout)
        places = (*layout.PRIVATE_FOLDERS, *layout.PRIVATE_FILES)
        anchor = namespaces.start_anchor(layout.network_namespace, layout.private, places)
        daemons.write_libvirt_files(layout)
        for daemon in (daemons.virtlogd(layout), daemons.libvirtd(layout)):
            enter = namespaces.inside(layout.network_namespace, anchor)
            run((*enter, *daemon.argv), timeout=30, output=layout.logs / f"{daemon.name}.start")

    def stop(self) -> None:
        """End all of its processes."""
        namespaces.end_members(self.layout.network_namespace, self.layout.private)
