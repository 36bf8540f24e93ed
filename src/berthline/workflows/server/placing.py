"""Which host a server gets: claimed in the transaction that writes the server, and again when a host fails."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from berthline.domain.compute import Flavor, Host, Server
from berthline.domain.errors import NoValidHost, Refused, Transient
from berthline.domain.ids import HostName, ServerGroupId
from berthline.domain.placing import Aggregate
from berthline.network.service import NetworkService
from berthline.placement.choose import Among, Group, HostRequest, Verdict, choose_hosts, explain, reason_against, spread
from berthline.placement.conditions import aggregate_specs, aggregates_meet, conditions_of
from berthline.saga import Failure
from berthline.store import Connection
from berthline.store.compute import aggregates, hosts, server_groups
from berthline.store.compute.servers import servers
from berthline.store.compute.servers.related import image_properties

MOST_HOSTS: Final = 3
"""How many hosts may try to build one server; Nova's scheduler.max_attempts."""

MOST_OVERTAKEN: Final = 20
"""How often others may take the room of a host between the look at it and its claim."""

AT_ONCE: Final = 50
"""How many hosts are read at once where not every one may take the server."""

MOST_TOLD: Final = 20
"""How many hosts a refusal is explained with."""

BUILDING: Final = frozenset({"image", "disks", "guest", "resume"})
"""The steps of a build that a host does by itself."""

HOSTS_OWN: Final = frozenset({Refused.__name__, Transient.__name__})
"""Errors that say something of this host only; RefusedEverywhere, and what is no host's fault, is the same anywhere."""


def claim_host(
    connection: Connection,
    server: Server,
    at: int,
    *,
    flavor: Flavor | None = None,
    wanted_host: HostName | None = None,
    excluded: frozenset[HostName] = frozenset(),
    there_gb: int = 0,
) -> HostName:
    """Take what the server needs on the best host for it, and only there.

    ``flavor``: another one than it has, where it is to have that. ``wanted_host``: that one or none. ``excluded``: none
    of these. ``there_gb``: what of its disks is there already. Raises NoValidHost, whose details say,
    for admins, why each host was refused.
    """
    request = request_for(connection, server, flavor=flavor, wanted_host=wanted_host, excluded=excluded)
    claimed, why = claim_hosts(connection, replace(request, there_gb=there_gb), 1, at)
    if not claimed:
        raise why
    return claimed[0].name


def request_for(
    connection: Connection,
    server: Server,
    *,
    flavor: Flavor | None = None,
    properties: Mapping[str, str] | None = None,
    wanted_host: HostName | None = None,
    excluded: frozenset[HostName] = frozenset(),
) -> HostRequest:
    """All that is to hold of the server's host: room, zone, hints, group, extra specs, what its image asks.

    ``properties``: those of its image, where they were read already. The group is locked: nobody else places a member
    of it until this transaction ends. A plain server costs no statement.
    """
    sized = flavor or server.flavor
    if properties is None:
        properties = image_properties(connection, [server.image_id]).get(server.image_id, {}) if server.image_id else {}
    return HostRequest(
        vcpus=sized.vcpus,
        memory_mb=sized.ram,
        disk_gb=sized.claimed_disk,
        wanted_host=wanted_host,
        excluded_hosts=excluded,
        zone=server.pinned_availability_zone,
        among=(*_of_hints(connection, server), *_of_aggregates(connection, sized)),
        group=_group(connection, server),
        conditions=conditions_of(sized.extra_specs, properties),
    )


def claim_hosts(connection: Connection, request: HostRequest, count: int, at: int) -> tuple[list[Host], NoValidHost]:
    """Take what is asked for ``count`` servers, each on the host that is best by then.

    One guarded statement a host. Returns as many hosts as there was room for, and what to say of the servers that have
    none; its ``hosts`` are for admins.
    """
    chosen: list[Host] = []
    overtaken = 0
    while left := count - len(chosen):
        picked = _picked(connection, request, left)
        claimed = _claimed(connection, request, picked, at)
        overtaken += len(claimed) < len({host.name for host in picked})
        if not picked or overtaken > MOST_OVERTAKEN:  # no host has room, or others are quicker all the time
            break
        chosen += [host for host in picked if host.name in claimed]
        request = _with_one_more(request, claimed)
    why = "" if len(chosen) == count else explained(connection, request)
    return chosen, NoValidHost("No valid host was found. There are not enough hosts available.", {"hosts": why})


