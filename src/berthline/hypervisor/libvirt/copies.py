"""Copies of root disks: whole files of their own beside the disks, flattened, as they were at one moment.

Of a guest that is on, QEMU copies while the guest goes on: the moment is that at which the job begins. Of one that is
off, libvirt converts the volume. A copy is ``SERVER.copy-COPY`` in the pool of disks. These functions run in
`Host.run`'s thread.
"""

import re
from collections.abc import Collection
from contextlib import suppress
from typing import Final, Literal

import structlog
from lxml import etree

from berthline.domain.errors import Refused, Transient
from berthline.domain.hypervisor import DiskCopy
from berthline.domain.ids import CopyId, ServerId
from berthline.hypervisor.libvirt import binding, guests, quiet, xml
from berthline.hypervisor.libvirt.binding import Connection, Domain, Stream, libvirt_error
from berthline.hypervisor.libvirt.images import delete_volume, found_volume, pool_of
from berthline.hypervisor.libvirt.uploads import PIECE

log = structlog.get_logger("berthline.hypervisor.libvirt")

AGENT: Final = "org.qemu.guest_agent.0"
AGENT_SECONDS: Final = 10
"""How long a guest's agent may take to answer."""

PIECES: Final = 4
"""So many of libvirt's messages are read by one hop to a thread: about a MiB."""

_NAME: Final = re.compile(r"([0-9a-f-]{36})\.copy-([0-9a-f-]{36})")
Progress = Literal["under way", "done", "stopped"]


def volume_name(server_id: ServerId, copy_id: CopyId) -> str:
    """The name of a copy's volume."""
    return f"{server_id}.copy-{copy_id}"


def begin(connection: Connection, server_id: ServerId, copy_id: CopyId, *, require_quiesce: bool) -> bool:
    """Have QEMU begin to copy the disk of a guest that is on; False for one that is off, where nothing is begun."""
    domain = guests.found(connection, server_id)
    if domain is None or not domain.isActive():
        return False
    pool = pool_of(connection, "disks")
    root = pool.storageVolLookupByName(f"{server_id}.root")
    target = _target_of(domain.XMLDesc(), root.path())
    if target is None:
        raise Refused(f"Guest {server_id} has no root disk to copy.")
    if require_quiesce:
        _check_agent(domain, server_id)
    capacity = xml.volume_facts(root.XMLDesc()).capacity
    copy = pool.createXML(xml.volume_xml(volume_name(server_id, copy_id), capacity, "qcow2"))
    is_quiet = _quieted(domain, server_id, require=require_quiesce)
    try:
        domain.backupBegin(backup_xml(target, copy.path()), None, binding.BACKUP_ONTO_VOLUME)
    finally:
        if is_quiet:
            domain.fsThaw()
            quiet.forget(domain)
    return True


def progress(connection: Connection, server_id: ServerId) -> Progress:
    """How the copying stands. Raises Refused when it failed: there is no room for the copy, as a rule."""
    domain = guests.found(connection, server_id)
    if domain is None or not domain.isActive():
        return "stopped"
    if domain.jobStats().get("type", binding.JOB_NONE) != binding.JOB_NONE:
        return "under way"
    ended = domain.jobStats(binding.JOB_ENDED)
    if ended.get("success"):
        return "done"
    if "errmsg" in ended:
        log.warning("a disk was not copied", guest=server_id, error=ended["errmsg"])
        raise Refused(
            f"The disk of guest {server_id} could not be copied on its host. Most likely there is too little room for "
            "the copy; an operator finds the reason in Berthline's log."
        )
    return "stopped"


def convert(connection: Connection, server_id: ServerId, copy_id: CopyId) -> None:
    """Copy the disk of a guest that is off. It takes as long as all of its bytes do."""
    pool = pool_of(connection, "disks")
    root = found_volume(pool, f"{server_id}.root")
    if root is None:
        raise Refused(f"Server {server_id} has no disk on its host to copy.")
    capacity = xml.volume_facts(root.XMLDesc()).capacity
    pool.createXMLFrom(xml.volume_xml(volume_name(server_id, copy_id), capacity, "qcow2"), root)


def delete(connection: Connection, server_id: ServerId, copy_id: CopyId) -> None:
    """End what is under way, and leave nothing. Raises Transient while the host still makes the file."""
    volume = found_volume(pool_of(connection, "disks"), volume_name(server_id, copy_id))
    if volume is None:
        return
    domain = guests.found(connection, server_id)
    if domain is not None and domain.isActive():
        # Whoever began it may have ended between the freeze and the thaw.
        if quiet.is_noted(domain) and _can_answer(domain):
            try:
                _thaw(domain)
                quiet.forget(domain)
            except libvirt_error as error:
                log.warning("a guest whose copy is deleted may be quiet still", guest=server_id, error=str(error))
        if _copies_to(domain, volume.path()):
            end_job(domain)
    try:
        delete_volume(volume)
    except libvirt_error as error:
        if error.get_error_code() in binding.INVALID_STATE_CODES:
            raise Transient(f"The host still makes a copy of the disk of server {server_id}.") from error
        raise


