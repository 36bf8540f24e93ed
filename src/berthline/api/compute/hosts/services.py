"""os-services: each host's service, and what operators say of it: enabled or not and why, and forced down."""

from typing import Any, Final

import msgspec
from litestar import Response, delete, get, put
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute import fields, times
from berthline.api.compute.context import Context
from berthline.api.compute.fields import Flexible
from berthline.api.compute.hosts.known import BINARY, UUIDS_SINCE, check_id, for_admin, host_id, name_with_id
from berthline.api.compute.queries import QuerySchema, read_query
from berthline.api.frame import ApiRequest
from berthline.api.query import READS_ITS_QUERY
from berthline.domain.compute import Host
from berthline.domain.errors import BadRequest, NotFound
from berthline.domain.ids import HostName
from berthline.store import Connection
from berthline.store.compute import hosts

FORCED_DOWN_SINCE: Final = 11
UNSET: Final = msgspec.UNSET
Unset = msgspec.UnsetType

LIST: Final = QuerySchema(known={"host": 1, "binary": 1}, strict_since=75)


class ServiceUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """PUT /os-services/ID."""

    status: str | Unset = UNSET
    disabled_reason: str | Unset = UNSET
    forced_down: Flexible | Unset = UNSET


class NamedService(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """PUT /os-services/ACTION, before 2.53."""

    host: str
    binary: str
    disabled_reason: str | Unset = UNSET
    forced_down: Flexible | Unset = UNSET


class Change(msgspec.Struct, frozen=True):
    """What is to be said of a service from now on."""

    enabled: bool | Unset = UNSET
    disabled_reason: str | None = None
    forced_down: bool | Unset = UNSET


@get("/v2.1/os-services", opt=dict(READS_ITS_QUERY))
async def list_services(request: ApiRequest) -> Response[bytes]:
    """GET /os-services, with ?host and ?binary."""
    context = for_admin(request, "os_compute_api:os-services:list")
    query = read_query(context, LIST)
    name, binary = query.get("host"), query.get("binary")

    def read(connection: Connection) -> tuple[Host, ...]:
        if binary not in (None, "", BINARY):
            return ()
        if not name:
            return hosts.candidates(connection)
        host = hosts.get(connection, HostName(name))
        return () if host is None else (host,)

    found = await context.services.store.read(read)
    return context.answer({"services": [_service(context, host) for host in found]})


@put("/v2.1/os-services/{service_id:str}")
async def update_service(request: ApiRequest, service_id: FromPath[str]) -> Response[bytes]:
    """PUT /os-services/ID, before 2.53 /os-services/ACTION: whether a host takes new servers, and counts as down."""
    context = for_admin(request, "os_compute_api:os-services:update")
    if not context.since(UUIDS_SINCE):
        return await _act(context, service_id)
    change = _parse(await read_json(request, ServiceUpdate))

    def write(connection: Connection) -> Host:
        name = name_with_id(connection, context, check_id(context, service_id))
        if name is None:
            raise NotFound(f"Service {service_id[:64]} could not be found.")
        return _apply(connection, name, change, context.services.clock.now())

    return context.answer({"service": _service(context, await context.services.store.write(write))})


@delete("/v2.1/os-services/{service_id:str}")
async def delete_service(request: ApiRequest, service_id: FromPath[str]) -> Response[None]:
    """DELETE /os-services/ID: the host leaves the cloud. 409 while servers are on it, as Nova answers."""
    context = for_admin(request, "os_compute_api:os-services:delete")
    wanted = check_id(context, service_id)
    if not context.since(UUIDS_SINCE) and not wanted.isdigit():
        raise BadRequest("service_id: it is a number.")
    name = await context.services.store.read(lambda connection: name_with_id(connection, context, wanted))
    if name is None:
        raise NotFound(f"Service {service_id[:64]} not found.")
    await context.services.compute.hosts.remove(context.caller, name, None)
    return context.empty(204)


def _parse(update: ServiceUpdate) -> Change:
    """The change that is asked for from 2.53 on. Raises BadRequest for what does not go together."""
    reason = None if update.disabled_reason is UNSET else _check_reason(update.disabled_reason)
    if update.status not in (UNSET, "enabled", "disabled"):
        raise fields.invalid("status", update.status, "It is enabled or disabled.")
    if reason is not None and update.status == "enabled":
        raise BadRequest("Specifying 'disabled_reason' with status 'enabled' is invalid.")
    if reason is not None and update.status is UNSET:
        raise BadRequest("Specifying 'disabled_reason' without status 'disabled' is invalid.")
    if update.status is UNSET and update.forced_down is UNSET:
        raise BadRequest("No updates were requested. Fields 'status' or 'forced_down' should be specified.")
    return Change(
        UNSET if update.status is UNSET else update.status == "enabled",
        reason,
        UNSET if update.forced_down is UNSET else fields.as_boolean("forced_down", update.forced_down),
    )


async def _act(context: Context, action: str) -> Response[bytes]:
    """enable, disable, disable-log-reason and, from 2.11 on, force-down, of the service that the body names."""
    if action not in ACTIONS or (action == "force-down" and not context.since(FORCED_DOWN_SINCE)):
        raise NotFound("Unknown action")
    named = await read_json(context.request, NamedService)
    if named.forced_down is not UNSET and not context.since(FORCED_DOWN_SINCE):
        raise BadRequest("Additional properties are not allowed ('forced_down' was unexpected)")
    fields.check_host("host", named.host)
    change, shown = _named_change(action, named)
    if named.binary != BINARY:
        raise BadRequest(
            f"Updating a {named.binary[:64]} service is not supported. Only {BINARY} services can be updated."
        )

    def write(connection: Connection) -> Host:
        if hosts.get(connection, HostName(named.host)) is None:
            raise NotFound(f"Could not find binary {BINARY} on host {named.host[:64]}.")
        return _apply(connection, HostName(named.host), change, context.services.clock.now())

    await context.services.store.write(write)
    return context.answer({"service": {"host": named.host, "binary": named.binary, **shown}})


ACTIONS: Final = ("enable", "disable", "disable-log-reason", "force-down")


def _named_change(action: str, named: NamedService) -> tuple[Change, dict[str, Any]]:
    """What an action of old changes, and what its answer shows. Raises BadRequest for what is missing or not taken."""
    takes = {"disable-log-reason": "disabled_reason", "force-down": "forced_down"}.get(action)
    for name in ("disabled_reason", "forced_down"):
        given = getattr(named, name) is not UNSET
        if given and name != takes:
            raise BadRequest(f"The action {action} takes no {name}.")
        if name == takes and not given:
            raise BadRequest(f"Missing {name} field")
    if named.forced_down is not UNSET:
        forced_down = fields.as_boolean("forced_down", named.forced_down)
        return Change(forced_down=forced_down), {"forced_down": forced_down}
    if named.disabled_reason is not UNSET:
        reason = _check_reason(named.disabled_reason)
        return Change(False, reason), {"status": "disabled", "disabled_reason": reason}
    enabled = action == "enable"
    return Change(enabled), {"status": "enabled" if enabled else "disabled"}


def _apply(connection: Connection, name: HostName, change: Change, at: int) -> Host:
    hosts.set_service(
        connection,
        name,
        at,
        enabled=change.enabled,
        disabled_reason=change.disabled_reason,
        forced_down=change.forced_down,
    )
    changed = hosts.get(connection, name)
    assert changed is not None, "hosts are not deleted while they are written"
    return changed


def _check_reason(reason: str) -> str:
    if not 1 <= len(reason) <= fields.NAME_LENGTH:
        raise fields.invalid("disabled_reason", reason, f"It has 1 to {fields.NAME_LENGTH} characters.")
    return reason


def _service(context: Context, host: Host) -> dict[str, Any]:
    view = {
        "id": host_id(context, host.name),
        "binary": BINARY,
        "host": host.name,
        "zone": host.availability_zone,
        "state": "up" if host.up else "down",
        "status": "enabled" if host.enabled else "disabled",
        "updated_at": times.microsecond(host.seen_at),
        "disabled_reason": host.disabled_reason,
    }
    return view | {"forced_down": host.forced_down} if context.since(FORCED_DOWN_SINCE) else view


HANDLERS: Final = (list_services, update_service, delete_service)
