"""A host leaves the cloud: at once where no server is on it, else with words for each server, or with all of them.

Nothing is asked of a host that is being removed: to what is at work there it holds nothing (``hypervisor.gone``), so
that ends, however long the host had been silent. What really is on it stays there, and is nobody's any more: who
removes a host says that it never runs these guests again.
"""

from typing import Final

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import Fault, Server
from berthline.domain.errors import Conflict, NotFound
from berthline.domain.hosts.enrolment import EnrolledHost, Fate, HostKind, HostOptions
from berthline.domain.ids import HostName, ServerId
from berthline.saga import Commit, Definition, Failure, NotYet, Ready, SagaRecord, Wait
from berthline.store import Connection
from berthline.store.compute import enrolled, hosts
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import insert_saga, request_cancel
from berthline.workflows.deleting import CANCELLED
from berthline.workflows.outside import Outside
from berthline.workflows.server import create, delete
from berthline.workflows.server.resize import places_of

KIND: Final = "host_remove"
DEADLINE_SECONDS: Final = 86_400.0
ENDED: Final = tuple(kind for kind in CANCELLED if kind != create.KIND)
"""What is ended there. A boot is not: refused by this host it goes to another one."""
TOLD: Final = 3
"""So many servers are named where a host is not removed because of them."""
LOST: Final = (
    "The host that this server was on was removed from this cloud, and its disks with it. Delete the server; its ports "
    "and addresses are kept until then."
)


class HostRemove(msgspec.Struct, frozen=True):
    """Input of the saga."""

    host: HostName
    fate: Fate


def begin(connection: Connection, caller: Caller, name: HostName, fate: Fate | None, at: int) -> SagaRecord | None:
    """Remove a host. None: it is removed; else what is on it comes first.

    Raises NotFound; Conflict where servers or moves are on it and their ``fate`` is not said, or where it answers, so
    that they run there.
    """
    on_it = enrolled.servers_on(connection, name)
    for server_id in on_it:
        servers.lock(connection, server_id)
        request_cancel(connection, server_id, *ENDED)
    enrolled.forget_places(connection, name)
    enrolled.lock(connection, [name])
    host, known = enrolled.get(connection, name), hosts.get(connection, name)
    if (host is None or host.removed_at is not None) and known is None:
        raise NotFound(f"Host {name} could not be found.")
    if host is not None and host.fate is not None:
        return None  # it is under way
    if host is None or host.removed_at is not None:
        # one of a time before hosts were enrolled, which the settings do not name any more
        kind: HostKind = "simulated" if known is not None and known.hypervisor_type == "simulated" else "libvirt"
        before = EnrolledHost(name=name, kind=kind, options=HostOptions(), revision=1, enrolled_at=at, updated_at=at)
        enrolled.add(connection, before)
    count, moves = enrolled.count_on(connection, name)
    if not count and not moves:
        enrolled.remove(connection, name, at)
        return None
    if fate is None:
        raise Conflict(_in_use(name, on_it, count, moves))
    if known is not None and known.answers and not known.forced_down:
        raise Conflict(
            f"Host {name} answers, and its servers run there: migrate or delete them. Where it is gone for good all "
            "the same, force it down first."
        )
    enrolled.set_fate(connection, name, fate, at)
    hosts.set_service(connection, name, at, enabled=False, disabled_reason="it is being removed", forced_down=True)
    saga_input = HostRemove(name, fate)
    return insert_saga(
        connection,
        kind=KIND,
        subject_id=name,
        project_id=caller.project_id,
        saga_input=saga_input,
        holder=None,
        at=at,
    )


def _in_use(name: HostName, on_it: tuple[ServerId, ...], count: int, moves: int) -> str:
    told = ", ".join(on_it[:TOLD]) + (", …" if count > TOLD else "")
    what = [f"{count} servers ({told})"] if count else []
    what += [f"{moves} moves that have not ended"] if moves else []
    return (
        f"Unable to delete a host that is hosting instances: {name} has {' and '.join(what)}. Migrate or delete the "
        "instances first; where the host is gone for good, say whether they are to be left in ERROR or deleted."
    )


def definition(outside: Outside) -> Definition[HostRemove, Connection]:
    """The saga that takes a host away with what is on it."""
    steps = _Steps(outside)
    return Definition(
        kind=KIND,
        input_type=HostRemove,
        steps=(Wait("work there ended", steps.at_rest, DEADLINE_SECONDS), Commit("removed", steps.remove)),
        undone=steps.fail,
    )


class _Steps:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def at_rest(self, removal: HostRemove) -> Ready | NotYet:
        """Ready once nothing is at work there: all of it finds that the host holds nothing, and ends."""
        left = await self._outside.store.read_short(lambda connection: enrolled.work_at(connection, removal.host, KIND))
        if not left:
            return Ready()
        return NotYet(f"{left} sagas are at work there", retry_after=self._outside.look_again)

    def remove(self, connection: Connection, removal: HostRemove) -> None:
        """One transaction: every server has its fate, and the cloud has the host no more."""
        now, name = self._outside.clock.now(), removal.host
        for server_id in enrolled.servers_on(connection, name):
            servers.lock(connection, server_id)
            server = servers.get(connection, server_id)
            if server is not None:
                self._leave(connection, server, removal, now)
        enrolled.forget_places(connection, name)
        enrolled.lock(connection, [name])
        enrolled.remove(connection, name, now)

    def _leave(self, connection: Connection, server: Server, removal: HostRemove, at: int) -> None:
        """A shelved server has its disk in an image, and loses nothing; any other one has lost its disks.

        A move that is held stays so: its other end has something of the server, which a delete takes away.
        """
        self._outside.network.unbind(connection, server.id, at)
        if server.vm_state == "shelved" and server.shelved_image_id is not None and server.task_state is None:
            servers.set_offloaded(connection, server.id, None, at)
        else:
            servers.set_host(connection, server.id, None, at)
            fault = Fault(code=500, message=LOST, details=f"host {removal.host} was removed", created_at=at)
            servers.fail(connection, server.id, fault, at)
        if removal.fate == "delete":
            places = places_of(connection, server)
            servers.set_states(connection, server.id, task_state="deleting", at=at)
            insert_saga(
                connection,
                kind=delete.KIND,
                subject_id=server.id,
                project_id=server.project_id,
                saga_input=delete.ServerDelete(server.id, places),
                holder=None,
                at=at,
            )

    def fail(self, connection: Connection, removal: HostRemove, failure: Failure) -> None:
        """The host is the cloud's as before, down and disabled."""
        enrolled.set_fate(connection, removal.host, None, self._outside.clock.now())
