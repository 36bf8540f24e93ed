"""What a server shows of work that failed: the message to its users, what kind of error it was to admins."""

from collections.abc import Sequence

from berthline.domain.compute import Fault
from berthline.domain.ids import HostName
from berthline.saga import Failure


def fault_of(failure: Failure, at: int) -> Fault:
    """Of work that has only one step which can fail, or that left the server as it was."""
    return Fault(code=failure.status, message=failure.message, details=failure.type, created_at=at)


def fault_at_step(failure: Failure, at: int, tried: Sequence[HostName] = ()) -> Fault:
    """With the step at which it failed, and the hosts that were tried."""
    details = f"{failure.type} at step {failure.step}" + (f"; hosts tried: {', '.join(tried)}" if tried else "")
    return Fault(code=failure.status, message=failure.message, details=details, created_at=at)
