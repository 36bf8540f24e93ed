"""Sagas: steps that all happen or are all undone, across crashes. This package knows no clouds and no SQL."""

from berthline.saga.definition import Commit, Definition, Effect, NotYet, Ready, Step, Wait
from berthline.saga.engine import Engine
from berthline.saga.log import Lease, SagaLog, SagaRecord

__all__ = [
    "Commit",
    "Definition",
    "Effect",
    "Engine",
    "Lease",
    "NotYet",
    "Ready",
    "SagaLog",
    "SagaRecord",
    "Step",
    "Wait",
]
