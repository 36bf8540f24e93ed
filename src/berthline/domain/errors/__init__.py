"""The error tree: one branch per thing a caller can do about it. The roots, and Neutron's names, lie beside it.

``name`` is the wire name (Neutron's ``type``, Nova's exception name): the class's own, chosen from theirs where they
have one, unless Nova and Neutron give one name to two things. ``message`` says what failed, why and what would work.
Nothing in Berthline branches on an error's text. Every error is imported from here.
"""

from berthline.domain.errors.network import *  # noqa: F403 - what is imported from here is imported by name
from berthline.domain.errors.roots import BadRequest as BadRequest
from berthline.domain.errors.roots import BerthlineError as BerthlineError
from berthline.domain.errors.roots import Conflict as Conflict
from berthline.domain.errors.roots import Forbidden as Forbidden
from berthline.domain.errors.roots import NotFound as NotFound


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


class HTTPBadRequest(BadRequest):
    """Neutron's name for a request with an attribute it does not know."""


class ImageUnacceptable(BadRequest):
    """The uploaded bytes are not an image that may be booted (wrong format, backing file, data file)."""


class Unauthorized(BerthlineError):
    """Who asks is not known: get a token (401)."""

    status = 401


class ExternalNetworkAttachForbidden(Forbidden): ...


class Gone(BerthlineError):
    """Upstream itself no longer does this (410)."""

    status = 410


class HTTPNotImplemented(BerthlineError):
    """The hosts here cannot do this, and no other request will make them (501)."""

    status = 501


class RequestTooLarge(BerthlineError):
    """The body is larger than this route accepts (413)."""

    status = 413


class RangeNotSatisfiable(BerthlineError):
    """The bytes that are asked for are not among those there are (416)."""

    status = 416


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


class NetworkAmbiguous(Conflict): ...


class NoUniqueMatch(Conflict): ...


class KeyPairExists(Conflict): ...


class FlavorExists(Conflict): ...


class InstanceInvalidState(Conflict): ...


class InstanceNotReady(Conflict): ...


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


class Overtaken(Unavailable):
    """Others changed, between a look and a write, what was decided by. A transaction that raises it is run again; a
    caller hears of it only when that goes on and on.
    """


class StoreUnavailable(Unavailable):
    """The database cannot be written or read now: its disk is full, another process holds it, or it is damaged."""


class OutcomeUnknown(StoreUnavailable):
    """The connection to the database was lost in a commit: the change was made or it was not. Look, then try again."""


# --- the outside world is at fault (raised by dataplane and hypervisor drivers) ---
class OutsideError(BerthlineError):
    """An effect on the outside world failed."""


class Transient(OutsideError):
    """It may work when tried again: lost connection, lock held, service starting."""


class AddressInUse(Transient):
    """Another process listens there: it ends, or the place is made anew without it."""


class NetworkServiceUnavailable(Transient):
    """The network service outside did not answer, or failed (503)."""

    status = 503


class Refused(OutsideError):
    """The outside world said no; the same call will be refused again."""


class RefusedEverywhere(Refused):
    """It would be refused by every host: the request or what it names is at fault, so no other host is tried."""


class NoBaseImage(Refused):
    """The host has no copy of the image any more: have it cached, and ask again."""


class DisksInUse(Refused):
    """A guest uses the disks still, or its rescue disk: take the guest away, or start it from its own disks, first."""


class DeadlineExceeded(OutsideError):
    """A wait passed its deadline; the message lists the state of each thing waited for."""


# --- the store is at fault: stop ---
class StoreClosed(BerthlineError):
    """The store was closed while this call waited."""

    status = 503


class LeaseLost(BerthlineError):
    """Another worker has taken this over, or may at any moment: stop touching it."""


class NotHere(LeaseLost):
    """What is to be done is done at a place that another worker drives: leave it to that one."""

    def __init__(self, message: str, place: str) -> None:
        super().__init__(message)
        self.place = place
