"""A guest by libvirt alone: a copy of one that Berthline defined, started with nothing of Berthline in between."""

import re
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lxml import etree

from bench.api import Failed
from berthline.hypervisor.libvirt.xml import pool_folder, volume_facts, volume_xml

if TYPE_CHECKING:  # the binding is a package of the distribution's, and not everywhere
    from berthline.hypervisor.libvirt.binding import Connection

READY = re.compile(rb"berthline-guest: ready .*?t=([0-9.]+)\r?\n")
"""The last line of the guest's start; its number is seconds since the guest's kernel began."""
LOOK_SECONDS = 0.005
LIMIT_SECONDS = 180.0
PIECE = 256 * 1024 - 24
"""Bytes that one message of libvirt's protocol carries."""


@dataclass(frozen=True)
class Ready:
    """A guest that is up: when its console said so (``time.perf_counter``), and how long it took by its own clock."""

    at: float
    inside_seconds: float


@dataclass(frozen=True)
class BarePort:
    """The port that a bare guest is plugged into."""

    id: str
    mac: str

    @property
    def tap(self) -> str:
        """The name of its interface on the host."""
        return f"tap{self.id}"[:14]


def wait_ready(console: Path, limit: float = LIMIT_SECONDS) -> Ready:
    """Look at the file of a guest's console until it says that it is ready. Raises Failed."""
    deadline = time.perf_counter() + limit
    seen = b""
    while time.perf_counter() < deadline:
        if console.exists():
            seen = console.read_bytes()
            if found := READY.search(seen):
                return Ready(time.perf_counter(), float(found[1]))
        time.sleep(LOOK_SECONDS)
    raise Failed(f"no guest became ready within {limit:g} s; its console ends with {seen[-500:]!r}")


def connect(uri: str) -> "Connection":
    """libvirt itself."""
    import libvirt

    return cast("Connection", libvirt.open(uri))


def copied(description: str, server_id: str, name: str, port: BarePort) -> str:
    """A guest's definition under another name and UUID, with files and a port of its own; all else is as it was.

    ``server_id`` is the one it was defined for, whose files are called ``server_id.something``.
    """
    root = etree.fromstring(description, etree.XMLParser(resolve_entities=False, no_network=True))
    renamed = str(uuid.uuid5(uuid.NAMESPACE_URL, name))  # the same each time that it is defined
    for element in root.iter("name", "uuid", "entry"):
        element.text = {f"berthline-{server_id}": name, server_id: renamed}.get(element.text or "", element.text)
    for element in root.iter("source", "log"):
        file = element.get("file")
        if file is not None:
            element.set("file", file.replace(f"{server_id}.", f"{name}."))
    interfaces = root.findall("devices/interface")
    if len(interfaces) != 1:
        raise Failed(f"the guest to copy has {len(interfaces)} NICs, not one")
    for path, attribute, value in (
        ("mac", "address", port.mac),
        ("target", "dev", port.tap),
        ("virtualport/parameters", "interfaceid", port.id),
        ("alias", "name", f"ua-{port.id}"),
    ):
        found = interfaces[0].find(path)
        if found is not None:
            found.set(attribute, value)
    return etree.tostring(root, encoding="unicode")


class Template:
    """A guest of Berthline's that is there, to copy. Its disks are an overlay of the image, and a config drive."""

    def __init__(self, connection: "Connection", server_id: str) -> None:
        self.connection = connection
        self._server_id = server_id
        self.disks = connection.storagePoolLookupByName("berthline-disks")
        consoles = connection.storagePoolLookupByName("berthline-consoles")
        self._consoles = Path(pool_folder(consoles.XMLDesc()))
        self._description = connection.lookupByUUIDString(server_id).XMLDesc(2)  # VIR_DOMAIN_XML_INACTIVE
        self._root = volume_facts(self.disks.storageVolLookupByName(f"{server_id}.root").XMLDesc())
        drive = self.disks.storageVolLookupByName(f"{server_id}.config")
        self._drive = Path(drive.path()).read_bytes()

    def console(self, name: str) -> Path:
        """Where the console of the guest with this name, or of the server with this id, is kept."""
        return self._consoles / f"{name}.console"

    def boot(self, name: str, port: BarePort) -> tuple[float, float, float, Ready]:
        """Make the disks, define and start, and wait until the guest is ready.

        Returns when it began, when the disks were there, when it was started, and the guest.
        """
        description = self.description(name, port)
        begun = time.perf_counter()
        self.make_overlay(f"{name}.root")
        self.make_drive(name)
        disks = time.perf_counter()
        self.connection.defineXMLFlags(description).createWithFlags(0)
        started = time.perf_counter()
        return begun, disks, started, wait_ready(self.console(name))

    def description(self, name: str, port: BarePort) -> str:
        """The definition of a guest with this name."""
        return copied(self._description, self._server_id, name, port)

    def make_overlay(self, volume_name: str) -> None:
        """A disk upon the image's copy."""
        if self._root.backing_path is None or self._root.backing_format is None:
            raise Failed("the guest to copy has no image below its disk")
        backing = (self._root.backing_path, self._root.backing_format)
        self.disks.createXML(volume_xml(volume_name, self._root.capacity, "qcow2", backing=backing))

    def make_drive(self, name: str) -> None:
        """The config drive of the guest with this name."""
        self.upload(volume_xml(f"{name}.config", 0, "raw"), self._drive)

    def remove(self, name: str) -> None:
        """End and forget the guest with this name, with its files; what is not there is fine."""
        for domain in self.connection.listAllDomains():
            if domain.name() == name:
                if domain.isActive():
                    domain.destroyFlags(0)
                domain.undefineFlags(0)
        there = self.disks.listVolumes()
        for volume in (f"{name}.root", f"{name}.config"):
            if volume in there:
                self.disks.storageVolLookupByName(volume).delete()
        self.console(name).unlink(missing_ok=True)

    def upload(self, description: str, content: bytes) -> None:
        """A new volume of disks, with this in it."""
        volume = self.disks.createXML(description)
        stream = self.connection.newStream()
        volume.upload(stream, 0, 0)
        rest = memoryview(content)
        while rest:
            rest = rest[stream.send(bytes(rest[:PIECE])) :]
        stream.finish()
