"""The hardware that an image chooses, in libvirt's XML; and the disks of a flavor."""

from typing import Literal

import pytest
from lxml import etree
from lxml.etree import _Element as Element

from berthline.domain.hardware import Hardware, Topology, Tpm, most_nics
from berthline.domain.ids import PortId
from berthline.hypervisor.image_format import MIB, swap_header
from berthline.hypervisor.libvirt import xml
from berthline.hypervisor.libvirt.settings import LibvirtSettings
from tests.unit.hypervisor.samples import make_spec, make_vif

PATHS = {"root": "/disks/root", "ephemeral": "/disks/eph", "swap": "/disks/swap"}
PLAIN_FILES = xml.GuestFiles(disks={"root": "/disks/root"}, config_drive=None, console="/one", firmware="/firmware/one")
FILES = xml.GuestFiles(disks=PATHS, config_drive="/disks/config", console="/one", firmware="/firmware/one")


def domain(hardware: Hardware, files: xml.GuestFiles = FILES, nics: int = 1) -> Element:
    vifs = [make_vif(PortId(f"port-{number}"), f"fa:16:3e:00:00:{number:02x}") for number in range(nics)]
    spec = make_spec(*vifs, hardware=hardware, ephemeral_gb=1, swap_mb=8)
    return etree.fromstring(xml.domain_xml(spec, files, "qemu", LibvirtSettings()))


def attributes(root: Element, path: str, name: str) -> list[str | None]:
    return [element.get(name) for element in root.iterfind(path)]


def test_disks_of_the_flavor_lie_between_the_root_and_the_config_drive() -> None:
    root = domain(Hardware())
    assert attributes(root, "devices/disk/source", "file") == [
        "/disks/root",
        "/disks/eph",
        "/disks/swap",
        "/disks/config",
    ]
    assert attributes(root, "devices/disk/target", "dev") == ["vda", "vdb", "vdc", "vdd"]
    assert attributes(root, "devices/disk/driver", "type") == ["qcow2", "qcow2", "raw", "raw"]


@pytest.mark.parametrize(
    ("hardware", "names", "buses"),
    [
        (Hardware(disk_bus="scsi"), ["sda", "sdb", "sdc", "sdd"], ["scsi"] * 4),
        (Hardware(disk_bus="sata"), ["sda", "sdb", "sdc", "sdd"], ["sata"] * 4),
        (Hardware(disk_bus="ide"), ["hda", "hdb", "hdc", "hdd"], ["ide"] * 4),
        (Hardware(config_drive_bus="sata"), ["vda", "vdb", "vdc", "sda"], ["virtio"] * 3 + ["sata"]),
        (Hardware(disk_bus="scsi", config_drive_bus="sata"), ["sda", "sdb", "sdc", "sdd"], ["scsi"] * 3 + ["sata"]),
    ],
)
def test_disks_are_on_their_bus(hardware: Hardware, names: list[str], buses: list[str]) -> None:
    root = domain(hardware)
    assert attributes(root, "devices/disk/target", "dev") == names
    assert attributes(root, "devices/disk/target", "bus") == buses
    kinds = attributes(root, "devices/disk", "device")
    assert kinds == ["disk"] * 3 + ["cdrom" if buses[3] in {"ide", "sata"} else "disk"]
    has_scsi = root.find("devices/controller[@type='scsi']") is not None
    assert has_scsi == ("scsi" in buses)


def test_ide_needs_a_machine_that_has_it() -> None:
    for hardware, machine in (
        (Hardware(disk_bus="ide"), "pc"),
        (Hardware(), "q35"),
        (Hardware(machine="pc"), "pc"),
        (Hardware(machine="pc-q35-7.2"), "pc-q35-7.2"),
    ):
        assert attributes(domain(hardware), "os/type", "machine") == [machine]


