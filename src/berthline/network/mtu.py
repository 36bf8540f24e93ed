"""The smallest MTU that a network's subnets allow, looked at from both sides: a new subnet, and a changed network."""

from collections.abc import Collection
from typing import Final

from berthline.domain.errors import NetworkMTUSubnetConflict

SMALLEST: Final = {4: 68, 6: 1280}
"""Bytes by IP version: RFC 791 (every host forwards 68 whole), RFC 8200, 5."""


def check(network_id: str, mtu: int, versions: Collection[int]) -> None:
    """Raise NetworkMTUSubnetConflict when subnets of these IP versions need more than ``mtu`` bytes."""
    needed = max((SMALLEST[version] for version in versions), default=0)
    if mtu < needed:
        raise NetworkMTUSubnetConflict(
            f"Network {network_id} MTU of {mtu} is below the {needed} that its subnets need: raise the MTU of the "
            "network, or use no subnet of that IP version on it."
        )
