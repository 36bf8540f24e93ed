"""What goes wrong in a simulated world when it is told to: hosts slow, silent or without power, and replies lost.

A host, or the data plane (""), is in one condition; strikes hit single calls. What is told here stays until it is told
otherwise, however many clients come and go.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import msgspec

from berthline.domain.errors import Refused, Transient

ConditionKind = Literal["well", "silent", "away"]
StrikeKind = Literal["refused", "lost reply"]
ANY_HOST: Final = "*"


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """``silent``: calls are taken and not carried out before it is well again, as those of a daemon that is stopped by
    SIGSTOP. ``away``: nobody is reached, and nothing done. ``slow_seconds``: what each call takes besides.
    """

    kind: ConditionKind = "well"
    slow_seconds: float = 0.0


class Strike(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to the next ``times`` calls of a verb on a host ("": the data plane; "*": any host).

    ``refused``: it is not done. ``lost reply``: it is done, and nobody learns of it.
    """

    verb: str
    kind: StrikeKind
    host: str = ANY_HOST
    times: int = 1


WELL: Final = Condition()


class Faults:
    """Every call to a host or the data plane goes through ``carried_out``."""

    def __init__(self) -> None:
        self._conditions: dict[str, Condition] = {}
        self._changed = asyncio.Event()
        self._strikes: list[Strike] = []

    def put(self, where: str, condition: Condition) -> None:
        """Have a host, or the data plane (""), in this condition from now on."""
        self._conditions[where] = condition
        self._changed.set()
        self._changed = asyncio.Event()

    def strike(self, strike: Strike) -> None:
        """Add to what happens to calls to come; the first that fits one is taken."""
        self._strikes.append(strike)

    def end(self) -> None:
        """All is well from now on."""
        self._conditions.clear()
        self._strikes.clear()
        self._changed.set()
        self._changed = asyncio.Event()

    async def carried_out(self, where: str, verb: str, effect: Callable[[], Awaitable[Any]]) -> Any:
        """What ``effect`` returns, as far as it is let. Raises Transient or Refused where it is not."""
        if self._conditions or self._strikes:
            return await self._hindered(where, verb, effect)
        return await effect()

    async def _hindered(self, where: str, verb: str, effect: Callable[[], Awaitable[Any]]) -> Any:
        while (condition := self._conditions.get(where, WELL)).kind == "silent":
            await self._changed.wait()
        if condition.slow_seconds:
            await asyncio.sleep(condition.slow_seconds)
        name = f"host {where}" if where else "the data plane"
        if condition.kind == "away":
            raise Transient(f"{verb}: {name} could not be reached.")
        kind = self._struck(where, verb)
        if kind == "refused":
            raise Refused(f"{verb}: {name} refused it, as it was told to.")
        result = await effect()
        if kind == "lost reply":
            raise Transient(f"{verb}: the reply of {name} was lost.")
        return result

    def _struck(self, where: str, verb: str) -> StrikeKind | None:
        for place, strike in enumerate(self._strikes):
            if strike.verb == verb and (strike.host == where or (strike.host == ANY_HOST and where)):
                left = [msgspec.structs.replace(strike, times=strike.times - 1)] if strike.times > 1 else []
                self._strikes[place : place + 1] = left
                return strike.kind
        return None
