"""Sagas: steps that all happen or are all undone, across crashes. This package knows no clouds and no SQL."""

from berthline.saga.definition import Commit, Definition, Effect, Failure, NotYet, Ready, Step, Wait
from berthline.saga.engine import Engine
from berthline.saga.log import SagaLog, SagaRecord, StepTime
from berthline.saga.worker import Holder, Turn, Worker, WorkerLog

__all__ = [
    "Commit",
    "Definition",
    "Effect",
    "Engine",
    "Failure",
    "Holder",
    "NotYet",
    "Ready",
    "SagaLog",
    "SagaRecord",
    "Step",
    "StepTime",
    "Turn",
    "Wait",
    "Worker",
    "WorkerLog",
]
