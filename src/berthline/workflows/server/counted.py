"""Servers in the quotas of their project and user: how many they allow, and the count when they are made."""

from collections.abc import Mapping

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import Flavor, Server
from berthline.domain.errors import OverQuota, Overtaken, QuotaExceeded
from berthline.domain.ids import ProjectId, UserId
from berthline.store import Connection
from berthline.store.control import quotas, user_quotas
from berthline.workflows.requests import ServerRequest


class Owner(msgspec.Struct, frozen=True):
    """Whose servers are counted. ``limited``: the user has limits of its own in the project."""

    project_id: ProjectId
    user_id: UserId
    limited: bool


def affordable(connection: Connection, caller: Caller, request: ServerRequest, flavor: Flavor) -> tuple[int, Owner]:
    """How many servers the quotas allow, at most ``max_count``, and for whom ``take`` is to count them.

    Raises QuotaExceeded (Nova's 403) when that is fewer than ``min_count``.
    """
    each = {"cores": flavor.vcpus, "instances": 1, "ram": flavor.ram}
    left, owner = _left(connection, caller.project_id, caller.user_id, tuple(each))
    room = {name: _share(left[name], size) for name, size in each.items()}
    count = min([request.max_count, *(amount for amount in room.values() if amount is not None)])
    least = max(request.min_count, 1)
    if count < least:
        wanted = {name: each[name] * least for name, amount in room.items() if amount is not None and amount < least}
        raise QuotaExceeded(_over_quota(connection, owner, wanted), {"left": left})
    return count, owner


def left(connection: Connection, caller: Caller, resources: tuple[str, ...]) -> dict[str, int | None]:
    """How much more of each resource the caller may have in its project; None is unlimited."""
    return _left(connection, caller.project_id, caller.user_id, resources)[0]


def _left(
    connection: Connection, project_id: ProjectId, user_id: UserId, resources: tuple[str, ...]
) -> tuple[dict[str, int | None], Owner]:
    left, limited = quotas.left_and_whether_user_has_limits(connection, project_id, user_id, resources)
    if limited:
        for name, room in user_quotas.left(connection, project_id, user_id, resources).items():
            shared = left[name]
            left[name] = max(room, 0) if shared is None else max(min(room, shared), 0)
    return left, Owner(project_id, user_id, limited)


def _over_quota(connection: Connection, owner: Owner, wanted: Mapping[str, int]) -> str:
    """Nova's words for what is wanted of each resource, how much of it is used, and of how much."""
    project_id, names = owner.project_id, tuple(wanted)
    used, limits = (ask(connection, project_id, names) for ask in (quotas.used, quotas.limits))
    if owner.limited:
        own = user_quotas.limits(connection, project_id, owner.user_id, names)
        held = user_quotas.used(connection, project_id, owner.user_id)
        if any(0 <= own[name] < held[name] + amount for name, amount in wanted.items()):
            used, limits = {name: held[name] for name in names}, own
    amounts, had, most = (", ".join(map(str, numbers.values())) for numbers in (wanted, used, limits))
    listed = ", ".join(names)
    return f"Quota exceeded for {listed}: Requested {amounts}, but already used {had} of {most} {listed}"


def _share(left: int | None, each: int) -> int | None:
    return None if left is None else left // each


def take(connection: Connection, owner: Owner, flavor: Flavor, count: int) -> None:
    """Count so many servers of the flavor, which are written, last in their transaction.

    Raises Overtaken when others took the room that ``affordable`` saw: it is to be looked again how many there are.
    """
    take_more(connection, owner, {"instances": count, "cores": count * flavor.vcpus, "ram": count * flavor.ram})


def check_more(connection: Connection, server: Server, wanted: Mapping[str, int]) -> Owner:
    """For whom ``take_more`` is to count so much more of each resource.

    Raises QuotaExceeded, in Nova's words, where the server's project or user may not have it.
    """
    if not wanted:
        return Owner(server.project_id, server.user_id, limited=False)
    left, owner = _left(connection, server.project_id, server.user_id, tuple(wanted))
    short = {name: amount for name, amount in wanted.items() if (room := left[name]) is not None and room < amount}
    if short:
        raise QuotaExceeded(_over_quota(connection, owner, short), {"left": left})
    return owner


def take_more(connection: Connection, owner: Owner, wanted: Mapping[str, int]) -> None:
    """Count so much more, which is written, last in its transaction.

    Raises Overtaken when others took what ``check_more`` saw.
    """
    try:
        quotas.take(connection, owner.project_id, wanted)
        if owner.limited and wanted:
            user_quotas.check(connection, owner.project_id, owner.user_id, tuple(wanted))
    except OverQuota as full:
        raise Overtaken(full.message, full.details) from full
