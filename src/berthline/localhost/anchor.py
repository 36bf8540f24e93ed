"""A process that holds one host's namespaces; run as a script by `namespaces.py`, never imported.

    python -I anchor.py NETWORK_NAMESPACE PRIVATE_DIRECTORY PLACE...

It enters the named network namespace, makes a mount namespace of its own in which every PLACE (an absolute
path of a folder or file) is the one of the same name below PRIVATE_DIRECTORY, and stays there asleep in the
background. It returns once the namespaces are ready. Programs join them with nsenter; nothing changes for the
rest of the machine.
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    """Raise OSError when a system call failed."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str | None, flags: int) -> None:
    """mount(2)."""
    kind_bytes = None if kind is None else kind.encode()
    result = libc.mount(source.encode(), target.encode(), kind_bytes, ctypes.c_ulong(flags), None)
    check(result, f"mount {source} on {target}")


def enter(network_namespace: str, private: Path, places: list[str]) -> None:
    """Join the network namespace and build the private mounts."""
    descriptor = os.open(f"/run/netns/{network_namespace}", os.O_RDONLY)
    check(libc.setns(descriptor, CLONE_NEWNET), f"setns {network_namespace}")
    os.close(descriptor)
    check(libc.unshare(CLONE_NEWNS), "unshare")
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    # /sys/class/net shows the network namespace of whoever mounted it: libvirt and Open vSwitch read it.
    mount("sysfs", "/sys", "sysfs", 0)
    for place in places:
        mount(str(private / place.lstrip("/")), place, None, MS_BIND)


def main(arguments: list[str]) -> None:
    """Enter, then leave a sleeping process behind."""
    network_namespace, private, *places = arguments
    enter(network_namespace, Path(private), places)
    if os.fork() != 0:
        return
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.execv("/bin/sleep", [f"berthline-anchor:{private}", "infinity"])  # noqa: S606 - becomes that program, no shell in between


if __name__ == "__main__":
    main(sys.argv[1:])
