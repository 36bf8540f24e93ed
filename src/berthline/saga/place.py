"""Where a driver of a saga is, and how it words what happened there."""

import random
from dataclasses import dataclass, field
from typing import Any, Final

from berthline.domain.errors import BerthlineError, Transient
from berthline.saga.definition import Effect, Failure, Step
from berthline.saga.log import StepTime

RETRY_FIRST: Final = 0.2


def backoff(attempt: int, last: float) -> float:
    """Seconds to wait after failed attempt number ``attempt`` (from 1): doubling, with jitter, at most ``last``."""
    return min(last, RETRY_FIRST * 2.0 ** min(attempt - 1, 16)) * random.uniform(0.75, 1.25)  # noqa: S311 - jitter


@dataclass(slots=True)
class Place:
    """Where a driver is: the step at hand and when it was begun, and the timeline since the record was last written."""

    position: int
    started: int = 0
    timings: list[StepTime] = field(default_factory=list)


class Cancelled(Exception):
    """Somebody asked for this saga to be unwound."""


def can_undo(step: Step[Any, Any]) -> bool:
    """Whether there is anything to undo of this step."""
    return isinstance(step, Effect) and step.undo is not None


def is_final(step: Step[Any, Any]) -> bool:
    """Whether no saga turns back at this step."""
    return isinstance(step, Effect) and step.final


def failure_of(error: Exception, step: str) -> Failure:
    """What is kept of the error that made a saga turn back at this step."""
    if isinstance(error, Cancelled):
        return Failure(status=409, type="Cancelled", message="cancelled on request", step=step)
    if isinstance(error, Transient):
        message = f"{error.message.rstrip('.')}. It was tried for a while and given up: ask again later."
        return Failure(status=error.status, type=error.name, message=message, step=step)
    if isinstance(error, BerthlineError):
        return Failure(status=error.status, type=error.name, message=error.message, step=step)
    return Failure(status=500, type=type(error).__name__, message=f"unexpected {type(error).__name__}", step=step)


def ended(name: str, direction: Any, started: int, finished: int, outcome: Any, message: str | None = None) -> StepTime:
    """The timeline's row of a step that ended so."""
    return StepTime(
        name=name, direction=direction, started_at=started, finished_at=finished, outcome=outcome, message=message
    )
