"""Fences: what sees to it that a host which is lost has no power, before its guests are started elsewhere."""

from typing import Literal, Protocol

from berthline.domain.hosts.enrolment import EnrolledHost

FenceKind = Literal["person", "command", "redfish"]
"""Who cuts the power: a person, who says so; a command of the operator's; the host's own controller, by Redfish."""


class Fence(Protocol):
    """May be repeated: a host without power stays so."""

    @property
    def kind(self) -> FenceKind: ...

    async def cut(self, host: EnrolledHost) -> None:
        """Have the host without power, and come back once that is known.

        Raises Refused where it cannot be done so, Transient where it may be done a little later. Neither says a word of
        a password.
        """
        ...