def _claimed(connection: Connection, request: HostRequest, picked: Sequence[Host], at: int) -> set[HostName]:
    """The hosts of ``picked``, where one comes once for each server, of which all that was claimed."""
    zones = {host.name: host.availability_zone for host in picked}
    return {
        name
        for name, guests in sorted(Counter(host.name for host in picked).items())
        if hosts.claim(
            connection,
            name,
            guests * request.vcpus,
            guests * request.memory_mb,
            guests * request.disk_gb,
            at,
            guests,
            zones[name],
            guests * request.new_disk_gb,
        )
    }


def _with_one_more(request: HostRequest, claimed: Collection[HostName]) -> HostRequest:
    """The request for the next server, whose group has one more on each of these hosts."""
    if request.group is None:
        return request
    held = {**request.group.held}
    for name in claimed:
        held[name] = held.get(name, 0) + 1
    return replace(request, group=replace(request.group, held=held))


def _picked(connection: Connection, request: HostRequest, count: int) -> list[Host]:
    """The hosts for ``count`` servers; with a group for the first of them, as the next depends on where it goes."""
    named = request.named_hosts
    if named is not None:
        found: Sequence[Host] = hosts.these(connection, named)
    elif request.group is not None and request.group.policy.startswith("soft"):
        found = _liked(connection, request, request.group)
    else:
        found = _roomy(connection, request, count, request.barred_hosts)
    if request.group is not None:
        return list(choose_hosts(found, request)[:1])
    return spread(found, request, count)


def _liked(connection: Connection, request: HostRequest, group: Group) -> Sequence[Host]:
    """The hosts for one server of a group with a soft policy: those with members first, or those without."""
    held = choose_hosts(hosts.these(connection, group.held), request) if group.held else ()
    if group.policy == "soft-affinity" and held:
        return held
    return _roomy(connection, request, 1, request.barred_hosts | group.held.keys()) or held


def _roomy(connection: Connection, request: HostRequest, count: int, barred: frozenset[HostName]) -> Sequence[Host]:
    """The hosts with most room that may take the server, ``count`` of them, looked for no further than is needed."""
    size = (request.vcpus, request.memory_mb, request.disk_gb)
    if request.zone is None and not request.conditions:
        return hosts.with_room(connection, *size, count, barred)
    most, after = max(count, AT_ONCE) if request.conditions else count, hosts.FARTHEST
    found: list[Host] = []
    while len(found) < count:
        batch = hosts.next_with_room(connection, size, most, barred, request.zone, after)
        found += [host for host in batch if reason_against(host, request) is None]
        if len(batch) < most:
            break
        after = (batch[-1].memory_mb_used - batch[-1].memory_mb, batch[-1].name)
    return found


def _of_hints(connection: Connection, server: Server) -> Iterator[Among]:
    """Where the hints same_host and different_host have the server go. Servers that are gone say nothing."""
    for hint, inside in (("same_host", True), ("different_host", False)):
        if others := hinted_servers(server.scheduler_hints, hint):
            found = servers.hosts_of(connection, others)
            why = f"the scheduler hint {hint} says so"
            yield Among(frozenset(host for host in found.values() if host is not None), why, inside)


def hinted_servers(hints: Mapping[str, str | list[str]], hint: str) -> list[str]:
    """The ids of servers that a hint names, one or several."""
    named = hints.get(hint, [])
    return [named] if isinstance(named, str) else named


