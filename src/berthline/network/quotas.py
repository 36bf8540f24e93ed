"""Quotas of the network service as a project sees them and an admin sets them."""

from collections.abc import Mapping
from typing import Final

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.errors import BadRequest, HTTPBadRequest
from berthline.domain.quota import NETWORK_DEFAULTS
from berthline.network import policy
from berthline.store import Connection
from berthline.store.control import quotas

RESOURCES: Final = tuple(NETWORK_DEFAULTS)


class QuotaUse(msgspec.Struct, frozen=True):
    """One resource: its limit (-1 unlimited) and how much is used now."""

    resource: str
    limit: int
    used: int


def show(connection: Connection, caller: Caller, project_id: str) -> tuple[QuotaUse, ...]:
    """Limits and use of a project: one's own, or any for an admin."""
    if project_id != caller.project_id:
        policy.check_admin(caller, "get_quota")
    return _of(connection, project_id)


def every(connection: Connection, caller: Caller) -> tuple[tuple[str, tuple[QuotaUse, ...]], ...]:
    """Projects with limits of their own; for a project's user only that project."""
    found = quotas.projects_with_limits(connection, RESOURCES)
    seen = [project for project in found if caller.is_admin or project == caller.project_id]
    return tuple((project, _of(connection, project)) for project in seen)


def update(
    connection: Connection, caller: Caller, project_id: str, limits: Mapping[str, int], *, check: bool
) -> tuple[QuotaUse, ...]:
    """Set limits. With ``check``, raises BadRequest for one below what is used, and sets none."""
    policy.check_admin(caller, "update_quota")
    unknown = sorted(set(limits) - set(RESOURCES))
    if unknown:
        raise HTTPBadRequest(f"Unrecognized attribute(s) '{', '.join(unknown)}'")
    if check:
        used = quotas.used(connection, project_id, RESOURCES)
        for resource, limit in limits.items():
            if 0 <= limit < used[resource]:
                raise BadRequest(
                    f"Bad quota request: Quota limit {limit} for {resource} must be greater than or equal to already "
                    f"used {used[resource]}. With force the limit is set all the same, and nothing more can be made."
                )
    quotas.set_limits(connection, project_id, limits)
    return _of(connection, project_id)


def reset(connection: Connection, caller: Caller, project_id: str) -> None:
    """Give a project the default limits again."""
    policy.check_admin(caller, "delete_quota")
    quotas.reset_limits(connection, project_id, RESOURCES)


def _of(connection: Connection, project_id: str) -> tuple[QuotaUse, ...]:
    limits = quotas.limits(connection, project_id, RESOURCES)
    used = quotas.used(connection, project_id, RESOURCES)
    return tuple(QuotaUse(resource, limits[resource], used[resource]) for resource in RESOURCES)
