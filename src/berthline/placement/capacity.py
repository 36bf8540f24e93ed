"""What a host may promise: its physical size times the overcommit ratios."""

from collections.abc import Collection
from typing import Final

import msgspec

from berthline.domain.compute import Host
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
    chassis: str,
    facts: HostFacts,
    overcommit: Overcommit,
    traits: Collection[str] = (),
    at: int | None = None,
) -> Host:
    """An empty, enabled host of these facts, as ``store.hosts.upsert`` takes it; capacities are rounded down.

    ``traits``: those that its operator says it has. ``at``: when it said these facts, µs; None: not known, so that
    neither is since when it is up.
    """
    return Host(
        name=name,
        chassis=chassis,
        hypervisor_type=facts.hypervisor_type,
        hypervisor_version=facts.hypervisor_version,
        cpu_info=facts.cpu_info,
        traits=tuple(sorted({*facts.traits, *traits})),
        vcpus=int(facts.vcpus * overcommit.vcpus),
        memory_mb=int(facts.memory_mb * overcommit.memory),
        disk_gb=int(facts.disk_gb * overcommit.disk),
        physical_vcpus=facts.vcpus,
        physical_memory_mb=facts.memory_mb,
        physical_disk_gb=facts.disk_gb,
        vcpus_used=0,
        memory_mb_used=0,
        disk_gb_used=0,
        running_vms=0,
        enabled=True,
        up=True,
        booted_at=at - facts.up_seconds * SECOND if at is not None and facts.up_seconds is not None else None,
    )
