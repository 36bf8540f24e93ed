"""The compute service's verbs: check, claim in one transaction, hand the saga to the engine."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from msgspec.structs import replace

from berthline.domain.auth import Caller
from berthline.domain.compute import DEFAULT_ZONE, Flavor, Keypair, Server
from berthline.domain.errors import (
    BadRequest,
    InvalidFixedIpAndMaxCountRequest,
    MultiplePortsNotApplicable,
    PortLimitExceeded,
)
from berthline.domain.ids import ServerId, new_id
from berthline.domain.network_info import NetworkInfo
from berthline.network.service import Validated
from berthline.placement import unmet_needs
from berthline.placement.choose import HostRequest
from berthline.saga import Engine, SagaRecord
from berthline.store import Connection
from berthline.store.compute import flavors, hosts, keypairs
from berthline.store.compute.servers import admin_passwords
from berthline.store.control import quotas
from berthline.workflows.accepting import (
    check_may_write,
    note_actions,
    owned,
)
from berthline.workflows.actions import ServerActions
from berthline.workflows.consoles.consoles import Consoles
from berthline.workflows.consoles.settings import ConsoleSettings
from berthline.workflows.deleting import Deleting
from berthline.workflows.enrolment.hosts import Enrolling, Hosts
from berthline.workflows.explaining import Explaining, Tracing
from berthline.workflows.hosts.cached_images import CachedImages
from berthline.workflows.interfaces.network_events import NetworkEvents
from berthline.workflows.interfaces.verbs import Interfaces
from berthline.workflows.live_moves import LiveMoves
from berthline.workflows.loss.evacuating import Evacuating
from berthline.workflows.loss.losses import HostLosses
from berthline.workflows.moves import ServerMoves
from berthline.workflows.outside import Outside
from berthline.workflows.remaking import Remaking
from berthline.workflows.requests import ServerRequest
from berthline.workflows.server import counted, disks, plan
from berthline.workflows.server import create as server_create
from berthline.workflows.server.boot_image import checked_image, needs_config_drive, sized
from berthline.workflows.server.hints import check_hints, check_room_in_group
from berthline.workflows.server.host_names import host_name
from berthline.workflows.server.plan import Plan
from berthline.workflows.shelving import Shelving
from berthline.workflows.snapshots import Snapshots

FEW: Final = 2
"""So many servers are claimed in the event loop; more of them at once would hold it."""


class Compute:
    """What the compute API calls. Every method checks that the caller may do it before anything changes."""

    def __init__(
        self,
        outside: Outside,
        engine: Engine[Connection],
        consoles: ConsoleSettings | None = None,
        enrolling: Enrolling | None = None,
    ) -> None:
        self._outside = outside
        self._engine = engine
        self.consoles = Consoles(outside, consoles)
        self.interfaces = Interfaces(outside, engine)
        self.actions = ServerActions(outside, engine)
        self.moves = ServerMoves(outside, engine)
        self.live = LiveMoves(outside, engine)
        self.remaking = Remaking(outside, engine)
        self.evacuating = Evacuating(outside, engine)
        self.snapshots = Snapshots(outside, engine)
        self.deleting = Deleting(outside, engine)
        self.explaining = Explaining(outside)
        self.tracing = Tracing(outside)
        self.hosts = Hosts(outside, engine, enrolling)
        self.losses = HostLosses(outside)
        self.shelving = Shelving(outside, engine)
        self.cached_images = CachedImages(outside, engine)
        self.network_events = NetworkEvents(outside, engine, self.interfaces)

    async def create(
        self,
        caller: Caller,
        request: ServerRequest,
        inside: Callable[[Connection, tuple[Server, ...]], None] | None = None,
    ) -> tuple[Server, ...]:
        """Claim ``max_count`` servers, or as many as quota allows and at least ``min_count``, and start to build them.

        Returns them as claimed: BUILD, or ERROR where no host can take one. Raises BadRequest for what the request
        names and does not exist, QuotaExceeded, and the errors of ``NetworkService.claim``; then nothing has changed.
        ``inside`` runs last in the same transaction.
        """
        check_may_write(caller)
        _check_count(request)
        validated = await self._validated(caller, request)

        def work(connection: Connection) -> list[tuple[Server, SagaRecord | None]]:
            claimed = self._claim(connection, caller, request, validated)
            if inside is not None:
                inside(connection, tuple(server for server, _ in claimed))
            return claimed

        store = self._outside.store
        created = await (store.write_short(work) if request.max_count <= FEW else store.write(work))
        for _, saga in created:
            if saga is not None:
                self._engine.adopt(saga)
        return tuple(server for server, _ in created)

    async def plan(self, caller: Caller, request: ServerRequest) -> Plan:
        """What ``create`` would allocate now; nothing is changed. Raises as ``create``, and Conflict without a host."""
        check_may_write(caller)
        _check_count(request)
        validated = await self._validated(caller, request, dry_run=True)

        def work(connection: Connection) -> Plan:
            looked: list[plan.HostsLooked] = []
            claimed = self._claim(
                connection, caller, request, validated, lambda wish: looked.append(plan.look_at_hosts(connection, wish))
            )
            made = plan.look(
                connection, self._outside.network, caller, request, validated, [server for server, _ in claimed]
            )
            return replace(made, hosts=looked[0])

        return await plan.rolled_back(self._outside.store, work)

    async def _validated(self, caller: Caller, request: ServerRequest, *, dry_run: bool = False) -> Validated:
        return await self._outside.network.validate_networks(
            caller,
            caller.project_id,
            request.networks,
            request.security_groups or (),
            count=request.max_count,
            hostname=_hostname_of_one(request),
            dry_run=dry_run,
        )

    def _claim(
        self,
        connection: Connection,
        caller: Caller,
        request: ServerRequest,
        validated: Validated,
        before_claims: Callable[[HostRequest], None] = lambda _wish: None,
    ) -> list[tuple[Server, SagaRecord | None]]:
        at = self._outside.clock.now()
        flavor = _flavor(connection, caller, request)
        keypair = _keypair(connection, caller, request)
        image = checked_image(connection, caller, request.image_id, flavor)
        decided = disks.decided(flavor, image.id, image.properties, request.disks, is_iso=image.disk_format == "iso")
        flavor = sized(flavor, image)
        if needs_config_drive(image):
            request = replace(request, config_drive=True)
        if request.host is not None and hosts.get(connection, request.host) is None:
            raise BadRequest(f"Compute host {request.host} could not be found.")
        check_hints(connection, caller, request)
        affordable, owner = counted.affordable(connection, caller, request, flavor)
        count = self._with_ports(connection, caller, request, validated, affordable)
        check_room_in_group(connection, caller, request, count)
        reservation = request.reservation_id or f"r-{new_id()[-8:]}"
        claimed = server_create.claim_servers(
            connection,
            caller,
            [
                replace(
                    _server(caller, request, flavor, keypair, reservation, index, count, at),
                    disks=decided.disks,
                    hardware=decided.hardware,
                )
                for index in range(count)
            ],
            network=self._outside.network,
            validated=validated,
            properties={name: str(value) for name, value in image.properties.items()},
            wanted_host=request.host,
            before_claims=before_claims,
            holder_for=self._engine.holder_for,
            at=at,
        )
        if request.config_drive and request.admin_password is not None:
            built = [server.id for server, saga in claimed if saga is not None]
            admin_passwords.add(connection, built, request.admin_password)
        note_actions(connection, caller, claimed, "create", at, [server.fault for server, _ in claimed])
        counted.take(connection, owner, flavor, count)
        return claimed

    def _with_ports(
        self, connection: Connection, caller: Caller, request: ServerRequest, validated: Validated, count: int
    ) -> int:
        """How many of ``count`` servers there are ports for, as Nova's ``validate_networks`` cuts max_count.

        Raises PortLimitExceeded when that is fewer than ``min_count``. For one server its allocation is the judge.
        """
        network = self._outside.network
        enough = network.affordable(connection, caller.project_id, validated, count)
        if enough < max(request.min_count, 1):
            left = validated.ports_left
            if not network.acts_outside:
                left = quotas.left(connection, caller.project_id, ("port",))["port"]
            raise PortLimitExceeded(
                f"Maximum number of ports exceeded: {max(request.min_count, 1)} server(s) were asked for, and the "
                f"ports that are left are enough for {enough}.",
                {"servers": enough} | ({} if left is None else {"left": {"port": left}}),
            )
        return enough

    async def delete(self, caller: Caller, server_id: ServerId) -> None:
        """See ``Deleting.delete``."""
        await self.deleting.delete(caller, server_id)

    def network_info(self, connection: Connection, server_ids: Collection[ServerId]) -> Mapping[ServerId, NetworkInfo]:
        """The NICs of each server, in the order of the request, as they are known here."""
        return self._outside.network.network_info(connection, server_ids)

    async def console_output(self, caller: Caller, server_id: ServerId, lines: int | None) -> str:
        """The last ``lines`` lines of the guest's serial console, or all that is kept; "" before it has a host."""
        server = await self._outside.store.read(lambda connection: owned(connection, caller, server_id))
        if server.host is None:
            return ""
        output = await self._outside.seen(server.host).console_output(server_id, lines)
        return output.decode("utf-8", errors="replace")


