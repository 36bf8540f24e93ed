#!/usr/bin/python3 -I
"""A stand-in for systemd, for machines of tests: systemd itself does not run in them. It is placed as `systemctl`.

It reads the units as they are installed, with their drop-ins, and starts a service by its ExecStart with its User,
Group, Environment, EnvironmentFile, limits, capabilities, working folder and output. It knows Wants and Requires,
sockets (whose service it starts at once), oneshot and forking. It does NOT sandbox, restart, or order units.
"""

import fcntl
import os
import re
import resource
import shlex
import signal
import socket
import sys
import time
from pathlib import Path

UNITS = (Path("/etc/systemd/system"), Path("/lib/systemd/system"), Path("/usr/lib/systemd/system"))
STATE = Path("/run/stand-in")
PATIENCE = 60.0
LIMITS = {"NOFILE": resource.RLIMIT_NOFILE, "MEMLOCK": resource.RLIMIT_MEMLOCK, "CORE": resource.RLIMIT_CORE}
SIZES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Unit:
    """One unit: ``all`` gives every value of a key, ``last`` the last one."""

    def __init__(self, name: str) -> None:
        self.name = name if "." in name else f"{name}.service"
        self.file = next((folder / self.name for folder in UNITS if (folder / self.name).is_file()), None)
        self.values: list[tuple[str, str, str]] = []
        drop_ins = [path for folder in UNITS for path in sorted((folder / f"{self.name}.d").glob("*.conf"))]
        for file in ([self.file] if self.file else []) + drop_ins:
            self._read(file)

    def _read(self, file: Path) -> None:
        section = ""
        for line in re.sub(r"\\\n", " ", file.read_text()).splitlines():
            said = line.strip()
            if said.startswith("["):
                section = said
            elif "=" in said and not said.startswith(("#", ";")):
                key, value = (part.strip() for part in said.split("=", 1))
                self.values.append((section, key, value.replace("%t", "/run").replace("%n", self.name)))

    def all(self, key: str) -> list[str]:
        """Every value of the key; an empty one forgets those before it."""
        found: list[str] = []
        for _, one, value in self.values:
            if one == key:
                found = [*found, value] if value else []
        return found

    def last(self, key: str, default: str = "") -> str:
        """The last value of the key."""
        return (self.all(key) or [default])[-1]

    @property
    def state(self) -> Path:
        """Where its process id is kept; there once it was started."""
        return STATE / f"{self.name}.started"

    @property
    def enabled(self) -> Path:
        """Where is kept that it was enabled."""
        return STATE / f"{self.name}.enabled"

    @property
    def process(self) -> "int | None":
        """The process that runs for it, or None."""
        for file in (Path(self.last("PIDFile") or "/nowhere"), self.state):
            try:
                number = int(file.read_text())
                os.kill(number, 0)
            except (OSError, ValueError):
                continue
            if Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                return number
        return None

    @property
    def active(self) -> bool:
        """Whether it runs, or, where it is nothing that runs, whether it was started."""
        if not self.state.exists():
            return False
        lasting = self.last("RemainAfterExit") == "yes" or not self.name.endswith(".service")
        return lasting or self.process is not None


def sockets_of(service: Unit) -> list[Unit]:
    """The socket units of a service that were started."""
    started = (path.name.removesuffix(".started") for path in sorted(STATE.glob("*.socket.started")))
    units = [Unit(name) for name in started]
    return [
        unit for unit in units if (unit.last("Service") or unit.name.replace(".socket", ".service")) == service.name
    ]


def opened(unit: Unit) -> list[tuple[str, socket.socket]]:
    """The listening sockets of a socket unit, each with the name that its service knows it by."""
    made = []
    for place in unit.all("ListenStream"):
        if place.startswith("/"):
            Path(place).parent.mkdir(parents=True, exist_ok=True)
            Path(place).unlink(missing_ok=True)
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(place)
            Path(place).chmod(int(unit.last("SocketMode", "0666"), 8))
        else:
            listening = socket.socket(socket.AF_INET6)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listening.bind(("::", int(place.rpartition(":")[2])))
        listening.listen(128)
        made.append((unit.last("FileDescriptorName") or unit.name, listening))
    return made


