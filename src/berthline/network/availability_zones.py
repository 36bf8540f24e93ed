"""Availability zones of networks and routers: this cloud has one, and a hint may name it."""

from collections.abc import Sequence

import msgspec

from berthline.domain.errors import AvailabilityZoneNotFound, InvalidInput
from berthline.network.settings import NetworkSettings

MAX_HINTS = 255
"""Neutron keeps the hints as JSON text of this many characters at most."""


def checked_hints(asked: Sequence[str], settings: NetworkSettings) -> tuple[str, ...]:
    """The hints as they were given. Raises InvalidInput for one given twice, AvailabilityZoneNotFound for a zone that
    this cloud does not have.
    """
    if len(set(asked)) != len(asked):
        raise InvalidInput("Invalid input for availability_zone_hints. Reason: a zone is named twice.")
    if len(msgspec.json.encode(asked)) > MAX_HINTS:
        raise InvalidInput("Invalid input for operation: Too many availability_zone_hints specified.")
    for zone in asked:
        if zone != settings.availability_zone:
            raise AvailabilityZoneNotFound(
                f"AvailabilityZone {zone} could not be found. The one there is: {settings.availability_zone}."
            )
    return tuple(asked)
