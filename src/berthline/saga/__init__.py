"""Sagas: steps that all happen or are all undone, across crashes. This package knows no clouds and no SQL."""

from berthline.saga.definition import Commit, Definition, Effect, Failure, NotYet, Ready, Step, Wait
from berthline.saga.engine import Engine
from berthline.saga.log import SagaLog, SagaRecord, StepTime

__all__ = [
    "Commit",
    "Definition",
    "Effect",
    "Engine",
    "Failure",
    "NotYet",
    "Ready",
    "SagaLog",
    "SagaRecord",
    "Step",
    "StepTime",
    "Wait",
]
