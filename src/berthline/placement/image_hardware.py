"""What the properties of an image ask of a guest: read whole, or refused by name. Pure.

The names and values are Nova's (``nova.objects.image_meta``). Every property whose name begins with ``hw_`` is known
here: it is honoured, it asks for what every guest here has, or a server with that image is refused.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from berthline.domain.errors import BadRequest
from berthline.domain.hardware import DiskBus, Firmware, Hardware, Topology, VifModel, WatchdogAction

_TRUE: Final = frozenset({"1", "t", "true", "on", "y", "yes"})
_MACHINE: Final = re.compile(r"pc|q35|pc-(i440fx|q35)-\d+\.\d+")

_X86: Final = frozenset({"x86_64", "amd64", "x86-64", "i686", "i386"})
_ONLY: Final[Mapping[str, frozenset[str]]] = {
    "hw_rng_model": frozenset({"virtio"}),
    "hw_scsi_model": frozenset({"virtio-scsi"}),
    "hw_architecture": _X86,
    "architecture": _X86,
    "img_hv_type": frozenset({"kvm", "qemu"}),
    "hw_vm_mode": frozenset({"hvm"}),
    "hw_video_model": frozenset({"none"}),
    "hw_serial_port_count": frozenset({"1"}),
    "os_secure_boot": frozenset({"disabled", "optional"}),
}
"""Properties of which guests here have one value, whatever the image says."""

_OFF: Final = frozenset(
    {
        "hw_firmware_stateless", "hw_ipxe_boot", "hw_locked_memory", "hw_mem_encryption", "hw_vif_multiqueue_enabled",
        "hw_virtio_packed_ring", "hw_ephemeral_encryption",
    }
)  # fmt: skip
"""Properties that may ask for nothing: these guests are without it."""

_UNUSED: Final = frozenset({"hw_rescue_bus", "hw_rescue_device", "hw_floppy_bus"})
"""Properties of devices that no guest here gets: a rescue is refused by itself, and there are no floppy disks."""

_TOPOLOGY: Final = ("hw_cpu_sockets", "hw_cpu_cores", "hw_cpu_threads")


def hardware_of(properties: Mapping[str, str], vcpus: int) -> Hardware:
    """The hardware that an image with these properties asks for, with that many virtual CPUs.

    Raises BadRequest, which names the property, for what this cloud does not offer.
    """
    found: dict[str, Any] = {}
    for name in sorted(properties):
        value = str(properties[name])
        if name in _FIELDS:
            field, read = _FIELDS[name]
            found[field] = read(name, value)
        elif name in _ONLY:
            _one_of(name, value.lower(), _ONLY[name])
        elif name in _OFF:
            _off(name, value)
        elif name.startswith("hw_") and name not in _UNUSED and name not in _TOPOLOGY:
            raise _refused(name, value, "it is not offered by this cloud: remove it from the image")
    hardware = Hardware(**found, topology=_topology(properties, vcpus))
    buses = {"hw_disk_bus": hardware.disk_bus, "hw_cdrom_bus": hardware.config_drive_bus}
    for name, bus in buses.items():
        if bus == "ide" and "q35" in (hardware.machine or ""):
            raise _refused(name, "ide", "hw_machine_type q35 has no IDE: use sata, or machine type pc")
    return hardware


def _topology(properties: Mapping[str, str], vcpus: int) -> Topology | None:
    """The topology asked for; a number that is not given is what is left, cores first."""
    asked = {name: _number(name, str(properties[name])) for name in _TOPOLOGY if name in properties}
    if not asked:
        return None
    product = 1
    for number in asked.values():
        product *= number
    left, rest = divmod(vcpus, product)
    missing = [name for name in ("hw_cpu_cores", "hw_cpu_sockets", "hw_cpu_threads") if name not in asked]
    if rest or (left != 1 and not missing):
        (name, number), *_ = asked.items()
        raise _refused(name, str(number), f"a flavor with {vcpus} vcpus cannot be laid out so")
    for name in missing:
        asked[name], left = left, 1
    return Topology(asked["hw_cpu_sockets"], asked["hw_cpu_cores"], asked["hw_cpu_threads"])


def _one_of(name: str, value: str, offered: "tuple[str, ...] | frozenset[str]") -> str:
    if value not in offered:
        raise _refused(name, value, f"offered are: {', '.join(sorted(offered))}")
    return value


def _matching(name: str, value: str) -> str:
    if not _MACHINE.fullmatch(value):
        raise _refused(name, value, "offered are: pc, q35, and their versions, as pc-q35-7.2")
    return value


def _watchdog(name: str, value: str) -> str | None:
    return None if value == "disabled" else _one_of(name, value, get_args(WatchdogAction))


def _number(name: str, value: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,4}", value):
        raise _refused(name, value, "it is a number from 1 on")
    return int(value)


def _truth(value: str) -> bool:
    """As oslo's bool_from_string, by which Nova reads these."""
    return value.strip().lower() in _TRUE


def _off(name: str, value: str) -> None:
    if _truth(value):
        raise _refused(name, value, "it is not offered by this cloud: remove it from the image")


def _refused(name: str, value: str, why: str) -> BadRequest:
    return BadRequest(f"The image property {name} with the value '{value[:64]}' cannot be honoured: {why}.")


_FIELDS: Final[Mapping[str, tuple[str, Callable[[str, str], Any]]]] = {
    "hw_machine_type": ("machine", _matching),
    "hw_firmware_type": ("firmware", lambda name, value: _one_of(name, value, get_args(Firmware))),
    "hw_disk_bus": ("disk_bus", lambda name, value: _one_of(name, value, get_args(DiskBus))),
    "hw_cdrom_bus": ("config_drive_bus", lambda name, value: _one_of(name, value, ("scsi", "sata", "ide"))),
    "hw_vif_model": ("vif_model", lambda name, value: _one_of(name, value, get_args(VifModel))),
    "hw_qemu_guest_agent": ("guest_agent", lambda _, value: _truth(value)),
    "hw_boot_menu": ("boot_menu", lambda _, value: _truth(value)),
    "hw_time_hpet": ("hpet", lambda _, value: _truth(value)),
    "hw_pmu": ("pmu", lambda _, value: _truth(value)),
    "hw_watchdog_action": ("watchdog", _watchdog),
}
