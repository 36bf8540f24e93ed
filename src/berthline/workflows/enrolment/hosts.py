"""The hosts of the cloud, for its admins: which there are, what is seen of them, and what an admin says of them.

The database is the truth about them. Every process follows it while it runs (``bootstrap.hosts.roster``); a worker that
looks at a new host records its size, and from then on it takes guests.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import Host
from berthline.domain.errors import BadRequest, Conflict, Forbidden, NotFound, OutsideError, Refused
from berthline.domain.hosts.enrolment import EnrolledHost, Fate, HostKind, HostOptions
from berthline.domain.hypervisor import HostFacts
from berthline.domain.ids import HostName
from berthline.saga import Engine, SagaRecord
from berthline.store import Connection
from berthline.store.compute import enrolled, hosts
from berthline.store.dataplane import ways_out
from berthline.workflows.enrolment import draining, removal, replacement
from berthline.workflows.enrolment.draining import Progress
from berthline.workflows.enrolment.uris import fault_of
from berthline.workflows.outside import Outside

SIZES: Final = frozenset({"vcpus", "memory_mb", "disk_gb"})
"""Options of simulated hosts."""


class Seen(msgspec.Struct, frozen=True):
    """What was found of a host that was looked at. ``chassis``: the physical networks that its chassis leads to; None:
    OVN has no such chassis, or has none at all.
    """

    facts: HostFacts
    chassis: Collection[str] | None


Look = Callable[[EnrolledHost], Awaitable[Seen]]


class Enrolling(msgspec.Struct, frozen=True):
    """``kind``: that of this cloud's hosts. ``look``: whether a host is there; raises OutsideError."""

    kind: HostKind
    look: Look


class KnownHost(msgspec.Struct, frozen=True):
    """A host as it was enrolled, and as it was last seen; one of the two may not be."""

    name: HostName
    enrolled: EnrolledHost | None
    seen: Host | None


