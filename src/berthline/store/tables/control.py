"""Sagas, events, outbox and what the dataplane has been told."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from berthline.store.tables.base import Id, Json, Name, Trigger, flag, metadata, where

sagas = Table(
    "sagas",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("project_id", Id, nullable=False),
    Column("input", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("position", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("wake_at", BigInteger, nullable=False),
    Column("deadline_at", BigInteger),
    Column("lease_owner", Id),
    flag("cancel_requested", default=False),
    Column("error", Json),
    Column("undo_error", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("lease_epoch", BigInteger, nullable=False, server_default="0"),
    Column("place", Name),
    CheckConstraint("state IN ('forward', 'unwinding', 'done', 'undone')", name="state"),
    Index("ix_sagas_runnable", "wake_at", **where("state IN ('forward', 'unwinding')")),
    Index("ix_sagas_finished", "updated_at", "id", **where("state IN ('done', 'undone')")),
    Index("ix_sagas_subject", "subject_id", "created_at"),
)
"""``position`` is the step whose intent is recorded: steps before it are done, it may have happened, later ones not.

``lease_owner`` and ``lease_epoch`` are the worker that drives it, or the last that did; epoch 0: nobody ever did.
``place``: the host on which it has its effects, whose owner drives it; null: any worker does."""

saga_steps = Table(
    "saga_steps",
    metadata,
    Column("saga_id", Id, ForeignKey("sagas.id", ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("direction", String(8), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("message", Text),
    sqlite_with_rowid=False,
)
"""The timeline: one row per step that ended, forward or backward. The boot waterfall reads it."""

events = Table(
    "events",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("object_id", Id, nullable=False),
    Column("project_id", Id, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("what", String(64), nullable=False),
    Column("data", Json),
    Column("unit", String(16)),
    Index("ix_events_object", "object_id", "sequence"),
    sqlite_autoincrement=True,
)
"""``unit``: the kind of unit that the object is in the dataplane, when the event is a reason to project it."""

outbox = Table(
    "outbox",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("object_id", Id, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Units of the dataplane that a committed transaction changed; the projector takes them away once they are applied."""

TRIGGERS: Final = (
    Trigger(
        "events_to_outbox",
        "events",
        "INSERT",
        "INSERT INTO outbox (kind, object_id, revision, at) VALUES (NEW.unit, NEW.object_id, NEW.revision, NEW.at)",
        "NEW.unit IS NOT NULL",
    ),
)
"""An event about a unit of the dataplane puts it into the outbox, so that no change is told and not projected."""

topics = Table(
    "topics",
    metadata,
    Column("topic", String(32), primary_key=True),
    Column("version", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""How often what a topic is about was changed; caches of all processes go by it. Only for what changes rarely."""

projections = Table(
    "projections",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("object_id", Id, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("projected_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""The revision of each unit that the dataplane holds."""

workers = Table(
    "workers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("name", Name, nullable=False),
    flag("drives", default=True),
    Column("joined_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)
"""Every living process of the cloud, and when its lease ends unless it is renewed. A row that is gone is one that died.

``name`` is for people: machine and process. ``drives``: it has sagas and loops; others only accept requests."""

worker_leases = Table(
    "worker_leases",
    metadata,
    Column("name", Name, primary_key=True),
    Column("owner", Id, nullable=False),
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    Column("place", Name, nullable=False, server_default=""),
    Column("told", Name, nullable=False, server_default=""),
)
"""One row per loop of which a cloud runs one (the projector, some reconcilers): the worker that does, as long as it
lives, and how often that was given to another one. ``place``: the OVN chassis at which it has its effects, for the loop
that answers metadata; ``told``: the one that all metadata ports there were are known to go by."""

postponements = Table(
    "postponements",
    metadata,
    Column("subject_id", Id, primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("until", BigInteger, nullable=False, index=True),
)
"""What a loop has begun since it was overdue, a server's or a move's: until when the loop leaves it, and how often it
was begun. What is done, or undone by its user, is looked for no more, and its row goes a while later."""

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("user_id", Id, primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("key", Name, primary_key=True),
    Column("request_digest", String(64), nullable=False),
    Column("roles", Json, nullable=False),
    Column("status", Integer),
    Column("response", Text),
    Column("created_at", BigInteger, nullable=False, index=True),
)
