"""Puts together what is known of one server or port: in one snapshot of the database, and by one question outside."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Final

from msgspec.structs import replace

from berthline.domain.auth import Caller
from berthline.domain.compute import Host, Server
from berthline.domain.dataplane import PortState
from berthline.domain.errors import NotFound, OutsideError
from berthline.domain.ids import PortId, ServerId
from berthline.domain.network import (
    OWNER_FLOATING_IP,
    OWNER_METADATA,
    OWNER_ROUTER_GATEWAY,
    OWNER_ROUTER_INTERFACE,
    Port,
)
from berthline.saga import SagaRecord
from berthline.store import Connection
from berthline.store.compute import enrolled, hosts
from berthline.store.compute.servers import actions, servers
from berthline.store.control.postponements import postponed
from berthline.store.control.sagas import unfinished
from berthline.store.dataplane import outbox
from berthline.store.dataplane.projection import unprojected_ports
from berthline.store.network import ports
from berthline.store.network.nics import nics
from berthline.workflows.explaining.reasons import reasons
from berthline.workflows.explaining.stories import PortStory, Postponement, ServerStory, Story, Work
from berthline.workflows.outside import Outside

ANSWER_SECONDS: Final = 5.0
ACTIONS: Final = 5
"""So many of a server's newest actions are told."""

OF_CLOUD: Final = frozenset({OWNER_FLOATING_IP, OWNER_METADATA, OWNER_ROUTER_GATEWAY, OWNER_ROUTER_INTERFACE})

Steps = Mapping[str, tuple[str, ...]]
"""The names of the steps of each kind of saga, in order."""


class Explaining:
    """See the module. It changes nothing."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def explain(self, caller: Caller, object_id: str, steps: Steps) -> tuple[Story, tuple[str, ...]]:
        """What is known of the server or the port of this id, and why it is as it is.

        Raises NotFound for what is neither, and for another project's.
        """
        story = await self._outside.store.read(lambda connection: self._read(connection, caller, object_id, steps))
        told = (story.port,) if story.port else story.server.ports if story.server else ()
        states = await self._states([one.port.id for one in told])
        story = _with_states(story, states)
        return story, reasons(story, admin=caller.is_admin)

    def _read(self, connection: Connection, caller: Caller, object_id: str, steps: Steps) -> Story:
        at, changes = self._outside.clock.now(), outbox.lag(connection).changes
        server = servers.get(connection, ServerId(object_id))
        if server is not None and _is_callers(caller, server.project_id):
            return Story(at=at, changes=changes, server=self._server(connection, server, steps))
        port = ports.get(connection, object_id)
        if port is None or not _is_callers(caller, port.project_id):
            raise NotFound(f"There is no server and no port {object_id}.")
        owner = nics.server_of(connection, port.id)
        used_by = None if owner is None else servers.get(connection, owner)
        return Story(at=at, changes=changes, port=_ports(connection, [port], used_by)[0])

    def _server(self, connection: Connection, server: Server, steps: Steps) -> ServerStory:
        found = ports.get_many(connection, [nic.port_id for nic in server.nics])
        own = [found[nic.port_id] for nic in server.nics if nic.port_id in found]
        waits = postponed(connection, server.id)
        known = None if server.host is None else enrolled.get(connection, server.host)
        return ServerStory(
            server=server,
            work=tuple(_work(saga, steps) for saga in unfinished(connection, server.id)),
            actions=actions.page(connection, server.id, limit=ACTIONS) or (),
            ports=tuple(_ports(connection, own, server)),
            host=None if server.host is None else hosts.get(connection, server.host),
            removed=known is not None and (known.fate is not None or known.removed_at is not None),
            lost=known is not None and known.lost_at is not None,
            postponed=None if waits is None else Postponement(tries=waits[0], until=waits[1]),
            elsewhere=self._outside.network.acts_outside,
        )

    async def _states(self, asked: Collection[PortId]) -> Mapping[PortId, PortState] | None:
        """What the dataplane says of them; None where it does not answer."""
        if not asked:
            return {}
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._outside.dataplane.port_states(asked)
        except (OutsideError, TimeoutError):
            return None


def _is_callers(caller: Caller, project_id: str) -> bool:
    return caller.is_admin or project_id == caller.project_id


def _work(saga: SagaRecord, steps: Steps) -> Work:
    of_kind = steps.get(saga.kind, ())
    return Work(saga=saga, step=of_kind[saga.position] if 0 <= saga.position < len(of_kind) else "")


def _ports(connection: Connection, found: Collection[Port], server: Server | None) -> list[PortStory]:
    behind = unprojected_ports(connection, [port.id for port in found])
    names = {port.binding_host for port in found if port.binding_host}
    chassis: dict[str, Host] = {host.name: host for host in hosts.these(connection, names)} if names else {}
    return [
        PortStory(
            port=port,
            projected=port.id not in behind,
            state=None,
            chassis=chassis[port.binding_host].chassis if port.binding_host in chassis else None,
            is_nic=server is not None,
            of_cloud=port.device_owner in OF_CLOUD,
            server_runs=server is not None and server.power_state == 1 and server.task_state is None,
        )
        for port in found
    ]


def _with_states(story: Story, states: Mapping[PortId, PortState] | None) -> Story:
    def seen(told: PortStory) -> PortStory:
        return replace(told, state=None if states is None else states.get(told.port.id))

    if story.port is not None:
        return replace(story, port=seen(story.port))
    assert story.server is not None
    return replace(story, server=replace(story.server, ports=tuple(map(seen, story.server.ports))))
