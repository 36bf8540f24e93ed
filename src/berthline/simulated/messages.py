"""What a world and its clients say to each other, in MessagePack.

A client says Hello and is answered by Welcome, or by Failure and the end. Then it calls verbs, as many at once as it
likes, and each call is answered by its number: by Answers, of which the last has not ``more``, or by a Failure. A verb
that takes an image asks for its bytes by Pull, a Chunk each. Hints come unasked, and may be lost.
"""

from typing import Any, Final, Literal

import msgspec

from berthline.domain.dataplane import Row, Unit
from berthline.domain.hypervisor import HostFacts
from berthline.domain.ids import HostName, PortId, ServerId

VERSION: Final = 2
"""Raised by every change that an older or newer peer would misread."""

FailureKind = Literal["transient", "refused", "refused everywhere", "no base image", "disks in use", "lease lost"]
Part = Literal["hosts", "dataplane"]
"""What of a world is filled by itself."""


class Hello(msgspec.Struct, frozen=True, array_like=True, tag="hello"):
    """``cloud`` is the id of the cloud whose guests these are to be; "" for one who looks and disturbs."""

    version: int
    cloud: str


class Welcome(msgspec.Struct, frozen=True, array_like=True, tag="welcome"):
    """``world`` is new whenever the world begins anew."""

    version: int
    world: str
    hosts: tuple[tuple[HostName, HostFacts], ...]


class Call(msgspec.Struct, frozen=True, array_like=True, tag="call"):
    """``host`` is "" for verbs of the data plane and of the world itself. ``epoch`` is the caller's as the owner of
    what it changes; 0 for one who has none.
    """

    number: int
    host: str
    verb: str
    epoch: int
    arguments: msgspec.Raw


class Answer(msgspec.Struct, frozen=True, array_like=True, tag="answer"):
    number: int
    result: msgspec.Raw
    more: bool = False


class Failure(msgspec.Struct, frozen=True, array_like=True, tag="failure"):
    number: int
    kind: FailureKind
    message: str


class Pull(msgspec.Struct, frozen=True, array_like=True, tag="pull"):
    """The call of this number wants the next chunk."""

    number: int


class Chunk(msgspec.Struct, frozen=True, array_like=True, tag="chunk"):
    number: int
    data: bytes
    last: bool


class Broken(msgspec.Struct, frozen=True, array_like=True, tag="broken"):
    """There will be no next chunk: the source failed, or nobody waits for the call any more."""

    number: int
    why: str


class Hint(msgspec.Struct, frozen=True, array_like=True, tag="hint"):
    """Guests and ports whose state may have changed."""

    guests: tuple[tuple[HostName, ServerId], ...]
    ports: tuple[PortId, ...]


class Ping(msgspec.Struct, frozen=True, array_like=True, tag="ping"): ...


class Pong(msgspec.Struct, frozen=True, array_like=True, tag="pong"): ...


FromClient = Hello | Call | Chunk | Broken | Ping
FromWorld = Welcome | Answer | Failure | Pull | Hint | Pong

encoder: Final = msgspec.msgpack.Encoder()
from_client: Final[msgspec.msgpack.Decoder[FromClient]] = msgspec.msgpack.Decoder(FromClient)
from_world: Final[msgspec.msgpack.Decoder[FromWorld]] = msgspec.msgpack.Decoder(FromWorld)


class SentRow(msgspec.Struct, frozen=True, array_like=True):
    """A Row whose cells MessagePack tells apart: a list is a set, a map is a map."""

    table: str
    key: str
    columns: dict[str, str | int | bool | tuple[str, ...] | dict[str, str]]


SentUnit = tuple[Unit, tuple[SentRow, ...]]


def sent_row(row: Row) -> SentRow:
    """The row as it is sent."""
    return SentRow(row.table, row.key, {name: _sent(cell) for name, cell in row.columns.items()})


def received_row(row: SentRow) -> Row:
    """The row that was sent."""
    return Row(table=row.table, key=row.key, columns={name: _received(cell) for name, cell in row.columns.items()})


def _sent(cell: Any) -> Any:
    if isinstance(cell, frozenset):
        return tuple(cell)
    return dict(cell) if isinstance(cell, tuple) else cell


def _received(cell: Any) -> Any:
    if isinstance(cell, tuple):
        return frozenset(cell)
    return tuple(cell.items()) if isinstance(cell, dict) else cell
