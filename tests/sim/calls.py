"""The calls that operations make, and what the books take from their answers."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from berthline.domain.compute import RequestedNetwork
from berthline.domain.errors import (
    BerthlineError,
    Conflict,
    FixedIpAlreadyInUse,
    InstanceInvalidState,
    IpAddressAlreadyAllocated,
    IpAddressGenerationFailure,
    NoMoreFixedIps,
    NotFound,
    OverQuota,
    PortInUse,
    PortNotFoundForServer,
    QuotaExceeded,
    Transient,
)
from berthline.domain.ids import PortId, ServerId
from berthline.domain.network import Port
from berthline.network.ports import ports
from berthline.network.requests import AskedAddress, PortCreate, PortUpdate
from berthline.reconcile.leaks import find_leaks
from berthline.reconcile.port_status import PortStatusReconciler
from berthline.reconcile.power_state import StartsUnasked, reconcile_power
from berthline.store.control.leaks import stored_leaks
from berthline.workflows.requests import RebuildRequest, ServerRequest
from berthline.workflows.server.power import Action
from tests.sim import caches, groups, lives, places
from tests.sim.checks import Violation
from tests.sim.cloud import NETWORKS, PREFIXES, SimulationProcess, SimulationWorld
from tests.sim.model import AskedPort, AskedServer, HeldNic, Model, WantedNic
from tests.sim.script import Ask, Kind, NetworkAsk, Operation
from tests.workflows.world import FLAVOR, IMAGE, OTHER_IMAGE, member

NOWHERE: Final = PortId("99999999-9999-4999-8999-999999999999")

ACTIONS: Final[dict[Kind, Action]] = {
    "stop": "stop",
    "start": "start",
    "reboot": "reboot",
    "hard reboot": "hard_reboot",
    "pause guest": "pause",
    "unpause": "unpause",
    "suspend": "suspend",
    "resume": "resume",
    "crash dump": "trigger_crash_dump",
}

REFUSALS: Final[dict[Kind, tuple[type[BerthlineError], ...]]] = {
    "create": (
        FixedIpAlreadyInUse,
        NoMoreFixedIps,
        PortInUse,
        PortNotFoundForServer,
        QuotaExceeded,
    ),
    "delete": (NotFound,),
    **dict.fromkeys(("rebuild", "rescue", "unrescue"), (InstanceInvalidState, NotFound)),
    **dict.fromkeys(ACTIONS, (InstanceInvalidState, NotFound)),
    **lives.REFUSALS,
    **places.REFUSALS,
    "attach": (
        Conflict,
        FixedIpAlreadyInUse,
        InstanceInvalidState,
        NoMoreFixedIps,
        NotFound,
        PortInUse,
        PortNotFoundForServer,
        QuotaExceeded,
    ),
    "detach": (Conflict, InstanceInvalidState, NotFound),
    "create port": (IpAddressAlreadyAllocated, IpAddressGenerationFailure, OverQuota),
    "delete port": (NotFound,),
    "move port": (IpAddressAlreadyAllocated, IpAddressGenerationFailure, NotFound),
    "look at power": (Transient,),
    "look at ports": (Transient,),
    "look for leaks": (Transient,),
}
"""What a call of each kind may answer besides success. Anything else is a bug."""


class Calls:
    """What an operation calls, on the process that lives now."""

    def __init__(self, world: SimulationWorld, model: Model, process: SimulationProcess) -> None:
        self.process = process
        self._world = world
        self._model = model
        self._store = world.store

    def work(self, operation: Operation) -> Callable[[], Awaitable[None]] | None:
        """What a step does as a call; None when it is done at once."""
        match operation.kind:
            case "create":
                return partial(self._create, operation, self._new_servers(operation))
            case "create port":
                return partial(self._create_port, operation, self._new_port(operation))
            case "delete":
                return partial(self._on_server, operation, self.delete)
            case kind if kind in ACTIONS:
                return partial(self._on_server, operation, partial(self._act, ACTIONS[kind]))
            case "rebuild":
                return partial(self._on_server, operation, partial(self._rebuild, operation))
            case "rescue":
                return partial(self._on_server, operation, partial(self._rescue, operation))
            case "unrescue":
                return partial(self._on_server, operation, self._unrescue)
            case kind if kind in lives.CALLS:
                return partial(self._on_server, operation, partial(self._live, operation))
            case "attach":
                return partial(self._on_server, operation, partial(self._attach, operation))
            case "detach":
                return partial(self._on_server, operation, partial(self._detach, operation))
            case "delete port":
                return partial(self._on_port, operation, self.delete_port)
            case "move port":
                return partial(self._on_port, operation, partial(self._move_port, operation))
            case "look at power":
                return self._look_at_power
            case "look at ports":
                return self._look_at_ports
            case "look for leaks":
                return self._look_for_leaks
            case "look for overdue":
                return partial(lives.look_for_overdue, self.process)
            case "disable host" | "drain host" | "enable hosts":
                return partial(places.CALLS[operation.kind], self.process, operation)
            case "cache images":
                return partial(caches.want, self.process, operation.number)
            case "clean caches":
                return partial(caches.clean, self.process)
        return None

    # --- servers ---

    def _new_servers(self, operation: Operation) -> tuple[AskedServer, ...]:
        name = f"server-{operation.number}"
        names = [name] if operation.count == 1 else [f"{name}-{index + 1}" for index in range(operation.count)]
        wanted = tuple(self._wanted(ask) for ask in operation.asks)
        answered = asyncio.Event()
        made = tuple(AskedServer(name, wanted, answered) for name in names)
        self._model.servers |= {asked.name: asked for asked in made}
        self._model.server_slots[operation.slot] = made[0]
        return made

    def _wanted(self, ask: Ask) -> WantedNic:
        if isinstance(ask, NetworkAsk):
            return WantedNic(network_id=NETWORKS[ask.network], address=_address(ask))
        asked = self._model.port_slots.get(ask.slot)
        return WantedNic(port_id=asked.last.id if asked and asked.last else NOWHERE)

    async def _create(self, operation: Operation, made: tuple[AskedServer, ...]) -> None:
        networks = tuple(
            RequestedNetwork(network_id=wanted.network_id, fixed_ip=wanted.address, port_id=wanted.port_id)
            for wanted in made[0].wanted
        )
        request = ServerRequest(
            name=f"server-{operation.number}",
            image_id=IMAGE,
            flavor_id=FLAVOR.id,
            networks=networks or "none",
            min_count=len(made),
            max_count=len(made),
            scheduler_hints=groups.hints(operation.slot),
        )
        try:
            created = await self.process.compute.create(member(), request)
        except BerthlineError:
            for asked in made:
                asked.outcome = "refused"
            raise
        else:
            for asked, server in zip(made, created, strict=True):
                asked.outcome, asked.id = "made", server.id
                asked.nics = [
                    HeldNic(nic.port_id, wanted) for nic, wanted in zip(server.nics, asked.wanted, strict=False)
                ]
        finally:
            made[0].answered.set()

    async def _on_server(self, operation: Operation, work: Callable[[AskedServer, ServerId], Awaitable[None]]) -> None:
        """Do it to the server in the slot, once somebody has heard of it; nothing when there is none."""
        asked = self._model.server_slots.get(operation.slot)
        if asked is None:
            return
        await asked.answered.wait()
        if asked.id is not None:
            await work(asked, asked.id)

    async def delete(self, asked: AskedServer, server_id: ServerId) -> None:
        if asked.deletion == "no":
            asked.deletion = "unknown"
        await self.process.compute.deleting.delete(member(), server_id, for_good=True)
        asked.deletion = "accepted"

    async def _act(self, action: Action, _asked: AskedServer, server_id: ServerId) -> None:
        await self.process.compute.actions.begin(member(), server_id, action)

    async def _live(self, operation: Operation, asked: AskedServer, server_id: ServerId) -> None:
        await lives.CALLS[operation.kind](self.process, operation, asked, server_id)

    async def _rebuild(self, operation: Operation, _asked: AskedServer, server_id: ServerId) -> None:
        """Of one of two images, which is another one than it has, or the same."""
        image = (IMAGE, OTHER_IMAGE)[operation.number % 2]
        request = RebuildRequest(image_id=image, admin_password="x")
        await self.process.compute.remaking.rebuild(member(), server_id, request)

    async def _rescue(self, operation: Operation, _asked: AskedServer, server_id: ServerId) -> None:
        image = (None, OTHER_IMAGE)[operation.number % 2]
        await self.process.compute.remaking.rescue(member(), server_id, image, "x")

    async def _unrescue(self, _asked: AskedServer, server_id: ServerId) -> None:
        await self.process.compute.remaking.unrescue(member(), server_id)

    async def _attach(self, operation: Operation, asked: AskedServer, server_id: ServerId) -> None:
        (wanted,) = (self._wanted(ask) for ask in operation.asks)
        request = RequestedNetwork(network_id=wanted.network_id, fixed_ip=wanted.address, port_id=wanted.port_id)
        asked.attaching.append(wanted)
        try:
            attachment = await self.process.compute.interfaces.attach(member(), server_id, request)
        except BerthlineError:
            asked.attaching.remove(wanted)
            raise
        asked.attaching.remove(wanted)
        asked.attached[attachment.saga_id] = HeldNic(PortId(attachment.nic), wanted)

    async def _detach(self, operation: Operation, asked: AskedServer, server_id: ServerId) -> None:
        """Detach one of the NICs that somebody has heard of."""
        known = [*(asked.nics or ()), *asked.attached.values()]
        if operation.count < len(known):
            port_id = known[operation.count].port_id
            asked.detached.add(port_id)
            await self.process.compute.interfaces.detach(member(), server_id, port_id)

    # --- ports of the user ---

    def _new_port(self, operation: Operation) -> AskedPort:
        (ask,) = operation.asks
        assert isinstance(ask, NetworkAsk)
        asked = AskedPort(f"port-{operation.number}", NETWORKS[ask.network])
        self._model.ports[asked.name] = asked
        self._model.port_slots[operation.slot] = asked
        return asked

    async def _create_port(self, operation: Operation, asked: AskedPort) -> None:
        (ask,) = operation.asks
        address = _address(ask) if isinstance(ask, NetworkAsk) else None
        request = PortCreate(network_id=asked.network_id, name=asked.name)
        if address is not None:
            request = PortCreate(
                network_id=asked.network_id, name=asked.name, fixed_ips=[AskedAddress(ip_address=address)]
            )
        try:
            made = await self._store.write(lambda c: ports.create(c, member(), [request], self.process.clock.now()))
        except BerthlineError:
            asked.outcome = "refused"
            raise
        else:
            asked.outcome = "made"
            asked.heard(made[0])
        finally:
            asked.answered.set()

    async def _on_port(self, operation: Operation, work: Callable[[AskedPort, Port], Awaitable[None]]) -> None:
        asked = self._model.port_slots.get(operation.slot)
        if asked is None:
            return
        await asked.answered.wait()
        if asked.last is not None:
            await work(asked, asked.last)

    async def delete_port(self, asked: AskedPort, port: Port) -> None:
        if asked.deletion == "no":
            asked.deletion = "unknown"
        await self._store.write(
            lambda connection: ports.delete(connection, member(), port.id, self.process.clock.now())
        )
        asked.deletion = "accepted"

    async def _move_port(self, operation: Operation, asked: AskedPort, port: Port) -> None:
        (ask,) = operation.asks
        assert isinstance(ask, NetworkAsk)
        prefix = PREFIXES[NETWORKS.index(port.network_id)]
        wanted = None if ask.address is None else [AskedAddress(ip_address=f"{prefix}{ask.address}")]
        request = PortUpdate(fixed_ips=wanted)
        asked.unheard += 1
        try:
            moved = await self._store.write(
                lambda c: ports.update(c, member(), port.id, request, self.process.clock.now())
            )
        except BerthlineError:
            asked.unheard -= 1
            raise
        asked.unheard -= 1
        asked.heard(moved)

    # --- looks at a cloud at work ---

    async def _look_at_power(self) -> None:
        starts = StartsUnasked(at_once=2)
        await reconcile_power(self._store, self.process.clock, tuple(self.process.hosts.values()), starts)
        await self.process.engine.look()

    async def _look_at_ports(self) -> None:
        await PortStatusReconciler(self._store, self.process.outside.dataplane, self.process.clock).run_once()

    async def _look_for_leaks(self) -> None:
        """What the store alone shows must hold at every moment, not only when it is quiet."""
        if found := await self._store.read(stored_leaks):
            raise Violation(f"leaks in a cloud at work: {found}")
        await find_leaks(self._store, self.process.outside.dataplane, self._world.hosts)


def _address(ask: NetworkAsk) -> str | None:
    return None if ask.address is None else f"{PREFIXES[ask.network]}{ask.address}"
