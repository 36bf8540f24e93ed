"""Runs the clients one after the other, each round on a database of its own with the same content."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.api import Failed
from bench.results import Recorder
from berthline.localhost.daemons import OVN_SCHEMAS

ROOT = Path(__file__).resolve().parents[2]
DEBIAN_OVS = Path("/usr/lib/python3/dist-packages/ovs")
DESCRIPTORS = 1100
PROBE_SECONDS = 20


@dataclass(frozen=True)
class Client:
    """One client: its name on the page, how its process is begun, and its environment."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]

    def run(self, *words: str, timeout: float = 900, **more: str) -> dict[str, float]:
        """One measurement. Raises Failed with the last line that it wrote to standard error."""
        said = subprocess.run(
            [*self.command, *words],
            env=self.environment | more,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if said.returncode:
            raise Failed((said.stderr.strip().splitlines() or ["no word"])[-1])
        measured: dict[str, float] = json.loads(said.stdout.strip().splitlines()[-1])
        return measured


def clients(cache: Path) -> list[Client]:
    """Ours; ovsdbapp as pip installs it; ovsdbapp with Debian's build of `ovs`, whose JSON parser is in C."""
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    own = plain | {"PYTHONPATH": os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH", ""), str(ROOT)]))}
    tools = str(cache / "tools" / "bin" / "python")
    program = (tools, str(ROOT / "bench" / "ovsdb" / "ovsdbapp_client.py"))
    found = [
        Client("berthline", (sys.executable, "-m", "bench.ovsdb.ours"), own),
        Client("ovsdbapp", program, plain),
    ]
    if next(DEBIAN_OVS.glob("_json*.so"), None):
        place = cache / "ovs-in-c"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(DEBIAN_OVS, place / "ovs")
        found.append(Client("ovsdbapp, JSON in C", program, plain | {"PYTHONPATH": str(place)}))
    return found


def measure_ovsdb(cache: Path, recorder: Recorder, seconds: float, sizes: Sequence[int]) -> None:
    """Ports a second and the time to read everything, by each client, beside so many ports."""
    everyone = clients(cache)
    for present in sizes:
        where = f"{present:,} ports present"
        for client in everyone:
            with northbound() as remote:
                everyone[0].run(remote, "fill", str(present), "0", "0")
                read = client.run(remote, "read", "0", "0", "0")
                recorder.add("OVSDB: read all", where, "s", read["read_s"], client.name)
                recorder.add("OVSDB: read all", where, "client's CPU s", read["cpu_s"], client.name)
                for batch in (1, 50):
                    wrote = client.run(remote, "write", str(present), str(batch), str(seconds))
                    work = f"OVSDB: ports, {batch} a transaction"
                    recorder.add(work, where, "ports/s", wrote["ports_s"], client.name)
                    recorder.add(work, where, "client's CPU ms a port", wrote["cpu_ms"], client.name)


def show_descriptors(cache: Path, recorder: Recorder) -> None:
    """What each client does in a process that holds more than a thousand descriptors already."""
    lines = []
    for client in clients(cache):
        with northbound() as remote:
            clients(cache)[0].run(remote, "fill", "10", "0", "0")
            try:
                read = client.run(
                    remote, "read", "0", "0", "0", timeout=PROBE_SECONDS, BENCH_DESCRIPTORS=str(DESCRIPTORS)
                )
                said = f"reads {read['units']:g} units in {read['read_s']:.2f} s"
            except Failed as failure:
                said = f"ends with `{failure}`"
            except subprocess.TimeoutExpired as slow:
                last = (slow.stderr or b"").decode().strip().splitlines()[-1:] or ["no word"]
                said = f"has not connected after {PROBE_SECONDS} s; its last word: `{last[0]}`"
        lines.append(f"- {client.name}: {said}")
    recorder.notes[f"OVSDB clients in a process with {DESCRIPTORS:,} open descriptors"] = "\n".join(lines)


@contextlib.contextmanager
def northbound() -> Iterator[str]:
    """The remote of a northbound database of its own, empty, while the block runs."""
    with tempfile.TemporaryDirectory(prefix="blnb-") as place:
        folder = Path(place)
        database, listening = folder / "nb.db", folder / "nb.sock"
        subprocess.run(["ovsdb-tool", "create", str(database), str(OVN_SCHEMAS / "ovn-nb.ovsschema")], check=True)
        words = ["ovsdb-server", f"--remote=punix:{listening}", f"--unixctl={folder}/ctl", "--no-chdir"]
        process = subprocess.Popen([*words, "--verbose=console:off", str(database)], stdin=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 30
            while not _listens(listening):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Failed("ovsdb-server does not listen")
                time.sleep(0.02)
            yield f"unix:{listening}"
        finally:
            process.terminate()
            process.wait(30)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as knock:
        return knock.connect_ex(str(path)) == 0
