"""The programs of one host: how each is started, and the files it needs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from berthline.localhost.commands import run
from berthline.localhost.layout import Layout

OVN_SCHEMAS = Path("/usr/share/ovn")
SWITCH_SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")

REAPER_SCRIPT = Path(__file__).with_name("reaper.py")

LIBVIRT_ACCOUNT = "libvirt-qemu"
"""The account Debian's libvirt looks up at its start; 64055 is the number Debian reserves for it."""

REQUIRED_PROGRAMS = (
    "ip",
    "nsenter",
    "ethtool",
    "ovsdb-tool",
    "ovsdb-server",
    "ovs-vsctl",
    "ovs-vswitchd",
    "ovn-northd",
    "ovn-nbctl",
    "ovn-sbctl",
    "ovn-controller",
    "virtlogd",
    "libvirtd",
    "virsh",
    "qemu-system-x86_64",
    "qemu-img",
    str(SWITCH_SCHEMA),
    str(OVN_SCHEMAS / "ovn-nb.ovsschema"),
    str(OVN_SCHEMAS / "ovn-sb.ovsschema"),
)

LIBVIRTD_CONF = """\
# The socket lies in a folder only root may enter.
auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_rw_perms = "0700"
unix_sock_ro_perms = "0700"
log_outputs = "3:file:{log}"
"""

QEMU_CONF = """\
# Guests run as root: this libvirt is private, and its folders are root's alone.
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
# No AppArmor profile knows the private mounts, and no systemd hands out control groups here. With controllers
# listed that cannot be had, libvirt asks QEMU for its abilities again on every call.
security_driver = "none"
cgroup_controllers = [ ]
# Guests stay in the mount namespace of their host, by which they are known as its processes.
namespaces = [ ]
"""


@dataclass(frozen=True, slots=True)
class Daemon:
    """A program that puts itself into the background once it is ready.

    Attributes:
        name: what people call it (`northbound`).
        argv: the command.
        pidfile: where it writes its process id.
    """

    name: str
    argv: tuple[str, ...]
    pidfile: Path


def _ovs_daemon(layout: Layout, name: str, program: str, folder: Path, *arguments: str) -> Daemon:
    pidfile = folder / f"{name}.pid"
    common = (
        "--detach",
        "--no-chdir",
        f"--pidfile={pidfile}",
        f"--log-file={layout.logs / name}.log",
    )
    return Daemon(name, (program, *common, *arguments), pidfile)


def northbound(layout: Layout) -> Daemon:
    """OVN's northbound database."""
    remote = f"--remote=punix:{layout.central / 'nb.sock'}"
    return _ovs_daemon(layout, "northbound", "ovsdb-server", layout.central, remote, str(layout.central / "nb.db"))


def southbound(layout: Layout) -> Daemon:
    """OVN's southbound database."""
    remote = f"--remote=punix:{layout.central / 'sb.sock'}"
    return _ovs_daemon(layout, "southbound", "ovsdb-server", layout.central, remote, str(layout.central / "sb.db"))


def northd(layout: Layout) -> Daemon:
    """The translator from the northbound to the southbound database."""
    databases = (f"--ovnnb-db=unix:{layout.central / 'nb.sock'}", f"--ovnsb-db=unix:{layout.central / 'sb.sock'}")
    return _ovs_daemon(layout, "northd", "ovn-northd", layout.central, *databases)


def switch_database(layout: Layout) -> Daemon:
    """The switch's own database."""
    remote = "--remote=punix:/run/openvswitch/db.sock"
    return _ovs_daemon(layout, "ovsdb", "ovsdb-server", layout.switch, remote, str(layout.switch / "conf.db"))


def vswitchd(layout: Layout) -> Daemon:
    """The switch."""
    return _ovs_daemon(layout, "vswitchd", "ovs-vswitchd", layout.switch, "unix:/run/openvswitch/db.sock")


def controller(layout: Layout) -> Daemon:
    """OVN's agent on the host."""
    return _ovs_daemon(layout, "controller", "ovn-controller", layout.switch, "unix:/run/openvswitch/db.sock")


def virtlogd(layout: Layout) -> Daemon:
    """Keeper of guests' console logs."""
    pidfile = layout.inside("/run/libvirt") / "virtlogd.pid"
    return Daemon("virtlogd", ("virtlogd", "-d", "-p", str(pidfile)), pidfile)


def libvirtd(layout: Layout) -> Daemon:
    """libvirt."""
    pidfile = layout.inside("/run/libvirt") / "libvirtd.pid"
    reaper = (sys.executable, "-I", str(REAPER_SCRIPT), str(pidfile))
    return Daemon("libvirtd", (*reaper, "libvirtd", "-d", "-p", str(pidfile)), pidfile)


def all_daemons(layout: Layout) -> tuple[Daemon, ...]:
    """Every daemon of the host, in the order they depend on each other."""
    makers = (northbound, southbound, northd, switch_database, vswitchd, controller, virtlogd, libvirtd)
    return tuple(make(layout) for make in makers)


def write_libvirt_files(layout: Layout) -> None:
    """libvirt's configuration, in the folder it sees as /etc/libvirt."""
    folder = layout.inside("/etc/libvirt")
    (folder / "libvirtd.conf").write_text(LIBVIRTD_CONF.format(log=layout.logs / "libvirtd.log"))
    (folder / "qemu.conf").write_text(QEMU_CONF)
    (folder / "virtlogd.conf").write_text(f'log_outputs = "3:file:{layout.logs / "virtlogd.log"}"\n')


def write_accounts(layout: Layout) -> None:
    """The machine's accounts with libvirt's own beside them, as the services see them."""
    for place, line in (
        ("/etc/passwd", f"{LIBVIRT_ACCOUNT}:x:64055:64055:libvirt:/nonexistent:/usr/sbin/nologin\n"),
        ("/etc/group", f"{LIBVIRT_ACCOUNT}:x:64055:\n"),
    ):
        content = Path(place).read_text()
        if not any(entry.startswith(f"{LIBVIRT_ACCOUNT}:") for entry in content.splitlines()):
            content = content + ("" if content.endswith("\n") else "\n") + line
        layout.inside(place).write_text(content)


def create_database(path: Path, schema: Path) -> None:
    """An empty database of that schema; nothing when there is one."""
    if not path.exists():
        run(("ovsdb-tool", "create", path, schema))
