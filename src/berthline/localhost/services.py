"""Start, stop and look at Berthline's own OVN, Open vSwitch and libvirt on this machine.

Everything lives in one network namespace with private mounts: an Open vSwitch or libvirt that the machine's user
runs is neither used nor disturbed. A second start finds what runs and starts only the rest; a stop after a crash
finds everything again, because membership of the namespace is the record.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from berthline.localhost import commands, daemons, namespaces
from berthline.localhost.daemons import Daemon
from berthline.localhost.errors import InvalidSetting, LocalHostError, MissingPrograms, NotPermitted
from berthline.localhost.layout import Endpoints, Layout, Settings

INNER_INTERFACE = "external"
READY_SECONDS = 30
OWN_FOLDERS = ("central", "switch", "private", "logs", "instances")


@dataclass(frozen=True, slots=True)
class Status:
    """What of a local host is there.

    Attributes:
        running: names of the daemons that run.
        stopped: names of those that do not.
        guests: how many QEMUs live in the namespaces.
        endpoints: how to reach it, when every daemon runs.
    """

    running: tuple[str, ...]
    stopped: tuple[str, ...]
    guests: int
    endpoints: Endpoints | None


@dataclass(frozen=True, slots=True)
class LocalHost:
    """One machine's own OVN central, switch, controller and libvirt.

    Args:
        directory: an absolute path for all its files; made when missing.
        name: distinguishes hosts on one machine: 1 to 10 of a-z, 0-9 and -.
        settings: addresses and virt type.
    """

    directory: Path
    name: str
    settings: Settings = field(default_factory=Settings)

    @property
    def layout(self) -> Layout:
        """Where its files are."""
        return Layout(self.directory, self.name)

    def start(self) -> Endpoints:
        """Start what does not run yet and return when all of it answers.

        Raises:
            NotPermitted, MissingPrograms, InvalidSetting: nothing was started.
            CommandFailed: a program refused; `stop` removes what was started before it.
        """
        self._check()
        layout = self.layout
        layout.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._claim()
        with self._locked():
            self._make_folders()
            anchor = self._ensure_namespaces()
            with ThreadPoolExecutor(max_workers=3) as pool:
                started = [pool.submit(part, anchor) for part in (self._central, self._switch, self._libvirt)]
                for part in started:
                    part.result()
            self._start(daemons.controller(layout), anchor)
            self._wait_for_chassis()
            endpoints = layout.endpoints(self.settings, anchor)
            layout.endpoints_file.write_text(endpoints.to_json())
        return endpoints

    def stop(self) -> None:
        """End every process of the host, guests too, and remove its namespaces, interfaces and files.

        Works after a start that failed half way, and does nothing the second time.

        Raises:
            NotPermitted: not root.
            LocalHostError: a process did not end.
        """
        _require_root()
        layout = self.layout
        if not layout.claim_file.exists():
            return
        with self._locked():
            namespaces.end_members(layout.network_namespace, layout.private)
            if namespaces.other_holder(layout.network_namespace, layout.private) is None:
                namespaces.delete_interface(layout.external_interface, None)
                namespaces.delete_namespace(layout.external_namespace)
                namespaces.delete_namespace(layout.network_namespace)
            for folder in OWN_FOLDERS:
                shutil.rmtree(self.directory / folder, ignore_errors=True)
            layout.endpoints_file.unlink(missing_ok=True)
            layout.claim_file.unlink()
            if not any(self.directory.iterdir()):
                self.directory.rmdir()

    def status(self) -> Status:
        """What runs now, looked up and not remembered."""
        layout = self.layout
        alive = namespaces.members(layout.network_namespace, layout.private)
        pids = {daemon.name: _pid_in(daemon.pidfile, alive) for daemon in daemons.all_daemons(layout)}
        running = tuple(name for name, pid in pids.items() if pid is not None)
        stopped = tuple(name for name, pid in pids.items() if pid is None)
        endpoints = self._stored_endpoints() if alive and not stopped else None
        return Status(running, stopped, sum(map(_is_guest, alive)), endpoints)

    def start_daemon(self, name: str) -> None:
        """Start one daemon again (`northbound`, `libvirtd` …); nothing when it runs.

        Raises:
            InvalidSetting: there is no such daemon, or the host is not started.
        """
        alive = self._members()
        if not alive:
            raise InvalidSetting(f"local host {self.name} is not started")
        self._start(self._daemon(name), alive[0])

    def signal_daemon(self, name: str, number: int) -> None:
        """Send one daemon a signal; SIGKILL is a crash.

        Raises:
            InvalidSetting: there is no such daemon, or it does not run.
        """
        pid = _pid_in(self._daemon(name).pidfile, self._members())
        if pid is None:
            raise InvalidSetting(f"{name} of local host {self.name} does not run")
        os.kill(pid, number)

    def enter_command(self) -> tuple[str, ...]:
        """The beginning of a command that runs in the host's network namespace and private mounts.

        Raises:
            InvalidSetting: the host is not started.
        """
        alive = self._members()
        if not alive:
            raise InvalidSetting(f"local host {self.name} is not started")
        return namespaces.inside(self.layout.network_namespace, alive[0])

    # The parts of start, each of which may be repeated.

    def _check(self) -> None:
        _require_root()
        absent = commands.missing(daemons.REQUIRED_PROGRAMS)
        if absent:
            raise MissingPrograms(absent)
        if self.settings.virt_type == "kvm" and not Path("/dev/kvm").exists():
            raise InvalidSetting("virt type kvm: this machine has no /dev/kvm; use qemu")

    def _make_folders(self) -> None:
        layout = self.layout
        for name in OWN_FOLDERS:
            (layout.directory / name).mkdir(exist_ok=True, mode=0o700)
        for place in layout.PRIVATE_FOLDERS:
            layout.inside(place).mkdir(parents=True, exist_ok=True)

    def _ensure_namespaces(self) -> int:
        layout = self.layout
        holder = namespaces.other_holder(layout.network_namespace, layout.private)
        if holder is not None:
            raise InvalidSetting(
                f"name {self.name!r}: a local host with its files in {holder} has it; use another name"
            )
        outer_namespace = layout.external_namespace if self.settings.isolated else None
        if outer_namespace is not None:
            namespaces.add_namespace(outer_namespace)
        namespaces.add_namespace(layout.network_namespace)
        namespaces.add_external_link(
            layout.external_interface,
            outer_namespace,
            INNER_INTERFACE,
            layout.network_namespace,
            self.settings.external_address,
        )
        alive = self._members()
        if alive:
            return alive[0]
        daemons.write_accounts(layout)
        places = (*layout.PRIVATE_FOLDERS, *layout.PRIVATE_FILES)
        return namespaces.start_anchor(layout.network_namespace, layout.private, places)

    def _central(self, anchor: int) -> None:
        layout = self.layout
        databases: tuple[tuple[str, Callable[[Layout], Daemon]], ...] = (
            ("nb", daemons.northbound),
            ("sb", daemons.southbound),
        )
        for short, make in databases:
            daemons.create_database(layout.central / f"{short}.db", daemons.OVN_SCHEMAS / f"ovn-{short}.ovsschema")
            self._start(make(layout), anchor)
            control = (f"ovn-{short}ctl", f"--db=unix:{layout.central / short}.sock", "--no-leader-only")
            commands.run((*control, "init"))
        self._start(daemons.northd(layout), anchor)

    def _switch(self, anchor: int) -> None:
        layout = self.layout
        daemons.create_database(layout.switch / "conf.db", daemons.SWITCH_SCHEMA)
        self._start(daemons.switch_database(layout), anchor)
        control = ("ovs-vsctl", f"--db=unix:{layout.ovs_socket}", "--timeout=20")
        commands.run((*control, "--no-wait", *self._switch_configuration()))
        self._start(daemons.vswitchd(layout), anchor)

    def _switch_configuration(self) -> tuple[str, ...]:
        layout = self.layout
        external_ids = {
            "system-id": layout.chassis,
            "hostname": layout.chassis,
            "ovn-remote": f"unix:{layout.central / 'sb.sock'}",
            "ovn-encap-type": "geneve",
            "ovn-encap-ip": "127.0.0.1",
            "ovn-bridge-datapath-type": "netdev",
            "ovn-bridge-mappings": "public:br-ex",
            "ovn-cms-options": "enable-chassis-as-gw",
        }
        values = tuple(f"external_ids:{key}={value}" for key, value in external_ids.items())
        bridges: list[str] = []
        for bridge, fail_mode in (("br-int", "secure"), ("br-ex", "standalone")):
            bridges += ["--", "--may-exist", "add-br", bridge]
            bridges += ["--", "set", "bridge", bridge, "datapath_type=netdev", f"fail_mode={fail_mode}"]
        port = ("--", "--may-exist", "add-port", "br-ex", INNER_INTERFACE)
        return ("--", "init", "--", "set", "Open_vSwitch", ".", *values, *bridges, *port)

    def _libvirt(self, anchor: int) -> None:
        layout = self.layout
        daemons.write_libvirt_files(layout)
        self._start(daemons.virtlogd(layout), anchor)
        self._start(daemons.libvirtd(layout), anchor)
        commands.run(("virsh", "--connect", layout.endpoints(self.settings, anchor).libvirt_uri, "version"))

    def _wait_for_chassis(self) -> None:
        """Until the controller has told the southbound database of this chassis."""
        southbound = f"--db=unix:{self.layout.central / 'sb.sock'}"
        command = ("ovn-sbctl", southbound, "--no-leader-only", f"--timeout={READY_SECONDS}")
        commands.run((*command, "wait-until", "chassis", self.layout.chassis))

    def _keep_private_files(self, anchor: int) -> None:
        """Have the host's own accounts where its programs look for them.

        A package that writes the machine's anew puts another file in their place, and the kernel then drops, in every
        mount namespace, what was mounted there.
        """
        for place in self.layout.PRIVATE_FILES:
            ours = self.layout.inside(place)
            if not ours.exists():
                continue  # not made yet: the first start mounts them
            seen, own = Path(f"/proc/{anchor}/root{place}").stat(), ours.stat()
            if (seen.st_dev, seen.st_ino) != (own.st_dev, own.st_ino):
                enter = namespaces.inside(self.layout.network_namespace, anchor)
                commands.run((*enter, "mount", "--bind", str(ours), place))

    def _start(self, daemon: Daemon, anchor: int) -> None:
        if _pid_in(daemon.pidfile, self._members()) is not None:
            return
        self._keep_private_files(anchor)
        output = self.layout.logs / f"{daemon.name}.start"
        enter = namespaces.inside(self.layout.network_namespace, anchor)
        commands.run((*enter, *daemon.argv), timeout=READY_SECONDS, output=output)

    def _daemon(self, name: str) -> Daemon:
        for daemon in daemons.all_daemons(self.layout):
            if daemon.name == name:
                return daemon
        known = ", ".join(daemon.name for daemon in daemons.all_daemons(self.layout))
        raise InvalidSetting(f"no daemon {name!r}: use one of {known}")

    def _stored_endpoints(self) -> Endpoints | None:
        """What the last complete start returned."""
        try:
            return Endpoints.from_json(self.layout.endpoints_file.read_text())
        except FileNotFoundError:
            return None

    def _members(self) -> list[int]:
        return namespaces.members(self.layout.network_namespace, self.layout.private)

    def _claim(self) -> None:
        """Write our name into an empty directory, or find it there."""
        file = self.layout.claim_file
        if not file.exists() and any(self.directory.iterdir()):
            raise InvalidSetting(f"directory {self.directory}: it holds other files; give an empty or a new one")
        with suppress(FileExistsError), file.open("x") as new:
            new.write(f"{self.name}\n")
        owner = file.read_text().strip()
        if owner != self.name:
            raise InvalidSetting(f"directory {self.directory}: it belongs to local host {owner!r}; use another")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One start or stop at a time.

        Raises:
            LocalHostError: a stop removed the directory while this waited.
        """
        path = self.layout.claim_file
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not path.exists() or path.stat().st_ino != os.fstat(file.fileno()).st_ino:
                raise LocalHostError(f"local host {self.name} was stopped meanwhile; start it again")
            yield


def _require_root() -> None:
    if os.geteuid() != 0:
        raise NotPermitted("network namespaces and private mounts need root: run as root")


def _is_guest(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().startswith("qemu-system")
    except (FileNotFoundError, ProcessLookupError):
        return False


def _pid_in(pidfile: Path, alive: list[int]) -> int | None:
    """The process id in the file when that process is one of those."""
    try:
        pid = int(pidfile.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if pid in alive else None
