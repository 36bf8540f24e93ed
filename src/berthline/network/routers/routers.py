"""Routers: their gateway, their interfaces and their extra routes."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import (
    BadRequest,
    RouterInterfaceNotFound,
    RouterInterfaceNotFoundForSubnet,
    RouterInUse,
    RouterNotFound,
    SubnetMismatchForPort,
)
from berthline.domain.ids import PortId, RouterId, SubnetId, new_id
from berthline.domain.network import FixedIp, Port, Router
from berthline.network import availability_zones, policy
from berthline.network.ports.rows import remove_ports
from berthline.network.requests import ExtraRoutesAsked, RouterCreate, RouterInterfaceAsked, RouterUpdate, given
from berthline.network.routers import routes as router_routes
from berthline.network.routers.gateway import asked_gateway, changed_gateway, make_gateway
from berthline.network.routers.legs import join_by_port, join_subnet, leave
from berthline.network.settings import NetworkSettings
from berthline.store import Connection, Store
from berthline.store.control import quotas
from berthline.store.engine.pages import ListRequest
from berthline.store.network import floating_ips, ports
from berthline.store.network import routers as router_rows
from berthline.store.network.changes import Change, record
from berthline.store.network.floating_ips import changed_router


class ShownRouter(msgspec.Struct, frozen=True):
    """A router and the addresses of its gateway."""

    router: Router
    gateway_ips: tuple[FixedIp, ...]

    @property
    def id(self) -> RouterId:
        return self.router.id


class InterfaceChange(msgspec.Struct, frozen=True, kw_only=True):
    """What add_router_interface and remove_router_interface answer."""

    router: Router
    port_id: PortId
    network_id: str
    subnet_ids: tuple[SubnetId, ...]


class RouterService:
    """Neutron's verbs on routers. Raises RouterNotFound for what the caller does not see."""

    def __init__(self, store: Store, clock: Clock, settings: NetworkSettings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings

    async def create(self, caller: Caller, requests: Sequence[RouterCreate]) -> tuple[ShownRouter, ...]:
        """Make routers, all or none."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: tuple(
                _shown(connection, create(connection, caller, each, self._settings, at)) for each in requests
            )
        )

    async def show(self, caller: Caller, router_id: str) -> ShownRouter:
        """One router."""
        return await self._store.read_short(lambda connection: _shown(connection, find(connection, caller, router_id)))

    async def page(self, caller: Caller, wanted: ListRequest) -> tuple[ShownRouter, ...]:
        """One page of the routers that the caller sees."""

        def work(connection: Connection) -> tuple[ShownRouter, ...]:
            found = router_rows.page(connection, wanted, policy.visible_to(caller))
            if found is None:
                raise RouterNotFound(f"Router {wanted.marker} could not be found")
            return _shown_all(connection, found)

        return await self._store.read(work)

    async def update(
        self, caller: Caller, router_id: str, request: RouterUpdate, revision: int | None = None
    ) -> ShownRouter:
        """Change a router, its gateway or its extra routes."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: _shown(connection, update(connection, caller, router_id, request, at, revision))
        )

    async def delete(self, caller: Caller, router_id: str, revision: int | None = None) -> None:
        """Delete a router without interfaces; its gateway goes with it."""
        at = self._clock.now()
        await self._store.write(lambda connection: delete(connection, caller, router_id, at, revision))

    async def change_routes(
        self, caller: Caller, router_id: str, asked: ExtraRoutesAsked, how: Literal["add", "remove"]
    ) -> ShownRouter:
        """Add extra routes, or take some away; ones that are there already, or are not there, change nothing."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: _shown(connection, change_routes(connection, caller, router_id, asked, how, at))
        )

    async def add_interface(self, caller: Caller, router_id: str, asked: RouterInterfaceAsked) -> InterfaceChange:
        """Stand the router in a subnet, by a port that is made, or by one that is there."""
        at = self._clock.now()
        return await self._store.write(lambda connection: add_interface(connection, caller, router_id, asked, at))

    async def remove_interface(self, caller: Caller, router_id: str, asked: RouterInterfaceAsked) -> InterfaceChange:
        """Take the router out of a subnet, or of all those of one port; a port without a subnet left is deleted."""
        at = self._clock.now()
        return await self._store.write(lambda connection: remove_interface(connection, caller, router_id, asked, at))


def find(connection: Connection, caller: Caller, router_id: str) -> Router:
    """A router that the caller sees. Raises RouterNotFound, also for one of another project."""
    found = router_rows.get(connection, router_id, policy.visible_to(caller))
    if found is None:
        raise RouterNotFound(f"Router {router_id} could not be found")
    return found


def _owned(connection: Connection, caller: Caller, router_id: str, rule: str) -> Router:
    """The router, for a change: nobody else changes it, its legs or what leads through it meanwhile."""
    router_rows.lock(connection, router_id)
    router = find(connection, caller, router_id)
    policy.check_owner(caller, router.project_id, rule)
    return router


def create(connection: Connection, caller: Caller, request: RouterCreate, settings: NetworkSettings, at: int) -> Router:
    """Make a router. Raises AvailabilityZoneNotFound, what ``make_gateway`` raises, and OverQuota."""
    project_id = policy.owner_of_new(caller, request, "create_router")
    _refuse_special(request)
    router = Router(
        id=RouterId(new_id()),
        project_id=project_id,
        name=given(request.name, ""),
        description=given(request.description, ""),
        admin_state_up=given(request.admin_state_up, True),
        gateway=None,
        routes=(),
        tags=tuple(sorted(set(given(request.tags, [])))),
        availability_zone_hints=availability_zones.checked_hints(given(request.availability_zone_hints, []), settings),
        revision=1,
        created_at=at,
        updated_at=at,
    )
    asked = asked_gateway(caller, given(request.external_gateway_info, None), "create_router")
    if asked is not None:
        router = msgspec.structs.replace(router, gateway=make_gateway(connection, caller, router, asked, at))
    router = msgspec.structs.replace(
        router, routes=router_routes.checked(connection, router, given(request.routes, None) or [])
    )
    router_rows.add(connection, router)
    record(connection, [_change(router, "created")], at)
    quotas.take(connection, project_id, {"router": 1})
    return router


def update(
    connection: Connection, caller: Caller, router_id: str, request: RouterUpdate, at: int, revision: int | None
) -> Router:
    """Change a router; the gateway is made, changed or taken away as ``external_gateway_info`` says."""
    router = _owned(connection, caller, router_id, "update_router")
    policy.check_revision(revision, router.revision, router_id)
    _refuse_special(request)
    changes: dict[str, Any] = {
        name: value
        for name, value in (
            ("name", request.name),
            ("description", request.description),
            ("admin_state_up", request.admin_state_up),
        )
        if value is not UNSET
    }
    old = router.gateway
    if request.external_gateway_info is not UNSET:
        asked = asked_gateway(caller, request.external_gateway_info, "update_router")
        changes["gateway"] = changed_gateway(connection, caller, router, asked, at)
    changed = msgspec.structs.replace(router, **changes, revision=router.revision + 1, updated_at=at)
    if request.routes is not UNSET or changed.gateway != old:
        routes = router_routes.checked(connection, changed, given(request.routes, router.routes) or [])
        changed = msgspec.structs.replace(changed, routes=routes)
    router_rows.save(connection, changed)
    record(connection, [_change(changed, "updated")], at)
    if old is not None and (changed.gateway is None or changed.gateway.port_id != old.port_id):
        _remove_port(connection, old.port_id, at)
    return changed


def change_routes(
    connection: Connection,
    caller: Caller,
    router_id: str,
    asked: ExtraRoutesAsked,
    how: Literal["add", "remove"],
    at: int,
) -> Router:
    """See RouterService.change_routes."""
    router = _owned(connection, caller, router_id, f"{how}_extraroutes")
    # the request is a set: what it names twice is added, or taken away, once
    named = dict.fromkeys(route for each in asked.routes for route in router_routes.canonical([each]))
    kept = [route for route in router.routes if route not in named]
    wanted = [*kept, *named] if how == "add" else kept
    return update(connection, caller, router_id, RouterUpdate(routes=wanted), at, router.revision)


def delete(connection: Connection, caller: Caller, router_id: str, at: int, revision: int | None) -> None:
    """Delete a router. Raises RouterInUse while it has interfaces."""
    router = _owned(connection, caller, router_id, "delete_router")
    policy.check_revision(revision, router.revision, router_id)
    held = router_rows.interfaces(connection, router_id)
    if held:
        names = ", ".join(interface.subnet_id for interface in held)
        raise RouterInUse(
            f"Router {router_id} still has ports: it has interfaces in subnets {names}. Remove them first."
        )
    router_rows.remove(connection, router.id)
    gone = msgspec.structs.replace(router, revision=router.revision + 1)
    record(connection, [_change(gone, "deleted")], at)
    if router.gateway is not None:
        _remove_port(connection, router.gateway.port_id, at)
    quotas.give_back(connection, router.project_id, {"router": 1})


def add_interface(
    connection: Connection, caller: Caller, router_id: str, asked: RouterInterfaceAsked, at: int
) -> InterfaceChange:
    """See RouterService.add_interface.

    Raises BadRequest when the request names neither or both, when the subnet has no gateway address, or when its
    prefix overlaps one that the router stands in; PortInUse, IpAddressAlreadyAllocated, OverQuota (see router_legs).
    """
    router = _owned(connection, caller, router_id, "add_router_interface")
    if (asked.subnet_id is UNSET) == (asked.port_id is UNSET):
        raise BadRequest("Either subnet_id or port_id must be specified, and not both.")
    if asked.port_id is not UNSET:
        joined = join_by_port(connection, caller, router, asked.port_id, at)
    else:
        joined = join_subnet(connection, caller, router, str(asked.subnet_id), at)
    return _interface_changed(connection, router, joined.port, joined.subnet_ids, at)


def remove_interface(
    connection: Connection, caller: Caller, router_id: str, asked: RouterInterfaceAsked, at: int
) -> InterfaceChange:
    """See RouterService.remove_interface.

    A port takes all of its leg with it, a subnet its prefix alone. Raises RouterInterfaceNotFound,
    RouterInterfaceNotFoundForSubnet, SubnetMismatchForPort, and what ``legs.leave`` raises.
    """
    router = _owned(connection, caller, router_id, "remove_router_interface")
    if asked.subnet_id is UNSET and asked.port_id is UNSET:
        raise BadRequest("Either subnet_id or port_id must be specified.")
    legs = router_rows.interfaces(connection, router_id)
    if asked.port_id is not UNSET:
        gone = [leg for leg in legs if leg.port_id == asked.port_id]
        if not gone:
            raise RouterInterfaceNotFound(f"Router {router_id} does not have an interface with id {asked.port_id}")
        if asked.subnet_id is not UNSET and all(leg.subnet_id != asked.subnet_id for leg in gone):
            raise SubnetMismatchForPort(
                f"Subnet on port {asked.port_id} does not match the requested subnet {asked.subnet_id}"
            )
    else:
        gone = [leg for leg in legs if leg.subnet_id == asked.subnet_id]
        if not gone:
            raise RouterInterfaceNotFoundForSubnet(f"Router {router_id} has no interface on subnet {asked.subnet_id}")
    port = ports.get(connection, gone[0].port_id)
    assert port is not None, "a foreign key says that the port of a leg exists"
    subnet_ids = tuple(leg.subnet_id for leg in gone)
    leave(connection, router, port, subnet_ids, at)
    return _interface_changed(connection, router, port, subnet_ids, at)


def _interface_changed(
    connection: Connection, router: Router, port: Port, subnet_ids: tuple[SubnetId, ...], at: int
) -> InterfaceChange:
    record(connection, [changed_router(connection, router.id, at)], at)
    return InterfaceChange(router=router, port_id=port.id, network_id=port.network_id, subnet_ids=subnet_ids)


def _remove_port(connection: Connection, port_id: PortId, at: int) -> None:
    port = ports.get(connection, port_id)
    if port is not None:
        floating_ips.disassociate_port(connection, port.id, at)
        remove_ports(connection, [port], at)


def _refuse_special(request: RouterUpdate) -> None:
    """Every router is centralised and has one gateway at a time: to ask for other kinds is refused, not ignored."""
    for name, value in (("distributed", request.distributed), ("ha", request.ha)):
        if value is True:
            raise BadRequest(f"Bad router request: '{name}' routers are not offered by this cloud.")


def _change(router: Router, what: str) -> Change:
    return Change(
        kind="router", id=router.id, project_id=router.project_id, revision=router.revision, what=what, unit="router"
    )


def _shown(connection: Connection, router: Router) -> ShownRouter:
    return _shown_all(connection, [router])[0]


def _shown_all(connection: Connection, every: Sequence[Router]) -> tuple[ShownRouter, ...]:
    gateways = ports.get_many(connection, [router.gateway.port_id for router in every if router.gateway])
    return tuple(
        ShownRouter(router, gateways[router.gateway.port_id].fixed_ips if router.gateway else ()) for router in every
    )
