"""Network namespaces, and work inside them. A namespace is left by ending the thread that entered it."""

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")

NAMESPACES: Final = Path("/run/netns")
"""Where ``ip netns`` keeps them, so that operators see ours."""

CLONE_NEWNET: Final = 0x40000000
MS_BIND: Final = 0x1000
MNT_DETACH: Final = 2
SIOCETHTOOL: Final = 0x8946
OFFLOADS: Final = {"tx checksum": 0x17, "tso": 0x1F, "gso": 0x24, "gro": 0x2C}
"""Commands of ethtool(8)'s interface (linux/ethtool.h) that turn an offload on or off."""

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def in_thread(work: Callable[[], T]) -> T:
    """Run the work in a thread of its own, which ends with it, and return what it returned."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
            errors.append(error)

    thread = threading.Thread(target=run, name="namespace")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def inside(namespace: str | None, work: Callable[[], T]) -> T:
    """Run the work inside a network namespace; None is this process's own. Sockets made there stay there."""

    def enter() -> T:
        if namespace is not None:
            with (NAMESPACES / namespace).open("rb") as file:
                _checked(_libc.setns(file.fileno(), CLONE_NEWNET), f"enter namespace {namespace}")
        return work()

    return in_thread(enter)


def namespaces(prefix: str) -> frozenset[str]:
    """Names of the namespaces that begin so."""
    try:
        return frozenset(entry.name for entry in NAMESPACES.iterdir() if entry.name.startswith(prefix))
    except FileNotFoundError:
        return frozenset()


def _is_mounted(place: Path) -> bool:
    """Whether a namespace is bound to this file, and it is not an empty leftover."""
    try:
        return place.stat().st_dev != place.parent.stat().st_dev
    except FileNotFoundError:
        return False


def add_namespace(name: str) -> None:
    """Make a namespace; nothing when it is there. A leftover of one that was half made is made anew."""
    place = NAMESPACES / name
    if place.exists():
        if _is_mounted(place):
            return
        place.unlink()
    NAMESPACES.mkdir(parents=True, exist_ok=True)
    place.touch(mode=0o444)

    def make() -> None:
        _checked(_libc.unshare(CLONE_NEWNET), "unshare")
        own, target = b"/proc/thread-self/ns/net", os.fsencode(place)
        _checked(_libc.mount(own, target, b"none", ctypes.c_ulong(MS_BIND), None), f"mount {place}")

    try:
        in_thread(make)
    except OSError:
        place.unlink(missing_ok=True)
        raise


def delete_namespace(name: str) -> None:
    """Remove a namespace, and with it what is in it; nothing when there is none."""
    place = NAMESPACES / name
    while _is_mounted(place):
        _checked(_libc.umount2(os.fsencode(place), MNT_DETACH), f"unmount {place}")
    place.unlink(missing_ok=True)


def without_offloads(interface: str) -> None:
    """Turn off checksum and segmentation offloads of an interface of the present namespace.

    A userspace switch forwards frames as they are: a TCP segment that nothing completes would be lost without a word,
    while pings and DHCP pass.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in OFFLOADS.values():
            value = ctypes.create_string_buffer(struct.pack("II", command, 0), 8)
            request = struct.pack("16sP", interface.encode(), ctypes.addressof(value))
            with contextlib.suppress(PermissionError):  # some are fixed; those that matter on veth pairs are not
                fcntl.ioctl(control, SIOCETHTOOL, request + bytes(16))
