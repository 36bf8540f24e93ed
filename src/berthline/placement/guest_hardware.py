"""What an image's properties and a flavor's extra specs ask of a guest: read whole, or refused by name. Pure.

The names and values are Nova's (``nova.objects.image_meta``, ``nova.api.validation.extra_specs``). Every property whose
name begins with ``hw_``, and every extra spec in a namespace that Nova reads, is known here: it is honoured, it asks
for what every guest here has, or a server with it is refused. Extra specs of no such namespace are an operator's notes.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple, cast, get_args

from berthline.domain.errors import BadRequest
from berthline.domain.hardware import (
    DiskBus,
    Firmware,
    Hardware,
    Topology,
    Tpm,
    TpmModel,
    TpmVersion,
    VideoModel,
    VifModel,
    WatchdogAction,
)

_TRUE: Final = frozenset({"1", "t", "true", "on", "y", "yes"})
_MACHINE: Final = re.compile(r"pc|q35|pc-(i440fx|q35)-\d+\.\d+")
_USER: Final = re.compile(r"[^:\x00-\x1f\x7f]{1,255}")

_X86: Final = frozenset({"x86_64", "amd64", "x86-64", "i686", "i386"})
_ONLY: Final[Mapping[str, frozenset[str]]] = {
    "hw_rng_model": frozenset({"virtio"}),
    "hw_scsi_model": frozenset({"virtio-scsi"}),
    "hw_architecture": _X86,
    "architecture": _X86,
    "img_hv_type": frozenset({"kvm", "qemu"}),
    "hw_vm_mode": frozenset({"hvm"}),
    "hw_serial_port_count": frozenset({"1"}),
}
"""Properties of which guests here have one value, whatever the image says."""

_OFF: Final = frozenset(
    {
        "hw_firmware_stateless", "hw_ipxe_boot", "hw_locked_memory", "hw_mem_encryption", "hw_vif_multiqueue_enabled",
        "hw_virtio_packed_ring", "hw_ephemeral_encryption", "img_hide_hypervisor_id",
    }
)  # fmt: skip
"""Properties that may ask for nothing: these guests are without it."""

_NOWHERE: Final = frozenset(
    {
        "kernel_id", "ramdisk_id", "os_command_line", "img_hv_requested_version", "img_signature",
        "img_signature_certificate_uuid", "img_signature_hash_method", "img_signature_key_type",
        "img_block_device_mapping", "block_device_mapping", "img_mappings", "mappings",
    }
)  # fmt: skip
"""Properties with which an image is something else than a disk to boot from, or is to be verified first."""

_UNUSED: Final = frozenset({"hw_rescue_bus", "hw_rescue_device", "hw_floppy_bus"})
"""Properties that ask for nothing at a boot: the first two are read at a rescue, and there are no floppy disks.

``os_require_quiesce`` is another: it is read from the image when a disk is copied (``snapshots.copying``).
"""

_TOPOLOGY: Final = ("hw_cpu_sockets", "hw_cpu_cores", "hw_cpu_threads")
_TPM: Final = ("hw_tpm_version", "hw_tpm_model")


_SAME: Final = frozenset(
    {
        "boot_menu", "cpu_cores", "cpu_sockets", "cpu_threads", "ephemeral_encryption", "locked_memory",
        "mem_encryption", "pmu", "serial_port_count", "tpm_model", "tpm_version", "vif_multiqueue_enabled",
        "virtio_packed_ring", "watchdog_action",
    }
)  # fmt: skip
"""Extra specs of the namespace ``hw`` that ask for the same as the image property of that name; the image's counts."""

_NOTHING: Final[Mapping[str, frozenset[str]]] = {
    "hw:cpu_policy": frozenset({"shared"}),
    "hw:mem_page_size": frozenset({"any", "small"}),
    "hw:redirected_usb_ports": frozenset({"0"}),
    "hw:hide_hypervisor_id": frozenset({"0", "f", "false", "off", "n", "no"}),
    "hide_hypervisor_id": frozenset({"0", "f", "false", "off", "n", "no"}),
    "hw_rng:allowed": _TRUE,
}
"""Extra specs with the values that ask for what every guest here has."""

_READ_BY_NOVA: Final = re.compile(r"(hw|hw_rng|hw_video|quota|os|vmware|powervm):.*|hide_hypervisor_id")
"""Extra specs that mean something to Nova; those that choose hosts are in ``conditions``, and in ``unmet_needs``."""

MOST_VIDEO_MB: Final = "hw_video:ram_max_mb"
SIZED_VIDEO: Final[frozenset[VideoModel]] = frozenset({"vga", "bochs"})
"""Screens whose memory QEMU has of any size."""

Asked = dict[str, tuple[str, str]]
"""By the name of an image property: the name that was given, which may be an extra spec's, and the value."""