class Hosts:
    """What the API calls. Every method is for admins: it raises Forbidden for others."""

    def __init__(self, outside: Outside, engine: Engine[Connection], enrolling: Enrolling | None) -> None:
        """``enrolling`` None: hosts are simulated, and none can be added."""
        self._outside = outside
        self._engine = engine
        self._kind, self._look = ("simulated", _nowhere) if enrolling is None else (enrolling.kind, enrolling.look)

    async def every(self, caller: Caller) -> tuple[KnownHost, ...]:
        """All hosts, by name."""
        _check(caller)

        def read(connection: Connection) -> tuple[KnownHost, ...]:
            named = {host.name: host for host in enrolled.every(connection) if host.removed_at is None}
            seen = {host.name: host for host in hosts.candidates(connection)}
            return tuple(KnownHost(name, named.get(name), seen.get(name)) for name in sorted(named | seen))

        return await self._outside.store.read(read)

    async def get(self, caller: Caller, name: HostName) -> KnownHost:
        """One host. Raises NotFound."""
        _check(caller)
        return await self._outside.store.read(lambda connection: _known(connection, name))

    async def add(self, caller: Caller, name: HostName, options: HostOptions) -> Seen:
        """Enrol a host that answers; what is seen of it. Workers take it up by themselves.

        Raises BadRequest for options that do not go together, Conflict where there is a host of this name, or where it
        does not answer: then nothing changed.
        """
        _check(caller)
        self._check_options(options, frozenset())
        at = self._outside.clock.now()
        host = EnrolledHost(name=name, kind=self._kind, options=options, revision=1, enrolled_at=at, updated_at=at)

        def taken(connection: Connection) -> bool:
            known = enrolled.get(connection, name)
            return (known is not None and known.removed_at is None) or hosts.get(connection, name) is not None

        if await self._outside.store.read(taken):
            raise Conflict(f"There is a host {name} already.")
        try:
            seen = await self._look(host)
        except OutsideError as error:
            raise Conflict(f"Host {name} was not added, as it cannot be used: {error.message}") from None
        if not await self._outside.store.write(lambda connection: enrolled.add(connection, host)):
            raise Conflict(f"There is a host {name} already.")
        return seen

    async def change(self, caller: Caller, name: HostName, changes: Mapping[str, object]) -> KnownHost:
        """Say otherwise how a host is reached and used: ``changes`` are fields of HostOptions. What is new of its size
        holds from the next look at it.

        Raises NotFound, BadRequest for options that do not go together, Conflict for one that is being removed, or
        that does not answer at its new ``uri``.
        """
        _check(caller)
        await self._check_answers(caller, name, changes)

        def write(connection: Connection) -> KnownHost:
            at = self._outside.clock.now()
            enrolled.lock(connection, [name])
            known = _known(connection, name)
            if known.enrolled is None:
                raise Conflict(f"Host {name} is none that was enrolled: remove it, and add it anew.")
            options = msgspec.structs.replace(known.enrolled.options, **changes)
            self._check_options(options, changes.keys())
            if options != known.enrolled.options:
                if not enrolled.change(connection, name, options, at):
                    raise Conflict(f"Host {name} is being removed.")
                ways_out.set_role(connection, name, options.gateway, at)
            return _known(connection, name)

        return await self._outside.store.write(write)

    async def replace(self, caller: Caller, name: HostName, changes: Mapping[str, object]) -> Seen:
        """Have another machine, which answers, take the place of a host that has no servers; what is seen of it.

        ``changes`` are fields of HostOptions. Raises as ``add`` and ``replacement.replace``; then nothing changed.
        """
        _check(caller)
        at = self._outside.clock.now()
        known = await self._outside.store.read(lambda connection: enrolled.get(connection, name))
        new = replacement.successor(known, name, changes, at)
        self._check_options(new.options, changes.keys())
        try:
            seen = await self._look(new)
        except OutsideError as error:
            raise Conflict(f"Host {name} was not replaced, as the new one cannot be used: {error.message}") from None

        def write(connection: Connection) -> None:
            replacement.replace(connection, name, changes, self._outside.clock.now())

        await self._outside.store.write(write)
        return seen

    async def set_enabled(self, caller: Caller, name: HostName, enabled: bool, reason: str | None) -> KnownHost:
        """Have the host take new servers, or none, and why; one that takes them is drained no further.

        Raises NotFound, and Conflict for one never seen.
        """
        _check(caller)

        def write(connection: Connection) -> KnownHost:
            known = _known(connection, name)
            if known.enrolled is not None and known.enrolled.gone:
                raise Conflict(f"Host {name} is being removed.")
            at = self._outside.clock.now()
            if not hosts.set_service(connection, name, at, enabled=enabled, disabled_reason=reason):
                raise Conflict(f"Host {name} was never seen: no worker has reached it yet. Try again when it is up.")
            return _known(connection, name)

        return await self._outside.store.write(write)

    async def drain(self, caller: Caller, name: HostName, at_once: int | None) -> Progress:
        """Have everything on the host be moved to others, so many servers at once; None: as the settings say.

        Raises as ``draining.begin``.
        """
        _check(caller)
        many = self._outside.drain_at_once if at_once is None else at_once

        def write(connection: Connection) -> Progress:
            draining.begin(connection, caller, name, many, self._outside.clock.now())
            return draining.progress(connection, name)

        return await self._outside.store.write(write)

    async def progress(self, caller: Caller, name: HostName) -> Progress:
        """How far the host's last drain is. Raises NotFound where there was none."""
        _check(caller)
        return await self._outside.store.read(lambda connection: draining.progress(connection, name))

    async def remove(self, caller: Caller, name: HostName, fate: Fate | None) -> bool:
        """Remove a host; False: what is on it is given its fate first, which goes on by itself.

        Raises NotFound, and Conflict as ``removal.begin`` does.
        """
        _check(caller)

        def write(connection: Connection) -> tuple[SagaRecord | None, bool]:
            saga = removal.begin(connection, caller, name, fate, self._outside.clock.now())
            left = enrolled.get(connection, name)
            return saga, left is None or left.removed_at is not None

        saga, gone = await self._outside.store.write(write)
        if saga is not None:
            self._engine.adopt(saga)
        return gone

    async def _check_answers(self, caller: Caller, name: HostName, changes: Mapping[str, object]) -> None:
        """Raise Conflict where a host that is to have another URI does not answer there."""
        known = (await self.get(caller, name)).enrolled
        if known is None or changes.get("uri", known.options.uri) == known.options.uri:
            return
        options = msgspec.structs.replace(known.options, **changes)
        self._check_options(options, changes.keys())
        try:
            await self._look(msgspec.structs.replace(known, options=options))
        except OutsideError as error:
            raise Conflict(f"Host {name} was not changed, as it does not answer there: {error.message}") from None

    def _check_options(self, options: HostOptions, changed: Collection[str]) -> None:
        """Raise BadRequest for what does not go together with the kind of this cloud's hosts."""
        if self._kind == "simulated":
            if options.uri:
                raise BadRequest("The hosts of this cloud are simulated: they have no uri.")
            if SIZES & set(changed):
                raise BadRequest("The size of a simulated host is that which it was added with.")
            return
        if SIZES & {name for name in SIZES if getattr(options, name) is not None}:
            raise BadRequest("A host has the size that libvirt tells: vcpus, memory_mb and disk_gb are not given.")
        if not options.uri:
            raise BadRequest("A host needs its uri, such as qemu+tls://HOST/system.")
        for field, uri in (("uri", options.uri), ("migration_uri", options.migration_uri)):
            if uri and (fault := fault_of(uri)):
                raise BadRequest(f"The {field} {uri} is none that a host may have: {fault}.")
        if options.cpu_mode == "custom" and not options.cpu_model:
            raise BadRequest("cpu_mode custom needs a cpu_model.")


async def _nowhere(host: EnrolledHost) -> Seen:
    raise Refused(f"there is no way to {host.name} from here")


def _check(caller: Caller) -> None:
    if not caller.is_admin:
        raise Forbidden("only an admin may do this")


def _known(connection: Connection, name: HostName) -> KnownHost:
    host, seen = enrolled.get(connection, name), hosts.get(connection, name)
    if host is not None and host.removed_at is not None:
        host = None
    if host is None and seen is None:
        raise NotFound(f"Host {name} could not be found.")
    return KnownHost(name, host, seen)
