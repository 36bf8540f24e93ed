"""What admins put into the catalogue beside the services of this cloud: regions, services and endpoints."""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, Table, and_, delete, func, insert, select, update

from berthline.domain.identity import RegisteredEndpoint, RegisteredRegion, RegisteredService
from berthline.store.engine import locks
from berthline.store.engine.changes import record_event
from berthline.store.tables.identity import catalog_endpoints, catalog_regions, catalog_services, schema_facts

Registered = RegisteredRegion | RegisteredService | RegisteredEndpoint
_KINDS: Final[dict[type[Registered], tuple[str, Table]]] = {
    RegisteredRegion: ("catalog_region", catalog_regions),
    RegisteredService: ("catalog_service", catalog_services),
    RegisteredEndpoint: ("catalog_endpoint", catalog_endpoints),
}


def lock_catalog(connection: Connection) -> None:
    """One transaction at a time changes the catalogue: its rows hang together, and each kind is counted."""
    locks.lock(connection, schema_facts, [1])


def count(connection: Connection, kind: type[Registered]) -> int:
    """How many there are of this kind."""
    found: int = connection.execute(select(func.count()).select_from(_KINDS[kind][1])).scalar_one()
    return found


def add(connection: Connection, thing: Registered, at: int) -> None:
    """Its id must be new, and for an endpoint its service be there."""
    kind, table = _KINDS[type(thing)]
    connection.execute(insert(table), msgspec.structs.asdict(thing))
    _record(connection, kind, thing.id, "created", at)


def change(connection: Connection, thing: Registered, at: int) -> None:
    """Write it over the row of its id."""
    kind, table = _KINDS[type(thing)]
    connection.execute(update(table).where(table.c.id == thing.id).values(msgspec.structs.asdict(thing)))
    _record(connection, kind, thing.id, "updated", at)


def remove(connection: Connection, thing: Registered, at: int) -> None:
    """Of a service also its endpoints, by foreign key."""
    kind, table = _KINDS[type(thing)]
    connection.execute(delete(table).where(table.c.id == thing.id))
    _record(connection, kind, thing.id, "deleted", at)


def regions(connection: Connection) -> tuple[RegisteredRegion, ...]:
    """All, by id."""
    rows = connection.execute(select(catalog_regions).order_by(catalog_regions.c.id))
    return tuple(
        RegisteredRegion(id=row.id, parent_region_id=row.parent_region_id, description=row.description, extra=row.extra)
        for row in rows
    )


def services(connection: Connection) -> tuple[RegisteredService, ...]:
    """All, by type, name and id."""
    table = catalog_services.c
    rows = connection.execute(select(catalog_services).order_by(table.type, table.name, table.id))
    return tuple(_service(row) for row in rows)


def endpoints(connection: Connection) -> tuple[RegisteredEndpoint, ...]:
    """All, by service, region, interface and id."""
    table = catalog_endpoints.c
    order = (table.service_id, table.region_id, table.interface, table.id)
    rows = connection.execute(select(catalog_endpoints).order_by(*order))
    return tuple(
        RegisteredEndpoint(
            id=row.id,
            service_id=row.service_id,
            interface=row.interface,
            region_id=row.region_id,
            url=row.url,
            enabled=row.enabled,
            extra=row.extra,
        )
        for row in rows
    )


_OFFERED: Final = (
    select(
        catalog_services.c.id,
        catalog_services.c.type,
        catalog_services.c.name,
        catalog_endpoints.c.id.label("endpoint_id"),
        catalog_endpoints.c.interface,
        catalog_endpoints.c.region_id,
        catalog_endpoints.c.url,
    )
    .outerjoin(
        catalog_endpoints,
        and_(catalog_endpoints.c.service_id == catalog_services.c.id, catalog_endpoints.c.enabled),
    )
    .where(catalog_services.c.enabled)
    .order_by(catalog_services.c.type, catalog_services.c.name, catalog_services.c.id, catalog_endpoints.c.id)
)


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A service that is enabled, with those of its endpoints that are: of each id, interface, region and URL."""

    id: str
    type: str
    name: str
    endpoints: tuple[tuple[str, str, str | None, str], ...]


def offered(connection: Connection) -> tuple[Offered, ...]:
    """What a catalogue shows of all this, by one statement."""
    found: dict[tuple[str, str, str], list[tuple[str, str, str | None, str]]] = {}
    for row in connection.execute(_OFFERED):
        at = found.setdefault((row.id, row.type, row.name), [])
        if row.endpoint_id is not None:
            at.append((row.endpoint_id, row.interface, row.region_id, row.url))
    return tuple(
        Offered(id=service_id, type=kind, name=name, endpoints=tuple(ends))
        for (service_id, kind, name), ends in found.items()
    )


def _service(row: Row[*tuple[Any, ...]]) -> RegisteredService:
    return RegisteredService(
        id=row.id, type=row.type, name=row.name, description=row.description, enabled=row.enabled, extra=row.extra
    )


def _record(connection: Connection, kind: str, object_id: str, what: str, at: int) -> None:
    """An event has room for 36 characters of an id, and a region may have been given a longer one."""
    record_event(connection, kind=kind, object_id=object_id[:36], project_id="", revision=0, what=what, at=at)