def hardware_of(properties: Mapping[str, str], specs: Mapping[str, str], vcpus: int) -> Hardware:
    """The hardware that an image with these properties and a flavor with these extra specs and virtual CPUs ask for.

    Raises BadRequest, which names the property or the extra spec, for what this cloud does not offer.
    """
    asked = _of_flavor(specs) | {name: (name, str(properties[name])) for name in sorted(properties)}
    found: dict[str, Any] = {}
    for known_as, (name, value) in asked.items():
        if known_as in _FIELDS:
            field, read = _FIELDS[known_as]
            found[field] = read(name, value)
        elif known_as in _ONLY:
            _one_of(name, value.lower(), _ONLY[known_as])
        elif known_as in _OFF:
            _off(name, value)
        elif known_as in _NOWHERE or (known_as.startswith("hw_") and known_as not in (*_UNUSED, *_TOPOLOGY, *_TPM)):
            raise _not_offered(name, value)
    hardware = Hardware(**found, topology=_topology(asked, vcpus), tpm=tpm_of(properties, specs))
    _check_secure_boot(hardware, properties, specs)
    _check_video_memory(hardware, specs)
    buses = {"hw_disk_bus": hardware.disk_bus, "hw_cdrom_bus": hardware.config_drive_bus}
    for name, bus in buses.items():
        if bus == "ide" and "q35" in (hardware.machine or ""):
            raise _refused(name, "ide", "hw_machine_type q35 has no IDE: use sata, or machine type pc")
    return hardware


def tpm_of(properties: Mapping[str, str], specs: Mapping[str, str]) -> Tpm | None:
    """The trusted platform module that the image or the flavor asks for; None: neither does.

    Raises BadRequest for one that there is not, for a model without a version, and, as Nova does, where the image and
    the flavor do not agree.
    """
    asked: Asked = {}
    for known_as in _TPM:
        spec = known_as.replace("hw_", "hw:", 1)
        given = [
            (name, str(values[name])) for values, name in ((properties, known_as), (specs, spec)) if name in values
        ]
        if len({value for _, value in given}) > 1:
            raise _refused(*given[0], f"the flavor's {spec} is {given[1][1][:64]}")
        if given:
            asked[known_as] = given[0]
    if not asked:
        return None
    if "hw_tpm_version" not in asked:
        raise _refused(*asked["hw_tpm_model"], "it needs hw_tpm_version")
    version = cast("TpmVersion", _one_of(*asked["hw_tpm_version"], get_args(TpmVersion)))
    if "hw_tpm_model" not in asked:
        return Tpm(version)
    model = cast("TpmModel", _one_of(*asked["hw_tpm_model"], get_args(TpmModel)))
    if (model, version) == ("tpm-crb", "1.2"):
        raise _refused(*asked["hw_tpm_model"], "it needs hw_tpm_version 2.0")
    return Tpm(version, model)


def _check_secure_boot(hardware: Hardware, properties: Mapping[str, str], specs: Mapping[str, str]) -> None:
    """Raise BadRequest where it is asked for, and the rest of what is asked for does not go with it, as Nova does."""
    said = [str(properties.get("os_secure_boot", "")).lower(), str(specs.get("os:secure_boot", "")).lower()]
    if {"required", "disabled"} <= set(said):
        raise _refused("os_secure_boot", said[0], f"the flavor's os:secure_boot is {said[1]}")
    if not hardware.secure_boot and "required" not in said:
        return
    name = "os_secure_boot" if said[0] else "os:secure_boot"
    if hardware.firmware != "uefi":
        raise _refused(name, "required", "it needs hw_firmware_type uefi")
    if hardware.machine is not None and "q35" not in hardware.machine:
        raise _refused(name, "required", "it needs hw_machine_type q35")


def _check_video_memory(hardware: Hardware, specs: Mapping[str, str]) -> None:
    """Raise BadRequest for more than the flavor allows, which is nothing where it says nothing, as in Nova."""
    if hardware.video_mb is None:
        return
    value, most = str(hardware.video_mb), int(specs.get(MOST_VIDEO_MB, 0))
    if hardware.video_mb > most:
        raise _refused("hw_video_ram", value, f"the flavor allows {most} MiB by its extra spec {MOST_VIDEO_MB}")
    if hardware.video not in SIZED_VIDEO:
        raise _refused("hw_video_ram", value, f"hw_video_model {hardware.video} has no size to choose")


class Rescue(NamedTuple):
    """How a rescue image asks to be attached; ``bus`` None: as is usual for the device."""

    bus: DiskBus | None
    device_type: Literal["disk", "cdrom"]


def rescue_of(properties: Mapping[str, str]) -> Rescue | None:
    """How an image asks to be attached beside the disks of a server that it rescues; None where it says nothing.

    Raises BadRequest for a bus or a device that guests here do not have.
    """
    bus, device = properties.get("hw_rescue_bus"), properties.get("hw_rescue_device")
    if bus is None and device is None:
        return None
    if bus is not None:
        _one_of("hw_rescue_bus", bus, get_args(DiskBus))
    _one_of("hw_rescue_device", device or "disk", ("disk", "cdrom"))
    return Rescue(cast("DiskBus | None", bus), "cdrom" if device == "cdrom" else "disk")


