"""libvirt's Python binding, given types: the objects and numbers Berthline uses, and the thread that delivers events.

This is the one module that imports the binding, which Debian's python3-libvirt brings.
"""

# ruff: noqa: N802, N803 - these are libvirt's names

import threading
from collections.abc import Callable
from typing import Any, Protocol, cast

import libvirt

STATE_RUNNING = cast("int", libvirt.VIR_DOMAIN_RUNNING)
STATE_BLOCKED = cast("int", libvirt.VIR_DOMAIN_BLOCKED)
STATE_PAUSED = cast("int", libvirt.VIR_DOMAIN_PAUSED)
STATE_SHUTDOWN = cast("int", libvirt.VIR_DOMAIN_SHUTDOWN)
STATE_CRASHED = cast("int", libvirt.VIR_DOMAIN_CRASHED)
STATE_SUSPENDED = cast("int", libvirt.VIR_DOMAIN_PMSUSPENDED)
REASON_CRASHED = cast("int", libvirt.VIR_DOMAIN_SHUTOFF_CRASHED)
START_ANEW = cast("int", libvirt.VIR_DOMAIN_START_FORCE_BOOT)
START_PAUSED = cast("int", libvirt.VIR_DOMAIN_START_PAUSED)
AFFECT_LIVE = cast("int", libvirt.VIR_DOMAIN_AFFECT_LIVE)
AFFECT_CONFIG = cast("int", libvirt.VIR_DOMAIN_AFFECT_CONFIG)
METADATA_ELEMENT = cast("int", libvirt.VIR_DOMAIN_METADATA_ELEMENT)
NO_METADATA = cast("int", libvirt.VIR_ERR_NO_DOMAIN_METADATA)
XML_INACTIVE = cast("int", libvirt.VIR_DOMAIN_XML_INACTIVE)
UNDEFINE_ALL = cast(
    "int",
    libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
    | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
    | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
    | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM,
)
STATS_STATE = cast("int", libvirt.VIR_DOMAIN_STATS_STATE)
STATS_USE = cast(
    "int",
    libvirt.VIR_DOMAIN_STATS_STATE
    | libvirt.VIR_DOMAIN_STATS_VCPU
    | libvirt.VIR_DOMAIN_STATS_BALLOON
    | libvirt.VIR_DOMAIN_STATS_BLOCK
    | libvirt.VIR_DOMAIN_STATS_INTERFACE,
)
EVENT_LIFECYCLE = cast("int", libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE)
UPLOAD_SPARSE = cast("int", libvirt.VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM)
ALL_CELLS = cast("int", libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)


class LibvirtError(Exception):
    """What the binding's libvirtError is to a type checker; see `libvirt_error`."""

    def get_error_code(self) -> int: ...  # type: ignore[empty-body]

    def get_error_domain(self) -> int: ...  # type: ignore[empty-body]

    def get_int1(self) -> int: ...  # type: ignore[empty-body]


libvirt_error = cast("type[LibvirtError]", libvirt.libvirtError)
"""The class to catch."""


class Domain(Protocol):
    def name(self) -> str: ...
    def state(self, flags: int = 0) -> tuple[int, int]: ...
    def isActive(self) -> int: ...
    def XMLDesc(self, flags: int = 0) -> str: ...
    def metadata(self, type: int, uri: str | None, flags: int = 0) -> str: ...
    def setMetadata(self, type: int, metadata: str | None, key: str | None, uri: str | None, flags: int = 0) -> int: ...
    def createWithFlags(self, flags: int) -> int: ...
    def resume(self) -> int: ...
    def suspend(self) -> int: ...
    def managedSave(self, flags: int = 0) -> int: ...
    def hasManagedSaveImage(self, flags: int = 0) -> int: ...
    def injectNMI(self, flags: int = 0) -> int: ...
    def shutdown(self) -> int: ...
    def reboot(self, flags: int) -> int: ...
    def reset(self, flags: int) -> int: ...
    def destroyFlags(self, flags: int) -> int: ...
    def undefineFlags(self, flags: int) -> int: ...
    def attachDeviceFlags(self, xml: str, flags: int) -> int: ...
    def detachDeviceFlags(self, xml: str, flags: int) -> int: ...


class Stream(Protocol):
    """``send`` takes what fits and says how much; ``recv`` gives b"" at the end."""

    def send(self, data: bytes) -> int: ...
    def sendHole(self, length: int, flags: int = 0) -> int: ...
    def recv(self, nbytes: int) -> bytes: ...
    def finish(self) -> int: ...
    def abort(self) -> int: ...


class Volume(Protocol):
    """``info`` gives type, capacity and allocation, sizes in bytes."""

    def name(self) -> str: ...
    def path(self) -> str: ...
    def info(self) -> tuple[int, int, int]: ...
    def XMLDesc(self, flags: int = 0) -> str: ...
    def upload(self, stream: Stream, offset: int, length: int, flags: int = 0) -> int: ...
    def download(self, stream: Stream, offset: int, length: int, flags: int = 0) -> int: ...
    def delete(self, flags: int = 0) -> int: ...


