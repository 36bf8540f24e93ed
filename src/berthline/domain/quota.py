"""Quota resources and their default limits (Neutron's and Nova's defaults; -1 is unlimited)."""

from typing import Final

UNLIMITED: Final = -1

NETWORK_DEFAULTS: Final[dict[str, int]] = {
    "network": 100,
    "subnet": 100,
    "port": 500,
    "router": 10,
    "floatingip": 50,
    "security_group": 10,
    "security_group_rule": 100,
    "rbac_policy": 10,
    "subnetpool": -1,
}

COMPUTE_DEFAULTS: Final[dict[str, int]] = {
    "instances": 10,
    "cores": 20,
    "ram": 51200,
    "key_pairs": 100,
    "metadata_items": 128,
    "server_groups": 10,
    "server_group_members": 10,
    "injected_files": 5,
    "injected_file_content_bytes": 10240,
    "injected_file_path_bytes": 255,
    "fixed_ips": -1,
    "floating_ips": -1,
    "security_groups": -1,
    "security_group_rules": -1,
}
"""The last four are of the network that Nova once had: they are kept and shown, and limit nothing."""

IMAGE_DEFAULTS: Final[dict[str, int]] = {"image_count": 100, "image_size_mib": 1024 * 1024}

DEFAULTS: Final[dict[str, int]] = {**NETWORK_DEFAULTS, **COMPUTE_DEFAULTS, **IMAGE_DEFAULTS}
