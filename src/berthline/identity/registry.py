"""Regions, services and endpoints that admins put into the catalogue, beside those of this cloud.

Those of this cloud are what its settings say and cannot be changed here: ``Own`` knows them. All of these are refused
by name; what is added stands beside them in every catalogue from then on.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import BadRequest, Conflict, Forbidden, NotFound
from berthline.domain.identity import RegisteredEndpoint, RegisteredRegion, RegisteredService, new_identity_id
from berthline.identity.catalog import CatalogService, Endpoint
from berthline.identity.fields import or_else
from berthline.identity.rights import require_admin
from berthline.store import Connection, Store
from berthline.store.identity import catalog as rows

MOST: Final[dict[type[rows.Registered], int]] = {
    RegisteredRegion: 1000,
    RegisteredService: 200,
    RegisteredEndpoint: 1000,
}
"""Of each there may be so many: tokens carry the catalogue."""
FILLED: Final = frozenset({"project_id", "tenant_id", "user_id"})
"""What a URL may leave open, as in %(project_id)s or $(project_id)s; each token's catalogue fills it in."""
_OPEN: Final = re.compile(r"[%$]\((\w*)\)s")

T = TypeVar("T", bound=rows.Registered)
V = TypeVar("V")


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """The regions and services of this cloud itself, which are not for changing."""

    regions: frozenset[str]
    services: tuple[CatalogService, ...]

    def service(self, service_id: str) -> CatalogService | None:
        """The one of that id, or None."""
        return next((each for each in self.services if each.id == service_id), None)

    def has_endpoint(self, endpoint_id: str) -> bool:
        """Whether one of the services has it."""
        return any(each.id == endpoint_id for service in self.services for each in service.endpoints)


class RegionFields(msgspec.Struct, frozen=True, kw_only=True):
    """Of a new one or of a change; what is UNSET takes its default or stays. ``id`` is for a new one alone."""

    id: str | UnsetType = UNSET
    parent_region_id: str | UnsetType | None = UNSET
    description: str | UnsetType = UNSET
    extra: dict[str, object] | UnsetType = UNSET


class ServiceFields(msgspec.Struct, frozen=True, kw_only=True):
    """Likewise."""

    type: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    extra: dict[str, object] | UnsetType = UNSET


class EndpointFields(msgspec.Struct, frozen=True, kw_only=True):
    """Likewise. ``make_region``: a region that is not there is made, as Keystone does for its older ``region``."""

    service_id: str | UnsetType = UNSET
    interface: str | UnsetType = UNSET
    region_id: str | UnsetType | None = UNSET
    url: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    extra: dict[str, object] | UnsetType = UNSET
    make_region: bool = False


