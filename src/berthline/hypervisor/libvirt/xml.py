"""The XML that libvirt is given and gives: pure functions, no connection.

https://libvirt.org/formatdomain.html and formatstorage.html say what the elements mean.
"""

import re
import uuid
from collections.abc import Mapping
from typing import Literal

import msgspec
from lxml import etree
from lxml.etree import _Element as Element

from berthline.domain.disks import config_drive_device
from berthline.domain.hardware import Hardware, most_nics
from berthline.domain.hypervisor import GuestSpec
from berthline.domain.ids import PortId, ServerId
from berthline.domain.network_info import VIF
from berthline.hypervisor.libvirt.consoles import screen, serial
from berthline.hypervisor.libvirt.settings import LibvirtSettings

NAMESPACE = "urn:berthline:guest:1"
"""Of our element in a domain's metadata."""

DOMAIN_PREFIX = "berthline-"

ALIAS_PREFIX = "ua-"
"""libvirt keeps the alias of a device as it was given only when it begins so."""

CONVENTIONAL = frozenset({"e1000", "rtl8139"})
"""Models of NICs that are no PCI Express devices: on q35 they lie behind a bridge."""

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""

HOST_OFFLOADS = ("csum", "gso", "tso4", "tso6", "ecn", "ufo", "mrg_rxbuf")
GUEST_OFFLOADS = ("csum", "tso4", "tso6", "ecn", "ufo")


class GuestFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Paths on the host, as libvirt named them."""

    disks: Mapping[str, str]
    """By the names of the disks."""
    config_drive: str | None
    console: str
    firmware: str = ""
    """Where a UEFI guest's firmware remembers what it is to; libvirt makes the file at the first start."""


def domain_name(server_id: ServerId) -> str:
    """What libvirt, and people who run `virsh list`, call the guest."""
    return DOMAIN_PREFIX + server_id


def server_of(name: str) -> ServerId | None:
    """The server whose guest has this name; None for a guest that is not Berthline's."""
    rest = name.removeprefix(DOMAIN_PREFIX)
    try:
        known = rest != name and str(uuid.UUID(rest)) == rest
    except ValueError:
        return None
    return ServerId(rest) if known else None


def domain_xml(spec: GuestSpec, files: GuestFiles, virt_type: Literal["kvm", "qemu"], settings: LibvirtSettings) -> str:
    """The definition of a guest. Its UUID is the server's id."""
    domain = etree.Element("domain", type=virt_type)
    _text(domain, "name", domain_name(spec.server_id))
    _text(domain, "uuid", spec.server_id)
    _metadata(domain, spec)
    _text(domain, "memory", str(spec.memory_mb), unit="MiB")
    _text(domain, "vcpu", str(spec.vcpus))
    machine = machine_of(spec, settings)
    _system(domain, spec, machine, files.firmware)
    features = etree.SubElement(domain, "features")
    etree.SubElement(features, "acpi")
    etree.SubElement(features, "apic")
    if spec.hardware.secure_boot:  # without it the guest could write what is to be protected
        etree.SubElement(features, "smm", state="on")
    if spec.hardware.pmu is not None:
        etree.SubElement(features, "pmu", state="on" if spec.hardware.pmu else "off")
    _cpu(domain, spec.hardware, virt_type, settings)
    _clock(domain, spec.hardware)
    _text(domain, "on_poweroff", "destroy")
    _text(domain, "on_reboot", "restart")
    _text(domain, "on_crash", "destroy")
    devices = etree.SubElement(domain, "devices")
    _disks(devices, spec, files)
    _controllers(devices, spec, files, machine)
    for vif in spec.vifs:
        devices.append(_interface(vif, settings, spec.hardware.vif_model))
    serial(devices, files.console)
    screen(devices, spec.hardware)
    if spec.hardware.guest_agent:
        channel = etree.SubElement(devices, "channel", type="unix")
        etree.SubElement(channel, "target", type="virtio", name="org.qemu.guest_agent.0")
    # by which a guest's kernel says that it is lost: libvirt then tells it as crashed
    etree.SubElement(devices, "panic", model="isa")
    if spec.hardware.watchdog is not None:
        etree.SubElement(devices, "watchdog", model="i6300esb", action=spec.hardware.watchdog)
    if (
        spec.hardware.tpm is not None
    ):  # libvirt runs swtpm beside the guest, and keeps its state as long as the definition
        tpm = etree.SubElement(devices, "tpm", model=spec.hardware.tpm.model)
        etree.SubElement(tpm, "backend", type="emulator", version=spec.hardware.tpm.version)
    generator = etree.SubElement(devices, "rng", model="virtio")
    _text(generator, "backend", "/dev/urandom", model="random")
    etree.SubElement(devices, "memballoon", model="none")
    return etree.tostring(domain, encoding="unicode")