def _check_count(request: ServerRequest) -> None:
    """A host name, a port or an address cannot be had by several servers."""
    if request.max_count == 1:
        return
    if request.hostname is not None:
        raise BadRequest(
            "Unable to allocate a single hostname to multiple instances: leave hostname out, and each gets its own "
            "from the name, or ask for one server."
        )
    if not isinstance(request.networks, tuple):
        return
    if any(item.port_id for item in request.networks):
        raise MultiplePortsNotApplicable(
            "Failed to launch multiple instances with ports: a port belongs to one server. Ask for one server a port."
        )
    if any(item.fixed_ip for item in request.networks):
        raise InvalidFixedIpAndMaxCountRequest(
            "Failed to launch instances: fixed IP is specified, and the maximum number of instances is more than 1."
        )


def _flavor(connection: Connection, caller: Caller, request: ServerRequest) -> Flavor:
    visible_to = None if caller.is_admin else caller.project_id
    found = flavors.get(connection, request.flavor_id, visible_to=visible_to)
    if found is None or found.disabled:
        raise BadRequest(f"Flavor {request.flavor_id} could not be found.")
    if need := unmet_needs.of_flavor(found.extra_specs):
        raise BadRequest(f"Flavor {found.name} asks for {need}, which this cloud does not offer: use another flavor.")
    return found