class Registry:
    """What changes takes the caller first, and ``own``, which it leaves alone.

    Raises Forbidden when the caller may not, when it is this cloud's own, or when there are as many as there may be;
    NotFound, Conflict and BadRequest as Keystone does. Reading is for whoever asks: rights are with the routes.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def regions(self) -> tuple[RegisteredRegion, ...]:
        """All, by id."""
        return await self._store.read(rows.regions)

    async def services(self) -> tuple[RegisteredService, ...]:
        """All, by type and name."""
        return await self._store.read(rows.services)

    async def endpoints(self) -> tuple[RegisteredEndpoint, ...]:
        """All, by service, region and interface."""
        return await self._store.read(rows.endpoints)

    async def offered(self, user_id: str, project_id: str | None) -> tuple[CatalogService, ...]:
        """What is enabled, as a user's catalogue shows it; what a URL leaves open that he has not is left out."""
        known = {"user_id": user_id} | ({"project_id": project_id, "tenant_id": project_id} if project_id else {})
        found = await self._store.read_short(rows.offered)
        return tuple(
            CatalogService(
                id=each.id,
                type=each.type,
                name=each.name,
                endpoints=tuple(
                    Endpoint(id=end, interface=interface, region=region, url=_filled(url, known))
                    for end, interface, region, url in each.endpoints
                    if set(_OPEN.findall(url)) <= known.keys()
                ),
            )
            for each in found
        )

    # --- regions ---
    async def create_region(self, caller: Caller, fields: RegionFields, own: Own) -> RegisteredRegion:
        """With the id that is given, or a new one."""
        region = RegisteredRegion(
            id=or_else(fields.id, "") or new_identity_id(),
            parent_region_id=or_else(fields.parent_region_id, None),
            description=or_else(fields.description, ""),
            extra=or_else(fields.extra, {}),
        )

        def check(connection: Connection) -> RegisteredRegion:
            known = {each.id for each in rows.regions(connection)} | own.regions
            if region.id in known:
                raise Conflict(f"Duplicate ID, {region.id}.")
            _check_parent(region, known)
            return region

        return await self._add(caller, check)

    async def update_region(self, caller: Caller, region_id: str, fields: RegionFields, own: Own) -> RegisteredRegion:
        """``extra`` is merged."""

        def changed(connection: Connection) -> RegisteredRegion:
            known = {each.id: each for each in rows.regions(connection)}
            before = _region(known.values(), region_id, own)
            after = msgspec.structs.replace(
                before,
                parent_region_id=or_else(fields.parent_region_id, before.parent_region_id),
                description=or_else(fields.description, before.description),
                extra={**before.extra, **or_else(fields.extra, {})},
            )
            _check_parent(after, known.keys() | own.regions)
            above, seen = after.parent_region_id, {region_id}
            while above is not None:
                if above in seen:
                    raise BadRequest(f"the region {region_id} would be below itself: choose another parent")
                seen.add(above)
                above = known[above].parent_region_id if above in known else None
            return after

        return await self._change(caller, changed)

    async def delete_region(self, caller: Caller, region_id: str, own: Own) -> None:
        """And the regions below it, unless one of them has endpoints."""

        def doomed(connection: Connection) -> tuple[RegisteredRegion, ...]:
            every = rows.regions(connection)
            gone = {region_id: _region(every, region_id, own)}
            while more := {each.id: each for each in every if each.parent_region_id in gone and each.id not in gone}:
                gone |= more
            if any(each.region_id in gone for each in rows.endpoints(connection)):
                raise Forbidden(
                    f"Unable to delete region {region_id} because it or its child regions have associated endpoints."
                )
            return tuple(gone.values())

        await self._remove(caller, doomed)

    # --- services ---
    async def create_service(self, caller: Caller, fields: ServiceFields) -> RegisteredService:
        if isinstance(fields.type, UnsetType):
            raise BadRequest("type is missing")
        service = RegisteredService(
            id=new_identity_id(),
            type=fields.type,
            name=or_else(fields.name, ""),
            description=or_else(fields.description, None),
            enabled=or_else(fields.enabled, True),
            extra=or_else(fields.extra, {}),
        )
        return await self._add(caller, lambda _: service)

    async def update_service(
        self, caller: Caller, service_id: str, fields: ServiceFields, own: Own
    ) -> RegisteredService:
        """``extra`` is merged."""

        def changed(connection: Connection) -> RegisteredService:
            before = _service(connection, service_id, own)
            return msgspec.structs.replace(
                before,
                type=or_else(fields.type, before.type),
                name=or_else(fields.name, before.name),
                description=or_else(fields.description, before.description),
                enabled=or_else(fields.enabled, before.enabled),
                extra={**before.extra, **or_else(fields.extra, {})},
            )

        return await self._change(caller, changed)

    async def delete_service(self, caller: Caller, service_id: str, own: Own) -> None:
        """And its endpoints."""
        await self._remove(caller, lambda connection: (_service(connection, service_id, own),))

    # --- endpoints ---
    async def create_endpoint(self, caller: Caller, fields: EndpointFields, own: Own) -> RegisteredEndpoint:
        """Of a service that an admin added."""
        if fields.service_id is UNSET or fields.interface is UNSET or fields.url is UNSET:
            raise BadRequest("service_id, interface and url of an endpoint must be given")
        endpoint = RegisteredEndpoint(
            id=new_identity_id(),
            service_id=or_else(fields.service_id, ""),
            interface=or_else(fields.interface, ""),
            region_id=or_else(fields.region_id, None),
            url=or_else(fields.url, ""),
            enabled=or_else(fields.enabled, True),
            extra=or_else(fields.extra, {}),
        )

        def check(connection: Connection) -> RegisteredEndpoint:
            self._check_endpoint(connection, endpoint, own, make_region=fields.make_region)
            return endpoint

        return await self._add(caller, check)

    async def update_endpoint(
        self, caller: Caller, endpoint_id: str, fields: EndpointFields, own: Own
    ) -> RegisteredEndpoint:
        """``extra`` is merged."""

        def changed(connection: Connection) -> RegisteredEndpoint:
            before = _endpoint(connection, endpoint_id, own)
            after = msgspec.structs.replace(
                before,
                service_id=or_else(fields.service_id, before.service_id),
                interface=or_else(fields.interface, before.interface),
                region_id=or_else(fields.region_id, before.region_id),
                url=or_else(fields.url, before.url),
                enabled=or_else(fields.enabled, before.enabled),
                extra={**before.extra, **or_else(fields.extra, {})},
            )
            self._check_endpoint(connection, after, own, make_region=fields.make_region)
            return after

        return await self._change(caller, changed)

    async def delete_endpoint(self, caller: Caller, endpoint_id: str, own: Own) -> None:
        await self._remove(caller, lambda connection: (_endpoint(connection, endpoint_id, own),))

    def _check_endpoint(
        self, connection: Connection, endpoint: RegisteredEndpoint, own: Own, *, make_region: bool
    ) -> None:
        """Raise for a URL, a service or a region that cannot be; and make the region where it is to be made."""
        if unknown := sorted(set(_OPEN.findall(endpoint.url)) - FILLED):
            filled = ", ".join(sorted(FILLED))
            raise BadRequest(f"The url leaves {', '.join(unknown)[:64]} open: only {filled} are filled in.")
        if service := own.service(endpoint.service_id):
            raise _is_own(f"the service {service.type} ({service.name})")
        if all(each.id != endpoint.service_id for each in rows.services(connection)):
            raise BadRequest(f"Could not find service: {endpoint.service_id}.")
        region_id = endpoint.region_id
        if region_id is None or region_id in own.regions | {each.id for each in rows.regions(connection)}:
            return
        if not make_region:
            raise BadRequest(f"Could not find region: {region_id}.")
        region = RegisteredRegion(id=region_id, parent_region_id=None, description="", extra={})
        _room(connection, region)
        rows.add(connection, region, self._clock.now())

    # --- each by one transaction at a time ---
    async def _add(self, caller: Caller, check: Callable[[Connection], T]) -> T:
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> T:
            rows.lock_catalog(connection)
            made = check(connection)
            _room(connection, made)
            rows.add(connection, made, at)
            return made

        return await self._store.write(work)

    async def _change(self, caller: Caller, changed: Callable[[Connection], T]) -> T:
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> T:
            rows.lock_catalog(connection)
            after = changed(connection)
            rows.change(connection, after, at)
            return after

        return await self._store.write(work)

    async def _remove(self, caller: Caller, doomed: Callable[[Connection], tuple[T, ...]]) -> None:
        require_admin(caller)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            rows.lock_catalog(connection)
            for each in doomed(connection):
                rows.remove(connection, each, at)

        await self._store.write(work)


