"""The host goes off with its guests and comes up with an empty /run: what ran runs again, what was off is off."""

import os
import shutil
import signal
from typing import Final

import pytest

from berthline.localhost import LocalHost
from berthline.localhost.namespaces import members

from .cloud import eventually
from .ground import Ground, virsh

pytestmark = [pytest.mark.dataplane, pytest.mark.slow]

FIRST: Final = ("ovsdb", "vswitchd", "virtlogd", "libvirtd")
LATER: Final = ("northbound", "southbound", "northd", "controller")


def go_off(host: LocalHost, anchor: int) -> None:
    """Everything of the host ends at once, and what a reboot would not keep is gone."""
    running = members(host.layout.network_namespace, host.layout.private)
    for pid in running:
        if pid != anchor:
            os.kill(pid, signal.SIGKILL)
    eventually(lambda: members(host.layout.network_namespace, host.layout.private) == [anchor], "the end of all")
    for place in host.layout.PRIVATE_FOLDERS:
        if str(place).startswith("/run"):
            for entry in host.layout.inside(str(place)).iterdir():
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def test_guests_are_what_was_wanted_after_their_host_was_off(ground: Ground, local_services: LocalHost) -> None:
    cloud, host = ground.cloud, ground.host
    runs, leaves = ground.boot("runs"), ground.boot("leaves")
    for server in (runs, leaves):
        cloud.active(server)
    (nic,), (other,) = cloud.interfaces(runs), cloud.interfaces(leaves)
    assert ground.logged_in(nic.address) == "runs"
    ground.inside(other.address, "(sleep 1; poweroff -f) >/dev/null 2>&1 </dev/null &")
    eventually(lambda: (found := cloud.server(leaves)) is not None and found.status == "SHUTOFF", "it shut off")
    go_off(local_services, host.anchor_pid)
    for name in FIRST:
        local_services.start_daemon(name)
    eventually(lambda: "paused" in virsh(host, "list", "--all"), "the guest started before OVN is there")
    for name in LATER:
        local_services.start_daemon(name)
    assert ground.logged_in(nic.address) == "runs"
    eventually(lambda: (found := cloud.server(runs)) is not None and found.status == "ACTIVE", "it is ACTIVE")
    left = cloud.server(leaves)
    assert left is not None
    assert left.status == "SHUTOFF"
    for server in (runs, leaves):
        cloud.delete_server(server)
        assert ground.traces(server) == []