def _keypair(connection: Connection, caller: Caller, request: ServerRequest) -> Keypair | None:
    if request.key_name is None:
        return None
    found = keypairs.get(connection, caller.user_id, request.key_name)
    if found is None:
        raise BadRequest("Invalid key_name provided.")
    return found


def _hostname_of_one(request: ServerRequest) -> str | None:
    """The host name, where one server is asked for: a requested port may carry a DNS name, which has to be the same."""
    return request.hostname or (host_name(request.name, ServerId("")) if request.max_count == 1 else None)


def _server(
    caller: Caller,
    request: ServerRequest,
    flavor: Flavor,
    keypair: Keypair | None,
    reservation: str,
    index: int,
    count: int,
    at: int,
) -> Server:
    """The row of one server, every id chosen. Several of one request are numbered from 1, as Nova numbers them."""
    server_id = ServerId(new_id())
    name = f"{request.name}-{index + 1}" if count > 1 else request.name
    return Server(
        id=server_id,
        project_id=caller.project_id,
        user_id=caller.user_id,
        name=name,
        hostname=request.hostname or host_name(request.name, server_id, index + 1 if count > 1 else None),
        description=request.description,
        vm_state="building",
        task_state="scheduling",
        power_state=0,
        host=None,
        availability_zone=request.availability_zone or DEFAULT_ZONE,
        image_id=request.image_id,
        flavor=flavor,
        key_name=keypair.name if keypair else None,
        key_data=keypair.public_key if keypair else None,
        user_data=request.user_data,
        config_drive=request.config_drive,
        metadata=request.metadata,
        security_group_names=request.security_groups or (),
        tags=request.tags,
        locked=False,
        reservation_id=reservation,
        launch_index=index,
        fault=None,
        access_ip_v4=request.access_ip_v4,
        access_ip_v6=request.access_ip_v6,
        nics=(),
        launched_at=None,
        created_at=at,
        updated_at=at,
        revision=1,
        scheduler_hints=request.scheduler_hints,
        pinned_availability_zone=request.availability_zone,
        disk_config=request.disk_config,
    )
