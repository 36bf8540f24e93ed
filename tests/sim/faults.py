"""What a seed does to the outside: to each effect by its number, and to whole hosts for a while."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from typing import Any, Final, Literal

import msgspec

from berthline.domain.errors import Refused, Transient
from berthline.domain.hypervisor import (
    BaseImage,
    CachedImage,
    DiskCopy,
    DiskReader,
    FoundNic,
    GuestPower,
    GuestSpec,
    HostFacts,
    Hypervisor,
    ImageSource,
    NicOfPort,
)
from berthline.domain.hypervisor.moving import MoveProgress, MovesGuests, MoveWays, MovingDisks
from berthline.domain.ids import CopyId, PortId, ServerId
from berthline.domain.network_info import VIF
from berthline.hypervisor.memory import SimulatedHost
from berthline.testing.faults import FaultKind, FaultSchedule, FaultyHypervisor

Mishap = FaultKind | Literal["slow", "slow reply"]

CHANCES: Final[dict[Mishap, float]] = {
    "refused": 0.015,
    "lost reply": 0.03,
    "killed before": 0.003,
    "killed after": 0.005,
    "slow": 0.03,
    "slow reply": 0.03,
}


class Rates(msgspec.Struct, frozen=True):
    """How much goes wrong: each chance is multiplied by these."""

    kills: float = 1.0
    refusals: float = 1.0
    lost_replies: float = 1.0

    def of(self, kind: Mishap) -> float:
        """By how much the chance of this kind is multiplied."""
        match kind:
            case "killed before" | "killed after":
                return self.kills
            case "refused":
                return self.refusals
            case "lost reply":
                return self.lost_replies
            case _:
                return 1.0


class Gate:
    """What a process passes before and after all that it does outside itself. While it is closed the process stands
    still, as one that was sent SIGSTOP: what it asked for is done, and it does not hear of it.
    """

    def __init__(self) -> None:
        self._shut: asyncio.Event | None = None

    @property
    def closed(self) -> bool:
        return self._shut is not None

    def close(self) -> None:
        self._shut = self._shut or asyncio.Event()

    def open(self) -> None:
        if self._shut is not None:
            self._shut.set()
        self._shut = None

    async def passed(self) -> None:
        """Wait until it is open."""
        while self._shut is not None:
            await self._shut.wait()


class SeededFaults(FaultSchedule):
    """Strikes effect number N with what the seed says of N, for every N; nothing while ``calm``.

    Each of several engines has its own: ``engine`` is its number.
    """

    def __init__(self, seed: int, rates: Rates | None = None, *, engine: int = 0, gate: Gate | None = None) -> None:
        super().__init__()
        rates = rates or Rates()
        self.calm = False
        self.gate = gate or Gate()
        self.under_way = 0
        """How many effects were begun and have not ended: each of them may still be struck, also in a calm."""
        self.stops_at: Literal["before", "after"] | None = None
        """Whether the process is to stand still from the next effect at a host on, and on which side of it."""

        self._dice = random.Random(f"faults of {seed}" + (f" at {engine}" if engine else ""))
        self._chances = {kind: chance * rates.of(kind) for kind, chance in CHANCES.items()}

    def restarted(self) -> None:
        super().restarted()
        self.stops_at = None
        self._on_kill.clear()

    async def strike(self, name: str, effect: Callable[[], Awaitable[None]]) -> None:
        self.under_way += 1
        try:
            await self._strike(name, effect)
        finally:
            self.under_way -= 1

    async def _strike(self, name: str, effect: Callable[[], Awaitable[None]]) -> None:
        async def gated() -> None:
            self._stop("before", name)
            await self.gate.passed()
            await effect()
            self._stop("after", name)
            await self.gate.passed()

        if self.calm and not self.killed:
            await gated()
            return
        number = len(self.calls)
        mishap, seconds = self._draw()
        if mishap == "slow" or mishap == "slow reply":
            self.struck.append(f"{mishap} {number} {name}")
        elif mishap is not None:
            self._faults[number] = mishap

        async def slowly() -> None:
            if mishap == "slow":
                await asyncio.sleep(seconds)
            await gated()
            if mishap == "slow reply":
                await asyncio.sleep(seconds)

        await super().strike(name, slowly)

    def _stop(self, side: Literal["before", "after"], name: str) -> None:
        if self.stops_at == side and name != "apply":
            self.stops_at = None
            self.gate.close()

    def _draw(self) -> tuple[Mishap | None, float]:
        """Two draws for each number, whatever comes of them, so that every number keeps its own."""
        drawn, seconds = self._dice.random(), self._dice.random() * 0.004
        for kind, chance in self._chances.items():
            if drawn < chance:
                return kind, seconds
            drawn -= chance
        return None, seconds


Mood = Literal["well", "failing", "hanging", "cut off", "slow"]
"""What a host makes of changes: it refuses them, does not hear of them, or takes its time. One that is ``cut off`` from
the cloud's processes tells nothing either; what goes on between two hosts goes on."""
SLOW_SECONDS: Final = 0.003