def _room(connection: Connection, thing: rows.Registered) -> None:
    most = MOST[type(thing)]
    if rows.count(connection, type(thing)) >= most:
        raise Forbidden(f"the catalogue has {most} of these already, which is as many as there may be")


def _check_parent(region: RegisteredRegion, known: Collection[str]) -> None:
    parent = region.parent_region_id
    if parent == region.id:
        raise BadRequest(f"the region {region.id} cannot be below itself: choose another parent")
    if parent is not None and parent not in known:
        raise NotFound(f"Could not find region: {parent}.")


def _region(every: Iterable[RegisteredRegion], region_id: str, own: Own) -> RegisteredRegion:
    if region_id in own.regions:
        raise _is_own(f"the region {region_id}")
    found = next((each for each in every if each.id == region_id), None)
    if found is None:
        raise NotFound(f"Could not find region: {region_id}.")
    return found


def _service(connection: Connection, service_id: str, own: Own) -> RegisteredService:
    if service := own.service(service_id):
        raise _is_own(f"the service {service.type} ({service.name})")
    found = next((each for each in rows.services(connection) if each.id == service_id), None)
    if found is None:
        raise NotFound(f"Could not find service: {service_id}.")
    return found


def _endpoint(connection: Connection, endpoint_id: str, own: Own) -> RegisteredEndpoint:
    if own.has_endpoint(endpoint_id):
        raise _is_own(f"the endpoint {endpoint_id}")
    found = next((each for each in rows.endpoints(connection) if each.id == endpoint_id), None)
    if found is None:
        raise NotFound(f"Could not find endpoint: {endpoint_id}.")
    return found


def _is_own(what: str) -> Forbidden:
    return Forbidden(f"{what} is this cloud's own: it is as the settings say, and is not changed here")


def _filled(url: str, known: Mapping[str, str]) -> str:
    return _OPEN.sub(lambda found: known[found.group(1)], url)
