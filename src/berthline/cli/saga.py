"""`berthline saga`: work that happens in steps, what is under way, and what could not be undone yet."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter

from berthline.bootstrap.clouds_file import ADMIN_CLOUD
from berthline.cli.columns import print_columns
from berthline.cli.doctor import clouds_of


class Failure(msgspec.Struct, frozen=True):
    """Why a saga turned back."""

    type: str
    message: str
    step: str


class Step(msgspec.Struct, frozen=True):
    """One step that ended; times in microseconds since the epoch."""

    name: str
    direction: Literal["do", "undo"]
    started_at: int
    finished_at: int
    outcome: str
    message: str | None


class Saga(msgspec.Struct, frozen=True):
    """One saga; ``step`` is the one it is at."""

    id: str
    kind: str
    subject_id: str
    state: str
    step: str
    attempts: int
    failure: Failure | None
    undo_error: str | None
    created_at: int
    updated_at: int
    steps: tuple[Step, ...] = ()


def list_sagas(
    *,
    unfinished: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    subject: str = "",
    data: Path | None = None,
) -> None:
    """List sagas, newest first.

    Parameters
    ----------
    unfinished
        Only those that are neither done nor undone.
    subject
        Only those that work on the server of this id.
    data
        Data folder of the cloud.
    """
    from berthline.cli.client import open_cloud

    filters = {"unfinished": "true"} if unfinished else {}
    if subject:
        filters["subject"] = subject
    with open_cloud(clouds_of(data), ADMIN_CLOUD) as admin:
        found = admin.list("berthline", "/sagas", "sagas", Saga, **filters)
    print_columns(
        ("ID", "KIND", "SUBJECT", "STATE", "STEP", "BEGUN", "WHAT WENT WRONG"),
        (
            (saga.id, saga.kind, saga.subject_id, saga.state, saga.step, _time(saga.created_at), _wrong(saga))
            for saga in found
        ),
    )


def show(saga_id: str, /, *, data: Path | None = None) -> None:
    """Show one saga and its steps.

    Parameters
    ----------
    saga_id
        Id of the saga, as the list shows it.
    data
        Data folder of the cloud.
    """
    from berthline.cli.client import open_cloud

    with open_cloud(clouds_of(data), ADMIN_CLOUD) as admin:
        saga = admin.show("berthline", f"/sagas/{saga_id}", "saga", Saga)
    print(
        f"{saga.kind} of {saga.subject_id}: {saga.state}, at {saga.step or 'its end'}, begun {_time(saga.created_at)}"
    )
    if saga.failure:
        print(f"turned back at {saga.failure.step}: {saga.failure.type}: {saga.failure.message}")
    if saga.undo_error:
        print(f"cannot be undone yet, and is tried again: {saga.undo_error}")
    print_columns(
        ("STEP", "", "BEGAN", "TOOK", "OUTCOME", "MESSAGE"),
        (
            (
                step.name,
                step.direction,
                f"+{(step.started_at - saga.created_at) / 1000:.1f} ms",
                f"{(step.finished_at - step.started_at) / 1000:.1f} ms",
                step.outcome,
                step.message or "",
            )
            for step in saga.steps
        ),
    )


def _wrong(saga: Saga) -> str:
    if saga.undo_error:
        return f"cannot be undone yet: {saga.undo_error}"
    return f"{saga.failure.step}: {saga.failure.message}" if saga.failure else ""


def _time(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S")
