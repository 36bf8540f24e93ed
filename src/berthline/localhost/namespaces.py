"""Network namespaces, the veth pair to the outside, and who lives in them.

A process belongs to a local host when it is in that host's network namespace and in its private mounts: both
are made by us, so nobody else's process can be taken for one of ours, and guests are found whatever their name.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import IPv4Interface
from pathlib import Path

from berthline.localhost.commands import run
from berthline.localhost.errors import InvalidSetting, LocalHostError

NAMESPACE_FOLDER = Path("/run/netns")
ANCHOR_SCRIPT = Path(__file__).with_name("anchor.py")
ANCHOR_TITLE = "berthline-anchor:"
"""How `anchor.py` calls its process, with the private folder behind it."""
TERMINATE_SECONDS = 3.0
KILL_SECONDS = 10.0


def namespace_exists(name: str) -> bool:
    """Whether a network namespace of this name is there."""
    return (NAMESPACE_FOLDER / name).exists()


def add_namespace(name: str) -> None:
    """Make a network namespace with its loopback up; nothing when it is there already."""
    if not namespace_exists(name):
        run(("ip", "netns", "add", name))
    run(("ip", "-n", name, "link", "set", "lo", "up"))


def delete_namespace(name: str) -> None:
    """Remove a network namespace; nothing when there is none."""
    if namespace_exists(name):
        run(("ip", "netns", "delete", name))


def interface_exists(name: str, namespace: str | None) -> bool:
    """Whether the namespace (None: the machine's own) has this interface."""
    listed = run(("ip", *_in(namespace), "-brief", "link", "show"))
    return any(line.split(maxsplit=1)[0].split("@")[0] == name for line in listed.splitlines() if line.strip())


def add_external_link(
    outer: str, outer_namespace: str | None, inner: str, inner_namespace: str, address: IPv4Interface
) -> None:
    """Make the veth pair whose inner end becomes a port of br-ex and whose outer end has the host's address.

    Checksum and segmentation offloads are off at both ends: a userspace switch forwards frames as they are, and
    would forward TCP segments that no hardware ever completes.

    Raises:
        InvalidSetting: another interface already has an address of that network.
    """
    if not interface_exists(outer, outer_namespace):
        _refuse_overlap(outer_namespace, address)
        peer = ("peer", "name", inner, "netns", inner_namespace)
        run(("ip", *_in(outer_namespace), "link", "add", outer, "type", "veth", *peer))
    for interface, namespace in ((outer, outer_namespace), (inner, inner_namespace)):
        _without_offloads(interface, namespace)
    if outer_namespace is None:
        # Routers advertised by whatever is on the external network must not become this machine's.
        Path(f"/proc/sys/net/ipv6/conf/{outer}/accept_ra").write_text("0")
    # The inner end carries frames for br-ex and takes part in nothing itself.
    run(("ip", "-n", inner_namespace, "link", "set", inner, "addrgenmode", "none", "up"))
    run(("ip", *_in(outer_namespace), "address", "replace", str(address), "dev", outer))
    run(("ip", *_in(outer_namespace), "link", "set", outer, "up"))


def delete_interface(name: str, namespace: str | None) -> None:
    """Remove an interface; nothing when it is not there."""
    if namespace is not None and not namespace_exists(namespace):
        return
    if interface_exists(name, namespace):
        run(("ip", *_in(namespace), "link", "delete", name))


def _in(namespace: str | None) -> tuple[str, ...]:
    return () if namespace is None else ("-n", namespace)


def _without_offloads(interface: str, namespace: str | None) -> None:
    enter = () if namespace is None else ("nsenter", f"--net={NAMESPACE_FOLDER / namespace}", "--")
    run((*enter, "ethtool", "-K", interface, "tx", "off", "gso", "off", "tso", "off", "gro", "off"))


def _refuse_overlap(namespace: str | None, address: IPv4Interface) -> None:
    for line in run(("ip", *_in(namespace), "-4", "-oneline", "address", "show")).splitlines():
        fields = line.split()
        other = IPv4Interface(fields[3])
        if other.network.overlaps(address.network):
            raise InvalidSetting(
                f"external network {address.network}: interface {fields[1]} already has {other}; choose another one"
            )


def _network_id(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/net").readlink())


def members(name: str, private: Path) -> list[int]:
    """The processes that live in the network namespace `name` with the private mounts of `private`.

    Args:
        name: the network namespace.
        private: the folder whose content the processes see as /run/libvirt and so on.

    Returns:
        process ids; first the one that lives as long as the host does, then by number. Empty when there is no such
        namespace.
    """
    found = [pid for pid in _inhabitants(name) if _has_private_mounts(pid, private)]
    return sorted(found, key=lambda pid: (_title(pid) != f"{ANCHOR_TITLE}{private}", pid))


def other_holder(name: str, private: Path) -> str | None:
    """The folder of another local host that lives in the network namespace `name`; None when there is none."""
    for pid in _inhabitants(name):
        command = _title(pid)
        if command.startswith(ANCHOR_TITLE) and command != f"{ANCHOR_TITLE}{private}":
            return command.removeprefix(ANCHOR_TITLE)
    return None


def _title(pid: int) -> str:
    """The first word of a process's command line; "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _inhabitants(name: str) -> list[int]:
    try:
        status = (NAMESPACE_FOLDER / name).stat()
    except FileNotFoundError:
        return []
    wanted = f"net:[{status.st_ino}]"
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        pid = int(entry.name)
        try:
            if _network_id(pid) == wanted:
                found.append(pid)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return sorted(found)


def _has_private_mounts(pid: int, private: Path) -> bool:
    """Whether /run/libvirt of this process is the folder of ours."""
    try:
        theirs = Path(f"/proc/{pid}/root/run/libvirt").stat()
        ours = (private / "run/libvirt").stat()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino)


def start_anchor(name: str, private: Path, places: tuple[str, ...]) -> int:
    """Start the process that holds the private mounts, and return its id.

    Args:
        name: the network namespace.
        private: the folder that has, below it, what the processes see at the places.
        places: folders and files of the machine that are replaced.

    Raises:
        CommandFailed: the mounts could not be made.
    """
    for place in places:
        if (private / place.lstrip("/")).is_dir():
            # Empty folders that the packages' own services would make as well.
            Path(place).mkdir(parents=True, exist_ok=True)
    run((sys.executable, "-I", ANCHOR_SCRIPT, name, private, *places))
    alive = members(name, private)
    if not alive:
        raise LocalHostError(f"the process holding {name} ended at once")
    return alive[0]


def inside(name: str, pid: int) -> tuple[str, ...]:
    """The beginning of a command that runs in the namespaces of the member `pid`."""
    return ("nsenter", f"--net={NAMESPACE_FOLDER / name}", f"--mount=/proc/{pid}/ns/mnt", "--")


def end_members(name: str, private: Path) -> None:
    """End every process of the host: asked first, killed when it stays.

    Raises:
        LocalHostError: one could not be ended.
    """
    for number, seconds in ((signal.SIGTERM, TERMINATE_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        deadline = time.monotonic() + seconds
        # A member may have forked while it was asked: look again until none is left.
        while _signal_and_wait(name, private, number, deadline):
            if time.monotonic() >= deadline:
                break
    left = members(name, private)
    if left:
        raise LocalHostError(f"processes {left} of {name} did not end")


def _signal_and_wait(name: str, private: Path, number: signal.Signals, deadline: float) -> bool:
    """Signal every member once and wait for their ends; False when there was none."""
    with ExitStack() as opened:
        descriptors = list(_descriptors(name, private, opened))
        for descriptor in descriptors:
            try:
                signal.pidfd_send_signal(descriptor, number)
            except ProcessLookupError:
                continue
        poller = select.poll()
        for descriptor in descriptors:
            poller.register(descriptor, select.POLLIN)
        waiting = len(descriptors)
        while waiting and (remaining := deadline - time.monotonic()) > 0:
            for descriptor, _ in poller.poll(remaining * 1000):
                poller.unregister(descriptor)
                waiting -= 1
        return bool(descriptors)


def _descriptors(name: str, private: Path, opened: ExitStack) -> Iterator[int]:
    """A pidfd for each member, taken before it is known to be one, so that a reused id is never signalled."""
    for pid in members(name, private):
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        opened.callback(os.close, descriptor)
        if pid in members(name, private):
            yield descriptor
