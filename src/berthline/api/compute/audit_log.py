"""os-instance_usage_audit_log: which hosts have told of their servers' usage in the last whole month. None tells.

Nova's hosts send such notifications where an operator switched them on; here ``usage`` counts from the rows themselves.
"""

from datetime import UTC, datetime
from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.compute.context import Context
from berthline.api.frame import ApiRequest
from berthline.domain.errors import BadRequest
from berthline.store.compute import hosts

FORMATS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f")
MICROSECONDS: Final = 1_000_000
FIRST_YEAR: Final = 1970


@get("/v2.1/os-instance_usage_audit_log")
async def show_last(request: ApiRequest) -> Response[bytes]:
    """GET /os-instance_usage_audit_log: of the last month that is over."""
    context = Context.of(request)
    context.require("os_compute_api:os-instance-usage-audit-log:list")
    now = datetime.fromtimestamp(context.services.clock.now() // MICROSECONDS, UTC)
    return context.answer({"instance_usage_audit_logs": await _log(context, now)})


@get("/v2.1/os-instance_usage_audit_log/{before:str}")
async def show_before(request: ApiRequest, before: FromPath[str]) -> Response[bytes]:
    """GET /os-instance_usage_audit_log/TIME: of the last month that was over then."""
    context = Context.of(request)
    context.require("os_compute_api:os-instance-usage-audit-log:show")
    return context.answer({"instance_usage_audit_log": await _log(context, _time(before))})


def _time(text: str) -> datetime:
    for form in FORMATS:
        try:
            found = datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        if found.year >= FIRST_YEAR:
            return found
    raise BadRequest(f"Invalid timestamp for date {text[:64]}")


async def _log(context: Context, before: datetime) -> dict[str, Any]:
    """The log of the last whole month before this time."""
    end = before.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if end >= before:
        end = _month_before(end)
    names = await context.services.store.read_short(hosts.names)
    return {
        "period_beginning": _written(_month_before(end)),
        "period_ending": _written(end),
        "num_hosts": len(names),
        "num_hosts_done": 0,
        "num_hosts_running": 0,
        "num_hosts_not_run": len(names),
        "hosts_not_run": list(names),
        "total_instances": 0,
        "total_errors": 0,
        "overall_status": f"{'ALL' if not names else f'0 of {len(names)}'} hosts done. 0 errors.",
        "log": {},
    }


def _month_before(first: datetime) -> datetime:
    return first.replace(year=first.year - 1, month=12) if first.month == 1 else first.replace(month=first.month - 1)


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")


HANDLERS: Final = (show_last, show_before)
