"""os-simple-tenant-usage: what each project's servers had in a period, counted from their lives."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from berthline.api.compute import times
from berthline.api.compute.context import Context
from berthline.api.compute.queries import MOST, Query, QuerySchema, read_query
from berthline.api.frame import ApiRequest
from berthline.api.listing import next_url
from berthline.api.query import READS_ITS_QUERY
from berthline.domain.errors import BadRequest
from berthline.domain.ids import ProjectId, ServerId
from berthline.store import Connection
from berthline.store.compute.servers import usage
from berthline.store.compute.servers.usage import Life, Sums

PAGES_SINCE: Final = 40
PERIOD: Final = {"start": 1, "end": 1}
PAGES: Final = {"limit": PAGES_SINCE, "marker": PAGES_SINCE}
LIST: Final = QuerySchema(known={**PERIOD, **PAGES, "detailed": 1}, strict_since=75)
SHOW: Final = QuerySchema(known={**PERIOD, **PAGES}, strict_since=75)
FORMATS: Final = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")
SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND


class Period(msgspec.Struct, frozen=True):
    """From when to when, in µs; ``now`` is when it was asked."""

    start: int
    stop: int
    now: int


@get("/v2.1/os-simple-tenant-usage", opt=dict(READS_ITS_QUERY))
async def list_usages(request: ApiRequest) -> Response[bytes]:
    """GET /os-simple-tenant-usage: every project's; with ?detailed=1 server by server, from 2.40 in pages of these."""
    context = Context.of(request)
    context.require("os_compute_api:os-simple-tenant-usage:list")
    query = read_query(context, LIST)
    period = _period(context, query)
    detailed = query.get("detailed") == "1"
    if not detailed and not context.since(PAGES_SINCE):
        sums = await context.services.store.read(lambda connection: usage.sums(connection, period.start, period.stop))
        return context.answer({"tenant_usages": [_summary(period, each) for each in sums]})
    found = await _lives(context, query, period, None)
    body: dict[str, Any] = {"tenant_usages": _usages(found, period, detailed=detailed)}
    return context.answer(body | _links(context, query, found, "tenant_usages_links"))


@get("/v2.1/os-simple-tenant-usage/{project_id:str}", opt=dict(READS_ITS_QUERY))
async def show_usage(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """GET /os-simple-tenant-usage/PROJECT: server by server; nothing when none lived then."""
    context = Context.of(request)
    rule = "os_compute_api:os-simple-tenant-usage:show"
    context.require(rule)
    if project_id != context.caller.project_id:
        context.require_admin(rule)
    query = read_query(context, SHOW)
    period = _period(context, query)
    found = await _lives(context, query, period, ProjectId(project_id))
    usages = _usages(found, period, detailed=True)
    body: dict[str, Any] = {"tenant_usage": usages[0] if usages else {}}
    return context.answer(body | _links(context, query, found, "tenant_usage_links"))


async def _lives(context: Context, query: Query, period: Period, project_id: ProjectId | None) -> tuple[Life, ...]:
    """A page of servers; one of the most there are where pages cannot be asked for. Raises BadRequest for a marker."""
    marker = query.marker

    def read(connection: Connection) -> tuple[Life, ...]:
        found = usage.lives(
            connection,
            period.start,
            period.stop,
            project_id=project_id,
            after=None if marker is None else ServerId(marker),
            limit=query.limit,
        )
        if found is None:
            raise BadRequest(f"Marker {(marker or '')[:64]} could not be found.")
        return found

    return await context.services.store.read(read)


def _links(context: Context, query: Query, found: Sequence[Life], name: str) -> dict[str, Any]:
    if not context.since(PAGES_SINCE) or not found or len(found) < query.limit:
        return {}
    limit = query.limit if query.get("limit") is not None else MOST
    return {name: [{"rel": "next", "href": next_url(context.request, found[-1].id, limit)}]}


def _period(context: Context, query: Query) -> Period:
    """Up to now, unless an end is named that has passed. Raises BadRequest."""
    now = context.services.clock.now()
    start, stop = (now if not query.get(name) else _time(query.get(name) or "") for name in ("start", "end"))
    named = query.get("start") or query.get("end")
    if start > stop or (named and start == stop):
        raise BadRequest("Invalid start time. The start time cannot occur after the end time.")
    return Period(start, min(stop, now), now)


def _time(text: str) -> int:
    for form in FORMATS:
        try:
            stamp = datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return int(stamp.timestamp()) * SECOND + stamp.microsecond
    raise BadRequest(f"Datetime is in invalid format: '{text[:32]}' is no time like 2026-01-31T09:30:00.")


def _usages(found: Sequence[Life], period: Period, *, detailed: bool) -> list[dict[str, Any]]:
    """The servers summed by project, in the order in which they are."""
    by_project: dict[ProjectId, list[Life]] = {}
    for life in found:
        by_project.setdefault(life.project_id, []).append(life)
    usages = []
    for project_id, its in by_project.items():
        view = _summary(period, _sum(project_id, its, period))
        if detailed:
            view["server_usages"] = [_server(life, period) for life in its]
        usages.append(view)
    return usages


def _sum(project_id: ProjectId, its: Sequence[Life], period: Period) -> Sums:
    lived = [(_lived(life, period), life.flavor) for life in its]
    return Sums(
        project_id=project_id,
        lived=sum(time for time, _ in lived),
        vcpus=sum(time * flavor.vcpus for time, flavor in lived),
        memory_mb=sum(time * flavor.ram for time, flavor in lived),
        disk_gb=sum(time * (flavor.disk + flavor.ephemeral) for time, flavor in lived),
    )


def _lived(life: Life, period: Period) -> int:
    """For how long it lived within the period, in µs."""
    end = period.stop if life.deleted_at is None else min(life.deleted_at, period.stop)
    return max(end - max(life.launched_at, period.start), 0)


def _summary(period: Period, sums: Sums) -> dict[str, Any]:
    return {
        "tenant_id": sums.project_id,
        "start": times.microsecond(period.start),
        "stop": times.microsecond(period.stop),
        "total_hours": sums.lived / HOUR,
        "total_vcpus_usage": sums.vcpus / HOUR,
        "total_memory_mb_usage": sums.memory_mb / HOUR,
        "total_local_gb_usage": sums.disk_gb / HOUR,
    }


def _server(life: Life, period: Period) -> dict[str, Any]:
    until = period.now if life.deleted_at is None else life.deleted_at
    return {
        "instance_id": life.id,
        "name": life.name,
        "tenant_id": life.project_id,
        "flavor": life.flavor.name,
        "vcpus": life.flavor.vcpus,
        "memory_mb": life.flavor.ram,
        "local_gb": life.flavor.disk + life.flavor.ephemeral,
        "hours": _lived(life, period) / HOUR,
        "started_at": times.microsecond(life.launched_at),
        "ended_at": times.microsecond(life.deleted_at),
        "state": life.vm_state if life.deleted_at is None else "terminated",
        "uptime": (until - life.launched_at) // SECOND,
    }


HANDLERS: Final = (list_usages, show_usage)
