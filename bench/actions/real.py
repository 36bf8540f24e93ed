"""Each action on real OVN and libvirt, beside what libvirt alone needs for it. Each guest has started before the next.

Berthline's seconds are from the request until the API shows that it is done, which it may see a look later.
"""

import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Final

from bench import real_host
from bench.actions.bare import BareGuest
from bench.actions.course import course, larger_flavor, taken, wait_until
from bench.real import BARE, MORE, template
from bench.real_guest import LIMIT_SECONDS, READY, Template, wait_ready
from bench.real_host import MEMORY_MB, RealCloud
from bench.results import Recorder
from bench.waiting import until

WORK: Final = "action, real"
LOOK_SECONDS: Final = 0.01
QUIET_SECONDS: Final = 0.3
"""How long a guest that has just started is left alone."""


def measure_real_actions(recorder: Recorder, times: int) -> None:
    """One round on a host of its own: so many guests of each kind go the whole course, by turns."""
    with real_host.opened() as cloud, template(cloud) as made:
        larger = larger_flavor(cloud.endpoint, MEMORY_MB)
        ours: dict[str, list[float]] = defaultdict(list)
        bare: dict[str, list[float]] = defaultdict(list)
        for number in range(times):
            _go_bare(cloud, made, f"bare-{number}", larger, bare)
            _go_ours(cloud, made, f"ours-{number}", larger, ours)
    more: dict[str, float] = {}
    for name, seconds in ours.items():
        recorder.add(WORK, name, "s", median(seconds))
        recorder.add(WORK, name, "s", median(bare[name]), BARE)
        more[name] = median(seconds) - median(bare[name])
        recorder.add(WORK, name, MORE, more[name])
    recorder.add(WORK, "the slowest action", MORE, max(more.values()))


def _go_bare(cloud: RealCloud, made: Template, name: str, larger: str, seconds: dict[str, list[float]]) -> None:
    port = cloud.make_port()
    cloud.settle()
    made.boot(name, port)
    guest, console = BareGuest(made, name, port), made.console(name)
    for action in course(cloud.image, larger):
        said = _said(console)
        seconds[action.name].append(guest.act(action.name))
        _settle(console, said, starts=action.starts)
    made.remove(name)
    cloud.delete_port(port)


def _go_ours(cloud: RealCloud, made: Template, name: str, larger: str, seconds: dict[str, list[float]]) -> None:
    server_id = cloud.post(name)
    console = made.console(server_id)
    wait_ready(console)
    wait_until(cloud.endpoint, server_id, "ACTIVE", LOOK_SECONDS)
    for action in course(cloud.image, larger):
        said = _said(console)
        seconds[action.name].append(taken(cloud.endpoint, server_id, action, LOOK_SECONDS))
        _settle(console, said, starts=action.starts)
    cloud.delete(server_id)


def _said(console: Path) -> bytes:
    return console.read_bytes() if console.exists() else b""


def _settle(console: Path, said: bytes, *, starts: bool) -> None:
    """Wait until a guest that starts is ready: by what its console says behind what it ``said``, or anew."""

    def is_ready() -> bool:
        content = _said(console)
        return READY.search(content[len(said) :] if content.startswith(said) else content) is not None

    if starts:
        until(is_ready, f"the guest of {console.name} ready", LIMIT_SECONDS, LOOK_SECONDS)
    time.sleep(QUIET_SECONDS)