def _of_aggregates(connection: Connection, flavor: Flavor) -> Iterator[Among]:
    """The hosts that are in an aggregate as the flavor asks for, for each key that it asks for."""
    wanted = aggregate_specs(flavor.extra_specs)
    if not wanted:
        return
    known = aggregates.without_hosts(connection)
    for key, value in sorted(wanted.items()):
        fit = [one.id for one in known if aggregates_meet(_values(one, key), value)]
        why = f"it is in no aggregate with {key} {value}, which the flavor asks for"
        yield Among(aggregates.hosts_of(connection, fit) if fit else frozenset(), why)


def _values(aggregate: Aggregate, key: str) -> list[str]:
    """What the aggregate says for a key; its zone is one, as in Nova."""
    value = aggregate.availability_zone if key == "availability_zone" else aggregate.metadata.get(key)
    return [] if value is None else [value]


def _group(connection: Connection, server: Server) -> Group | None:
    """The server's group, locked, and where its other members are. None without one, or when it was deleted."""
    named = server.scheduler_hints.get("group")
    if not isinstance(named, str):
        return None
    group_id = ServerGroupId(named)
    server_groups.lock(connection, group_id)
    found = server_groups.rule(connection, group_id)
    if found is None:
        return None
    return Group(
        name=found.name,
        policy=found.policy,
        max_server_per_host=found.max_server_per_host,
        held=server_groups.held(connection, group_id, server.id),
    )


def verdicts(connection: Connection, request: HostRequest) -> tuple[tuple[Verdict, ...], int]:
    """What is said of each host, the first by name, and of how many more nothing is told; nothing is claimed."""
    told, number = hosts.first(connection, MOST_TOLD)
    found = tuple(Verdict(host.name, reason_against(host, request)) for host in told)
    return found, number - len(told)


def explained(connection: Connection, request: HostRequest) -> str:
    """Why hosts refused: the one that was asked for, else the first by name; a thousand more would tell nobody more."""
    if request.wanted_host is not None and (wanted := hosts.get(connection, request.wanted_host)) is not None:
        return explain([wanted], request)
    told, number = hosts.first(connection, MOST_TOLD)
    more = number - len(told)
    return explain(told, request) + (f"; and {more} more hosts" if more else "")


def release_host(connection: Connection, server: Server, at: int) -> None:
    """Give the server's place on its host back; it has none then. Again: no change."""
    if server.host is not None:
        free_place(connection, server, at)
        servers.set_host(connection, server.id, None, at)


def free_place(connection: Connection, server: Server, at: int) -> None:
    """Give the server's place on its host back, if it has one; the caller writes that it has none."""
    if server.host is not None:
        _release(connection, server.host, server.flavor, at)


def another_host_may_do(failure: Failure, tried: tuple[HostName, ...]) -> bool:
    """Whether a build that failed so on these hosts may succeed on one more."""
    return failure.step in BUILDING and failure.type in HOSTS_OWN and len(tried) < MOST_HOSTS


def move(
    connection: Connection,
    network: NetworkService,
    server: Server,
    tried: tuple[HostName, ...],
    at: int,
    wanted_host: HostName | None = None,
) -> HostName | None:
    """Put the server, with the ports and addresses it has, on a host that was not tried; None if none has room.

    ``wanted_host``: that one or none.
    """
    request = request_for(connection, server, wanted_host=wanted_host, excluded=frozenset(tried))
    host = put_elsewhere(connection, network, server, request, at)
    if host is not None:
        free_place(connection, server, at)
    return host


def put_elsewhere(
    connection: Connection, network: NetworkService, server: Server, request: HostRequest, at: int
) -> HostName | None:
    """``move`` for a server whose place on its host stays taken, by whom is the caller's to write."""
    while True:
        claimed, _ = claim_hosts(connection, request, 1, at)
        if not claimed:
            return None
        host = claimed[0].name
        if network.rebind(connection, server.id, host, at):
            break
        _release(connection, host, server.flavor, at)
        request = replace(request, excluded_hosts=request.excluded_hosts | {host})
    servers.set_host(connection, server.id, host, at)
    return host


def _release(connection: Connection, host: HostName, flavor: Flavor, at: int) -> None:
    hosts.release(connection, host, flavor.vcpus, flavor.ram, flavor.claimed_disk, at)
