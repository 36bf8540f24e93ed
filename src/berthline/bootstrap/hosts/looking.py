"""Hosts as they were enrolled, and what the store is told of them."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from berthline.bootstrap.watch import Watch
from berthline.config import Settings
from berthline.domain.batches import batches
from berthline.domain.clock import Clock
from berthline.domain.compute import EVERY_NETWORK, Host
from berthline.domain.errors import OutsideError
from berthline.domain.hosts.enrolment import EnrolledHost, HostOptions
from berthline.domain.hypervisor import HostFacts, Hypervisor
from berthline.domain.ids import HostName
from berthline.hypervisor.memory import PortPlug, SimulatedHost
from berthline.hypervisor.traits import traits_of
from berthline.placement.capacity import Overcommit, host_from_facts
from berthline.placement.conditions import TPM_TRAITS
from berthline.store import Connection, Store
from berthline.store.compute import enrolled, hosts

if TYPE_CHECKING:
    from berthline.hypervisor.libvirt.driver import LibvirtHost

log = structlog.get_logger(__name__)

SIMULATED_TYPE = "simulated"
AT_ONCE: Final = 100
DOWN: Final = "it does not answer the worker that drives it"


def simulated_hosts(settings: Settings, plug: PortPlug) -> dict[HostName, Hypervisor]:
    """Hosts that exist only in this process, each with the size that the settings say."""
    facts = simulated_facts(settings)
    return {name: SimulatedHost(name, facts, plug) for name in simulated_names(settings)}


def simulated_names(settings: Settings) -> list[HostName]:
    """What simulated hosts are called, and their chassis likewise."""
    return [HostName(f"simulated-{number}") for number in range(1, settings.simulated.hosts + 1)]


def simulated_facts(settings: Settings) -> HostFacts:
    """The size of each of them."""
    size = settings.simulated
    return HostFacts(
        hypervisor_type=SIMULATED_TYPE,
        hypervisor_version=1,
        vcpus=size.vcpus,
        memory_mb=size.memory_mb,
        disk_gb=size.disk_gb,
        cpu_info="{}",
        traits=traits_of((), kvm=True, uefi=True, tpms=TPM_TRAITS),
    )


def simulated_host(host: EnrolledHost, settings: Settings, plug: PortPlug) -> SimulatedHost:
    """One in this process, with the size that it was enrolled with, or else with that of the settings."""
    return SimulatedHost(host.name, sized(simulated_facts(settings), host.options), plug)


def sized(facts: HostFacts, options: HostOptions) -> HostFacts:
    """The facts with the size that a simulated host was enrolled with, as far as it was with any."""
    return msgspec.structs.replace(
        facts,
        vcpus=options.vcpus or facts.vcpus,
        memory_mb=options.memory_mb or facts.memory_mb,
        disk_gb=options.disk_gb or facts.disk_gb,
    )


def libvirt_host(host: EnrolledHost) -> "LibvirtHost":
    """A libvirt host as it was enrolled; it is not connected to yet."""
    from berthline.hypervisor.libvirt.driver import LibvirtHost
    from berthline.hypervisor.libvirt.settings import LibvirtSettings

    options, defaults = host.options, LibvirtSettings()
    used = LibvirtSettings(
        folder=options.folder or defaults.folder,
        virt_type=options.virt_type,
        userspace_datapath=options.userspace_datapath,
        cpu_mode=options.cpu_mode or None,
        cpu_model=options.cpu_model or None,
        migration_uri=options.migration_uri,
        migration_address=options.migration_address,
    )
    return LibvirtHost(host.name, options.uri, host.chassis, used)


async def look_at_hosts(
    store: Store,
    clock: Clock,
    hypervisors: Mapping[HostName, Hypervisor],
    settings: Settings,
    told: Callable[[Mapping[HostName, str]], None] = lambda _down: None,
    mine: Collection[HostName] | None = None,
    options: Mapping[HostName, EnrolledHost] | None = None,
) -> int:
    """Ask each host for its size and record it; one that does not answer is recorded as down. How many answered.

    ``mine``: those of them that this worker has; besides these only hosts that have no row yet are asked. None: all.
    ``options`` say how they were enrolled; one that is removed meanwhile is not recorded.
    ``told`` hears which hosts do not answer, and why, before anything is written; those of other workers as recorded.

    Written is what changed since the last look, and when hosts were seen, some hosts in a transaction: others who write
    come in between.
    """
    ratios = Overcommit(**msgspec.structs.asdict(settings.overcommit))
    everywhere = EVERY_NETWORK if settings.dataplane.kind == "simulated" else None
    silent: dict[HostName, str] = {}

    async def ask(name: HostName, hypervisor: Hypervisor) -> Host | None:
        try:
            facts = await hypervisor.facts()
        except OutsideError as error:
            log.warning("host does not answer", host=name, error=error.message)
            silent[name] = error.message
            return None
        known = None if options is None else options.get(name)
        host = host_from_facts(name, known, facts, ratios, clock.now())
        return msgspec.structs.replace(host, physical_networks=everywhere)

    known = {host.name: host for host in await store.read(hosts.candidates)}
    others = frozenset() if mine is None else known.keys() - frozenset(mine)
    # side by side: one that is silent keeps none of the others waiting
    asked = await asyncio.gather(
        *(ask(name, hypervisor) for name, hypervisor in hypervisors.items() if name not in others)
    )
    answered = [host for host in asked if host is not None]
    told({name: DOWN for name in others & hypervisors.keys() if not known[name].answers} | silent)

    same = {host.name for host in answered if host.name in known and hosts.same_facts(host, known[host.name])}
    # Hosts that do not answer, hosts that are being removed, and those of the past take no more servers.
    down = [
        name
        for name, host in known.items()
        if name not in others and host.answers and (name in silent or name not in hypervisors)
    ]
    at = clock.now()
    for names in batches(same, AT_ONCE):
        await store.write(partial(hosts.saw, names=names, at=at))
    for changed in batches((host for host in answered if host.name not in same), AT_ONCE):
        await store.write(partial(_upsert, changed=changed, at=at, enrolled_only=options is not None))
    for names in batches(down, AT_ONCE):
        await store.write(partial(_mark_down, names=names, at=at))
    return len(answered)


async def told_of_hosts(store: Store, watch: Watch) -> None:
    """Have a process that drives no hosts know which are down, from what those recorded that do."""
    known = await store.read(hosts.candidates)
    watch.hosts_answered({host.name: DOWN for host in known if not host.answers})


def _upsert(connection: Connection, changed: Collection[Host], at: int, enrolled_only: bool) -> None:
    there = [host.name for host in changed]
    if enrolled_only:
        enrolled.lock(connection, there)  # so that none is recorded that somebody removes at this moment
        living = enrolled.living(connection, there)
        changed = [host for host in changed if host.name in living]
    for host in changed:
        hosts.upsert(connection, host, at)


def _mark_down(connection: Connection, names: Collection[HostName], at: int) -> None:
    for name in names:
        hosts.set_up(connection, name, False, at)
