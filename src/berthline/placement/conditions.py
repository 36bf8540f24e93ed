"""What a flavor's extra specs and an image's properties ask of a host: read whole, and held against one. Pure.

``trait:NAME`` (required, forbidden) as Placement reads it; ``capabilities:…`` as Nova's ComputeCapabilitiesFilter;
``img_hv_type`` as its ImagePropertiesFilter. ``aggregate_instance_extra_specs:…`` is held against aggregates' metadata,
which only the store knows: see ``aggregate_specs``.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from berthline.domain.compute import Host
from berthline.domain.errors import BadRequest
from berthline.placement.guest_hardware import tpm_of
from berthline.placement.operators import meets

CAPABILITIES: Final = "capabilities:"
AGGREGATES: Final = "aggregate_instance_extra_specs:"
TRAIT: Final = "trait:"
KVM: Final = "CUSTOM_VIRT_KVM"
"""The trait of a host whose guests run under KVM; there is none of OpenStack's own."""
TPM_TRAITS: Final[Mapping[str, str]] = {
    "1.2": "COMPUTE_SECURITY_TPM_1_2",
    "2.0": "COMPUTE_SECURITY_TPM_2_0",
    "tpm-tis": "COMPUTE_SECURITY_TPM_TIS",
    "tpm-crb": "COMPUTE_SECURITY_TPM_CRB",
}
"""The traits of a host whose guests can have a TPM, by its version and by its model."""


class Trait(msgspec.Struct, frozen=True):
    """A trait that a host must have, or must not."""

    name: str
    required: bool = True
    asked_by: str = "flavor"

    def against(self, host: Host) -> str | None:
        """Why the host is not as wanted; None when it is."""
        if (self.name in host.traits) == self.required:
            return None
        if self.required:
            return f"it has not the trait {self.name}, which the {self.asked_by} requires"
        return f"it has the trait {self.name}, which the {self.asked_by} forbids"


class Capability(msgspec.Struct, frozen=True):
    """What one of a host's capabilities must be; ``path`` leads to it, part by part."""

    path: tuple[str, ...]
    wanted: str

    def against(self, host: Host) -> str | None:
        """Why the host is not as wanted; None when it is."""
        name = ":".join(self.path)
        value: Any = capabilities_of(host)
        for part in self.path:
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            return f"it has no capability {name}"
        shown = str(value)
        return None if meets(shown, self.wanted) else f"its {name} is {shown[:128]}, and {self.wanted[:128]} is wanted"


Condition = Trait | Capability


def conditions_of(specs: Mapping[str, str], properties: Mapping[str, str]) -> tuple[Condition, ...]:
    """What hosts are held against for a flavor with these extra specs and an image with these properties.

    Raises BadRequest, which names the key, for a trait that is neither required nor forbidden.
    """
    found: list[Condition] = [*_traits(specs, "flavor"), *_traits(properties, "image")]
    found += [
        Capability(tuple(key.removeprefix(CAPABILITIES).split(":")), value)
        for key, value in sorted(specs.items())
        if key.startswith(CAPABILITIES)
    ]
    if properties.get("img_hv_type", "").lower() == "kvm":
        found.append(Trait(KVM, asked_by="image (img_hv_type)"))
    if (tpm := tpm_of(properties, specs)) is not None:
        asked_by = "image (hw_tpm_version)" if "hw_tpm_version" in properties else "flavor (hw:tpm_version)"
        found += [Trait(TPM_TRAITS[one], asked_by=asked_by) for one in (tpm.version, tpm.model)]
    return tuple(found)


def aggregate_specs(specs: Mapping[str, str]) -> dict[str, str]:
    """What the metadata of a host's aggregates must be, by key, for a flavor with these extra specs."""
    return {key.removeprefix(AGGREGATES): value for key, value in specs.items() if key.startswith(AGGREGATES)}


def aggregates_meet(values: Iterable[str], wanted: str) -> bool:
    """Whether one of the values of a key is as wanted. An aggregate may give several, with commas between."""
    return any(meets(one.strip(), wanted) for value in values for one in value.split(","))


def capabilities_of(host: Host) -> dict[str, Any]:
    """A host as Nova's filters see one, by Nova's names, which end with the unit."""
    return {
        "host": host.name,
        "hypervisor_hostname": host.name,
        "hypervisor_type": host.hypervisor_type,
        "hypervisor_version": host.hypervisor_version,
        "cpu_info": _processor(host.cpu_info),
        "vcpus_total": host.vcpus,
        "vcpus_used": host.vcpus_used,
        "total_usable_ram_mb": host.memory_mb,
        "free_ram_mb": host.memory_mb - host.memory_mb_used,
        "total_usable_disk_gb": host.disk_gb,
        "disk_mb_used": host.disk_gb_used * 1024,
        "free_disk_mb": (host.disk_gb - host.disk_gb_used) * 1024,
        "num_instances": host.running_vms,
    }


def _processor(cpu_info: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(cpu_info, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}


def _traits(asked: Mapping[str, str], asked_by: str) -> list[Condition]:
    found: list[Condition] = []
    for key, value in sorted(asked.items()):
        if not key.startswith(TRAIT):
            continue
        if value not in ("required", "forbidden"):
            raise BadRequest(f"The {asked_by}'s {key} is '{value[:64]}': a trait is required or forbidden.")
        found.append(Trait(key.removeprefix(TRAIT), value == "required", asked_by))
    return found