def environment_of(unit: Unit) -> dict[str, str]:
    """The variables of a service."""
    variables = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    for line in unit.all("Environment"):
        variables.update(word.split("=", 1) for word in shlex.split(line))  # type: ignore[misc]
    for name in unit.all("EnvironmentFile"):
        file = Path(name.removeprefix("-"))
        if file.exists() or not name.startswith("-"):
            words = (shlex.split(line, comments=True) for line in file.read_text().splitlines())
            variables.update(word[0].split("=", 1) for word in words if word and "=" in word[0])  # type: ignore[misc]
    return variables


def command_of(unit: Unit, text: str, variables: dict[str, str]) -> list[str]:
    """The words of an Exec line, with variables, run as whom the unit says with what rights it says."""
    text = re.sub(r"\$\{?([A-Z_]+)\}?", lambda found: variables.get(found[1], ""), text)
    words = shlex.split(text.lstrip("-+!@:"))
    user, capabilities = unit.last("User"), unit.last("AmbientCapabilities").lower().split()
    rights = []
    if user:
        group = unit.last("Group") or user
        rights += [f"--reuid={user}", f"--regid={group}", "--init-groups"]
    if "CapabilityBoundingSet" in {key for _, key, _ in unit.values}:
        kept = "".join(f",+{name.removeprefix('cap_')}" for name in capabilities)
        rights += [f"--inh-caps=-all{kept}", f"--ambient-caps=-all{kept}", f"--bounding-set=-all{kept}"]
    if unit.last("NoNewPrivileges") == "true":
        rights.append("--no-new-privs")
    return ["setpriv", *rights, "--", *words] if rights else words


def limit(unit: Unit) -> None:
    """Set the limits of this process to those of the service."""
    for name, number in LIMITS.items():
        value = unit.last(f"Limit{name}")
        if value:
            size = resource.RLIM_INFINITY if value == "infinity" else int(value.rstrip("KMG")) * SIZES.get(value[-1], 1)
            most = resource.getrlimit(number)[1]  # a machine of a test may not have what systemd could give
            size = (
                size if most == resource.RLIM_INFINITY else most if size == resource.RLIM_INFINITY else min(size, most)
            )
            resource.setrlimit(number, (size, size))
    os.umask(int(unit.last("UMask", "0022"), 8))


def output_of(unit: Unit) -> int:
    """The file that a service writes to."""
    named = unit.last("StandardOutput")
    path = Path(named.removeprefix("append:")) if named.startswith("append:") else STATE / f"{unit.name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)


def launch(unit: Unit, text: str, listening: "list[tuple[str, socket.socket]] | None" = None) -> int:
    """Start a command of the service in a session of its own; its process id."""
    listening = listening or []
    variables = environment_of(unit)
    words = command_of(unit, text, variables)
    number = os.fork()
    if number:
        return number
    os.setsid()
    sink = output_of(unit)
    limit(unit)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    first = 3 + len(listening) + 16
    held = [fcntl.fcntl(one, fcntl.F_DUPFD, first) for _, one in listening]  # out of the way of where they are to be
    for place, one in enumerate(held, 3):
        os.dup2(one, place)
    if listening:
        names = ":".join(name for name, _ in listening)
        variables.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(listening)), LISTEN_FDNAMES=names)
    os.chdir(unit.last("WorkingDirectory", "/"))
    try:
        os.execvpe(words[0], words, variables)  # noqa: S606 - it is what a starter of services does
    except OSError as error:
        os.write(2, f"{words[0]}: {error}\n".encode())
        os._exit(203)


