"""Servers in their project's quotas: how many it allows, and the count when they are made."""

from collections.abc import Mapping

from berthline.domain.auth import Caller
from berthline.domain.compute import Flavor
from berthline.domain.errors import OverQuota, Overtaken, QuotaExceeded
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.workflows.requests import ServerRequest


def affordable(connection: Connection, caller: Caller, request: ServerRequest, flavor: Flavor) -> int:
    """How many servers the quota allows, at most ``max_count``.

    Raises QuotaExceeded (Nova's 403) when that is fewer than ``min_count``.
    """
    each = {"cores": flavor.vcpus, "instances": 1, "ram": flavor.ram}
    left = quotas.left(connection, caller.project_id, tuple(each))
    room = {name: _share(left[name], size) for name, size in each.items()}
    count = min([request.max_count, *(amount for amount in room.values() if amount is not None)])
    least = max(request.min_count, 1)
    if count < least:
        wanted = {name: each[name] * least for name, amount in room.items() if amount is not None and amount < least}
        raise QuotaExceeded(_over_quota(connection, caller.project_id, wanted), {"left": left})
    return count


def _over_quota(connection: Connection, project_id: str, wanted: Mapping[str, int]) -> str:
    """Nova's words for what is wanted of each resource, how much of it is used, and of how much."""
    used, limits = (ask(connection, project_id, tuple(wanted)) for ask in (quotas.used, quotas.limits))
    names = ", ".join(wanted)
    amounts, held, most = (", ".join(map(str, numbers.values())) for numbers in (wanted, used, limits))
    return f"Quota exceeded for {names}: Requested {amounts}, but already used {held} of {most} {names}"


def _share(left: int | None, each: int) -> int | None:
    return None if left is None else left // each


def take(connection: Connection, project_id: str, flavor: Flavor, count: int) -> None:
    """Count so many servers of the flavor, last in their transaction.

    Raises Overtaken when others took the room that ``affordable`` saw: it is to be looked again how many there are.
    """
    wanted = {"instances": count, "cores": count * flavor.vcpus, "ram": count * flavor.ram}
    try:
        quotas.take(connection, project_id, wanted)
    except OverQuota as full:
        raise Overtaken(full.message, full.details) from full


def check_more(connection: Connection, project_id: str, wanted: Mapping[str, int]) -> None:
    """Raise QuotaExceeded, in Nova's words, where the project may not have so much more of each resource."""
    left = quotas.left(connection, project_id, tuple(wanted)) if wanted else {}
    short = {name: amount for name, amount in wanted.items() if (room := left[name]) is not None and room < amount}
    if short:
        raise QuotaExceeded(_over_quota(connection, project_id, short), {"left": left})


def take_more(connection: Connection, project_id: str, wanted: Mapping[str, int]) -> None:
    """Count so much more, last in its transaction. Raises Overtaken when others took what ``check_more`` saw."""
    try:
        quotas.take(connection, project_id, wanted)
    except OverQuota as full:
        raise Overtaken(full.message, full.details) from full
