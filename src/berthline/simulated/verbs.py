"""Every verb that a world answers: what it is given, what it returns, and what it does. No other is known to it.

``cache_image`` alone is elsewhere (``server``): it asks its caller for the image's bytes.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, Literal, NamedTuple

import msgspec

from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.dataplane import Applied, PortState, Unit
from berthline.domain.hypervisor import (
    CachedImage,
    DiskCopy,
    FoundNic,
    GuestDiagnostics,
    GuestPower,
    GuestSpec,
    HostFacts,
)
from berthline.domain.hypervisor.moving import MoveProgress, MoveWays, MovingDisks
from berthline.domain.ids import CopyId, HostName, PortId, ServerId
from berthline.domain.network_info import VIF
from berthline.hypervisor.kept_guests import KeptGuest
from berthline.hypervisor.memory import SimulatedHost
from berthline.simulated.faults import Condition, Strike
from berthline.simulated.messages import Part, SentUnit, received_row
from berthline.simulated.streams import StreamKind
from berthline.simulated.world import Content, World

AT_ONCE: Final = 2_000
"""Units told by one answer: an observation of a large cloud is longer than a message may be."""

Whose = Literal["host", "dataplane", "world", "filler", "stream"]
"""``filler``: the world, as told by one who fills it. ``stream``: what one who looks at guests has open."""


class Verb(NamedTuple):
    """``arguments`` and ``result`` decode what goes either way; ``run`` is given whose it is, then the arguments;
    of a filler and a stream, the connection in between; of ``apply``, the caller's epoch last.
    """

    whose: Whose
    arguments: msgspec.msgpack.Decoder[tuple[Any, ...]]
    result: msgspec.msgpack.Decoder[Any]
    run: Callable[..., Awaitable[Any]]


def _verb(whose: Whose, arguments: Any, result: Any, run: Callable[..., Awaitable[Any]]) -> Verb:
    return Verb(whose, msgspec.msgpack.Decoder(arguments), msgspec.msgpack.Decoder(result), run)


_OfServer = tuple[ServerId]


async def _shutdown(host: SimulatedHost, server_id: ServerId, grace_seconds: float) -> None:
    await host.shutdown(server_id, grace_seconds)


async def _renew_disks(host: SimulatedHost, spec: GuestSpec, keep_empty: bool) -> None:
    await host.renew_disks(spec, keep_empty=keep_empty)


async def _detach(host: SimulatedHost, server_id: ServerId, port_id: PortId) -> None:
    await host.detach_interface(server_id, FoundNic(port_id))


async def _copy_disk(host: SimulatedHost, server_id: ServerId, copy_id: CopyId, require_quiesce: bool) -> None:
    await host.copy_disk(server_id, copy_id, require_quiesce=require_quiesce)


async def _read_copy(host: SimulatedHost, server_id: ServerId, copy_id: CopyId) -> bytes:
    return b"".join([chunk async for chunk in host.read_copy(server_id, copy_id)])


async def _read_disk(host: SimulatedHost, server_id: ServerId, name: str) -> bytes:
    return b"".join([chunk async for chunk in host.read_disk(server_id, name)])


class _Sent:
    """Disks that came with the call."""

    def __init__(self, content: Mapping[str, bytes]) -> None:
        self._content = content

    async def read_disk(self, server_id: ServerId, name: str) -> AsyncIterator[bytes]:
        """The disk of the one server that they are of."""
        yield self._content[name]


async def _receive_disks(host: SimulatedHost, spec: GuestSpec, content: dict[str, bytes]) -> None:
    await host.receive_disks(spec, _Sent(content))


async def _apply(plane: SimulatedDataplane, units: tuple[SentUnit, ...], epoch: int) -> Applied:
    return await plane.apply({unit: tuple(map(received_row, rows)) for unit, rows in units}, epoch)


async def _observe(plane: SimulatedDataplane) -> Mapping[Unit, frozenset[str]]:
    return await plane.observe()


async def _end_fill(world: World, who: object, part: Part) -> None:
    world.end_fill(who, part)


async def _strike(world: World, strike: Strike) -> None:
    world.faults.strike(strike)


async def _add_host(world: World, name: HostName, facts: HostFacts) -> None:
    world.add_host(name, facts)


async def _all_well(world: World) -> None:
    world.faults.end()


async def _guest_writes(world: World, host: HostName, server_id: ServerId, content: bytes) -> None:
    world.host(host).guest_writes(server_id, content)


async def _power_off(world: World, host: HostName, server_id: ServerId) -> None:
    world.host(host).guest_powers_off(server_id)


async def _stop_listening(world: World, host: HostName, server_id: ServerId) -> None:
    world.host(host).guest_stops_listening(server_id)


async def _hang(world: World, host: HostName, server_id: ServerId) -> None:
    world.host(host).guest_hangs(server_id)


async def _open_stream(world: World, who: object, host: HostName, server_id: ServerId, kind: StreamKind) -> int:
    async def opened() -> int:
        found = world.host(host)
        stream = await (found.open_screen(server_id) if kind == "screen" else found.open_serial(server_id))
        return world.streams.add(who, stream)

    number: int = await world.faults.carried_out(host, f"open_{kind}", opened)
    return number


async def _read_stream(world: World, who: object, number: int) -> bytes | None:
    return await world.streams.read(who, number)


async def _write_stream(world: World, who: object, number: int, data: bytes) -> None:
    await world.streams.write(who, number, data)


async def _close_stream(world: World, who: object, number: int) -> None:
    await world.streams.close(who, number)


VERBS: Final[Mapping[str, Verb]] = {
    "facts": _verb("host", tuple[()], HostFacts, SimulatedHost.facts),
    "cached_images": _verb("host", tuple[()], frozenset[CachedImage], SimulatedHost.cached_images),
    "remove_cached_image": _verb("host", tuple[CachedImage], bool, SimulatedHost.remove_cached_image),
    "create_disks": _verb("host", tuple[GuestSpec], None, SimulatedHost.create_disks),
    "renew_disks": _verb("host", tuple[GuestSpec, bool], None, _renew_disks),
    "create_rescue_disks": _verb("host", tuple[GuestSpec], None, SimulatedHost.create_rescue_disks),
    "delete_rescue_disks": _verb("host", _OfServer, None, SimulatedHost.delete_rescue_disks),
    "delete_disks": _verb("host", _OfServer, None, SimulatedHost.delete_disks),
    "read_disk": _verb("host", tuple[ServerId, str], bytes, _read_disk),
    "keep_disks": _verb("host", _OfServer, None, SimulatedHost.keep_disks),
    "restore_disks": _verb("host", _OfServer, None, SimulatedHost.restore_disks),
    "forget_kept_disks": _verb("host", _OfServer, None, SimulatedHost.forget_kept_disks),
    "grow_disks": _verb("host", tuple[GuestSpec], None, SimulatedHost.grow_disks),
    "receive_disks": _verb("host", tuple[GuestSpec, dict[str, bytes]], None, _receive_disks),
    "moving_disks": _verb("host", _OfServer, MovingDisks, SimulatedHost.moving_disks),
    "await_disks": _verb("host", tuple[GuestSpec, MovingDisks], None, SimulatedHost.await_disks),
    "begin_move": _verb("host", tuple[ServerId, HostName, MoveWays], None, SimulatedHost.begin_move_to),
    "move_progress": _verb("host", _OfServer, MoveProgress | None, SimulatedHost.move_progress),
    "finish_move": _verb("host", _OfServer, None, SimulatedHost.finish_move),
    "abort_move": _verb("host", _OfServer, None, SimulatedHost.abort_move),
    "define": _verb("host", tuple[GuestSpec], None, SimulatedHost.define),
    "start_paused": _verb("host", tuple[GuestSpec], None, SimulatedHost.start_paused),
    "resume": _verb("host", _OfServer, None, SimulatedHost.resume),
    "pause": _verb("host", _OfServer, None, SimulatedHost.pause),
    "suspend": _verb("host", _OfServer, None, SimulatedHost.suspend),
    "inject_nmi": _verb("host", _OfServer, None, SimulatedHost.inject_nmi),
    "set_password": _verb("host", tuple[ServerId, str, str], None, SimulatedHost.set_password),
    "diagnostics": _verb("host", _OfServer, GuestDiagnostics, SimulatedHost.diagnostics),
    "destroy": _verb("host", _OfServer, None, SimulatedHost.destroy),
    "power": _verb("host", _OfServer, GuestPower, SimulatedHost.power),
    "powers": _verb("host", tuple[()], dict[ServerId, GuestPower], SimulatedHost.powers),
    "hung_guests": _verb("host", tuple[()], frozenset[ServerId], SimulatedHost.hung_guests),
    "start": _verb("host", _OfServer, None, SimulatedHost.start),
    "shutdown": _verb("host", tuple[ServerId, float], None, _shutdown),
    "ask_to_power_off": _verb("host", _OfServer, None, SimulatedHost.ask_to_power_off),
    "reboot": _verb("host", _OfServer, None, SimulatedHost.reboot),
    "attach_interface": _verb("host", tuple[ServerId, VIF], None, SimulatedHost.attach_interface),
    "detach_interface": _verb("host", tuple[ServerId, PortId], None, _detach),
    "interfaces": _verb(
        "host", tuple[tuple[ServerId, ...]], dict[ServerId, frozenset[FoundNic]], SimulatedHost.interfaces
    ),
    "console_output": _verb("host", tuple[ServerId, int | None], bytes, SimulatedHost.console_output),
    "open_stream": _verb("stream", tuple[HostName, ServerId, StreamKind], int, _open_stream),
    "read_stream": _verb("stream", tuple[int], bytes | None, _read_stream),
    "write_stream": _verb("stream", tuple[int, bytes], None, _write_stream),
    "close_stream": _verb("stream", tuple[int], None, _close_stream),
    "guests": _verb("host", tuple[()], frozenset[ServerId], SimulatedHost.guests),
    "disks": _verb("host", tuple[()], frozenset[ServerId], SimulatedHost.disks),
    "copy_disk": _verb("host", tuple[ServerId, CopyId, bool], None, _copy_disk),
    "read_copy": _verb("host", tuple[ServerId, CopyId], bytes, _read_copy),
    "delete_copy": _verb("host", tuple[ServerId, CopyId], None, SimulatedHost.delete_copy),
    "copies": _verb("host", tuple[()], frozenset[DiskCopy], SimulatedHost.copies),
    "apply": _verb("dataplane", tuple[tuple[SentUnit, ...]], Applied, _apply),
    "observe": _verb("dataplane", tuple[()], tuple[tuple[Unit, frozenset[str]], ...], _observe),
    "port_states": _verb(
        "dataplane", tuple[tuple[PortId, ...]], dict[PortId, PortState], SimulatedDataplane.port_states
    ),
    "begin_fill": _verb("filler", tuple[Part], bool, World.begin_fill),
    "end_fill": _verb("filler", tuple[Part], None, _end_fill),
    "put_back": _verb("world", tuple[tuple[tuple[HostName, KeptGuest], ...]], None, World.put_back),
    "add_host": _verb("world", tuple[HostName, HostFacts], None, _add_host),
    "set_condition": _verb("world", tuple[str, Condition], None, World.set_condition),
    "strike": _verb("world", tuple[Strike], None, _strike),
    "all_well": _verb("world", tuple[()], None, _all_well),
    "power_off": _verb("world", tuple[HostName, ServerId], None, _power_off),
    "stop_listening": _verb("world", tuple[HostName, ServerId], None, _stop_listening),
    "hang": _verb("world", tuple[HostName, ServerId], None, _hang),
    "guest_writes": _verb("world", tuple[HostName, ServerId, bytes], None, _guest_writes),
    "content": _verb("world", tuple[()], Content, World.content),
}


def parts(verb: str, result: Any) -> Iterator[Any]:
    """The result as one answer or several; of ``observe`` some units each, at least one answer."""
    if verb != "observe":
        yield result
        return
    rest = iter(result.items())
    some = tuple(islice(rest, AT_ONCE))
    while True:
        following = tuple(islice(rest, AT_ONCE))
        yield some
        if not following:
            return
        some = following