def machine_of(spec: GuestSpec, settings: LibvirtSettings) -> str:
    """The machine type: the image's, or the host's; with IDE disks it is one that has IDE."""
    buses = {spec.hardware.disk_bus, spec.hardware.config_drive_bus, *(disk.bus for disk in spec.disks)}
    if spec.hardware.machine is None and spec.hardware.secure_boot:
        return "q35"
    if spec.hardware.machine is None and "ide" in buses:
        return "pc"
    return spec.hardware.machine or settings.machine


def interface_xml(vif: VIF, settings: LibvirtSettings, model: str = "virtio") -> str:
    """One NIC, to attach to a guest."""
    return etree.tostring(_interface(vif, settings, model), encoding="unicode")


def vif_model_of(domain: str) -> str:
    """The model of NICs that the guest's image asked for, as the definition notes it."""
    found = parsed(domain).findtext(f"metadata/{{{NAMESPACE}}}server/{{{NAMESPACE}}}vif_model")
    return found or "virtio"


def interface_of(domain: str, port_id: PortId) -> str | None:
    """The NIC of this port as the guest's XML has it, to detach it; None when there is none."""
    for interface in parsed(domain).iterfind("devices/interface"):
        if _port_of(interface) == port_id:
            return etree.tostring(interface, encoding="unicode", with_tail=False)
    return None


def ports_of(domain: str) -> frozenset[PortId]:
    """The ports of the NICs in the guest's XML."""
    interfaces = parsed(domain).iterfind("devices/interface")
    return frozenset(port for interface in interfaces if (port := _port_of(interface)) is not None)


def macs_of(domain: str) -> dict[str, str]:
    """The MAC of each tap in the XML of a guest that is on."""
    found: dict[str, str] = {}
    for interface in parsed(domain).iterfind("devices/interface"):
        target, mac = interface.find("target"), interface.find("mac")
        if target is not None and mac is not None:
            found[target.get("dev", "")] = mac.get("address", "")
    return found


def files_of(domain: str) -> frozenset[str]:
    """The paths of the disks in the guest's XML."""
    return frozenset(source.get("file", "") for source in parsed(domain).iterfind("devices/disk/source"))


def _port_of(interface: Element) -> PortId | None:
    """The port that a NIC says it is of, by the alias that Berthline gives it; the switch may know it by another id."""
    alias = interface.find("alias")
    name = "" if alias is None else alias.get("name", "")
    if name.startswith(ALIAS_PREFIX):
        return PortId(name.removeprefix(ALIAS_PREFIX))
    parameters = interface.find("virtualport/parameters")
    found = None if parameters is None else parameters.get("interfaceid")
    return None if found is None else PortId(found)


def _metadata(domain: Element, spec: GuestSpec) -> None:
    """For people: which server this is. Berthline itself reads back the model of NICs alone."""
    metadata = etree.SubElement(domain, "metadata")
    server = etree.SubElement(metadata, f"{{{NAMESPACE}}}server", nsmap={"berthline": NAMESPACE})
    said = (("name", spec.name), ("image", spec.image.id), ("vif_model", spec.hardware.vif_model))
    for key, value in said:
        etree.SubElement(server, f"{{{NAMESPACE}}}{key}").text = NOT_XML.sub("\ufffd", value)


def _system(domain: Element, spec: GuestSpec, machine: str, variables: str) -> None:
    """Firmware and DMI. cloud-init asks OpenStack's metadata only where the DMI product is OpenStack's."""
    system = etree.SubElement(domain, "sysinfo", type="smbios")
    table = etree.SubElement(system, "system")
    for key, value in (
        ("manufacturer", "Berthline"),
        ("product", "OpenStack Compute"),
        ("serial", spec.server_id),
        ("uuid", spec.server_id),
        ("family", "Virtual Machine"),
    ):
        _text(table, "entry", value, name=key)
    # libvirt picks the firmware's files
    boot = etree.SubElement(domain, "os", {"firmware": "efi"} if spec.hardware.firmware == "uefi" else {})
    _text(boot, "type", "hvm", arch="x86_64", machine=machine)
    if spec.hardware.firmware == "uefi":
        firmware = etree.SubElement(boot, "firmware")
        for name in ("secure-boot", "enrolled-keys"):
            etree.SubElement(firmware, "feature", enabled="yes" if spec.hardware.secure_boot else "no", name=name)
        _text(boot, "nvram", variables)
    if spec.hardware.boot_menu:
        etree.SubElement(boot, "bootmenu", enable="yes")
    etree.SubElement(boot, "smbios", mode="sysinfo")


