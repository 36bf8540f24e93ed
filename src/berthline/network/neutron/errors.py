"""What a refusal by Neutron means to a server that was to get a NIC: by its type and status, never its text."""

from collections.abc import Mapping
from typing import Final

import msgspec

from berthline.domain.errors import (
    BadRequest,
    BerthlineError,
    Conflict,
    ExternalNetworkAttachForbidden,
    FixedIpAlreadyInUse,
    Forbidden,
    InvalidInput,
    NetworkNotFoundForServer,
    NetworkServiceUnavailable,
    NoMoreFixedIps,
    NotFound,
    PortInUse,
    PortLimitExceeded,
    PortNotFoundForServer,
    PreconditionFailed,
    Refused,
    RequestTooLarge,
    SecurityGroupCannotBeApplied,
    SecurityGroupNotFoundForServer,
    Unauthorized,
)

BY_TYPE: Final[Mapping[str, type[BerthlineError]]] = {
    "AddressPairAndPortSecurityRequired": SecurityGroupCannotBeApplied,
    "ExternalNetworkAttachForbidden": ExternalNetworkAttachForbidden,
    "FixedIpsSubnetsNotOnSameSegment": InvalidInput,
    "InvalidIpForNetwork": InvalidInput,
    "InvalidIpForSubnet": InvalidInput,
    "IpAddressAlreadyAllocated": FixedIpAlreadyInUse,
    "IpAddressGenerationFailure": NoMoreFixedIps,
    "IpAddressGenerationFailureAllSubnets": NoMoreFixedIps,
    "IpAddressGenerationFailureNoMatchingSubnet": NoMoreFixedIps,
    "IpAddressInUse": FixedIpAlreadyInUse,
    "MacAddressInUse": PortInUse,
    "NetworkNotFound": NetworkNotFoundForServer,
    "OverQuota": PortLimitExceeded,
    "PortInUse": PortInUse,
    "PortNotFound": PortNotFoundForServer,
    "PortSecurityAndIPRequiredForSecurityGroups": SecurityGroupCannotBeApplied,
    "PortSecurityPortHasSecurityGroup": SecurityGroupCannotBeApplied,
    "PreconditionFailed": PreconditionFailed,
    "RevisionNumberConstraintFailed": PreconditionFailed,
    "SecurityGroupConflict": SecurityGroupCannotBeApplied,
    "SecurityGroupNotFound": SecurityGroupNotFoundForServer,
}
"""Neutron's name of a refusal, and ours in the words of a server's user."""

BY_STATUS: Final[Mapping[int, type[BerthlineError]]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    408: NetworkServiceUnavailable,
    409: Conflict,
    412: PreconditionFailed,
    413: RequestTooLarge,
    425: NetworkServiceUnavailable,
    429: NetworkServiceUnavailable,
}
FAULT: Final = 500


class _Fault(msgspec.Struct):
    type: str = ""
    message: str = ""


class _Body(msgspec.Struct):
    NeutronError: _Fault | str | None = None


def error_of(status: int, body: bytes) -> BerthlineError:
    """The error that an answer of this status (400 or more) means; what Neutron said is in its message."""
    fault = _fault(body)
    message = fault.message[:1000] or f"the network service answered {status}"
    if status >= FAULT:
        return NetworkServiceUnavailable(f"The network service failed ({status}): {message}")
    kind = BY_TYPE.get(fault.type) or BY_STATUS.get(status, Refused)
    return kind(message, {"neutron": fault.type} if fault.type else {})


def neutron_type(error: BerthlineError) -> str:
    """Neutron's own name of a refusal that ``error_of`` made; "" if it gave none."""
    return str(error.details.get("neutron", ""))


def _fault(body: bytes) -> _Fault:
    try:
        said = msgspec.json.decode(body, type=_Body).NeutronError
    except (msgspec.DecodeError, msgspec.ValidationError):
        return _Fault()
    return _Fault(message=said) if isinstance(said, str) else said or _Fault()
