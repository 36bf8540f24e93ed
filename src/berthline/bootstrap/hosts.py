"""The hosts that the settings name, and what the store is told of them."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Final

import msgspec
import structlog

from berthline.bootstrap.watch import Watch
from berthline.config import Settings
from berthline.domain.batches import batches
from berthline.domain.clock import Clock
from berthline.domain.compute import EVERY_NETWORK, Host
from berthline.domain.errors import OutsideError
from berthline.domain.hypervisor import HostFacts, Hypervisor
from berthline.domain.ids import HostName
from berthline.hypervisor.memory import PortPlug, SimulatedHost
from berthline.hypervisor.traits import traits_of
from berthline.placement.capacity import Overcommit, host_from_facts
from berthline.placement.conditions import TPM_TRAITS
from berthline.store import Connection, Store
from berthline.store.compute import hosts

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


def libvirt_hosts(settings: Settings) -> dict[HostName, Hypervisor]:
    """The libvirt hosts that the settings name; none is connected to yet."""
    from berthline.hypervisor.libvirt.driver import LibvirtHost
    from berthline.hypervisor.libvirt.settings import LibvirtSettings

    found: dict[HostName, Hypervisor] = {}
    for host in settings.hypervisors:
        defaults = LibvirtSettings()
        used = LibvirtSettings(
            folder=host.folder or defaults.folder,
            virt_type=host.virt_type,
            userspace_datapath=host.userspace_datapath,
            cpu_mode=host.cpu_mode or None,
            cpu_model=host.cpu_model or None,
        )
        name = HostName(host.name)
        found[name] = LibvirtHost(name, host.uri, chassis_of(settings)[name], used)
    return found


def chassis_of(settings: Settings) -> dict[HostName, str]:
    """The OVN chassis of each libvirt host. A simulated one has its own name."""
    return {HostName(host.name): host.chassis or host.name for host in settings.hypervisors}


async def look_at_hosts(
    store: Store,
    clock: Clock,
    hypervisors: Mapping[HostName, Hypervisor],
    settings: Settings,
    told: Callable[[Mapping[HostName, str]], None] = lambda _down: None,
    mine: Collection[HostName] | None = None,
) -> int:
    """Ask each host for its size and record it; one that does not answer is recorded as down. How many answered.

    ``mine``: those of them that this worker has; besides these only hosts that have no row yet are asked. None: all.
    ``told`` hears which hosts do not answer, and why, before anything is written; those of other workers as recorded.

    Written is what changed since the last look, and when hosts were seen, some hosts in a transaction: others who write
    come in between.
    """
    ratios = Overcommit(**msgspec.structs.asdict(settings.overcommit))
    chassis = chassis_of(settings)
    traits = {HostName(host.name): host.traits for host in settings.hypervisors}
    everywhere = EVERY_NETWORK if settings.dataplane.kind == "simulated" else None
    silent: dict[HostName, str] = {}

    async def ask(name: HostName, hypervisor: Hypervisor) -> Host | None:
        try:
            facts = await hypervisor.facts()
        except OutsideError as error:
            log.warning("host does not answer", host=name, error=error.message)
            silent[name] = error.message
            return None
        host = host_from_facts(name, chassis.get(name, name), facts, ratios, traits.get(name, ()), clock.now())
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
    # Hosts that do not answer, and hosts of the past that the settings no longer name, take no more servers.
    down = [
        name
        for name, host in known.items()
        if name not in others and host.answers and (name in silent or name not in hypervisors)
    ]
    at = clock.now()
    for names in batches(same, AT_ONCE):
        await store.write(partial(hosts.saw, names=names, at=at))
    for changed in batches((host for host in answered if host.name not in same), AT_ONCE):
        await store.write(partial(_upsert, changed=changed, at=at))
    for names in batches(down, AT_ONCE):
        await store.write(partial(_mark_down, names=names, at=at))
    return len(answered)


async def told_of_hosts(store: Store, watch: Watch) -> None:
    """Have a process that drives no hosts know which are down, from what those recorded that do."""
    known = await store.read(hosts.candidates)
    watch.hosts_answered({host.name: DOWN for host in known if not host.answers})


def _upsert(connection: Connection, changed: Collection[Host], at: int) -> None:
    for host in changed:
        hosts.upsert(connection, host, at)


def _mark_down(connection: Connection, names: Collection[HostName], at: int) -> None:
    for name in names:
        hosts.set_up(connection, name, False, at)
