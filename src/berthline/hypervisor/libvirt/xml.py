"""The XML that libvirt is given and gives: pure functions, no connection.

https://libvirt.org/formatdomain.html and formatstorage.html say what the elements mean.
"""

import re
import uuid
from typing import Literal

import msgspec
from lxml import etree
from lxml.etree import _Element as Element

from berthline.domain.hypervisor import GuestSpec
from berthline.domain.ids import PortId, ServerId
from berthline.domain.network_info import VIF
from berthline.hypervisor.libvirt.settings import LibvirtSettings, MachineType

NAMESPACE = "urn:berthline:guest:1"
"""Of our element in a domain's metadata."""

DOMAIN_PREFIX = "berthline-"

ALIAS_PREFIX = "ua-"
"""libvirt keeps the alias of a device as it was given only when it begins so."""

HOT_PLUG_PORTS = 8
"""PCIe root ports left free on q35, one for each NIC attached later; `pc` has slots without them."""

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""

HOST_OFFLOADS = ("csum", "gso", "tso4", "tso6", "ecn", "ufo", "mrg_rxbuf")
GUEST_OFFLOADS = ("csum", "tso4", "tso6", "ecn", "ufo")


class GuestFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Paths on the host, as libvirt named them."""

    root: str
    config_drive: str | None
    console: str


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
    _system(domain, spec, settings.machine)
    features = etree.SubElement(domain, "features")
    etree.SubElement(features, "acpi")
    etree.SubElement(features, "apic")
    # Without KVM: all that the emulator can do, as a distribution's kernel may need more than its least.
    etree.SubElement(domain, "cpu", mode="host-passthrough" if virt_type == "kvm" else "maximum")
    _clock(domain)
    _text(domain, "on_poweroff", "destroy")
    _text(domain, "on_reboot", "restart")
    _text(domain, "on_crash", "destroy")
    devices = etree.SubElement(domain, "devices")
    _disk(devices, files.root, "vda", disk_format="qcow2", boot=True)
    if files.config_drive is not None:
        _disk(devices, files.config_drive, "vdb", disk_format="raw", read_only=True)
    _controllers(devices, settings.machine)
    for vif in spec.vifs:
        devices.append(_interface(vif, settings))
    _serial(devices, files.console)
    generator = etree.SubElement(devices, "rng", model="virtio")
    _text(generator, "backend", "/dev/urandom", model="random")
    etree.SubElement(devices, "memballoon", model="none")
    return etree.tostring(domain, encoding="unicode")


def interface_xml(vif: VIF, settings: LibvirtSettings) -> str:
    """One NIC, to attach to a guest."""
    return etree.tostring(_interface(vif, settings), encoding="unicode")


def interface_of(domain: str, port_id: PortId) -> str | None:
    """The NIC of this port as the guest's XML has it, to detach it; None when there is none."""
    for interface in _parsed(domain).iterfind("devices/interface"):
        if _port_of(interface) == port_id:
            return etree.tostring(interface, encoding="unicode", with_tail=False)
    return None


def ports_of(domain: str) -> frozenset[PortId]:
    """The ports of the NICs in the guest's XML."""
    interfaces = _parsed(domain).iterfind("devices/interface")
    return frozenset(port for interface in interfaces if (port := _port_of(interface)) is not None)


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
    """For people: which server this is. Berthline itself never reads it back."""
    metadata = etree.SubElement(domain, "metadata")
    server = etree.SubElement(metadata, f"{{{NAMESPACE}}}server", nsmap={"berthline": NAMESPACE})
    for key, value in (("name", spec.name), ("image", spec.image.id)):
        etree.SubElement(server, f"{{{NAMESPACE}}}{key}").text = NOT_XML.sub("\ufffd", value)


def _system(domain: Element, spec: GuestSpec, machine: MachineType) -> None:
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
    boot = etree.SubElement(domain, "os")
    _text(boot, "type", "hvm", arch="x86_64", machine=machine)
    etree.SubElement(boot, "smbios", mode="sysinfo")


def _clock(domain: Element) -> None:
    clock = etree.SubElement(domain, "clock", offset="utc")
    etree.SubElement(clock, "timer", name="pit", tickpolicy="delay")
    etree.SubElement(clock, "timer", name="rtc", tickpolicy="catchup")
    etree.SubElement(clock, "timer", name="hpet", present="no")


