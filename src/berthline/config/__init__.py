"""Settings: what they are (``model``) and where they come from (``sources``)."""

from berthline.config.hosts import Guests, HypervisorHost, Overcommit, Simulated
from berthline.config.model import (
    Dataplane,
    Limits,
    Log,
    Settings,
    Timeouts,
    Tokens,
    every_setting,
)
from berthline.config.sources import Given, WrongSetting, load, parsed

__all__ = [
    "Dataplane",
    "Given",
    "Guests",
    "HypervisorHost",
    "Limits",
    "Log",
    "Overcommit",
    "Settings",
    "Simulated",
    "Timeouts",
    "Tokens",
    "WrongSetting",
    "every_setting",
    "load",
    "parsed",
]