def wait_for(number: int, unit: Unit, what: str) -> None:
    """Until a command has ended; it has to succeed."""
    status = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    if status:
        sys.exit(f"stand-in: {unit.name}: {what} ended with {status}")


def start(name: str) -> None:
    """Start a unit and what it wants; nothing where it is active."""
    unit = Unit(name)
    if unit.active:
        return
    if unit.file is None:
        sys.exit(f"stand-in: there is no unit {unit.name}")
    for key in ("Requires", "Wants"):
        for word in " ".join(unit.all(key)).split():
            wanted = Unit(word)
            if wanted.file is not None and wanted.name.endswith((".service", ".socket")):
                start(word)
    if Unit(name).active:  # started by one of those that it wanted
        return
    if unit.name.endswith(".socket"):
        service = Unit(unit.last("Service") or unit.name.replace(".socket", ".service"))
        if service.active:
            sys.exit(f"stand-in: {unit.name}: its service {service.name} runs already")
        unit.state.write_text("0")
        return
    for folder in unit.last("RuntimeDirectory").split():
        Path("/run", folder).mkdir(exist_ok=True)
    listening = [one for socket_unit in sockets_of(unit) for one in opened(socket_unit)]
    for text in unit.all("ExecStartPre"):
        wait_for(launch(unit, text), unit, text)
    kind = unit.last("Type", "simple")
    for text in unit.all("ExecStart"):
        number = launch(unit, text, listening)
        unit.state.write_text(str(number))
        if kind in {"oneshot", "forking"}:
            wait_for(number, unit, text)
    for text in unit.all("ExecStartPost"):
        wait_for(launch(unit, text), unit, text)


def stop(name: str) -> None:
    """End a unit, and those that are a part of it."""
    unit = Unit(name)
    for path in sorted(STATE.glob("*.started")):
        other = Unit(path.name.removesuffix(".started"))
        if unit.name in " ".join(other.all("PartOf")).split():
            stop(other.name)
    number = unit.process if unit.state.exists() and unit.name.endswith(".service") else None
    if number is not None:
        for text in unit.all("ExecStop"):
            launched = launch(unit, text)
            os.waitpid(launched, 0)
        deadline = time.monotonic() + PATIENCE
        signalled = False
        while unit.process is not None:
            if not signalled:
                os.kill(number, signal.SIGTERM)
                signalled = True
            if time.monotonic() > deadline:
                os.kill(number, signal.SIGKILL)
            time.sleep(0.02)
    unit.state.unlink(missing_ok=True)


def main() -> None:
    """Do what systemctl would, as far as it is known."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    options = {word for word in sys.argv[1:] if word.startswith("-")}
    if not words:
        sys.exit("stand-in: no verb")
    verb, names = words[0], words[1:]
    STATE.mkdir(exist_ok=True)
    if verb in {"is-active", "is-enabled"}:
        unit = Unit(names[0])
        if verb == "is-active":
            print("active" if unit.active else "inactive")
            sys.exit(0 if unit.active else 3)
        there = unit.file is not None
        print("enabled" if unit.enabled.exists() else "disabled" if there else "not-found")
        sys.exit(0 if unit.enabled.exists() else 1)
    for name in names:
        unit = Unit(name)
        if verb == "enable":
            unit.enabled.touch()
        if verb == "disable":
            unit.enabled.unlink(missing_ok=True)
        if (
            verb in {"stop", "restart"}
            or (verb == "try-restart" and unit.active)
            or (verb == "disable" and "--now" in options)
        ):
            running = unit.active
            stop(name)
            if verb == "try-restart" and running:
                start(name)
        if verb in {"start", "restart"} or (verb == "enable" and "--now" in options):
            start(name)
    for path in sorted(STATE.glob("*.socket.started")):  # as if somebody had connected
        unit = Unit(path.name.removesuffix(".started"))
        service = unit.last("Service") or unit.name.replace(".socket", ".service")
        if verb in {"start", "restart", "try-restart", "enable"} and not Unit(service).active:
            start(service)


main()