def _cpu(domain: Element, hardware: Hardware, virt_type: Literal["kvm", "qemu"], settings: LibvirtSettings) -> None:
    # Without KVM: all that the emulator can do, as a distribution's kernel may need more than its least.
    mode = settings.cpu_mode or ("host-passthrough" if virt_type == "kvm" else "maximum")
    cpu = etree.SubElement(domain, "cpu", mode=mode)
    if mode == "custom":
        cpu.set("match", "exact")
        _text(cpu, "model", settings.cpu_model or "qemu64", fallback="forbid")
    if hardware.topology is not None:
        counts = msgspec.structs.asdict(hardware.topology)
        etree.SubElement(cpu, "topology", {name: str(count) for name, count in counts.items()})


def _clock(domain: Element, hardware: Hardware) -> None:
    clock = etree.SubElement(domain, "clock", offset="localtime" if hardware.local_time else "utc")
    etree.SubElement(clock, "timer", name="pit", tickpolicy="delay")
    etree.SubElement(clock, "timer", name="rtc", tickpolicy="catchup")
    etree.SubElement(clock, "timer", name="hpet", present="yes" if hardware.hpet else "no")


def _disks(devices: Element, spec: GuestSpec, files: GuestFiles) -> None:
    """The server's disks, in their order, and behind them the config drive."""
    for disk in spec.disks:
        _disk(
            devices,
            files.disks[disk.name],
            disk.device,
            disk.bus,
            disk_format=disk.file_format,
            kind=disk.device_type,
            boot=disk.boot_index,
            read_only=disk.device_type == "cdrom",
        )
    if files.config_drive is not None:
        hardware = spec.hardware
        drive_bus = hardware.config_drive_bus or hardware.disk_bus
        # QEMU has no read-only disks on IDE and SATA
        is_cdrom = hardware.config_drive_bus is not None or drive_bus in {"ide", "sata", "usb"}
        kind = "cdrom" if is_cdrom else "disk"
        name = config_drive_device(spec.disks, hardware)
        _disk(devices, files.config_drive, name, drive_bus, disk_format="raw", kind=kind, read_only=True)


def _disk(
    devices: Element,
    path: str,
    target: str,
    bus: str,
    *,
    disk_format: str,
    kind: str = "disk",
    boot: int | None = None,
    read_only: bool = False,
) -> None:
    disk = etree.SubElement(devices, "disk", type="file", device=kind)
    etree.SubElement(disk, "driver", name="qemu", type=disk_format)
    etree.SubElement(disk, "source", file=path)
    etree.SubElement(disk, "target", dev=target, bus=bus)
    if read_only:
        etree.SubElement(disk, "readonly")
    if boot is not None:
        etree.SubElement(disk, "boot", order=str(boot + 1))


def _controllers(devices: Element, spec: GuestSpec, files: GuestFiles, machine: str) -> None:
    """No USB where no disk is on it (it costs the guest time at boot); room for all the NICs that may come.

    On q35 each device has a root port of its own, which is there from the start; `pc` has slots without them. Where
    NICs are conventional devices, a bridge has 31 slots for them.
    """
    buses = _buses(spec, files)
    has_usb = "usb" in buses or spec.hardware.tablet
    etree.SubElement(devices, "controller", type="usb", model="qemu-xhci" if has_usb else "none")
    if "scsi" in buses:
        etree.SubElement(devices, "controller", type="scsi", model="virtio-scsi")
    if "q35" not in machine:
        return
    others = buses.count("virtio") + ("scsi" in buses) + has_usb + spec.hardware.guest_agent
    behind_a_bridge = spec.hardware.vif_model in CONVENTIONAL
    nics = 0 if behind_a_bridge else most_nics(len(spec.vifs))
    bridge = behind_a_bridge or spec.hardware.watchdog is not None
    etree.SubElement(devices, "controller", type="pci", model="pcie-root")
    for _ in range(1 + others + nics + bridge):  # one for the random number generator
        etree.SubElement(devices, "controller", type="pci", model="pcie-root-port")
    if bridge:
        etree.SubElement(devices, "controller", type="pci", model="pcie-to-pci-bridge")


