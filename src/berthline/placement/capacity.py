"""What a host may promise: its physical size times the overcommit ratios."""

from typing import Final

import msgspec

from berthline.domain.compute import Host
from berthline.domain.hosts.enrolment import EnrolledHost, HostOptions
from berthline.domain.hypervisor import HostFacts
from berthline.domain.ids import HostName

SECOND: Final = 1_000_000


class Overcommit(msgspec.Struct, frozen=True, kw_only=True):
    """How much more than it has a host may promise. The defaults are Nova's."""

    vcpus: float = 16.0
    memory: float = 1.5
    disk: float = 1.0


def host_from_facts(
    name: HostName,
    enrolled: EnrolledHost | None,
    facts: HostFacts,
    overcommit: Overcommit,
    at: int | None = None,
) -> Host:
    """An empty, enabled host of these facts, as ``store.hosts.upsert`` takes it; capacities are rounded down.

    ``enrolled``: what its operator said of it; None: nothing. What is reserved is promised to nobody; the rest is, as
    often as the ratios say. ``at``: when it said these facts, µs; None: not known, so that neither is since when it is
    up.
    """
    options = HostOptions() if enrolled is None else enrolled.options
    return Host(
        name=name,
        chassis=name if enrolled is None else enrolled.chassis,
        hypervisor_type=facts.hypervisor_type,
        hypervisor_version=facts.hypervisor_version,
        cpu_info=facts.cpu_info,
        traits=tuple(sorted({*facts.traits, *options.traits})),
        vcpus=_promised(facts.vcpus, options.reserved_vcpus, options.vcpus_ratio or overcommit.vcpus),
        memory_mb=_promised(facts.memory_mb, options.reserved_memory_mb, options.memory_ratio or overcommit.memory),
        disk_gb=_promised(facts.disk_gb, options.reserved_disk_gb, options.disk_ratio or overcommit.disk),
        physical_vcpus=facts.vcpus,
        physical_memory_mb=facts.memory_mb,
        physical_disk_gb=facts.disk_gb,
        free_disk_gb=facts.free_disk_gb,
        vcpus_used=0,
        memory_mb_used=0,
        disk_gb_used=0,
        running_vms=0,
        enabled=True,
        up=True,
        gateway=options.gateway,
        booted_at=at - facts.up_seconds * SECOND if at is not None and facts.up_seconds is not None else None,
    )


def _promised(size: int, reserved: int, ratio: float) -> int:
    return int(max(size - reserved, 0) * ratio)
