"""Boot a server: claim everything in one transaction, then make it real step by step, or give it all back.

The claim (``claim_servers``) is the only place that chooses: ids, host, addresses, MACs. The saga's input is the
server's id and host, so each step can be done and undone by anyone who reads the row. Nova does the same work in
``compute.manager._build_and_run_instance`` with ``network.neutron.allocate_for_instance``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import Fault, Nic, RequestedNetwork, Server
from berthline.domain.ids import HostName, PortId, ServerGroupId, ServerId
from berthline.network.service import Instance, NetworkService, NicKey, Validated
from berthline.placement.choose import HostRequest
from berthline.saga import Commit, Definition, Effect, Failure, Holder, NotYet, Ready, SagaRecord, Wait
from berthline.store import Connection
from berthline.store.compute import server_groups
from berthline.store.compute.servers import actions as server_actions
from berthline.store.compute.servers import admin_passwords, servers
from berthline.store.control.sagas import insert_saga
from berthline.workflows.outside import Outside
from berthline.workflows.server import network_release
from berthline.workflows.server.boot_steps import BootSteps
from berthline.workflows.server.failures import fault_at_step
from berthline.workflows.server.placing import another_host_may_do, claim_hosts, move, request_for

KIND: Final = "server_create"
RESUMED: Final = "undoing the guest step destroys the guest, running or not"


class ServerCreate(msgspec.Struct, frozen=True):
    """Input of the saga: the row of ``server_id`` says the rest."""

    server_id: ServerId
    host: HostName
    tried: tuple[HostName, ...] = ()
    """Hosts that failed to build it before this one."""
    movable: bool = True
    """False for a server that an admin put on its host."""
    has_password: bool = False
    """Whether a password waits for the config drive; it is forgotten with the end of the build."""


HolderFor = Callable[[str | None], Holder | None]
"""Who will drive the saga at this place that a claim writes: this process, or None, whoever claims it."""


def instance(server: Server) -> Instance:
    """The server as networks see it."""
    return Instance(
        server_id=server.id,
        project_id=server.project_id,
        hostname=server.hostname,
        availability_zone=server.availability_zone,
    )


def claim_servers(
    connection: Connection,
    caller: Caller,
    wanted: Sequence[Server],
    *,
    network: NetworkService,
    validated: Validated,
    properties: Mapping[str, str],
    wanted_host: HostName | None,
    before_claims: Callable[[HostRequest], None] = lambda _request: None,
    holder_for: HolderFor,
    at: int,
) -> list[tuple[Server, SagaRecord | None]]:
    """Write the servers of one request, their host claims, NICs with addresses, and sagas: all of it or nothing.

    They have one flavor, one image with these ``properties``, and the same hints; ``before_claims`` hears what is to be
    true of their hosts. Returns each as written with its saga; no saga, and the server in ERROR, where none can take it
    (Nova answers 202 then too). Raises the errors of ``NetworkService.claim`` when the request for networks cannot be
    met.
    """
    request = request_for(connection, wanted[0], properties=properties, wanted_host=wanted_host)
    before_claims(request)
    found, why = claim_hosts(connection, request, len(wanted), at)
    placed = [
        msgspec.structs.replace(server, host=host.name, availability_zone=host.availability_zone, task_state="spawning")
        for server, host in zip(wanted, found, strict=False)
    ]
    fault = Fault(code=500, message=why.message, details=str(why.details["hosts"]), created_at=at)
    lost = [
        msgspec.structs.replace(server, vm_state="error", task_state=None, fault=fault)
        for server in wanted[len(found) :]
    ]
    servers.insert_many(connection, [*placed, *lost])
    if request.group is not None:
        group_id = ServerGroupId(str(wanted[0].scheduler_hints["group"]))
        server_groups.join(connection, group_id, [server.id for server in wanted])
    claimed: list[tuple[Server, SagaRecord | None]] = []
    for server, host in zip(placed, (host.name for host in found), strict=True):
        keys = network.claim(connection, caller, instance(server), validated, bind_host=host, at=at)
        nics = () if network.acts_outside else _nics(keys, validated)
        saga = insert_saga(
            connection,
            kind=KIND,
            subject_id=server.id,
            project_id=server.project_id,
            saga_input=ServerCreate(server.id, host, movable=wanted_host is None, has_password=server.config_drive),
            holder=holder_for(host),
            place=host,
            at=at,
        )
        claimed.append((msgspec.structs.replace(server, nics=nics), saga))
    return [*claimed, *((server, None) for server in lost)]


def _nics(keys: Sequence[NicKey], validated: Validated) -> tuple[Nic, ...]:
    """The NICs that were just claimed of our own networks, as the server's row has them."""
    asked = validated.requested if isinstance(validated.requested, tuple) else ()
    items = asked if len(asked) == len(keys) else tuple(RequestedNetwork() for _ in keys)
    return tuple(
        Nic(port_id=PortId(key), position=position, tag=item.tag, preserve_on_delete=item.port_id is not None)
        for position, (key, item) in enumerate(zip(keys, items, strict=True))
    )