def end_job(domain: Domain) -> None:
    """End the guest's job; one that has ended by itself since somebody looked is as good."""
    try:
        domain.abortJob()
    except libvirt_error as error:
        if error.get_error_code() not in binding.INVALID_STATE_CODES:
            raise


def found(connection: Connection) -> Collection[DiskCopy]:
    """Every copy on the host."""
    matches = map(_NAME.fullmatch, pool_of(connection, "disks").listVolumes())
    return frozenset(DiskCopy(ServerId(match[1]), CopyId(match[2])) for match in matches if match)


def delete_all(connection: Connection, server_id: ServerId) -> None:
    """Leave no copy of the server's."""
    for copy in found(connection):
        if copy.server_id == server_id:
            delete(connection, server_id, copy.copy_id)


def reading(connection: Connection, server_id: ServerId, copy_id: CopyId) -> Stream:
    """A stream of the copy's bytes."""
    volume = found_volume(pool_of(connection, "disks"), volume_name(server_id, copy_id))
    if volume is None:
        raise Refused(f"The host has no copy {copy_id} of the disk of server {server_id}. Copy it anew.")
    stream = connection.newStream()
    volume.download(stream, 0, 0)
    return stream


def read(stream: Stream) -> bytes:
    """The next bytes; b"" behind the last one."""
    pieces: list[bytes] = []
    while len(pieces) < PIECES and (piece := stream.recv(PIECE)):
        pieces.append(piece)
    return b"".join(pieces)


def _check_agent(domain: Domain, server_id: ServerId) -> None:
    if not _can_answer(domain):
        raise Refused(f"Guest {server_id} has no agent that answers, and its image requires a quiet file system.")


def _can_answer(domain: Domain) -> bool:
    """Whether it is worth asking: the agent of a guest whose processors stand still would be waited for in vain."""
    return guests.power(domain) == "running" and _has_agent(domain.XMLDesc())


def _quieted(domain: Domain, server_id: ServerId, *, require: bool) -> bool:
    """Have the guest write what it holds back and write no more; False where it has no agent that does so."""
    if not _can_answer(domain):
        return False
    try:
        quiet.note(domain)
        domain.agentSetResponseTimeout(AGENT_SECONDS)
        domain.fsFreeze()
    except libvirt_error as error:
        with suppress(libvirt_error):
            _thaw(domain)  # some of its file systems may be quiet
            quiet.forget(domain)
        if require:
            raise Refused(f"The agent of guest {server_id} could not make its file systems quiet.") from error
        log.warning("a guest was not made quiet", guest=server_id, error=str(error))
        return False
    return True


def _thaw(domain: Domain) -> None:
    domain.agentSetResponseTimeout(AGENT_SECONDS)
    domain.fsThaw()


def _copies_to(domain: Domain, path: str) -> bool:
    """Whether the guest's disk is copied to this file just now."""
    return _backup_target(domain) == path


def _backup_target(domain: Domain) -> str | None:
    try:
        text = domain.backupGetXMLDesc()
    except libvirt_error:  # there is no such job
        return None
    target = xml.parsed(text).find("disks/disk[@backup='yes']/target")
    return None if target is None else target.get("file")


def _has_agent(description: str) -> bool:
    """Whether the guest's agent has its end of the channel open."""
    channel = xml.parsed(description).find(f"devices/channel/target[@name='{AGENT}']")
    return channel is not None and channel.get("state") == "connected"


def _target_of(description: str, path: str) -> str | None:
    """The guest's name of the disk that lies in this file."""
    for disk in xml.parsed(description).findall("devices/disk"):
        source, target = disk.find("source"), disk.find("target")
        if source is not None and target is not None and source.get("file") == path:
            return target.get("dev")
    return None


def backup_xml(target: str, path: str) -> str:
    """The job that copies the whole disk that the guest calls so into this file, a qcow2 one that is there."""
    backup = etree.Element("domainbackup", mode="push")
    disk = etree.SubElement(
        etree.SubElement(backup, "disks"), "disk", name=target, backup="yes", type="file", backupmode="full"
    )
    etree.SubElement(disk, "driver", type="qcow2")
    etree.SubElement(disk, "target", file=path)
    return etree.tostring(backup, encoding="unicode")
