"""What is known of a server or a port, put together: rows, work under way, and what the dataplane says now."""

import msgspec

from berthline.domain.compute import Host, Server, ServerAction
from berthline.domain.dataplane import PortState
from berthline.domain.network import Port
from berthline.saga import SagaRecord


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A saga that is neither done nor undone, and the name of the step that it is at."""

    saga: SagaRecord
    step: str


class Postponement(msgspec.Struct, frozen=True, kw_only=True):
    """A loop leaves the server until then (µs), as it tried so often."""

    tries: int
    until: int


class PortStory(msgspec.Struct, frozen=True, kw_only=True):
    """A port. ``projected``: the dataplane was told of its newest revision; ``state`` None: it does not answer.

    ``chassis``: that of the host which the port is bound to, as that is known.
    """

    port: Port
    projected: bool
    state: PortState | None
    chassis: str | None = None
    is_nic: bool = False
    """It is a server's."""
    server_runs: bool = False
    """Its server's guest is on."""
    of_cloud: bool = False
    """The cloud made it itself: for a router, a floating IP or the metadata of a network."""


class ServerStory(msgspec.Struct, frozen=True, kw_only=True):
    """A server. ``removed``: its host is no more the cloud's, or is being removed; ``lost``:
    its host's guests go to others; ``changes``: so many are yet to be
    projected. ``elsewhere``: its ports are at another network service.
    """

    server: Server
    work: tuple[Work, ...]
    actions: tuple[ServerAction, ...]
    ports: tuple[PortStory, ...]
    host: Host | None = None
    removed: bool = False
    lost: bool = False
    postponed: Postponement | None = None
    elsewhere: bool = False


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two, told ``at`` (µs), of a cloud whose dataplane waits for so many ``changes``."""

    at: int
    changes: int
    server: ServerStory | None = None
    port: PortStory | None = None