def _disk(
    devices: Element,
    path: str,
    target: str,
    *,
    disk_format: str,
    boot: bool = False,
    read_only: bool = False,
) -> None:
    disk = etree.SubElement(devices, "disk", type="file", device="disk")
    etree.SubElement(disk, "driver", name="qemu", type=disk_format)
    etree.SubElement(disk, "source", file=path)
    etree.SubElement(disk, "target", dev=target, bus="virtio")
    if read_only:
        etree.SubElement(disk, "readonly")
    if boot:
        etree.SubElement(disk, "boot", order="1")


def _controllers(devices: Element, machine: MachineType) -> None:
    """No USB (nothing uses it, and it costs the guest time at boot); room for NICs to come."""
    etree.SubElement(devices, "controller", type="usb", model="none")
    if machine == "q35":
        etree.SubElement(devices, "controller", type="pci", model="pcie-root")
        for _ in range(HOT_PLUG_PORTS):
            etree.SubElement(devices, "controller", type="pci", model="pcie-root-port")


def _interface(vif: VIF, settings: LibvirtSettings) -> Element:
    """libvirt itself plugs the tap into the bridge; the interface id is the port's, by which OVN knows it."""
    interface = etree.Element("interface", type="bridge")
    etree.SubElement(interface, "mac", address=vif.address)
    etree.SubElement(interface, "source", bridge=settings.bridge)
    port = etree.SubElement(interface, "virtualport", type="openvswitch")
    etree.SubElement(port, "parameters", interfaceid=vif.ovs_interfaceid)
    etree.SubElement(interface, "target", dev=vif.devname)
    etree.SubElement(interface, "model", type="virtio")
    if settings.userspace_datapath:
        driver = etree.SubElement(interface, "driver")
        etree.SubElement(driver, "host", dict.fromkeys(HOST_OFFLOADS, "off"))
        etree.SubElement(driver, "guest", dict.fromkeys(GUEST_OFFLOADS, "off"))
    etree.SubElement(interface, "mtu", size=str(vif.network.mtu))
    etree.SubElement(interface, "rom", enabled="no")
    etree.SubElement(interface, "alias", name=ALIAS_PREFIX + vif.id)
    return interface


def _serial(devices: Element, console: str) -> None:
    """A terminal for `virsh console`, whose output is kept in a file too, across restarts of the guest."""
    serial = etree.SubElement(devices, "serial", type="pty")
    etree.SubElement(serial, "log", file=console, append="on")
    etree.SubElement(serial, "target", type="isa-serial", port="0")


def _text(parent: Element, tag: str, text: str, **attributes: str) -> Element:
    element = etree.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _parsed(text: str) -> Element:
    """A document from libvirt. No entity or file is ever fetched for it."""
    return etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True))


class VolumeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What libvirt says of a volume: the size a guest sees and that of the file, in bytes, and what it overlays."""

    capacity: int
    physical: int
    backing_path: str | None
    backing_format: str | None


def volume_facts(text: str) -> VolumeFacts:
    """The facts in a volume's XML."""
    volume = _parsed(text)
    backing_format = volume.find("backingStore/format")
    return VolumeFacts(
        capacity=int(volume.findtext("capacity", "0")),
        physical=int(volume.findtext("physical", "0")),
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
    return _parsed(text).findtext("target/path", "")


def offers_kvm_on_bare_metal(capabilities: str) -> bool:
    """True when the host's capabilities list KVM guests and its CPU is not itself a guest's.

    A nested KVM is often there and often broken, and its guests then hang instead of failing.
    """
    root = _parsed(capabilities)
    nested = any(feature.get("name") == "hypervisor" for feature in root.iterfind("host/cpu/feature"))
    arches = root.iterfind("guest/arch[@name='x86_64']/domain")
    return not nested and any(domain.get("type") == "kvm" for domain in arches)


class CpuFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Nova's ``cpu_info`` of a hypervisor."""

    arch: str
    model: str
    vendor: str
    topology: dict[str, int]
    features: list[str]


def cpu_facts(capabilities: str) -> CpuFacts:
    """The processor in a host's capabilities."""
    cpu = _parsed(capabilities).find("host/cpu")
    if cpu is None:
        return CpuFacts(arch="", model="", vendor="", topology={}, features=[])
    topology = cpu.find("topology")
    counts = {} if topology is None else {key: int(topology.get(key, "1")) for key in ("sockets", "cores", "threads")}
    features = sorted(feature.get("name", "") for feature in cpu.iterfind("feature"))
    return CpuFacts(
        arch=cpu.findtext("arch", ""),
        model=cpu.findtext("model", ""),
        vendor=cpu.findtext("vendor", ""),
        topology=counts,
        features=features,
    )