def leave_in_error(
    connection: Connection, server_id: ServerId, failure: Failure, at: int, tried: tuple[HostName, ...] = ()
) -> None:
    """Show the server in ERROR, with the reason: the message to its users; type, step and hosts tried to admins."""
    servers.fail(connection, server_id, fault_at_step(failure, at, tried), at)


def definition(outside: Outside) -> Definition[ServerCreate, Connection]:
    """The saga that makes a claimed server run."""
    steps = _Steps(outside)
    return Definition(
        kind=KIND,
        input_type=ServerCreate,
        steps=(
            *_network_steps(outside, steps),
            Effect("image", steps.cache_image, None, "a cached image is shared by guests and is no leak"),
            Effect("disks", steps.create_disks, steps.delete_disks, joins=True),
            Effect("guest", steps.start_guest, steps.destroy_guest, joins=True),
            Wait("ports up", steps.ports_up, outside.boot_deadline, joins=True),
            Effect("resume", steps.resume_guest, None, RESUMED, joins=True),
            Wait("running", steps.guest_running, outside.boot_deadline, joins=True),
            Commit("active", steps.activate),
        ),
        undone=steps.fail,
    )


def _network_steps(outside: Outside, steps: "_Steps") -> tuple[Effect[ServerCreate], ...]:
    """Networks of our own are all claimed by now; those of a service outside are made first.

    They are not undone with the rest: another host may take the server with the ports and addresses it has. Where none
    does, a saga of its own takes them back (see ``network_release``).
    """
    if not outside.network.acts_outside:
        return ()
    return (Effect("networks", steps.realise, None, "the next host gets the same ports; else network_release undoes"),)


class _Steps:
    """The steps of server_create, each do beside its undo."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._start = BootSteps(outside)

    async def realise(self, create: ServerCreate) -> None:
        await self._outside.network.realise(create.server_id, create.host)

    async def cache_image(self, create: ServerCreate) -> None:
        await self._start.cache_image(create.server_id, create.host)

    async def create_disks(self, create: ServerCreate) -> None:
        await self._start.create_disks(create.server_id, create.host)

    async def delete_disks(self, create: ServerCreate) -> None:
        await self._start.delete_disks(create.server_id, create.host)

    async def start_guest(self, create: ServerCreate) -> None:
        await self._start.start_paused(create.server_id, create.host)

    async def destroy_guest(self, create: ServerCreate) -> None:
        await self._start.destroy(create.server_id, create.host)

    async def ports_up(self, create: ServerCreate) -> Ready | NotYet:
        return await self._start.ports_up(create.server_id)

    async def resume_guest(self, create: ServerCreate) -> None:
        await self._start.resume(create.server_id, create.host)

    async def guest_running(self, create: ServerCreate) -> Ready | NotYet:
        return await self._start.running(create.server_id, create.host)

    def activate(self, connection: Connection, create: ServerCreate) -> None:
        """The last commit: ACTIVE, unless a delete came meanwhile, which then goes on from here."""
        servers.activate(connection, create.server_id, self._outside.clock.now())
        if create.has_password:
            admin_passwords.forget(connection, create.server_id)

    def fail(self, connection: Connection, create: ServerCreate, failure: Failure) -> None:
        """Build it on another host, where that may help; else give back what the claim took and leave it in ERROR.

        A server that is being deleted gets neither a host nor the reason.
        """
        now = self._outside.clock.now()
        servers.lock(connection, create.server_id)
        server = servers.get(connection, create.server_id)
        if server is None or (
            server.task_state != "deleting"
            and _build_elsewhere(connection, self._outside, server, create, failure, now)
        ):
            return
        if create.has_password:
            admin_passwords.forget(connection, create.server_id)
        network_release.give_back(connection, self._outside, server, now)
        if server.task_state != "deleting":
            leave_in_error(connection, server.id, failure, now, (*create.tried, create.host))


def _build_elsewhere(
    connection: Connection, outside: Outside, server: Server, create: ServerCreate, failure: Failure, at: int
) -> bool:
    """Move the server to a host that was not tried and write the saga that builds it there; False when none may help.

    Its ports, addresses and quota stay as they are. Whoever ended this saga claims the next.
    """
    tried = (*create.tried, create.host)
    if not create.movable or not another_host_may_do(failure, tried):
        return False
    host = move(connection, outside.network, server, tried, at)
    if host is None:
        return False
    saga = insert_saga(
        connection,
        kind=KIND,
        subject_id=server.id,
        project_id=server.project_id,
        saga_input=msgspec.structs.replace(create, host=host, tried=tried),
        holder=None,
        place=host,
        at=at,
    )
    server_actions.follow(connection, server.id, "create", saga.id, at)
    return True
