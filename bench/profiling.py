"""Where the time goes: py-spy looks at the server under load; a flame graph and a summary of each kind of work."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bench import boots, ports
from bench.cloud import Berthline, command
from bench.endpoint import Endpoint, api_of, make_network
from bench.full.ports import template
from bench.results import Recorder

SECONDS = 8
RATE = 200
STARTS_RATE = 500
TOP = 12


def profile(cache: Path, folder: Path, recorder: Recorder) -> None:
    """Flame graphs into ``folder``, summaries into the notes of ``recorder``."""
    with Berthline(cache / "data").opened() as endpoint:
        network = make_network(endpoint, "profile", "10.0.0.0/10")
        listed = make_network(endpoint, "profile-list", "10.0.0.0/12")
        ports.add_ports(endpoint, listed, 10_000)
        body = boots.prepare(endpoint)
        silent = Recorder()
        loads: dict[str, Callable[[], None]] = {
            "post-port": lambda: ports.measure_create(endpoint, silent, network, SECONDS + 4, 32, "profile"),
            "list": lambda: _list(endpoint, listed),
            "boot": lambda: boots.boot_one_by_one(endpoint, silent, SECONDS + 4, body, 50),
        }
        for name, load in loads.items():
            stacks = _looked_at(cache, endpoint.process, load, folder / f"performance-{name}.svg")
            recorder.notes[f"Where the time goes: {TITLES[name]}"] = summary(stacks, f"performance-{name}.svg")
    stacks = _look_at_start(cache, folder / "performance-start.svg")
    recorder.notes[f"Where the time goes: {TITLES['start']}"] = summary(stacks, "performance-start.svg")


def _look_at_start(cache: Path, picture: Path) -> Counter[tuple[str, ...]]:
    """A start of a cloud with a million ports, from its first line until it is ready."""
    spy = str(cache / "tools" / "bin" / "py-spy")
    place = cache / "data"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place) as held, tempfile.NamedTemporaryFile(suffix=".txt") as raw:
        folder = Path(held) / "data"
        shutil.copytree(template(cache, 1_000_000), folder)
        for words in (["--format", "raw", "-o", raw.name], ["--format", "flamegraph", "-o", str(picture)]):
            looking = [spy, "record", "--rate", str(STARTS_RATE), "--nonblocking", "--threads", *words]
            looking += ["--", *command(folder)]
            with subprocess.Popen(looking, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
                assert process.stdout is not None
                while not process.stdout.readline().startswith("ready: "):
                    pass
                children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
                os.kill(int(children.split()[0]), signal.SIGTERM)
                process.stdout.read()  # py-spy writes its file, and says so, before it ends
        _without_places(picture, spy, sys.executable, str(folder))
        return read_stacks(Path(raw.name).read_text(encoding="utf-8"))


TITLES = {
    "start": "a start with 1,000,000 ports",
    "post-port": "POST port by 32 clients",
    "list": "lists of 10,000 ports",
    "boot": "boots by 50 clients",
}


def _list(endpoint: Endpoint, network: str) -> None:
    with api_of(endpoint, endpoint.network) as api:
        for _ in range(12):
            api.timed_get(f"/v2.0/ports?network_id={network}")


def _looked_at(cache: Path, process: int, load: Callable[[], None], picture: Path) -> Counter[tuple[str, ...]]:
    """Run the load in a thread and look at the process meanwhile; how often each stack was seen."""
    spy = str(cache / "tools" / "bin" / "py-spy")
    common = ["--pid", str(process), "--rate", str(RATE), "--threads", "--nonblocking"]
    with tempfile.NamedTemporaryFile(suffix=".txt") as raw:
        for words in (["--format", "raw", "-o", raw.name], ["--format", "flamegraph", "-o", str(picture)]):
            working = threading.Thread(target=load)
            working.start()
            subprocess.run(
                [spy, "record", "--duration", str(SECONDS), *common, *words], check=True, capture_output=True
            )
            working.join()
        _without_places(picture, spy)
        return read_stacks(Path(raw.name).read_text(encoding="utf-8"))


def _without_places(picture: Path, *places: str) -> None:
    """Where things lie on this machine is of no use to a reader."""
    drawn = picture.read_text(encoding="utf-8")
    for place in (*places, str(picture)):
        drawn = drawn.replace(place, Path(place).name)
    picture.write_text(drawn, encoding="utf-8")


def read_stacks(text: str) -> Counter[tuple[str, ...]]:
    """py-spy's raw form: frames from the outermost to the innermost, separated by ";", and a count."""
    stacks: Counter[tuple[str, ...]] = Counter()
    for line in text.splitlines():
        frames, _, count = line.rpartition(" ")
        if count.isdigit():
            stacks[tuple(frames.split(";"))] += int(count)
    return stacks


def summary(stacks: Counter[tuple[str, ...]], picture: str) -> str:
    """Shares by thread, by library where the time itself is spent, and by function of ours with all below it."""
    total = sum(stacks.values()) or 1
    threads: Counter[str] = Counter()
    libraries: Counter[str] = Counter()
    inclusive: Counter[str] = Counter()
    for stack, count in stacks.items():
        threads[_thread(stack[0])] += count
        libraries[_library(stack[-1])] += count
        for function in {_function(frame) for frame in stack[1:] if "berthline/" in frame}:
            inclusive[function] += count
    lines = [f"[Flame graph]({picture}); shares of {total} samples.\n"]
    for title, counted in (
        ("thread", threads),
        ("library, itself", libraries),
        ("function, with all below", inclusive),
    ):
        lines += [f"| {title} | % |", "| --- | --- |"]
        lines += [f"| {name} | {count * 100 / total:.1f} |" for name, count in counted.most_common(TOP)]
        lines.append("")
    return "\n".join(lines)


def _thread(frame: str) -> str:
    """The thread's name alone: its number is another each time."""
    return frame.partition(": ")[2].strip('"') or frame


def _function(frame: str) -> str:
    name, _, place = frame.partition(" (")
    return f"`{place.partition('berthline/')[2].partition(':')[0]}` {name}"


def _library(frame: str) -> str:
    """The package that a frame is of: the first part of its path; the standard library as one."""
    place = frame.partition(" (")[2].partition(":")[0]
    first = place.partition("/")[0]
    return first if "/" in place else f"standard library ({place.rstrip(')')})"