def _buses(spec: GuestSpec, files: GuestFiles) -> list[str]:
    """The bus of each drive."""
    drive = spec.hardware.config_drive_bus or spec.hardware.disk_bus
    return [*(disk.bus for disk in spec.disks), *([] if files.config_drive is None else [drive])]


def _interface(vif: VIF, settings: LibvirtSettings, model: str) -> Element:
    """libvirt itself plugs the tap into the bridge; the interface id is the port's, by which OVN knows it."""
    interface = etree.Element("interface", type="bridge")
    etree.SubElement(interface, "mac", address=vif.address)
    etree.SubElement(interface, "source", bridge=settings.bridge)
    port = etree.SubElement(interface, "virtualport", type="openvswitch")
    etree.SubElement(port, "parameters", interfaceid=vif.ovs_interfaceid)
    etree.SubElement(interface, "target", dev=vif.devname)
    etree.SubElement(interface, "model", type=model)
    if settings.userspace_datapath and model == "virtio":
        driver = etree.SubElement(interface, "driver")
        etree.SubElement(driver, "host", dict.fromkeys(HOST_OFFLOADS, "off"))
        etree.SubElement(driver, "guest", dict.fromkeys(GUEST_OFFLOADS, "off"))
    etree.SubElement(interface, "mtu", size=str(vif.network.mtu))
    etree.SubElement(interface, "rom", enabled="no")
    etree.SubElement(interface, "alias", name=ALIAS_PREFIX + vif.id)
    return interface


def _text(parent: Element, tag: str, text: str, **attributes: str) -> Element:
    element = etree.SubElement(parent, tag, attributes)
    element.text = text
    return element


def parsed(text: str) -> Element:
    """A document from libvirt. No entity or file is ever fetched for it."""
    return etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True))


class VolumeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What libvirt says of a volume, in bytes: the size a guest sees, that of the file and the room it takes; and what
    it overlays.

    Its format is not among them. libvirt guesses that by what the file holds, and a raw one holds what a guest wrote.
    """

    capacity: int
    physical: int
    allocation: int
    backing_path: str | None
    backing_format: str | None


def volume_facts(text: str) -> VolumeFacts:
    """The facts in a volume's XML."""
    volume = parsed(text)
    backing_format = volume.find("backingStore/format")
    return VolumeFacts(
        capacity=int(volume.findtext("capacity", "0")),
        physical=int(volume.findtext("physical", "0")),
        allocation=int(volume.findtext("allocation", "0")),
        backing_path=volume.findtext("backingStore/path"),
        backing_format=None if backing_format is None else backing_format.get("type"),
    )


def volume_xml(
    name: str,
    capacity: int,
    disk_format: Literal["qcow2", "raw"],
    *,
    backing: tuple[str, str] | None = None,
) -> str:
    """A volume to create: ``capacity`` in bytes; ``backing`` is the path and format of the file that it overlays."""
    volume = etree.Element("volume", type="file")
    _text(volume, "name", name)
    _text(volume, "capacity", str(capacity), unit="bytes")
    _text(volume, "allocation", "0", unit="bytes")
    target = etree.SubElement(volume, "target")
    etree.SubElement(target, "format", type=disk_format)
    if disk_format == "qcow2":
        _text(target, "compat", "1.1")
    permissions = etree.SubElement(target, "permissions")
    _text(permissions, "mode", "0600")
    if backing is not None:
        path, backing_format = backing
        store = etree.SubElement(volume, "backingStore")
        _text(store, "path", path)
        etree.SubElement(store, "format", type=backing_format)
    return etree.tostring(volume, encoding="unicode")


def pool_xml(name: str, folder: str) -> str:
    """A storage pool over a folder of the host."""
    pool = etree.Element("pool", type="dir")
    _text(pool, "name", name)
    target = etree.SubElement(pool, "target")
    _text(target, "path", folder)
    permissions = etree.SubElement(target, "permissions")
    # Others may pass through, not look: the account that guests run as opens its own files by name.
    _text(permissions, "mode", "0711")
    return etree.tostring(pool, encoding="unicode")


def pool_folder(text: str) -> str:
    """The folder in a pool's XML."""
    return parsed(text).findtext("target/path", "")
