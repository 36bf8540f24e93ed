"""What a host, and a guest of it, has room for: read from libvirt's capabilities and from a guest's definition."""

from collections.abc import Iterable
from typing import Literal

import msgspec
from lxml import etree

from berthline.domain.errors import Refused
from berthline.domain.hypervisor import GuestSpec
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt.binding import Connection, libvirt_error
from berthline.hypervisor.libvirt.connection import is_lost
from berthline.hypervisor.libvirt.xml import CONVENTIONAL, parsed, ports_of, vif_model_of

EXPAND_FEATURES = 1
"""libvirt's VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES."""
PCI_SLOTS = 32
KEPT_SLOTS = frozenset({0, 1, 2})
"""Of the PCI bus of `pc`: the host bridge's, the chipset's, and the one that libvirt leaves to a graphics card."""


def check_hardware(connection: Connection, spec: GuestSpec, machine: str, virt_type: Literal["kvm", "qemu"]) -> None:
    """Raise Refused, naming the image's property, for what other hosts may have and this one has not."""
    if spec.hardware.machine is None and spec.hardware.firmware == "bios" and spec.hardware.tpm is None:
        return
    try:
        found = connection.getDomainCapabilities(None, "x86_64", machine, virt_type)
    except libvirt_error as error:
        if is_lost(error):
            raise
        raise Refused(f"The host has no machine type {machine}, which the image asks for (hw_machine_type).") from error
    if spec.hardware.firmware == "uefi" and not offers_uefi(found):
        raise Refused("The host has no UEFI firmware, which the image asks for (hw_firmware_type): install it there.")
    if spec.hardware.secure_boot and not offers_secure_boot(found):
        raise Refused(
            "The host has no firmware for secure boot, which is asked for (os_secure_boot): install it there."
        )
    tpm = spec.hardware.tpm
    if tpm is not None and not {tpm.version, tpm.model} <= offered_tpms(found):
        raise Refused(
            f"The host has no TPM {tpm.version} of the model {tpm.model}, which is asked for (hw_tpm_version): install "
            "swtpm and swtpm-tools there."
        )


def offered_tpms(capabilities: str) -> frozenset[str]:
    """The versions and the models of emulated TPMs that the host's domain capabilities name; none without swtpm."""
    tpm = parsed(capabilities).find("devices/tpm[@supported='yes']")
    if tpm is None:
        return frozenset()
    named = {each.get("name"): {value.text or "" for value in each} for each in tpm.iterfind("enum")}
    if "emulator" not in named.get("backendModel", ()):
        return frozenset()
    return frozenset(named.get("backendVersion", set()) | named.get("model", set()))


def offers_secure_boot(capabilities: str) -> bool:
    """Whether the host's domain capabilities name a loader that can be secure."""
    values = parsed(capabilities).iterfind("os/loader/enum[@name='secure']/value")
    return any(value.text == "yes" for value in values)


def check_room(server_id: ServerId, domains: Iterable[str]) -> None:
    """Raise Refused for a guest, given as it runs and as it will start next, that takes no NIC more."""
    for domain in domains:
        if free_places(domain) == 0:
            raise Refused(
                f"Guest {server_id} has {len(ports_of(domain))} NICs, and no room for one more. Detach one first, or "
                "create a server with all of them."
            )


def free_places(domain: str) -> int | None:
    """How many NICs more the guest has places for; None where nobody counts them, behind a bridge."""
    root = parsed(domain)
    controllers = root.findall("devices/controller[@type='pci']")
    ports = {int(each.get("index", "0")) for each in controllers if each.get("model") == "pcie-root-port"}
    addresses = root.findall("devices/*/address[@type='pci']")
    if any(each.get("model") == "pcie-root" for each in controllers):
        if vif_model_of(domain) in CONVENTIONAL:
            return None
        return len(ports - {_number(address.get("bus")) for address in addresses})
    return PCI_SLOTS - len(KEPT_SLOTS | {_number(address.get("slot")) for address in addresses})


def _number(text: str | None) -> int:
    return int(text or "0", 0)


class Extras(msgspec.Struct, frozen=True):
    """What guests can have on a host where more is installed than libvirt and QEMU."""

    uefi: bool = False
    tpms: frozenset[str] = frozenset()


def extras_of(connection: Connection, virt_type: Literal["kvm", "qemu"]) -> Extras:
    """Whether the host has firmware for UEFI, and which TPMs; one without machine type q35 has none of them."""
    try:
        found = connection.getDomainCapabilities(None, "x86_64", "q35", virt_type)
    except libvirt_error as error:
        if is_lost(error):
            raise
        return Extras()
    return Extras(offers_uefi(found), offered_tpms(found))


def offers_uefi(capabilities: str) -> bool:
    """Whether the host's domain capabilities name firmware for UEFI."""
    values = parsed(capabilities).iterfind("os/enum[@name='firmware']/value")
    return any(value.text == "efi" for value in values)


def offers_kvm_on_bare_metal(capabilities: str) -> bool:
    """True when the host's capabilities list KVM guests and its CPU is not itself a guest's.

    A nested KVM is often there and often broken, and its guests then hang instead of failing.
    """
    root = parsed(capabilities)
    nested = any(feature.get("name") == "hypervisor" for feature in root.iterfind("host/cpu/feature"))
    arches = root.iterfind("guest/arch[@name='x86_64']/domain")
    return not nested and any(domain.get("type") == "kvm" for domain in arches)


def cpu_features(connection: Connection) -> list[str]:
    """Every feature of the host's processor, those of its model among them.

    A host whose processor libvirt does not know tells those that it names itself.
    """
    cpu = parsed(connection.getCapabilities()).find("host/cpu")
    if cpu is None:
        return []
    try:
        whole = connection.baselineCPU([etree.tostring(cpu, encoding="unicode")], EXPAND_FEATURES)
    except libvirt_error as error:
        if is_lost(error):
            raise
        whole = etree.tostring(cpu, encoding="unicode")
    return sorted({feature.get("name", "") for feature in parsed(whole).iterfind("feature")})


class CpuFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Nova's ``cpu_info`` of a hypervisor."""

    arch: str
    model: str
    vendor: str
    topology: dict[str, int]
    features: list[str]


def cpu_facts(capabilities: str) -> CpuFacts:
    """The processor in a host's capabilities."""
    cpu = parsed(capabilities).find("host/cpu")
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
