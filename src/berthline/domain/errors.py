"""The whole error tree on one screen: one branch per thing a caller can do about it.

``name`` is the wire name (Neutron's ``type``, Nova's exception name): the class's own, chosen from theirs where they
have one, unless Nova and Neutron give one name to two things. ``message`` says what failed, why and what would work.
Nothing in Berthline branches on an error's text.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class BerthlineError(Exception):
    """Root of every error that Berthline raises on purpose.

    ``message`` is shown to the caller; ``details`` holds facts for programs (candidates, what is left), never secrets.
    """

    status = 500
    name: ClassVar[str] = "BerthlineError"

    def __init_subclass__(cls, *, name: str | None = None, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.name = name or cls.__name__

    def __init__(self, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, object] = details or {}


# --- the request is at fault: change it ---
class BadRequest(BerthlineError):
    """The request does not make sense as it stands (400)."""

    status = 400


class InvalidInput(BadRequest): ...


class NetworkNotFoundForServer(BadRequest, name="NetworkNotFound"):
    """Nova's NetworkNotFound: a server was to get a NIC on it. Neutron's is a NotFound."""


class PortNotFoundForServer(BadRequest, name="PortNotFound"):
    """Nova's PortNotFound, likewise."""


class UnableToAutoAllocateNetwork(BadRequest): ...


class SecurityGroupNotFoundForServer(BadRequest, name="SecurityGroupNotFound"):
    """Nova's SecurityGroupNotFound, likewise."""


class NetworkRequiresSubnet(BadRequest): ...


class PortNotUsable(BadRequest): ...


class PortNotUsableDNS(BadRequest): ...


class PortNotFree(BadRequest):
    """The host offers MAC addresses for NICs, and none of them is left."""


class PortBindingFailed(BadRequest): ...


class PortRequiresFixedIP(BadRequest): ...


class MultiplePortsNotApplicable(BadRequest): ...


class InterfaceAttachFailedNoNetwork(BadRequest): ...


class InvalidFixedIpAndMaxCountRequest(BadRequest): ...


class FixedIpAlreadyInUse(BadRequest): ...


class NoMoreFixedIps(BadRequest): ...


class SecurityGroupCannotBeApplied(BadRequest): ...


class InvalidIpForSubnet(BadRequest): ...


class InvalidIpForNetwork(BadRequest): ...


class HTTPBadRequest(BadRequest):
    """Neutron's name for a request with an attribute it does not know."""


class InvalidAllocationPool(BadRequest): ...


class OutOfBoundsAllocationPool(BadRequest): ...


class InvalidRoutes(BadRequest): ...


class RoutesExhausted(BadRequest): ...


class SecurityGroupInvalidPortRange(BadRequest): ...


class SecurityGroupProtocolRequiredWithPorts(BadRequest): ...


class SecurityGroupRuleParameterConflict(BadRequest): ...


class SecurityGroupRemoteGroupAndRemoteIpPrefix(BadRequest): ...


class ImageUnacceptable(BadRequest):
    """The uploaded bytes are not an image that may be booted (wrong format, backing file, data file)."""


class Unauthorized(BerthlineError):
    """Who asks is not known: get a token (401)."""

    status = 401


class Forbidden(BerthlineError):
    """Who asks may not do this (403)."""

    status = 403


class ExternalNetworkAttachForbidden(Forbidden): ...


class PolicyNotAuthorized(Forbidden):
    """Neutron's name for what a role or an owner does not allow."""


class NotFound(BerthlineError):
    """No such thing, or it belongs to another project; the two are not told apart (404)."""

    status = 404


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


class TagNotFound(NotFound): ...


class RequestTooLarge(BerthlineError):
    """The body is larger than this route accepts (413)."""

    status = 413


class UnsupportedMediaType(BerthlineError):
    """The body has a type that this route does not read (415)."""

    status = 415


class RevisionNumberConstraintFailed(BerthlineError):
    """Neutron's name for PreconditionFailed (412)."""

    status = 412


class PreconditionFailed(BerthlineError):
    """``If-Match`` names a revision that is no longer current: read again (412)."""

    status = 412


class IdempotencyKeyReused(BerthlineError):
    """The Idempotency-Key was sent before with another request: choose a new key (422)."""

    status = 422


class NotAcceptable(BerthlineError):
    """No such microversion (406)."""

    status = 406


# --- the state is at fault: wait, free something or choose another ---
class Conflict(BerthlineError):
    """The present state does not allow it (409)."""

    status = 409


class OverQuota(Conflict): ...


class IpAddressGenerationFailure(Conflict):
    """No address is left in the subnets asked for."""


class IpAddressAlreadyAllocated(Conflict): ...


class MacAddressInUse(Conflict): ...


class PortInUse(Conflict): ...


class NetworkInUse(Conflict): ...


class SubnetInUse(Conflict): ...


class SecurityGroupInUse(Conflict): ...


class SecurityGroupRuleExists(Conflict): ...


class RouterInUse(Conflict): ...


class RouterInterfaceInUse(Conflict): ...


class RouterExternalGatewayInUse(Conflict): ...


class FloatingIPPortAlreadyAssociated(Conflict): ...


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


class NetworkAmbiguous(Conflict): ...


class NoUniqueMatch(Conflict): ...


class KeyPairExists(Conflict): ...


class FlavorExists(Conflict): ...


class InstanceInvalidState(Conflict): ...


class QuotaExceeded(Forbidden):
    """Nova's view of a full quota (403)."""


class PortLimitExceeded(QuotaExceeded): ...


class InterfaceAttachFailed(BerthlineError):
    """A NIC could not be put into a guest; the server is as it was (500)."""

    status = 500


class NoValidHost(BerthlineError):
    """No host has room or may take this server."""

    status = 500


class Unavailable(BerthlineError):
    """Too busy or not ready: try again later (503, Retry-After in ``retry_after`` seconds)."""

    status = 503
    retry_after = 1


# --- the outside world is at fault (raised by dataplane and hypervisor drivers) ---
class OutsideError(BerthlineError):
    """An effect on the outside world failed."""


class Transient(OutsideError):
    """It may work when tried again: lost connection, lock held, service starting."""


class NetworkServiceUnavailable(Transient):
    """The network service outside did not answer, or failed (503)."""

    status = 503


class Refused(OutsideError):
    """The outside world said no; the same call will be refused again."""


class RefusedEverywhere(Refused):
    """It would be refused by every host: the request or what it names is at fault, so no other host is tried."""


class DeadlineExceeded(OutsideError):
    """A wait passed its deadline; the message lists the state of each thing waited for."""


# --- the store is at fault: stop ---
class StoreClosed(BerthlineError):
    """The store was closed while this call waited."""

    status = 503


class LeaseLost(BerthlineError):
    """Another worker has taken this saga over: stop touching it."""
