"""The verb evacuate, and the claim of it: a server whose host is down is given another one.

From the first evacuation on nothing is begun at the host any more: it counts as lost, and to what is at work there it
holds nothing (``hypervisor.gone``), so that ends. It is the cloud's again once it is there and has none of the guests
that were given to others.
"""

from typing import Final

import msgspec
from msgspec.structs import replace

from berthline.domain.auth import Caller
from berthline.domain.compute import Fault, Migration, Server
from berthline.domain.errors import BadRequest, InstanceInvalidState, NotFound
from berthline.domain.hypervisor import BaseImage
from berthline.domain.ids import HostName, MigrationId, ServerId, new_id
from berthline.placement.choose import HostRequest
from berthline.saga import SagaRecord
from berthline.store import Connection
from berthline.store.compute import enrolled, hosts, left_guests, migrations
from berthline.store.compute.servers import admin_passwords, servers
from berthline.store.control.sagas import request_cancel, unfinished
from berthline.workflows.accepting import (
    Accepting,
    begin,
    check_may_write,
    check_state,
    check_unlocked,
    check_without_tpm,
    note_actions,
    owned_for_change,
    wrong_state,
)
from berthline.workflows.deleting import CANCELLED
from berthline.workflows.outside import Outside
from berthline.workflows.server import delete, earlier_work, evacuate
from berthline.workflows.server.create import HolderFor
from berthline.workflows.server.placing import explained, put_elsewhere, request_for
from berthline.workflows.server.resize import claim

ACTION: Final = "evacuate"
NO_HOST: Final = "No valid host was found. There are not enough hosts available."


