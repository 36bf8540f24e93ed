"""Real guests on real OVN and libvirt: from POST until the guest is ready, beside the same guest by libvirt alone.

"Ready" is one event for both: the last line of the guest's own start, in the file that keeps its console. Both make an
overlay of an image that the host has, and a config drive. The bare guest's port is there before it starts.
"""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

import msgspec

from bench import machine, real_guest, real_host
from bench.api import Failed
from bench.endpoint import api_of
from bench.real_guest import Template
from bench.real_host import RealCloud
from bench.results import Recorder, Step
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt.xml import domain_name

WORK = "boot, real"
STEPS = "boot, real, step by step"
BARE = "libvirt"
"""Who does it without Berthline."""
MORE = "s more than libvirt alone"
PAIRS = 4


@dataclass(frozen=True)
class Boot:
    """One boot, in seconds from its beginning.

    ``runs``: its processor runs; all after that is the guest's own. ``ready``: the guest says that it is. ``inside``:
    what of that its kernel counted. ``emulator``: CPU that its QEMU took, which holds on a busy machine too. ``parts``:
    how long each part of the making took, by name.
    """

    ready: float
    runs: float
    inside: float
    emulator: float
    parts: dict[str, float]


def measure_real(recorder: Recorder, pairs: int = PAIRS) -> None:
    """One round on a host of its own: so many boots of each kind, by turns. Raises Failed or LocalHostError."""
    bare: list[Boot] = []
    ours: list[Boot] = []
    with real_host.opened() as cloud, template(cloud) as made:
        for number in range(pairs):
            turns = ("bare", "ours") if number % 2 == 0 else ("ours", "bare")
            for kind in turns:
                if kind == "bare":
                    bare.append(boot_bare(cloud, made, f"bare-{number}"))
                else:
                    ours.append(boot_ours(cloud, made, f"ours-{number}"))
    record(recorder, bare, ours)


@contextlib.contextmanager
def template(cloud: RealCloud) -> Iterator[Template]:
    """A guest that Berthline booted, to copy. It brings the image to the host, which no counted boot has to."""
    connection = real_guest.connect(cloud.host.libvirt_uri)
    try:
        server_id = cloud.post("template")
        deadline = time.monotonic() + real_guest.LIMIT_SECONDS
        while cloud.status(server_id) != "ACTIVE":
            if time.monotonic() > deadline:
                raise Failed(f"server {server_id} did not become ACTIVE")
            time.sleep(real_host.LOOK_SECONDS)
        template = Template(connection, server_id)
        real_guest.wait_ready(template.console(server_id))
        cloud.delete(server_id)
        yield template
    finally:
        connection.close()


def boot_bare(cloud: RealCloud, template: Template, name: str) -> Boot:
    """By libvirt alone, into a port that is there already."""
    port = cloud.make_port()
    cloud.settle()
    begun, disks, started, ready = template.boot(name, port)
    emulator = machine.cpu_seconds(cloud.emulator(name))
    template.remove(name)
    cloud.delete_port(port)
    parts = {"disks": disks - begun, "define and start": started - disks}
    return Boot(ready.at - begun, started - begun, ready.inside_seconds, emulator, parts)


def boot_ours(cloud: RealCloud, template: Template, name: str) -> Boot:
    """By POST /servers."""
    cloud.settle()
    used = machine.cpu_seconds(cloud.endpoint.process)
    begun = time.perf_counter()
    server_id = cloud.post(name)
    answered = time.perf_counter()
    try:
        ready = real_guest.wait_ready(template.console(server_id))
    except Failed:
        cloud.status(server_id)  # where Berthline knows the reason, that one is raised
        raise
    used = machine.cpu_seconds(cloud.endpoint.process) - used
    emulator = machine.cpu_seconds(cloud.emulator(domain_name(ServerId(server_id))))
    if cloud.status(server_id) != "ACTIVE":
        raise Failed(f"server {server_id} is not ACTIVE though its guest is ready")
    steps = waterfall(cloud, server_id)
    cloud.delete(server_id)
    parts = {"answer": answered - begun} | {step.name: step.duration_ms / 1000 for step in steps}
    parts |= {"Berthline's CPU until the guest is ready": used}
    return Boot(ready.at - begun, runs_after(steps), ready.inside_seconds, emulator, parts)


def waterfall(cloud: RealCloud, server_id: str) -> tuple[Step, ...]:
    """Each step of a boot, from Berthline's own route for them."""
    network = cloud.endpoint.network
    with api_of(cloud.endpoint, f"{network.removesuffix(urlsplit(network).path)}/berthline/v1") as own:
        steps = own.call("GET", f"/servers/{server_id}/waterfall")["waterfall"]["steps"]
    return msgspec.convert(steps, tuple[Step, ...])


def runs_after(steps: Sequence[Step]) -> float:
    """Seconds from the request until the guest's processor ran, which is the end of the step that resumes it."""
    for step in steps:
        if step.name == "resume":
            return (step.offset_ms + step.duration_ms) / 1000
    raise Failed("a boot without a step that resumes the guest")


def record(recorder: Recorder, bare: Sequence[Boot], ours: Sequence[Boot]) -> None:
    """One round: medians of each kind, and how much more ours is."""
    for boots, who in ((ours, recorder.endpoint), (bare, BARE)):
        recorder.add(WORK, "until the guest is ready", "s", median(boot.ready for boot in boots), who)
        recorder.add(WORK, "until the guest's processor runs", "s", median(boot.runs for boot in boots), who)
        recorder.add(WORK, "in the guest, from its kernel on", "s", median(boot.inside for boot in boots), who)
        recorder.add(WORK, "CPU of its emulator", "s", median(boot.emulator for boot in boots), who)
        for name in boots[0].parts:
            recorder.add(STEPS, name, "ms", 1000 * median(boot.parts.get(name, 0.0) for boot in boots), who)
    for where, more in (
        ("until the guest is ready", median(boot.ready for boot in ours) - median(boot.ready for boot in bare)),
        ("until the guest's processor runs", median(boot.runs for boot in ours) - median(boot.runs for boot in bare)),
    ):
        recorder.add(WORK, where, MORE, more)
