"""What of the network service a cloud may set."""

import msgspec


class NetworkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``overlay_mtu`` is what fits into a Geneve tunnel over links of 1,500 bytes, as in ML2/OVN.

    ``physical_networks`` are the names that flat and vlan networks may use. The subnets of auto-allocated networks are
    cut from ``auto_prefix_v4`` and ``auto_prefix_v6``; from "" none of that family.
    """

    overlay_mtu: int = 1442
    physical_mtu: int = 1500
    physical_networks: tuple[str, ...] = ("public",)
    availability_zone: str = "nova"
    auto_prefix_v4: str = "10.128.0.0/10"
    auto_prefix_v6: str = ""