class Evacuation(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: ``host``: that one or none. ``stops``: its guest is off there, whatever it was before.

    ``admin_password`` goes into its config drive, where it has one.
    """

    admin_password: str
    host: HostName | None = None
    stops: bool = False


class Evacuating(Accepting):
    """What the compute API calls. It checks that the caller may, before anything changes."""

    async def evacuate(self, caller: Caller, server_id: ServerId, wanted: Evacuation) -> None:
        """Begin to bring a server whose host is down to another one.

        Where no host can take it it is in ERROR, with the reason, as in Nova. Raises NotFound, also for a host that is
        asked for; InstanceInvalidState; BadRequest where its host is up, for a host that it cannot be brought to, and
        for a server that cannot be made anew.
        """
        check_may_write(caller)

        def work(connection: Connection) -> SagaRecord | None:
            at = self._outside.clock.now()
            server = owned_for_change(connection, caller, server_id)
            check_unlocked(caller, server)
            _check_target(connection, server, wanted.host)
            holder_for = self._engine.holder_for
            return claim_evacuation(connection, self._outside, caller, server, wanted, holder_for=holder_for, at=at)

        saga = await self._outside.store.write(work)
        self._engine.wake_subject(server_id)
        if saga is not None:
            self._engine.adopt(saga)


def claim_evacuation(
    connection: Connection,
    outside: Outside,
    caller: Caller,
    server: Server,
    wanted: Evacuation,
    *,
    holder_for: HolderFor,
    at: int,
) -> SagaRecord | None:
    """Give the server, whose row is locked, another host, and write the saga that makes its guest there.

    None: no host can take it, and it says so. Raises as ``Evacuating.evacuate``.
    """
    source = _check(connection, server)
    image = claim.image_of(connection, server)
    request_cancel(connection, server.id, *(kind for kind in CANCELLED if kind != evacuate.KIND))
    after = earlier_work.earlier(connection, server.id)
    request = _request(connection, server, source, wanted.host)
    enrolled.lock(connection, [source])  # who finds that it is back has removed this guest, or looks once more
    enrolled.set_lost(connection, source, at)
    hosts.set_up(connection, source, False, at)
    host = put_elsewhere(connection, outside.network, server, request, at)
    if host is None:
        fault = Fault(code=500, message=NO_HOST, details=explained(connection, request), created_at=at)
        servers.fail(connection, server.id, fault, at)
        note_actions(connection, caller, [(server, None)], ACTION, at, [fault])
        return None
    left_guests.add(connection, source, server.id, server.flavor, at)
    if server.config_drive:
        admin_passwords.forget(connection, server.id)
        admin_passwords.add(connection, [server.id], wanted.admin_password)
    servers.set_states(connection, server.id, task_state="rebuilding", at=at)
    migration = migrations.add(connection, _record(caller, server, image, (source, host), at))
    saga_input = evacuate.ServerEvacuate(
        server_id=server.id,
        host=host,
        source=source,
        migration_id=migration.id,
        runs=not wanted.stops and not _was_off(server),
        has_password=server.config_drive,
        after=after,
    )
    return begin(
        connection,
        caller,
        server,
        action=ACTION,
        kind=evacuate.KIND,
        saga_input=saga_input,
        holder_for=holder_for,
        at=at,
        place=host,
    )


def _record(caller: Caller, server: Server, image: BaseImage, ends: tuple[HostName, HostName], at: int) -> Migration:
    """What os-migrations tells of it. It holds nothing: what it takes of both hosts is told by other rows."""
    build, _ = claim.builds(server, image, server.flavor)
    source, destination = ends
    return Migration(
        number=0,
        id=MigrationId(new_id()),
        server_id=server.id,
        project_id=server.project_id,
        user_id=caller.user_id,
        type="evacuation",
        status="accepted",
        source=source,
        destination=destination,
        old_flavor=server.flavor,
        new_flavor=server.flavor,
        old_build=build,
        new_build=build,
        image=image,
        before=server.vm_state,
        held=False,
        created_at=at,
        updated_at=at,
    )


def _was_off(server: Server) -> bool:
    """A server that is stopped, and one in ERROR whose owner had stopped it before."""
    return server.vm_state == "stopped" or (server.vm_state == "error" and server.wanted == "stopped")


def _check_target(connection: Connection, server: Server, wanted: HostName | None) -> None:
    if wanted is not None and hosts.get(connection, wanted) is None:
        raise NotFound(f"Compute host {wanted} not found.")
    if wanted is not None and wanted == server.host:
        raise BadRequest("The target host can't be the same one.")


def _check(connection: Connection, server: Server) -> HostName:
    """The host of a server that may be evacuated. Raises InstanceInvalidState, and BadRequest for one that is up."""
    check_without_tpm(server, ACTION)
    check_state(server, ACTION)
    if server.host is None:
        raise wrong_state(server.id, ACTION, "host", "None")
    under_way = unfinished(connection, server.id)
    if any(saga.kind == delete.KIND for saga in under_way):  # whatever its state was reset to
        raise wrong_state(server.id, ACTION, "task_state", "deleting")
    if any(saga.kind == evacuate.KIND for saga in under_way):
        raise wrong_state(server.id, ACTION, "task_state", "rebuilding")
    if migrations.held_by(connection, server.id) is not None:
        raise InstanceInvalidState(
            f"Cannot '{ACTION}' instance {server.id} while a move of it has not ended: revert its resize, confirm it, "
            "or wait for its end."
        )
    host = hosts.get(connection, server.host)
    if host is None or host.up:
        raise BadRequest(f"Compute service of {server.host} is still in use.")
    return server.host


def _request(connection: Connection, server: Server, source: HostName, wanted: HostName | None) -> HostRequest:
    """What is to hold of the other host. It is none that has something left of the server.

    Members of its group that wait on the lost host to be brought elsewhere do not keep it there.
    """
    excluded = left_guests.hosts_of(connection, server.id) | {source}
    request = request_for(connection, server, wanted_host=wanted, excluded=excluded)
    if request.group is None:
        return request
    held = {host: number for host, number in request.group.held.items() if host != source}
    return replace(request, group=replace(request.group, held=held))