class MoodyHost(SimulatedHost):
    """A host that may refuse every change, or be out of reach, for a while; each third guest does not listen to it."""

    mood: Mood = "well"

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._asks = itertools.count()

    async def cache_image(self, image: BaseImage, source: ImageSource) -> None:
        await self._meet_mood()
        await super().cache_image(image, source)

    async def remove_cached_image(self, image: CachedImage) -> bool:
        await self._meet_mood()
        return await super().remove_cached_image(image)

    async def create_disks(self, spec: GuestSpec) -> None:
        await self._meet_mood()
        await super().create_disks(spec)

    async def renew_disks(self, spec: GuestSpec, *, keep_empty: bool) -> None:
        await self._meet_mood()
        await super().renew_disks(spec, keep_empty=keep_empty)

    async def create_rescue_disks(self, spec: GuestSpec) -> None:
        await self._meet_mood()
        await super().create_rescue_disks(spec)

    async def delete_rescue_disks(self, server_id: ServerId) -> None:
        await self._meet_mood()
        await super().delete_rescue_disks(server_id)

    async def delete_disks(self, server_id: ServerId) -> None:
        await self._meet_mood()
        await super().delete_disks(server_id)

    async def read_disk(self, server_id: ServerId, name: str) -> AsyncIterator[bytes]:
        await self._meet_mood()
        async for chunk in super().read_disk(server_id, name):
            yield chunk

    async def keep_disks(self, server_id: ServerId) -> None:
        await self._meet_mood()
        await super().keep_disks(server_id)

    async def restore_disks(self, server_id: ServerId) -> None:
        await self._meet_mood()
        await super().restore_disks(server_id)

    async def forget_kept_disks(self, server_id: ServerId) -> None:
        await self._meet_mood()
        await super().forget_kept_disks(server_id)

    async def grow_disks(self, spec: GuestSpec) -> None:
        await self._meet_mood()
        await super().grow_disks(spec)

    async def receive_disks(self, spec: GuestSpec, source: DiskReader) -> None:
        await self._meet_mood()
        await super().receive_disks(spec, source)

    async def define(self, spec: GuestSpec) -> None:
        await self._meet_mood()
        await super().define(spec)

    async def await_disks(self, spec: GuestSpec, disks: MovingDisks) -> None:
        await self._meet_mood()
        await super().await_disks(spec, disks)

    async def begin_move(self, server_id: ServerId, destination: MovesGuests, ways: MoveWays) -> None:
        await self._meet_mood()
        await super().begin_move(server_id, destination, ways)

    async def abort_move(self, server_id: ServerId) -> None:
        await self._meet_mood()
        await super().abort_move(server_id)

    async def copy_disk(self, server_id: ServerId, copy_id: CopyId, *, require_quiesce: bool = False) -> None:
        await self._meet_mood()
        await super().copy_disk(server_id, copy_id, require_quiesce=require_quiesce)

    async def read_copy(self, server_id: ServerId, copy_id: CopyId) -> AsyncIterator[bytes]:
        await self._meet_mood()
        async for chunk in super().read_copy(server_id, copy_id):
            yield chunk

    async def delete_copy(self, server_id: ServerId, copy_id: CopyId) -> None:
        await self._meet_mood()
        await super().delete_copy(server_id, copy_id)

    async def start_paused(self, spec: GuestSpec) -> None:
        await self._meet_mood()
        await super().start_paused(spec)

    async def resume(self, server_id: ServerId) -> None:
        await self._meet_mood()
        await super().resume(server_id)

    async def pause(self, server_id: ServerId) -> None:
        await self._meet_mood()
        await super().pause(server_id)

    async def suspend(self, server_id: ServerId) -> None:
        await self._meet_mood()
        await super().suspend(server_id)

    async def set_password(self, server_id: ServerId, user: str, password: str) -> None:
        await self._meet_mood()
        await super().set_password(server_id, user, password)

    async def inject_nmi(self, server_id: ServerId) -> None:
        await self._meet_mood()
        await super().inject_nmi(server_id)

    async def destroy(self, server_id: ServerId) -> None:
        await self._meet_mood()
        await super().destroy(server_id)

    async def start(self, server_id: ServerId) -> None:
        await self._meet_mood()
        await super().start(server_id)

    async def shutdown(self, server_id: ServerId, grace_seconds: float) -> None:
        await self._meet_mood()
        await super().shutdown(server_id, grace_seconds)

    async def ask_to_power_off(self, server_id: ServerId) -> None:
        await self._meet_mood()
        if next(self._asks) % 3 == 0 and server_id in self._guests:
            self.guest_stops_listening(server_id)
        await super().ask_to_power_off(server_id)

    async def reboot(self, server_id: ServerId) -> None:
        await self._meet_mood()
        await super().reboot(server_id)

    async def attach_interface(self, server_id: ServerId, vif: VIF) -> None:
        await self._meet_mood()
        await super().attach_interface(server_id, vif)

    async def detach_interface(self, server_id: ServerId, nic: NicOfPort) -> None:
        await self._meet_mood()
        await super().detach_interface(server_id, nic)

    def ports_of(self, server_id: ServerId) -> tuple[PortId, ...]:
        """The ports of a guest's interfaces, in the order in which it has them."""
        guest = self._guests.get(server_id)
        return () if guest is None else tuple(nic.id for nic in guest.nics)

    def power_of(self, server_id: ServerId) -> GuestPower:
        """``power`` for those who may not wait."""
        guest = self._guests.get(server_id)
        return "absent" if guest is None else guest.power

    async def _meet_mood(self) -> None:
        if self.mood == "failing":
            raise Refused(f"host {self.host} refuses everything for a while")
        if self.mood in {"hanging", "cut off"}:
            raise Transient(f"host {self.host} is out of reach for a while")
        if self.mood == "slow":
            await asyncio.sleep(SLOW_SECONDS)


