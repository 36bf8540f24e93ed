"""Hosts that settings name are enrolled once: from then on the database says what they are."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Final

import msgspec
import structlog

from berthline.bootstrap.hosts.looking import simulated_names
from berthline.config import Settings
from berthline.domain.batches import batches
from berthline.domain.clock import Clock
from berthline.domain.hosts.enrolment import EnrolledHost, HostKind, HostOptions
from berthline.domain.ids import HostName
from berthline.store import Store
from berthline.store.compute import enrolled

log = structlog.get_logger(__name__)

AT_ONCE: Final = 500

Named = tuple[HostName, HostKind, HostOptions]


def kind_of(settings: Settings) -> HostKind:
    """What all hosts of a cloud of these settings are."""
    return "simulated" if settings.dataplane.kind == "simulated" else "libvirt"


def of_settings(settings: Settings) -> Iterator[Named]:
    """The hosts that the settings name."""
    if settings.dataplane.kind == "simulated":
        for name in simulated_names(settings):
            yield name, "simulated", HostOptions()
        return
    for host in settings.hypervisors:
        given = msgspec.structs.asdict(host)
        del given["name"]
        yield HostName(host.name), "libvirt", HostOptions(**given)


def of_world(found: Collection[HostName] | Mapping[HostName, object]) -> Iterator[Named]:
    """The hosts that a simulated world has."""
    for name in found:
        yield name, "simulated", HostOptions()


async def take_over(store: Store, clock: Clock, named: Iterator[Named]) -> None:
    """Enrol those of whose names the database never had one, and say which it has otherwise, or had removed."""
    known = {host.name: host for host in await store.read(enrolled.every)}
    at = clock.now()
    new = []
    for name, kind, options in named:
        if name not in known:
            new.append(EnrolledHost(name=name, kind=kind, options=options, revision=1, enrolled_at=at, updated_at=at))
        elif known[name].gone:
            log.warning("a host of the settings was removed by command and is not added again", host=name)
        elif kind == "libvirt" and (other := _different(known[name].options, options)):
            log.warning(
                "the settings say of a host what the database has otherwise, which counts", host=name, settings=other
            )
    for some in batches(new, AT_ONCE):
        await store.write(partial(enrolled.take_over, found=some))


def _different(known: HostOptions, given: HostOptions) -> str:
    """The settings that differ from what is known, but for those that have their default."""
    default = HostOptions()
    names = (
        field
        for field in known.__struct_fields__
        if getattr(given, field) not in (getattr(default, field), getattr(known, field))
    )
    return ", ".join(names)
