"""The cloud's health as metrics: names, what they mean, and their values of now.

Nothing in them names a host, a project or a server. What has labels has each value that they may take, or none where
that is said.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import msgspec
from prometheus_client.core import GaugeMetricFamily

from berthline.domain.vitals import Generations, HostTally, OvnVitals, SagaTally, Sizes, StoredVitals, Vitals

SECOND: Final = 1_000_000
MIB: Final = 2**20
GIB: Final = 2**30

Sample = tuple[tuple[str, ...], float]
"""Values of the labels, and the number."""

Measure = Callable[[Vitals], Iterable[Sample]]


class Gauge(msgspec.Struct, frozen=True):
    """One metric: what it means, its labels, and its samples; no samples where nothing is known."""

    help: str
    measure: Measure
    labels: tuple[str, ...] = ()


def families(vitals: Vitals) -> Iterator[GaugeMetricFamily]:
    """Every metric of ``GAUGES`` with what is known now."""
    for name, gauge in GAUGES.items():
        family = GaugeMetricFamily(name, gauge.help, labels=gauge.labels)
        for labels, value in gauge.measure(vitals):
            family.add_metric(labels, value)
        yield family


def _stored(measure: Callable[[StoredVitals], Iterable[Sample]]) -> Measure:
    return lambda vitals: () if vitals.stored is None else measure(vitals.stored)


def _ovn(measure: Callable[[OvnVitals], Iterable[Sample]]) -> Measure:
    return lambda vitals: () if vitals.ovn is None else measure(vitals.ovn)


def _generations(measure: Callable[[Generations], Mapping[str, float | None]]) -> Measure:
    def samples(found: OvnVitals) -> Iterator[Sample]:
        if found.generations is not None:
            for part, value in measure(found.generations).items():
                if value is not None:
                    yield (part,), value

    return _ovn(samples)


def _one(value: float | None) -> tuple[Sample, ...]:
    return () if value is None else (((), value),)


def _hosts(found: StoredVitals) -> Iterator[Sample]:
    counts = {(one.state, one.enabled): one.hosts for one in found.hosts}
    for state in ("up", "down", "lost", "joining", "leaving"):
        for enabled in (True, False):
            yield (state, "true" if enabled else "false"), counts.get((state, enabled), 0)


def _sizes(of: Callable[[Sizes], int], unit: int = 1) -> Measure:
    """Of the hosts that take servers."""

    def samples(found: StoredVitals) -> Iterator[Sample]:
        takers = [one for one in found.hosts if one.state == "up" and one.enabled]
        measures: tuple[tuple[str, Callable[[HostTally], Sizes]], ...] = (
            ("physical", lambda one: one.physical),
            ("promised", lambda one: one.promised),
            ("claimed", lambda one: one.claimed),
        )
        for measure, sizes in measures:
            yield (measure,), sum(of(sizes(one)) for one in takers) * unit

    return _stored(samples)


def _sagas(of: Callable[[StoredVitals, SagaTally], float]) -> Measure:
    return _stored(lambda found: [((one.kind, one.state), of(found, one)) for one in found.sagas])


def _age(found: StoredVitals, at: int | None) -> float:
    return 0.0 if at is None else max(0, found.now - at) / SECOND


def _parts(found: OvnVitals) -> Iterator[Sample]:
    yield ("northbound",), float(found.northbound)
    yield ("southbound",), float(found.southbound)
    yield ("northd",), float(found.northd)


GAUGES: Final[Mapping[str, Gauge]] = {
    "berthline_store_up": Gauge(
        "1 while the database answers; without it, what is counted there is absent.",
        lambda vitals: _one(float(vitals.stored is not None)),
    ),
    "berthline_store_waiting_writes": Gauge(
        "Writes of this process that wait for their turn.", lambda vitals: _one(vitals.waiting_writes)
    ),
    "berthline_hosts": Gauge(
        "Hosts of the cloud, by state, and by whether admins let them take servers.",
        _stored(_hosts),
        ("state", "enabled"),
    ),
    "berthline_hosts_silent": Gauge(
        "Hosts that did not answer when last asked, as far as this process knows.",
        lambda vitals: _one(vitals.silent_hosts),
    ),
    "berthline_hosts_without_worker": Gauge(
        "Hosts that no living worker drives.", _stored(lambda found: _one(found.hosts_without_owner))
    ),
    "berthline_hosts_vcpus": Gauge(
        "vCPUs of hosts that are up and enabled: physical, promised with overcommit, and claimed by servers.",
        _sizes(lambda sizes: sizes.vcpus),
        ("measure",),
    ),
    "berthline_hosts_memory_bytes": Gauge(
        "Memory of hosts that are up and enabled: physical, promised with overcommit, and claimed by servers.",
        _sizes(lambda sizes: sizes.memory_mb, MIB),
        ("measure",),
    ),
    "berthline_hosts_disk_bytes": Gauge(
        "Disk of hosts that are up and enabled: physical, promised with overcommit, and claimed by servers.",
        _sizes(lambda sizes: sizes.disk_gb, GIB),
        ("measure",),
    ),
    "berthline_workers": Gauge(
        "Living processes of the cloud: those that do what was accepted, and those that only answer requests.",
        _stored(lambda found: [(("worker",), found.workers), (("api",), found.only_api)]),
        ("role",),
    ),
    "berthline_sagas": Gauge(
        "Sagas that are neither done nor undone, by kind and state; absent where there is none.",
        _sagas(lambda _found, one: one.sagas),
        ("kind", "state"),
    ),
    "berthline_sagas_oldest_seconds": Gauge(
        "Age of the oldest saga of the kind in the state.",
        _sagas(lambda found, one: _age(found, one.begun_at)),
        ("kind", "state"),
    ),
    "berthline_sagas_retried": Gauge(
        "Sagas of the kind whose step failed and is tried again.",
        _sagas(lambda _found, one: one.retried),
        ("kind", "state"),
    ),
    "berthline_sagas_stuck": Gauge(
        "Sagas of the kind of which an undo failed last.", _sagas(lambda _found, one: one.stuck), ("kind", "state")
    ),
    "berthline_sagas_waiting": Gauge(
        "Sagas that no living worker drives.", _stored(lambda found: _one(found.sagas_waiting))
    ),
    "berthline_sagas_waiting_seconds": Gauge(
        "For how long the first saga that no living worker drives has been due.",
        _stored(lambda found: _one(_age(found, found.waiting_since))),
    ),
    "berthline_guests_halted": Gauge(
        "Guests that stand still and whose owners did not pause them: for want of room on a disk, after a crash, or "
        "paused at their host by others.",
        _stored(lambda found: [((reason,), guests) for reason, guests in found.halted.items()]),
        ("reason",),
    ),
    "berthline_projection_changes": Gauge(
        "Changes that the data plane has yet to get.", _stored(lambda found: _one(found.changes))
    ),
    "berthline_projection_lag_seconds": Gauge(
        "Age of the oldest change that the data plane has yet to get.",
        _stored(lambda found: _one(_age(found, found.oldest_change_at))),
    ),
    "berthline_ovn_up": Gauge(
        "1 while this part of OVN answered or followed at the last look; absent with a simulated data plane.",
        _ovn(_parts),
        ("part",),
    ),
    "berthline_ovn_controllers": Gauge(
        "Hosts' controllers that followed, or were silent, at the last look.",
        _ovn(lambda found: [(("following",), found.controllers), (("silent",), found.silent_controllers)]),
        ("state",),
    ),
    "berthline_ovn_generation": Gauge(
        "Number that the northbound database is at, northd has taken up, and the slowest chassis has.",
        _generations(lambda found: {"northbound": found.northbound, "northd": found.northd, "chassis": found.chassis}),
        ("part",),
    ),
    "berthline_ovn_behind_seconds": Gauge(
        "For how long what was asked of northd, and of the slowest chassis, has waited; 0 when nothing waits.",
        _generations(lambda found: {"northd": found.northd_behind, "chassis": found.chassis_behind}),
        ("part",),
    ),
    "berthline_ovn_pass_seconds": Gauge(
        "How long northd, and the slowest chassis, took to take up the newest number; absent while they have not.",
        _generations(lambda found: {"northd": found.northd_took, "chassis": found.chassis_took}),
        ("part",),
    ),
    "berthline_ovn_chassis_oldest_seconds": Gauge(
        "How long ago, by its own clock, the chassis wrote to the southbound database that did so the longest ago.",
        _ovn(lambda found: _one(found.oldest_chassis)),
    ),
    "berthline_certificate_expiry_timestamp_seconds": Gauge(
        "When the first certificate of a kind ends that this process shows, or knows others by.",
        lambda vitals: [((kind,), ends) for kind, ends in vitals.certificates.items()],
        ("certificate",),
    ),
    "berthline_certificates_unreadable": Gauge(
        "Kinds of certificates of which one is used and cannot be read.",
        lambda vitals: _one(len(vitals.unreadable)),
    ),
}
