"""The fence that the settings choose."""

from pathlib import Path

from berthline.config import Settings
from berthline.domain.hosts.fencing import Fence
from berthline.fencing.command import CommandFence
from berthline.fencing.redfish import RedfishFence


def fence_of(settings: Settings) -> Fence | None:
    """None: a person sees to it that a lost host is off."""
    chosen = settings.loss
    if chosen.fence == "command":
        return CommandFence(chosen.fence_command, chosen.fence_seconds)
    if chosen.fence == "redfish":
        return RedfishFence(Path(chosen.fence_credentials_file), chosen.fence_authorities, chosen.fence_seconds)
    return None
