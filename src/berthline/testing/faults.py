"""Faults on a schedule: every call to the outside has a number, and the schedule says what happens to which.

``FaultyHypervisor`` and ``FaultyDataplane`` wrap any implementation of the Protocols; only the calls that change
something are numbered.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from typing import Literal

import msgspec

from berthline.domain.dataplane import Applied, Dataplane, PortState, Row, Unit
from berthline.domain.errors import Refused, Transient
from berthline.domain.hypervisor import (
    BaseImage,
    CachedImage,
    DiskCopy,
    DiskReader,
    FoundNic,
    GuestDiagnostics,
    GuestPower,
    GuestSpec,
    GuestStream,
    HostFacts,
    Hypervisor,
    ImageSource,
    NicOfPort,
)
from berthline.domain.hypervisor.moving import MoveProgress, MovesGuests, MoveWays, MovingDisks
from berthline.domain.ids import CopyId, HostName, ImageId, PortId, ServerId
from berthline.domain.image_store import ImageKeeper
from berthline.domain.network_info import VIF

FaultKind = Literal["refused", "lost reply", "killed before", "killed after"]
FAULT_KINDS: tuple[FaultKind, ...] = ("refused", "lost reply", "killed before", "killed after")


class ProcessKilled(BaseException):
    """Stands for the end of the process: nothing in Berthline catches it, as nothing catches ``kill -9``."""


class Fault(msgspec.Struct, frozen=True):
    """What happens to effect number ``effect`` (from 0, counted since the schedule began)."""

    effect: int
    kind: FaultKind


class FaultSchedule:
    """Counts effects and strikes those that the schedule names, each once."""

    def __init__(self, *faults: Fault) -> None:
        self._faults = {fault.effect: fault.kind for fault in faults}
        self.calls: list[str] = []
        self.struck: list[str] = []
        self.killed = False
        self.hosts_away = False
        """While True no host is reached: nothing is done there, and it is not known when it will be again."""
        self._on_kill: list[Callable[[], None]] = []

    def on_kill(self, callback: Callable[[], None]) -> None:
        """Call back when a fault ends the process."""
        self._on_kill.append(callback)

    async def strike(self, name: str, effect: Callable[[], Awaitable[None]]) -> None:
        """Do the effect, as far as the schedule lets it."""
        if self.killed:
            raise ProcessKilled(f"{name}: the process is gone")
        if self.hosts_away and name != "apply":
            raise Transient(f"The host could not be reached to {name}.")
        number = len(self.calls)
        self.calls.append(name)
        kind = self._faults.pop(number, None)
        if kind is not None:
            self.struck.append(f"{kind} {number} {name}")
        if kind == "refused":
            raise Refused(f"{name} refused by the fault schedule")
        if kind == "killed before":
            self._kill(name)
        await effect()
        if kind == "lost reply":
            raise Transient(f"the reply of {name} was lost")
        if kind == "killed after":
            self._kill(name)

    def add(self, kind: FaultKind, after: int = 0) -> None:
        """Strike the next effect too, or the one ``after`` so many."""
        self._faults[len(self.calls) + after] = kind

    def add_later(self, *faults: Fault) -> None:
        """Strike these too, their numbers counted from the next effect."""
        self._faults |= {len(self.calls) + fault.effect: fault.kind for fault in faults}

    def end(self) -> None:
        """Strike no more."""
        self._faults.clear()
        self.hosts_away = False

    def begin_again(self, *faults: Fault) -> None:
        """Count from 0 again, and strike these: what came before was no part of it."""
        self._faults = {fault.effect: fault.kind for fault in faults}
        self.calls.clear()

    def restarted(self) -> None:
        """A new process begins; the count goes on."""
        self.killed = False

    def _kill(self, name: str) -> None:
        self.killed = True
        for callback in self._on_kill:
            callback()
        raise ProcessKilled(name)


class FaultyDataplane:
    """A dataplane whose ``apply`` is an effect on the schedule."""

    def __init__(self, inner: Dataplane, schedule: FaultSchedule) -> None:
        self._inner = inner
        self._schedule = schedule

    async def apply(self, desired: Mapping[Unit, Collection[Row]], epoch: int = 0) -> Applied:
        results: list[Applied] = []

        async def effect() -> None:
            results.append(await self._inner.apply(desired, epoch))

        await self._schedule.strike("apply", effect)
        return results[0]

    async def observe(self) -> Mapping[Unit, frozenset[str]]:
        return await self._inner.observe()

    async def port_states(self, ports: Collection[PortId]) -> Mapping[PortId, PortState]:
        return await self._inner.port_states(ports)

    def on_change(self, callback: Callable[[PortId], None]) -> None:
        self._inner.on_change(callback)

    async def close(self) -> None:
        await self._inner.close()


class FaultyImages:
    """Images of which ``fill`` is an effect on the schedule."""

    def __init__(self, inner: ImageKeeper, schedule: FaultSchedule) -> None:
        self._inner = inner
        self._schedule = schedule

    def read(self, image_id: ImageId) -> AsyncIterator[bytes]:
        return self._inner.read(image_id)

    async def fill(self, image_id: ImageId, chunks: AsyncIterator[bytes]) -> None:
        await self._schedule.strike("fill_image", lambda: self._inner.fill(image_id, chunks))


class FaultyHypervisor:
    """A host whose changing verbs are effects on the schedule."""

    def __init__(self, inner: Hypervisor, schedule: FaultSchedule) -> None:
        self._inner = inner
        self._schedule = schedule

    @property
    def host(self) -> HostName:
        return self._inner.host

    def at_epoch(self, epoch: int) -> Hypervisor:
        return FaultyHypervisor(self._inner.at_epoch(epoch), self._schedule)

    async def facts(self) -> HostFacts:
        return await self._inner.facts()

    async def cache_image(self, image: BaseImage, source: ImageSource) -> None:
        await self._schedule.strike("cache_image", lambda: self._inner.cache_image(image, source))

    async def cached_images(self) -> Collection[CachedImage]:
        return await self._inner.cached_images()

    async def remove_cached_image(self, image: CachedImage) -> bool:
        gone: list[bool] = []

        async def effect() -> None:
            gone.append(await self._inner.remove_cached_image(image))

        await self._schedule.strike("remove_cached_image", effect)
        return gone[0]

    async def create_disks(self, spec: GuestSpec) -> None:
        await self._schedule.strike("create_disks", lambda: self._inner.create_disks(spec))

    async def renew_disks(self, spec: GuestSpec, *, keep_empty: bool) -> None:
        await self._schedule.strike("renew_disks", lambda: self._inner.renew_disks(spec, keep_empty=keep_empty))

    async def create_rescue_disks(self, spec: GuestSpec) -> None:
        await self._schedule.strike("create_rescue_disks", lambda: self._inner.create_rescue_disks(spec))

    async def delete_rescue_disks(self, server_id: ServerId) -> None:
        await self._schedule.strike("delete_rescue_disks", lambda: self._inner.delete_rescue_disks(server_id))

    async def delete_disks(self, server_id: ServerId) -> None:
        await self._schedule.strike("delete_disks", lambda: self._inner.delete_disks(server_id))

    def read_disk(self, server_id: ServerId, name: str) -> AsyncIterator[bytes]:
        return self._inner.read_disk(server_id, name)

    async def keep_disks(self, server_id: ServerId) -> None:
        await self._schedule.strike("keep_disks", lambda: self._inner.keep_disks(server_id))

    async def restore_disks(self, server_id: ServerId) -> None:
        await self._schedule.strike("restore_disks", lambda: self._inner.restore_disks(server_id))

    async def forget_kept_disks(self, server_id: ServerId) -> None:
        await self._schedule.strike("forget_kept_disks", lambda: self._inner.forget_kept_disks(server_id))

    async def grow_disks(self, spec: GuestSpec) -> None:
        await self._schedule.strike("grow_disks", lambda: self._inner.grow_disks(spec))

    async def receive_disks(self, spec: GuestSpec, source: DiskReader) -> None:
        await self._schedule.strike("receive_disks", lambda: self._inner.receive_disks(spec, source))

    async def moving_disks(self, server_id: ServerId) -> MovingDisks:
        return await self._inner.moving_disks(server_id)

    async def await_disks(self, spec: GuestSpec, disks: MovingDisks) -> None:
        await self._schedule.strike("await_disks", lambda: self._inner.await_disks(spec, disks))

    async def begin_move(self, server_id: ServerId, destination: MovesGuests, ways: MoveWays) -> None:
        there = destination._inner if isinstance(destination, FaultyHypervisor) else destination  # noqa: SLF001
        await self._schedule.strike("begin_move", lambda: self._inner.begin_move(server_id, there, ways))

    async def move_progress(self, server_id: ServerId) -> MoveProgress | None:
        return await self._inner.move_progress(server_id)

    async def finish_move(self, server_id: ServerId) -> None:
        await self._schedule.strike("finish_move", lambda: self._inner.finish_move(server_id))

    async def abort_move(self, server_id: ServerId) -> None:
        await self._schedule.strike("abort_move", lambda: self._inner.abort_move(server_id))

    async def define(self, spec: GuestSpec) -> None:
        await self._schedule.strike("define", lambda: self._inner.define(spec))

    async def start_paused(self, spec: GuestSpec) -> None:
        await self._schedule.strike("start_paused", lambda: self._inner.start_paused(spec))

    async def resume(self, server_id: ServerId) -> None:
        await self._schedule.strike("resume", lambda: self._inner.resume(server_id))

    async def pause(self, server_id: ServerId) -> None:
        await self._schedule.strike("pause", lambda: self._inner.pause(server_id))

    async def suspend(self, server_id: ServerId) -> None:
        await self._schedule.strike("suspend", lambda: self._inner.suspend(server_id))

    async def inject_nmi(self, server_id: ServerId) -> None:
        await self._schedule.strike("inject_nmi", lambda: self._inner.inject_nmi(server_id))

    async def set_password(self, server_id: ServerId, user: str, password: str) -> None:
        await self._schedule.strike("set_password", lambda: self._inner.set_password(server_id, user, password))

    async def diagnostics(self, server_id: ServerId) -> GuestDiagnostics:
        return await self._inner.diagnostics(server_id)

    async def destroy(self, server_id: ServerId) -> None:
        await self._schedule.strike("destroy", lambda: self._inner.destroy(server_id))

    async def power(self, server_id: ServerId) -> GuestPower:
        return await self._inner.power(server_id)

    async def powers(self) -> Mapping[ServerId, GuestPower]:
        return await self._inner.powers()

    async def hung_guests(self) -> Collection[ServerId]:
        return await self._inner.hung_guests()

    async def start(self, server_id: ServerId) -> None:
        await self._schedule.strike("start", lambda: self._inner.start(server_id))

    async def shutdown(self, server_id: ServerId, grace_seconds: float) -> None:
        await self._schedule.strike("shutdown", lambda: self._inner.shutdown(server_id, grace_seconds))

    async def ask_to_power_off(self, server_id: ServerId) -> None:
        await self._schedule.strike("ask_to_power_off", lambda: self._inner.ask_to_power_off(server_id))

    async def reboot(self, server_id: ServerId) -> None:
        await self._schedule.strike("reboot", lambda: self._inner.reboot(server_id))

    async def attach_interface(self, server_id: ServerId, vif: VIF) -> None:
        await self._schedule.strike("attach_interface", lambda: self._inner.attach_interface(server_id, vif))

    async def detach_interface(self, server_id: ServerId, nic: NicOfPort) -> None:
        await self._schedule.strike("detach_interface", lambda: self._inner.detach_interface(server_id, nic))

    async def interfaces(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, frozenset[FoundNic]]:
        return await self._inner.interfaces(server_ids)

    async def console_output(self, server_id: ServerId, lines: int | None) -> bytes:
        return await self._inner.console_output(server_id, lines)

    async def open_screen(self, server_id: ServerId) -> GuestStream:
        return await self._inner.open_screen(server_id)

    async def open_serial(self, server_id: ServerId) -> GuestStream:
        return await self._inner.open_serial(server_id)

    async def guests(self) -> Collection[ServerId]:
        return await self._inner.guests()

    async def disks(self) -> Collection[ServerId]:
        return await self._inner.disks()

    async def copy_disk(self, server_id: ServerId, copy_id: CopyId, *, require_quiesce: bool = False) -> None:
        await self._schedule.strike(
            "copy_disk", lambda: self._inner.copy_disk(server_id, copy_id, require_quiesce=require_quiesce)
        )

    def read_copy(self, server_id: ServerId, copy_id: CopyId) -> AsyncIterator[bytes]:
        return self._inner.read_copy(server_id, copy_id)

    async def delete_copy(self, server_id: ServerId, copy_id: CopyId) -> None:
        await self._schedule.strike("delete_copy", lambda: self._inner.delete_copy(server_id, copy_id))

    async def copies(self) -> Collection[DiskCopy]:
        return await self._inner.copies()

    def on_change(self, callback: Callable[[ServerId], None]) -> None:
        self._inner.on_change(callback)

    async def close(self) -> None:
        await self._inner.close()
