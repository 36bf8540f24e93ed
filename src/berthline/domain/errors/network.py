"""Neutron's errors, by its names, for what the network service alone refuses."""

from berthline.domain.errors.roots import BadRequest, Conflict, Forbidden, NotFound


# --- the request is at fault: change it ---
class InvalidIpForSubnet(BadRequest): ...


class InvalidIpForNetwork(BadRequest): ...


class InvalidAllocationPool(BadRequest): ...


class OutOfBoundsAllocationPool(BadRequest): ...


class InvalidRoutes(BadRequest): ...


class RoutesExhausted(BadRequest): ...


class SubnetMismatchForPort(BadRequest): ...


class SecurityGroupInvalidPortRange(BadRequest): ...


class SecurityGroupProtocolRequiredWithPorts(BadRequest): ...


class SecurityGroupRuleParameterConflict(BadRequest): ...


class SecurityGroupMultipleRemoteEntites(BadRequest): ...


class SecurityGroupEthertypeConflictWithProtocol(BadRequest): ...


class SecurityGroupInvalidIcmpValue(BadRequest): ...


class SecurityGroupInvalidPortValue(BadRequest): ...


class SecurityGroupInvalidProtocolForPort(BadRequest): ...


class SecurityGroupMissingIcmpType(BadRequest): ...


class SecurityGroupRuleInvalidEtherType(BadRequest): ...


class SecurityGroupRuleInvalidProtocol(BadRequest): ...


class InvalidActionForType(BadRequest): ...


class EmptySubnetPoolPrefixList(BadRequest): ...


class PrefixVersionMismatch(BadRequest): ...


class IllegalSubnetPoolPrefixBounds(BadRequest): ...


class IllegalSubnetPoolPrefixUpdate(BadRequest): ...


class IllegalSubnetPoolUpdate(BadRequest): ...


class IllegalSubnetPoolIpVersionAssociationToAddressScope(BadRequest): ...


class MinPrefixSubnetAllocationError(BadRequest): ...


class MaxPrefixSubnetAllocationError(BadRequest): ...


class NetworkSubnetPoolAffinityError(BadRequest): ...


class NetworkAddressScopeAffinityError(BadRequest): ...


class SubnetPoolDeleteError(BadRequest):
    """Subnets have prefixes of the pool."""


class AddressScopeUpdateError(BadRequest): ...


class AddressesAlreadyExist(BadRequest): ...


# --- the caller may not ---
class PolicyNotAuthorized(Forbidden):
    """Neutron's name for what a role or an owner does not allow."""


# --- there is none that the caller sees ---
class NetworkNotFound(NotFound): ...


class SubnetNotFound(NotFound): ...


class PortNotFound(NotFound): ...


class SecurityGroupNotFound(NotFound): ...


class SecurityGroupRuleNotFound(NotFound): ...


class RouterNotFound(NotFound): ...


class RouterInterfaceNotFound(NotFound): ...


class FloatingIPNotFound(NotFound): ...


class RouterInterfaceNotFoundForSubnet(NotFound): ...


class ExternalGatewayForFloatingIPNotFound(NotFound): ...


class ExtensionNotFound(NotFound): ...


class AvailabilityZoneNotFound(NotFound): ...


class TagNotFound(NotFound): ...


class RbacPolicyNotFound(NotFound): ...


class SubnetPoolNotFound(NotFound): ...


class AddressScopeNotFound(NotFound): ...


class AddressGroupNotFound(NotFound): ...


class AddressesNotFound(NotFound): ...


# --- the state is at fault: wait, free something or choose another ---
class OverQuota(Conflict): ...


class RbacPolicyInUse(Conflict):
    """Somebody has what he may not have without the policy."""


class DuplicateRbacPolicy(Conflict): ...


class RbacPolicyInitError(Conflict):
    """What is to be shared hangs on something that is not."""


class SubnetPoolQuotaExceeded(Conflict): ...


class SubnetAllocationError(Conflict):
    """A pool has no room for what is asked of it."""


class AddressScopePrefixConflict(Conflict): ...


class AddressScopeInUse(Conflict): ...


class AddressGroupInUse(Conflict): ...


class IpAddressGenerationFailure(Conflict):
    """No address is left in the subnets asked for."""


class IpAddressAlreadyAllocated(Conflict): ...


class MacAddressInUse(Conflict): ...


class DhcpOptionTwice(Conflict, name="NeutronDbObjectDuplicateEntry"):
    """One DHCP option twice on a port. Neutron names its own table here."""


class PortInUse(Conflict): ...


class NetworkInUse(Conflict): ...


class NetworkMTUSubnetConflict(Conflict): ...


class SubnetInUse(Conflict): ...


class SecurityGroupInUse(Conflict): ...


class SecurityGroupRuleExists(Conflict): ...


class DuplicateSecurityGroupRuleInPost(Conflict): ...


class RouterInUse(Conflict): ...


class RouterInterfaceInUseByFloatingIP(Conflict): ...


class RouterInterfaceInUseByRoute(Conflict): ...


class RouterExternalGatewayInUseByFloatingIp(Conflict): ...


class FloatingIPPortAlreadyAssociated(Conflict): ...


class SecurityGroupConflict(Conflict):
    """Stateful and stateless groups on one port."""


class SecurityGroupCannotRemoveDefault(Conflict): ...


class SecurityGroupCannotUpdateDefault(Conflict): ...


class SecurityGroupDefaultAlreadyExists(Conflict): ...


class ServicePortInUse(Conflict): ...


class OverlappingAllocationPools(Conflict): ...


class GatewayConflictWithAllocationPools(Conflict): ...


class PortSecurityPortHasSecurityGroup(Conflict): ...


class AddressPairAndPortSecurityRequired(Conflict): ...


class FlatNetworkInUse(Conflict): ...


class ExternalNetworkInUse(Conflict): ...


class InvalidSharedSetting(Conflict): ...


class GatewayIpInUse(Conflict): ...


class PortBound(Conflict): ...


class VlanIdInUse(Conflict): ...


class AutoAllocationFailure(Conflict):
    """The cloud cannot make a network for the project; ``reasons`` in its details say what is missing."""


class DefaultExternalNetworkExists(Conflict): ...
