"""Berthline's own OVN, Open vSwitch, libvirt and PostgreSQL on this one machine, and the tiny guest image.

A leaf: nothing else of Berthline is imported, and the cloud itself knows only the endpoints.
"""

from berthline.localhost.errors import (
    CommandFailed,
    InvalidSetting,
    LocalHostError,
    MissingPrograms,
    NotPermitted,
)
from berthline.localhost.layout import Endpoints, Settings
from berthline.localhost.services import LocalHost, Status

__all__ = [
    "CommandFailed",
    "Endpoints",
    "InvalidSetting",
    "LocalHost",
    "LocalHostError",
    "MissingPrograms",
    "NotPermitted",
    "Settings",
    "Status",
]