def _of_flavor(specs: Mapping[str, str]) -> Asked:
    """Extra specs that ask for what an image's property may ask for. Raises BadRequest for others that Nova reads."""
    asked: Asked = {}
    for name in sorted(specs):
        value = str(specs[name])
        namespace, _, rest = name.partition(":")
        if namespace == "hw" and rest in _SAME:
            asked[f"hw_{rest}"] = name, value
        elif name == "os:secure_boot":
            asked["os_secure_boot"] = name, value
        elif name == MOST_VIDEO_MB:
            _video_memory(name, value)
        elif name in _NOTHING:
            _one_of(name, value.strip().lower(), _NOTHING[name])
        elif _READ_BY_NOVA.fullmatch(name):
            raise _not_offered(name, value)
    return asked


def _topology(asked: Asked, vcpus: int) -> Topology | None:
    """The topology asked for; a number that is not given is what is left, cores first."""
    numbers: dict[str, int] = {known_as: _number(*asked[known_as]) for known_as in _TOPOLOGY if known_as in asked}
    if not numbers:
        return None
    product = 1
    for number in numbers.values():
        product *= number
    left, rest = divmod(vcpus, product)
    missing = [known_as for known_as in ("hw_cpu_cores", "hw_cpu_sockets", "hw_cpu_threads") if known_as not in numbers]
    if rest or (left != 1 and not missing):
        raise _refused(*asked[next(iter(numbers))], f"a flavor with {vcpus} vcpus cannot be laid out so")
    for known_as in missing:
        numbers[known_as], left = left, 1
    return Topology(numbers["hw_cpu_sockets"], numbers["hw_cpu_cores"], numbers["hw_cpu_threads"])


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


def _user(name: str, value: str) -> str:
    """A name in a guest; the agent's own line has a colon behind it."""
    if not _USER.fullmatch(value):
        raise _refused(name, value, "a user's name has 1 to 255 characters, without colons and control characters")
    return value


def _secure_boot(name: str, value: str) -> bool:
    return _one_of(name, value.lower(), ("disabled", "optional", "required")) == "required"


def _number(name: str, value: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,4}", value):
        raise _refused(name, value, "it is a number from 1 on")
    return int(value)


def _video_memory(name: str, value: str) -> int | None:
    """In MiB; 0 asks for none of one's own."""
    if value == "0":
        return None
    if (number := _number(name, value)) > 512:  # QEMU gives no more
        raise _refused(name, value, "it is a number from 0 to 512")
    return number


def _truth(value: str) -> bool:
    """As oslo's bool_from_string, by which Nova reads these."""
    return value.strip().lower() in _TRUE


def _off(name: str, value: str) -> None:
    if _truth(value):
        raise _not_offered(name, value)


def _not_offered(name: str, value: str) -> BadRequest:
    where = "flavor" if _is_spec(name) else "image"
    return _refused(name, value, f"it is not offered by this cloud: remove it from the {where}")


def _refused(name: str, value: str, why: str) -> BadRequest:
    what = "extra spec" if _is_spec(name) else "image property"
    return BadRequest(f"The {what} {name} with the value '{value[:64]}' cannot be honoured: {why}.")


def _is_spec(name: str) -> bool:
    return ":" in name or name in _NOTHING


_FIELDS: Final[Mapping[str, tuple[str, Callable[[str, str], Any]]]] = {
    "hw_machine_type": ("machine", _matching),
    "hw_firmware_type": ("firmware", lambda name, value: _one_of(name, value, get_args(Firmware))),
    "hw_disk_bus": ("disk_bus", lambda name, value: _one_of(name, value, get_args(DiskBus))),
    "hw_cdrom_bus": ("config_drive_bus", lambda name, value: _one_of(name, value, ("scsi", "sata", "ide", "usb"))),
    "hw_vif_model": ("vif_model", lambda name, value: _one_of(name, value, get_args(VifModel))),
    "hw_qemu_guest_agent": ("guest_agent", lambda _, value: _truth(value)),
    "hw_boot_menu": ("boot_menu", lambda _, value: _truth(value)),
    "hw_time_hpet": ("hpet", lambda _, value: _truth(value)),
    "hw_pmu": ("pmu", lambda _, value: _truth(value)),
    "hw_video_model": ("video", lambda name, value: _one_of(name, value.lower(), get_args(VideoModel))),
    "hw_video_ram": ("video_mb", _video_memory),
    "hw_pointer_model": ("tablet", lambda name, value: _one_of(name, value.lower(), ("usbtablet",)) == "usbtablet"),
    "os_secure_boot": ("secure_boot", _secure_boot),
    "hw_watchdog_action": ("watchdog", _watchdog),
    "os_admin_user": ("admin_user", _user),
    "os_type": ("local_time", lambda _, value: value.strip().lower() == "windows"),
}
