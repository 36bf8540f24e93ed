"""What libvirt alone needs for each action: the same calls upon such a guest, with nothing around them."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from bench.api import Failed
from bench.real_guest import PIECE, BarePort, Template
from bench.waiting import until
from berthline.hypervisor.libvirt.xml import volume_facts, volume_xml

if TYPE_CHECKING:  # the binding is a package of the distribution's, and not everywhere
    from berthline.hypervisor.libvirt.binding import Domain

LOOK_SECONDS: Final = 0.005
LIMIT_SECONDS: Final = 120.0
LARGER: Final = 2
"""GiB of the disk after a resize, as the larger flavor has."""


class BareGuest:
    """One guest, started already. `act` does what an action does to it; what is done stays done."""

    def __init__(self, template: Template, name: str, port: BarePort) -> None:
        self._template = template
        self._name = name
        self._description = template.description(name, port)
        self._image = b""
        self._acts: dict[str, Callable[[], object]] = {
            "pause": lambda: self._found().suspend(),
            "unpause": lambda: self._found().resume(),
            "suspend": lambda: self._found().managedSave(),
            "resume": lambda: self._found().createWithFlags(0),
            "stop": self._shut_down,
            "start": lambda: self._found().createWithFlags(0),
            "hard reboot": lambda: self._found().reset(0),
            "rescue": self._rescue,
            "unrescue": self._unrescue,
            "createImage": self._copy_running,
            "resize": self._resize,
            "revertResize": self._revert,
            "confirmResize": lambda: self._delete("kept"),
            "rebuild": self._rebuild,
            "shelve": self._shelve,
            "unshelve": self._unshelve,
        }

    def act(self, action: str) -> float:
        """Seconds that it took, looking for what libvirt does by itself in between."""
        begun = time.perf_counter()
        self._acts[action]()
        return time.perf_counter() - begun

    def _found(self) -> "Domain":
        for domain in self._template.connection.listAllDomains():
            if domain.name() == self._name:
                return domain
        raise Failed(f"libvirt has no guest {self._name}")

    def _rescue(self) -> None:
        self._shut_down()
        self._template.make_overlay(f"{self._name}.rescue")
        self._start_anew()

    def _unrescue(self) -> None:
        self._shut_down()
        self._delete("rescue")
        self._start_anew()

    def _resize(self) -> None:
        self._shut_down()
        self._copy("root", "kept")
        self._template.disks.storageVolLookupByName(f"{self._name}.root").resize(LARGER * 1024**3)
        self._start_anew()

    def _revert(self) -> None:
        self._found().destroyFlags(0)
        self._delete("root")
        self._copy("kept", "root")
        self._delete("kept")
        self._start_anew()

    def _rebuild(self) -> None:
        self._found().destroyFlags(0)
        self._delete("root")
        self._template.make_overlay(f"{self._name}.root")
        self._start_anew()

    def _unshelve(self) -> None:
        """The copy comes back as an image would, and the disk is made of the first image, which is as long."""
        self._template.upload(volume_xml(f"{self._name}.image", 0, "raw"), self._image)
        self._delete("image")
        self._template.make_overlay(f"{self._name}.root")
        self._template.make_drive(self._name)
        self._start()

    def _shut_down(self) -> None:
        domain = self._found()
        domain.shutdown()
        until(lambda: not domain.isActive(), f"guest {self._name} shut down", LIMIT_SECONDS, LOOK_SECONDS)

    def _start(self) -> None:
        self._template.connection.defineXMLFlags(self._description).createWithFlags(0)

    def _start_anew(self) -> None:
        self._delete("config")
        self._template.make_drive(self._name)
        self._start()

    def _delete(self, what: str) -> None:
        self._template.disks.storageVolLookupByName(f"{self._name}.{what}").delete()

    def _copy(self, what: str, copy: str, *, flat: bool = False) -> None:
        disks = self._template.disks
        source = disks.storageVolLookupByName(f"{self._name}.{what}")
        facts = volume_facts(source.XMLDesc())
        over = None if flat else (facts.backing_path or "", facts.backing_format or "")
        disks.createXMLFrom(volume_xml(f"{self._name}.{copy}", facts.capacity, "qcow2", backing=over), source)

    def _copy_running(self) -> None:
        """A copy of the disk while the guest runs, read to its end and removed."""
        from berthline.hypervisor.libvirt import binding, copies

        domain, disks = self._found(), self._template.disks
        root = disks.storageVolLookupByName(f"{self._name}.root")
        copy = disks.createXML(volume_xml(f"{self._name}.copy", volume_facts(root.XMLDesc()).capacity, "qcow2"))
        domain.backupBegin(copies.backup_xml("vda", copy.path()), None, binding.BACKUP_ONTO_VOLUME)
        is_copied = f"the disk of guest {self._name} copied"
        until(lambda: domain.jobStats().get("type", 0) == 0, is_copied, LIMIT_SECONDS, LOOK_SECONDS)
        self._read("copy")
        copy.delete()

    def _shelve(self) -> None:
        self._shut_down()
        self._copy("root", "copy", flat=True)
        self._image = self._read("copy")
        self._found().undefineFlags(0)
        for what in ("copy", "root", "config"):
            self._delete(what)

    def _read(self, what: str) -> bytes:
        stream = self._template.connection.newStream()
        self._template.disks.storageVolLookupByName(f"{self._name}.{what}").download(stream, 0, 0)
        read = bytearray()
        while piece := stream.recv(PIECE):
            read += piece
        stream.finish()
        return bytes(read)