class ReachedHost(FaultyHypervisor):
    """A host as a process reaches it: one that is cut off cannot be asked for anything."""

    def __init__(self, inner: Hypervisor, schedule: FaultSchedule, moody: MoodyHost) -> None:
        super().__init__(inner, schedule)
        self._moody = moody

    def at_epoch(self, epoch: int) -> "ReachedHost":
        return ReachedHost(self._inner.at_epoch(epoch), self._schedule, self._moody)

    async def facts(self) -> HostFacts:
        self._reach()
        return await super().facts()

    async def power(self, server_id: ServerId) -> GuestPower:
        self._reach()
        return await super().power(server_id)

    async def powers(self) -> Mapping[ServerId, GuestPower]:
        self._reach()
        return await super().powers()

    async def interfaces(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, frozenset[FoundNic]]:
        self._reach()
        return await super().interfaces(server_ids)

    async def guests(self) -> Collection[ServerId]:
        self._reach()
        return await super().guests()

    async def disks(self) -> Collection[ServerId]:
        self._reach()
        return await super().disks()

    async def copies(self) -> Collection[DiskCopy]:
        self._reach()
        return await super().copies()

    async def cached_images(self) -> Collection[CachedImage]:
        self._reach()
        return await super().cached_images()

    async def moving_disks(self, server_id: ServerId) -> MovingDisks:
        self._reach()
        return await super().moving_disks(server_id)

    async def move_progress(self, server_id: ServerId) -> MoveProgress | None:
        self._reach()
        return await super().move_progress(server_id)

    def _reach(self) -> None:
        if self._moody.mood == "cut off":
            raise Transient(f"host {self.host} cannot be reached for a while")
