"""The network service over our own store: each verb is one transaction, or one read."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Literal, TypeVar

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import (
    BerthlineError,
    NetworkNotFound,
    PortNotFound,
    RbacPolicyNotFound,
    SecurityGroupNotFound,
    SecurityGroupRuleNotFound,
    SubnetNotFound,
)
from berthline.domain.network import Network, Port, RbacPolicy, SecurityGroup, SecurityGroupRule, Subnet
from berthline.network import networks, quotas, rbac_policies, security_groups, tags
from berthline.network.address_groups import AddressGroupService
from berthline.network.auto_topologies import AutoTopologyService
from berthline.network.floating_ips import FloatingIpService
from berthline.network.policy import visible_to
from berthline.network.pools import PoolService, ScopeService
from berthline.network.ports import ports
from berthline.network.ports.known import KnownNetworks
from berthline.network.quotas import QuotaUse
from berthline.network.requests import (
    NetworkCreate,
    NetworkUpdate,
    PortCreate,
    PortUpdate,
    RbacPolicyCreate,
    RbacPolicyUpdate,
    SecurityGroupCreate,
    SecurityGroupRuleCreate,
    SecurityGroupUpdate,
    SubnetCreate,
    SubnetUpdate,
)
from berthline.network.routers.routers import RouterService
from berthline.network.settings import NetworkSettings
from berthline.network.subnets import availability, subnets
from berthline.network.subnets.availability import Availability
from berthline.network.tags import Tagged
from berthline.store import Connection, Store
from berthline.store.compute.guest_places import note_lost_nic
from berthline.store.engine.pages import ListRequest
from berthline.store.network import networks as network_rows
from berthline.store.network import one_port
from berthline.store.network import ports as port_rows
from berthline.store.network import rbac_policies as policy_rows
from berthline.store.network import security_groups as group_rows
from berthline.store.network import subnets as subnet_rows

T = TypeVar("T")
FEW: Final = 4
"""So many ports are made in the event loop; more of them at once would hold it."""


class LocalNetworkService:
    """Neutron's verbs. Every one takes the caller first, and shows or changes only what the caller may.

    Lists return what is visible, in pages; what is not visible raises the noun's NotFound, as if it were not there.
    """

    def __init__(self, store: Store, clock: Clock, settings: NetworkSettings | None = None) -> None:
        self._store = store
        self._clock = clock
        self.settings = settings or NetworkSettings()
        self._known = KnownNetworks()
        self.routers = RouterService(store, clock, self.settings)
        self.floating_ips = FloatingIpService(store, clock)
        self.pools = PoolService(store, clock)
        self.scopes = ScopeService(store, clock)
        self.address_groups = AddressGroupService(store, clock)
        self.auto_topologies = AutoTopologyService(store, clock, self.settings)

    # networks
    async def create_networks(self, caller: Caller, requests: Sequence[NetworkCreate]) -> tuple[Network, ...]:
        """All of them or none."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: tuple(networks.create(connection, caller, each, self.settings, at) for each in requests)
        )

    async def update_network(
        self, caller: Caller, network_id: str, request: NetworkUpdate, revision: int | None = None
    ) -> Network:
        at = self._clock.now()
        return await self._store.write(
            lambda connection: networks.update(connection, caller, network_id, request, self.settings, at, revision)
        )

    async def delete_network(self, caller: Caller, network_id: str, revision: int | None = None) -> None:
        at = self._clock.now()
        await self._store.write(lambda connection: networks.delete(connection, caller, network_id, at, revision))

    async def network(self, caller: Caller, network_id: str) -> Network:
        return await self._store.read_short(lambda connection: networks.find(connection, caller, network_id))

    async def list_networks(self, caller: Caller, wanted: ListRequest) -> tuple[Network, ...]:
        missing = NetworkNotFound("Network {} could not be found.")
        return await self._page(partial(network_rows.page, viewer=caller.project_id), caller, wanted, missing)

    async def network_availability(self, caller: Caller, network_ids: Sequence[str] | None) -> tuple[Availability, ...]:
        """How many addresses each network has and uses; None: every network. For admins."""
        return await self._store.read(lambda connection: availability.of_networks(connection, caller, network_ids))

    # subnets
    async def create_subnets(self, caller: Caller, requests: Sequence[SubnetCreate]) -> tuple[Subnet, ...]:
        """All of them or none."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: tuple(subnets.create(connection, caller, each, at) for each in requests)
        )

    async def update_subnet(
        self, caller: Caller, subnet_id: str, request: SubnetUpdate, revision: int | None = None
    ) -> Subnet:
        at = self._clock.now()
        return await self._store.write(
            lambda connection: subnets.update(connection, caller, subnet_id, request, at, revision)
        )

    async def delete_subnet(self, caller: Caller, subnet_id: str, revision: int | None = None) -> None:
        at = self._clock.now()
        await self._store.write(lambda connection: subnets.delete(connection, caller, subnet_id, at, revision))

    async def subnet(self, caller: Caller, subnet_id: str) -> Subnet:
        return await self._store.read_short(lambda connection: subnets.find(connection, caller, subnet_id))

    async def list_subnets(self, caller: Caller, wanted: ListRequest) -> tuple[Subnet, ...]:
        missing = SubnetNotFound("Subnet {} could not be found.")
        return await self._page(partial(subnet_rows.page, viewer=caller.project_id), caller, wanted, missing)

    # ports
    async def create_ports(
        self,
        caller: Caller,
        requests: Sequence[PortCreate],
        inside: Callable[[Connection, Sequence[Port]], None] | None = None,
    ) -> tuple[Port, ...]:
        """All of them or none; ``inside`` runs last in the same transaction."""
        at = self._clock.now()
        alone = len(requests) == 1 and inside is None

        def work(connection: Connection) -> tuple[Port, ...]:
            nonlocal alone
            pays = one_port.pays(connection)
            if alone and pays:
                alone = False  # run again, others were in its way: it looks for itself then
                single = ports.create_alone(connection, caller, requests[0], at, self._known)
                if single is not None:
                    return (single,)
            made = ports.create(connection, caller, requests, at, self._known if pays else None)
            if inside is not None:
                inside(connection, made)
            return made

        few = len(requests) <= FEW
        return await (self._store.write_short(work) if few else self._store.write(work))

    async def update_port(self, caller: Caller, port_id: str, request: PortUpdate, revision: int | None = None) -> Port:
        at = self._clock.now()
        return await self._store.write_short(
            lambda connection: ports.update(connection, caller, port_id, request, at, revision)
        )

    async def delete_port(self, caller: Caller, port_id: str, revision: int | None = None) -> None:
        at = self._clock.now()

        def work(connection: Connection) -> None:
            for server_id in ports.delete(connection, caller, port_id, at, revision):
                note_lost_nic(connection, server_id, caller.project_id, at)

        await self._store.write_short(work)

    async def port(self, caller: Caller, port_id: str) -> Port:
        return await self._store.read_short(lambda connection: ports.find(connection, caller, port_id))

    async def list_ports(self, caller: Caller, wanted: ListRequest) -> tuple[Port, ...]:
        return await self._page(port_rows.page, caller, wanted, PortNotFound("Port {} could not be found."))

    # security groups
    async def create_security_groups(
        self, caller: Caller, requests: Sequence[SecurityGroupCreate]
    ) -> tuple[SecurityGroup, ...]:
        """All of them or none."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: tuple(security_groups.create(connection, caller, each, at) for each in requests)
        )

    async def update_security_group(
        self, caller: Caller, group_id: str, request: SecurityGroupUpdate, revision: int | None = None
    ) -> SecurityGroup:
        at = self._clock.now()
        return await self._store.write(
            lambda connection: security_groups.update(connection, caller, group_id, request, at, revision)
        )

    async def delete_security_group(self, caller: Caller, group_id: str, revision: int | None = None) -> None:
        at = self._clock.now()
        await self._store.write(lambda connection: security_groups.delete(connection, caller, group_id, at, revision))

    async def security_group(self, caller: Caller, group_id: str) -> SecurityGroup:
        return await self._store.read_short(lambda connection: security_groups.find(connection, caller, group_id))

    async def list_security_groups(self, caller: Caller, wanted: ListRequest) -> tuple[SecurityGroup, ...]:
        """The list makes the project's default group when it has none, so that users can add rules to it at once."""
        await self._have_default_group(caller, wanted)
        missing = SecurityGroupNotFound("Security group {} does not exist")
        return await self._page(partial(group_rows.page, viewer=caller.project_id), caller, wanted, missing)

    async def create_security_group_rules(
        self, caller: Caller, requests: Sequence[SecurityGroupRuleCreate]
    ) -> tuple[SecurityGroupRule, ...]:
        """All of them or none."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: security_groups.create_rules(connection, caller, requests, at)
        )

    async def delete_security_group_rule(self, caller: Caller, rule_id: str) -> None:
        at = self._clock.now()
        await self._store.write(lambda connection: security_groups.delete_rule(connection, caller, rule_id, at))

    async def security_group_rule(self, caller: Caller, rule_id: str) -> SecurityGroupRule:
        return await self._store.read_short(lambda connection: security_groups.find_rule(connection, caller, rule_id))

    async def list_security_group_rules(self, caller: Caller, wanted: ListRequest) -> tuple[SecurityGroupRule, ...]:
        """Likewise: the rules of the default group are among the project's."""
        await self._have_default_group(caller, wanted)
        return await self._page(
            group_rows.rule_page, caller, wanted, SecurityGroupRuleNotFound("Security group rule {} does not exist")
        )

    async def _have_default_group(self, caller: Caller, wanted: ListRequest) -> None:
        """Make the default group of the project that a list is about, as Neutron does."""
        lacking = await self._store.read_short(
            lambda connection: security_groups.needs_default(connection, caller, wanted.filters)
        )
        if lacking is not None:
            at = self._clock.now()
            await self._store.write(lambda connection: group_rows.ensure_default(connection, lacking, at))

    # RBAC policies
    async def create_rbac_policies(
        self, caller: Caller, requests: Sequence[RbacPolicyCreate]
    ) -> tuple[RbacPolicy, ...]:
        """All of them or none."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: tuple(rbac_policies.create(connection, caller, each, at) for each in requests)
        )

    async def update_rbac_policy(self, caller: Caller, policy_id: str, request: RbacPolicyUpdate) -> RbacPolicy:
        at = self._clock.now()
        return await self._store.write(
            lambda connection: rbac_policies.update(connection, caller, policy_id, request, at)
        )

    async def delete_rbac_policy(self, caller: Caller, policy_id: str) -> None:
        at = self._clock.now()
        await self._store.write(lambda connection: rbac_policies.delete(connection, caller, policy_id, at))

    async def rbac_policy(self, caller: Caller, policy_id: str) -> RbacPolicy:
        return await self._store.read_short(lambda connection: rbac_policies.find(connection, caller, policy_id))

    async def list_rbac_policies(self, caller: Caller, wanted: ListRequest) -> tuple[RbacPolicy, ...]:
        return await self._page(
            policy_rows.page, caller, wanted, RbacPolicyNotFound("RBAC policy of type unknown with ID {} not found")
        )

    # quotas
    async def quota(self, caller: Caller, project_id: str) -> tuple[QuotaUse, ...]:
        return await self._store.read_short(lambda connection: quotas.show(connection, caller, project_id))

    async def list_quotas(self, caller: Caller) -> tuple[tuple[str, tuple[QuotaUse, ...]], ...]:
        """Projects that have limits of their own. For admins."""
        return await self._store.read(lambda connection: quotas.every(connection, caller))

    async def update_quota(
        self, caller: Caller, project_id: str, limits: dict[str, int], *, check: bool = False
    ) -> tuple[QuotaUse, ...]:
        return await self._store.write(
            lambda connection: quotas.update(connection, caller, project_id, limits, check=check)
        )

    async def reset_quota(self, caller: Caller, project_id: str) -> None:
        await self._store.write(lambda connection: quotas.reset(connection, caller, project_id))

    # tags
    async def tags(self, caller: Caller, noun: Tagged, object_id: str) -> tuple[str, ...]:
        return await self._store.read_short(lambda connection: tags.of(connection, caller, noun, object_id))

    async def change_tags(
        self,
        caller: Caller,
        noun: Tagged,
        object_id: str,
        how: Literal["replace", "add", "remove"],
        wanted: Sequence[str],
    ) -> tuple[str, ...]:
        """Replace all tags, or add or remove some. Raises TagNotFound when one to be removed is not there."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: tags.change(connection, caller, noun, object_id, how, wanted, at)
        )

    async def _page(
        self,
        page: Callable[[Connection, ListRequest, Any], tuple[T, ...] | None],
        caller: Caller,
        wanted: ListRequest,
        not_found: BerthlineError,
    ) -> tuple[T, ...]:
        found = await self._store.read(lambda connection: page(connection, wanted, visible_to(caller)))
        if found is None:
            raise type(not_found)(not_found.message.format(wanted.marker))
        return found
