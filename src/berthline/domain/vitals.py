"""What is known of a cloud's health: counted in its database, and seen by one process. It names nobody and nothing."""

from collections.abc import Mapping
from typing import Literal

import msgspec

HostState = Literal["up", "down", "joining", "leaving", "lost"]
"""``joining``: no worker has seen it yet; ``leaving``: it is being removed; ``lost``: its guests go to other hosts."""

Halt = Literal["room", "crash", "other"]
"""Why a guest stands still that its owner did not pause: its disk found no room, it crashed, or a person at its host
paused it."""


class Sizes(msgspec.Struct, frozen=True):
    """vCPUs, and MiB and GiB, of some hosts together."""

    vcpus: int = 0
    memory_mb: int = 0
    disk_gb: int = 0


class HostTally(msgspec.Struct, frozen=True, kw_only=True):
    """Hosts in one state: what they are, what of it is promised to servers, and what is claimed."""

    state: HostState
    enabled: bool
    hosts: int
    physical: Sizes = Sizes()
    promised: Sizes = Sizes()
    claimed: Sizes = Sizes()


class SagaTally(msgspec.Struct, frozen=True, kw_only=True):
    """Sagas of a kind that are neither done nor undone; ``begun_at`` the oldest of them was, in µs.

    ``retried``: those whose step failed and is tried again; ``stuck``: those of which an undo failed last.
    """

    kind: str
    state: str
    sagas: int
    begun_at: int
    retried: int
    stuck: int


class StoredVitals(msgspec.Struct, frozen=True, kw_only=True):
    """What the database says, in one snapshot; times in µs."""

    now: int
    hosts: tuple[HostTally, ...]
    sagas: tuple[SagaTally, ...]
    halted: Mapping[Halt, int]
    changes: int
    """Changes that the dataplane has yet to get, the oldest made at ``oldest_change_at``."""
    oldest_change_at: int | None
    workers: int
    only_api: int
    hosts_without_owner: int
    sagas_waiting: int
    """Those that no living worker drives, the first of them due at ``waiting_since``."""
    waiting_since: int | None


class Generations(msgspec.Struct, frozen=True, kw_only=True):
    """How far OVN's programs have come: the number of the northbound database, of northd and of the slowest chassis.

    ``behind`` is for how many seconds what they were asked has waited, 0.0 for who has taken all up; ``took`` how long
    the last took, None where that is not known.
    """

    northbound: int
    northd: int
    chassis: int
    northd_behind: float
    chassis_behind: float
    northd_took: float | None
    chassis_took: float | None


class OvnVitals(msgspec.Struct, frozen=True, kw_only=True):
    """What OVN's databases and programs show. ``oldest_chassis``: how many seconds ago the chassis that is the longest
    silent wrote its row; None where none is known.
    """

    northbound: bool
    southbound: bool
    northd: bool
    controllers: int
    silent_controllers: int
    generations: Generations | None = None
    oldest_chassis: float | None = None


class Vitals(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. ``stored`` None: the database did not answer; ``ovn`` None: the dataplane is simulated.

    ``hosts`` and ``silent_hosts``: how many this process knows, and how many of them did not answer when last asked.
    ``certificates``: when the first of each kind ends, in seconds since the epoch; of which kinds one cannot be read,
    ``unreadable`` says. ``at`` in µs.
    """

    at: int

    stored: StoredVitals | None
    ovn: OvnVitals | None
    hosts: int
    silent_hosts: int
    waiting_writes: int
    certificates: Mapping[str, float] = {}
    unreadable: tuple[str, ...] = ()

    @property
    def certificate_seconds(self) -> Mapping[str, float]:
        """How long the first of each kind is still good."""
        return {kind: end - self.at / 1_000_000 for kind, end in self.certificates.items()}
