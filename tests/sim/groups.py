"""Server groups of the simulation: some servers are made in one, and none is ever where its group does not have it."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Final

from berthline.domain.compute import Server
from berthline.domain.ids import ServerGroupId, UserId
from berthline.domain.placing import GroupPolicy, ServerGroup
from berthline.store import Connection
from berthline.store.compute import server_groups
from berthline.store.control import quotas
from tests.workflows.world import CLOCK, PROJECT

MOST: Final = 1
APART: Final = ServerGroupId("55555555-5555-4555-8555-555555555551")
TOGETHER: Final = ServerGroupId("55555555-5555-4555-8555-555555555552")
BY_SLOT: Final = {0: APART, 3: APART, 1: TOGETHER, 4: TOGETHER}
"""Servers in these slots are made in a group; those in others in none."""


def fill(connection: Connection) -> None:
    """One group of each kind that forbids."""
    policies: tuple[tuple[ServerGroupId, GroupPolicy, int | None], ...] = (
        (APART, "anti-affinity", MOST),
        (TOGETHER, "affinity", None),
    )
    for group_id, policy, most in policies:
        group = ServerGroup(
            id=group_id,
            project_id=PROJECT,
            user_id=UserId("somebody"),
            name=policy,
            policy=policy,
            max_server_per_host=most,
            members=(),
            created_at=CLOCK.now(),
        )
        server_groups.add(connection, group)
    quotas.take(connection, PROJECT, {"server_groups": len(policies)})


def hints(slot: int) -> dict[str, str | list[str]]:
    """The scheduler hints of a server that is made in the slot."""
    return {"group": BY_SLOT[slot]} if slot in BY_SLOT else {}


def wrong(living: Collection[Server]) -> Iterator[str]:
    """What is wrong with where the members of groups are."""
    placed = Counter((server.scheduler_hints.get("group"), server.host) for server in living if server.host is not None)
    yield from (
        f"host {host} has {count} servers of the group that may have {MOST} on one"
        for (group, host), count in placed.items()
        if group == APART and count > MOST
    )
    homes = sorted(str(host) for group, host in placed if group == TOGETHER)
    if len(homes) > 1:
        yield f"the servers of the group that is to be together are on {', '.join(homes)}"
