"""What a flavor, an image or a port may ask of a host in OpenStack and no host of this cloud can give.

Each is refused by name when a server is asked for: one that was made without what it needs is a fault found weeks
later. Pure: text in, a reason or None out.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

PLAIN_VNIC: Final = "normal"

VNIC_NEEDS: Final[Mapping[str, str]] = {
    "direct": "SR-IOV",
    "macvtap": "SR-IOV",
    "direct-physical": "SR-IOV",
    "baremetal": "bare-metal hosts",
    "virtio-forwarder": "a virtio forwarder",
    "vdpa": "vDPA devices",
    "accelerator-direct": "accelerators",
    "accelerator-direct-physical": "accelerators",
    "remote-managed": "SmartNICs",
}
"""The types of NIC that Neutron knows besides ``normal``, and what a host needs for each."""

_PROFILE_NEEDS: Final[Mapping[str, str]] = {
    "allocation": "guaranteed bandwidth (resource requests of ports)",
    "arq_uuid": "accelerators",
    "card_serial_number": "SmartNICs",
    "pci_slot": "SR-IOV",
    "pci_vendor_info": "SR-IOV",
    "pf_mac_address": "SR-IOV",
    "physical_network": "SR-IOV",
    "trusted": "SR-IOV",
    "vf_num": "SR-IOV",
}
"""Keys of binding:profile that Nova reads or writes, and what they are for."""

_SPECS: Final = (
    (re.compile(r"hw:numa_.*|hw:pci_numa_affinity_policy"), "a NUMA topology"),
    (re.compile(r"pci_passthrough:alias"), "PCI devices"),
    (re.compile(r"accel:device_profile"), "accelerators"),
    (re.compile(r"(resources|group_policy|same_subtree)[0-9A-Za-z_-]*(:.*)?"), "resources of Placement"),
    (re.compile(r"trait[0-9A-Za-z_-]+:.*"), "traits of a part of a host"),
)
_PROPERTIES: Final = ((re.compile(r"hw_numa_.*|hw_pci_numa_affinity_policy"), "a NUMA topology"),)


def of_flavor(extra_specs: Iterable[str]) -> str | None:
    """What the extra specs with these keys ask for, with the key; None when nothing is out of reach."""
    return _first(extra_specs, _SPECS)


def of_image(properties: Iterable[str]) -> str | None:
    """What the image properties with these names ask for, likewise."""
    return _first(properties, _PROPERTIES)


def of_port(vnic_type: str, profile: Mapping[str, object]) -> str | None:
    """What a port with this vnic_type and binding:profile asks for, likewise."""
    if vnic_type != PLAIN_VNIC:
        return f"{VNIC_NEEDS.get(vnic_type, 'a host of its own kind')} (binding:vnic_type {vnic_type})"
    for key in sorted(profile):
        if key in _PROFILE_NEEDS:
            return f"{_PROFILE_NEEDS[key]} (binding:profile {key})"
    return None


def _first(keys: Iterable[str], needs: tuple[tuple[re.Pattern[str], str], ...]) -> str | None:
    for key in sorted(keys):
        for pattern, need in needs:
            if pattern.fullmatch(key):
                return f"{need} ({key})"
    return None