def test_what_is_asked_for_is_in_the_definition() -> None:
    asked = Hardware(
        firmware="uefi",
        vif_model="e1000e",
        guest_agent=True,
        boot_menu=True,
        hpet=True,
        pmu=False,
        local_time=True,
        watchdog="reset",
        topology=Topology(1, 2, 1),
        video_mb=32,
        tpm=Tpm("2.0", "tpm-crb"),
    )
    root, plain = domain(asked), domain(Hardware())
    assert attributes(root, "os", "firmware") == ["efi"]
    assert root.findtext("os/nvram") == "/firmware/one"
    assert attributes(root, "devices/tpm", "model") == ["tpm-crb"]
    assert attributes(root, "devices/tpm/backend", "version") == ["2.0"]
    assert attributes(root, "devices/interface/model", "type") == ["e1000e"]
    assert attributes(root, "devices/channel/target", "name") == ["org.qemu.guest_agent.0"]
    assert attributes(root, "os/bootmenu", "enable") == ["yes"]
    assert attributes(root, "clock/timer[@name='hpet']", "present") == ["yes"]
    assert attributes(root, "features/pmu", "state") == ["off"]
    assert (attributes(root, "clock", "offset"), attributes(plain, "clock", "offset")) == (["localtime"], ["utc"])
    assert attributes(root, "devices/watchdog", "action") == ["reset"]
    assert attributes(root, "cpu/topology", "cores") == ["2"]
    assert attributes(root, "devices/video/model", "vram") == ["32768"]
    assert attributes(plain, "devices/video/model", "vram") == ["16384"]
    assert xml.vif_model_of(etree.tostring(root, encoding="unicode")) == "e1000e"
    for path in (
        "os/firmware",
        "os/nvram",
        "devices/tpm",
        "os/bootmenu",
        "devices/channel",
        "features/pmu",
        "devices/watchdog",
        "cpu/topology",
    ):
        assert plain.find(path) is None, path
    assert attributes(plain, "devices/interface/model", "type") == ["virtio"]
    for each in (root, plain):
        assert attributes(each, "devices/panic", "model") == ["isa"], "a kernel that is lost can say so"
        assert each.findtext("on_crash") == "destroy", "libvirt tells of it; whether it starts again is ours to say"


@pytest.mark.parametrize("nics", [0, 1, 20, 30])
def test_every_nic_that_may_come_has_a_port(nics: int) -> None:
    root = domain(Hardware(), nics=nics)
    ports = len(root.findall("devices/controller[@model='pcie-root-port']"))
    others = len(root.findall("devices/disk")) + 1
    assert ports == others + most_nics(nics)
    assert most_nics(nics) >= max(24, nics + 8)


def test_the_processor_is_the_hosts_to_set() -> None:
    def cpu(settings: LibvirtSettings, virt_type: Literal["kvm", "qemu"] = "qemu") -> Element:
        root = etree.fromstring(xml.domain_xml(make_spec(), PLAIN_FILES, virt_type, settings))
        found = root.find("cpu")
        assert found is not None
        return found

    assert cpu(LibvirtSettings()).get("mode") == "maximum"
    assert cpu(LibvirtSettings(), "kvm").get("mode") == "host-passthrough"
    assert cpu(LibvirtSettings(cpu_mode="host-model"), "kvm").get("mode") == "host-model"
    custom = cpu(LibvirtSettings(cpu_mode="custom", cpu_model="Nehalem"))
    assert (custom.get("mode"), custom.get("match"), custom.findtext("model")) == ("custom", "exact", "Nehalem")


def test_conventional_nics_lie_behind_a_bridge() -> None:
    root = domain(Hardware(vif_model="e1000"))
    assert root.find("devices/controller[@model='pcie-to-pci-bridge']") is not None


def test_swap_begins_as_mkswap_writes_it() -> None:
    header = swap_header(64 * MIB)
    assert len(header) == 4096
    assert header.endswith(b"SWAPSPACE2")
    assert header[1024:1036] == b"\x01\0\0\0" + (64 * 256 - 1).to_bytes(4, "little") + b"\0\0\0\0"