class Pool(Protocol):
    """``info`` gives state, capacity, allocation and free space, sizes in bytes."""

    def info(self) -> tuple[int, int, int, int]: ...
    def isActive(self) -> int: ...
    def XMLDesc(self, flags: int = 0) -> str: ...
    def build(self, flags: int = 0) -> int: ...
    def create(self, flags: int = 0) -> int: ...
    def setAutostart(self, autostart: int) -> int: ...
    def refresh(self, flags: int = 0) -> int: ...
    def createXML(self, xmlDesc: str, flags: int = 0) -> Volume: ...
    def storageVolLookupByName(self, name: str) -> Volume: ...
    def listVolumes(self) -> list[str]: ...


class Connection(Protocol):
    """``getInfo`` gives model, memory, CPUs, MHz, nodes, sockets, cores and threads."""

    def isAlive(self) -> int: ...
    def setKeepAlive(self, interval: int, count: int) -> int: ...
    def close(self) -> int: ...
    def getType(self) -> str: ...
    def getVersion(self) -> int: ...
    def getInfo(self) -> list[Any]: ...
    def getMemoryStats(self, cellNum: int) -> dict[str, int]: ...
    def getCapabilities(self) -> str: ...
    def getDomainCapabilities(
        self, emulatorbin: None, arch: str, machine: str, virttype: str, flags: int = 0
    ) -> str: ...
    def lookupByUUIDString(self, uuidstr: str) -> Domain: ...
    def listAllDomains(self, flags: int = 0) -> list[Domain]: ...
    def getAllDomainStats(self, stats: int = 0, flags: int = 0) -> list[tuple[Domain, dict[str, int]]]: ...
    def domainListGetStats(
        self, doms: list[Domain], stats: int = 0, flags: int = 0
    ) -> list[tuple[Domain, dict[str, Any]]]: ...
    def defineXMLFlags(self, xml: str, flags: int = 0) -> Domain: ...
    def storagePoolLookupByName(self, name: str) -> Pool: ...
    def storagePoolDefineXML(self, xml: str, flags: int = 0) -> Pool: ...
    def storageVolLookupByPath(self, path: str) -> Volume: ...
    def newStream(self, flags: int = 0) -> Stream: ...
    def domainEventRegisterAny(
        self, dom: None, eventID: int, cb: Callable[["Connection", Domain, int, int, None], None], opaque: None
    ) -> int: ...
    def domainEventDeregisterAny(self, callbackID: int) -> int: ...
    def unregisterCloseCallback(self) -> int: ...
    def registerCloseCallback(self, cb: Callable[["Connection", int, None], None], opaque: None) -> int: ...


_turning = threading.Lock()
_turner: threading.Thread | None = None


def open_connection(uri: str, keepalive_seconds: int) -> Connection:
    """A connection whose events are delivered, on libvirt's own thread, and which notices a peer that went silent.

    Raises the binding's error.
    """
    _turn_events()
    connection = cast("Connection", libvirt.open(uri))
    connection.setKeepAlive(keepalive_seconds, 3)
    return connection


def _turn_events() -> None:
    """Start the thread that delivers events and answers keep-alives: one a process, before the first connection."""
    global _turner  # noqa: PLW0603 - libvirt's event loop is global too
    with _turning:
        if _turner is None:
            # Errors are raised; libvirt would print each to standard error too.
            libvirt.registerErrorHandler(lambda _context, _error: None, None)
            libvirt.virEventRegisterDefaultImpl()
            _turner = threading.Thread(target=_turn, name="libvirt-events", daemon=True)
            _turner.start()


def _turn() -> None:
    while True:
        libvirt.virEventRunDefaultImpl()


LOST_DOMAINS = frozenset({libvirt.VIR_FROM_RPC, libvirt.VIR_FROM_REMOTE, libvirt.VIR_FROM_SSH, libvirt.VIR_FROM_LIBSSH})
"""Parts of libvirt between us and the host: what they report is a connection that does not work."""

LOST_CODES = frozenset(
    {libvirt.VIR_ERR_RPC, libvirt.VIR_ERR_NO_CONNECT, libvirt.VIR_ERR_INVALID_CONN, libvirt.VIR_ERR_GNUTLS_ERROR}
)

BUSY_CODES = frozenset(
    {
        libvirt.VIR_ERR_OPERATION_TIMEOUT,
        libvirt.VIR_ERR_OPERATION_ABORTED,
        libvirt.VIR_ERR_RESOURCE_BUSY,
        libvirt.VIR_ERR_AGENT_UNRESPONSIVE,
        libvirt.VIR_ERR_NO_MEMORY,
    }
)

SYSTEM_ERROR = cast("int", libvirt.VIR_ERR_SYSTEM_ERROR)

MISSING_CODES = frozenset(
    {
        libvirt.VIR_ERR_NO_DOMAIN,
        libvirt.VIR_ERR_NO_STORAGE_VOL,
        libvirt.VIR_ERR_NO_STORAGE_POOL,
        libvirt.VIR_ERR_DEVICE_MISSING,
    }
)

EXISTS_CODES = frozenset({libvirt.VIR_ERR_STORAGE_VOL_EXIST})

INVALID_STATE_CODES = frozenset({libvirt.VIR_ERR_OPERATION_INVALID})

INTERNAL_ERROR = cast("int", libvirt.VIR_ERR_INTERNAL_ERROR)
FROM_STORAGE = cast("int", libvirt.VIR_FROM_STORAGE)
