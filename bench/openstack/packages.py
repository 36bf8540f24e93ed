"""What OpenStack needs and this machine does not have, installed into a cache folder of ours and nowhere else.

Python packages come from PyPI into a virtual environment, each pinned and hashed in a lock file beside this one.
Debian packages are downloaded and unpacked, not installed: no maintainer script runs, no service starts, and nothing
of the system's configuration changes.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.openstack.processes import StackFailed

HERE = Path(__file__).parent
PYTHON = Path("/usr/bin/python3")
NEUTRON = ("mariadb-server-core", "mariadb-client-core")
NOVA = (*NEUTRON, "rabbitmq-server", "memcached")
INSTALL_LIMIT = 3600.0


@dataclass(frozen=True, slots=True)
class Installed:
    """Where the programs are.

    Attributes:
        venv: the virtual environment that holds OpenStack.
        root: where Debian's packages lie unpacked, as if it were /.
        key: stands for the exact versions; what is prepared from them may be kept under it.
        folder: the cache folder of these versions.
    """

    venv: Path
    root: Path
    key: str
    folder: Path

    def program(self, name: str) -> str:
        """A program's path: in the virtual environment, the unpacked packages, or the system. Raises StackFailed."""
        places = (self.venv / "bin", *(self.root / place for place in ("usr/sbin", "usr/bin")))
        found = shutil.which(name, path=os.pathsep.join(map(str, places))) or shutil.which(name)
        if found is None:
            raise StackFailed(f"{name} was not installed; remove {self.folder} and prepare again")
        return found

    def data(self, path: str) -> Path:
        """A file or folder of a Debian package, by its path without the leading slash. Raises StackFailed."""
        for place in (self.root / path, Path("/") / path):
            if place.exists():
                return place
        raise StackFailed(f"/{path} was not installed; remove {self.folder} and prepare again")

    def environment(self) -> dict[str, str]:
        """What the programs need in their environment: nothing of OpenStack's or Berthline's own settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "BERTHLINE_"))}
        libraries = [str(self.root / "usr/lib/x86_64-linux-gnu"), str(self.root / "lib/x86_64-linux-gnu")]
        kept["LD_LIBRARY_PATH"] = os.pathsep.join(libraries)
        kept["PATH"] = os.pathsep.join((str(self.venv / "bin"), os.environ.get("PATH", "/usr/bin:/bin")))
        return kept


def cache_folder() -> Path:
    """Where everything is kept that can be made again: outside the source, and outside the system."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "berthline" / "openstack"


def prepare(*, nova: bool = False) -> Installed:
    """Install what is missing, once; a second call finds it and does nothing. Raises StackFailed."""
    name = "nova" if nova else "neutron"
    lock = HERE / f"{name}.lock"
    folder = cache_folder() / name
    folder.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    installed = Installed(folder / "venv", folder / "debian", key, folder)
    with (folder / "prepare.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        _debian_packages(installed, NOVA if nova else NEUTRON)
        _python_packages(installed, lock)
    return installed


def _run(command: Sequence[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_LIMIT, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr)[-2000:]
        raise StackFailed(f"{command[0]} ended with {done.returncode}: {said}")
    return done.stdout


def _python_packages(installed: Installed, lock: Path) -> None:
    stamp = installed.venv / ".berthline-key"
    if stamp.exists() and stamp.read_text() == installed.key:
        return
    print(f"installing {lock.stem} from PyPI into {installed.venv}", flush=True)
    _run((str(PYTHON), "-m", "venv", "--clear", str(installed.venv)), installed.folder)
    pip = (str(installed.venv / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run((*pip, "--no-deps", "--require-hashes", "--prefer-binary", "--requirement", str(lock)), installed.folder)
    stamp.write_text(installed.key)


def _debian_packages(installed: Installed, names: Sequence[str]) -> None:
    stamp = installed.root / ".berthline-packages"
    if stamp.exists() and stamp.read_text().split() == list(names):
        return
    print(f"unpacking {', '.join(names)} into {installed.root}", flush=True)
    archives = installed.folder / "archives"
    shutil.rmtree(archives, ignore_errors=True)
    archives.mkdir()
    wanted = _not_installed(names)
    if wanted:
        # apt downloads as a user of its own, who may not enter this folder, unless it is told to stay who it is.
        _run(("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *wanted), archives)
    shutil.rmtree(installed.root, ignore_errors=True)
    installed.root.mkdir()
    for archive in sorted(archives.glob("*.deb")):
        _run(("dpkg-deb", "--extract", str(archive), str(installed.root)), archives)
    shutil.rmtree(archives)
    _move_erlang(installed.root)
    stamp.write_text("\n".join(names))


def _move_erlang(root: Path) -> None:
    """Erlang's start script names the place of its package; have it name where it was unpacked."""
    script = root / "usr/lib/erlang/bin/erl"
    if script.exists():
        script.write_text(script.read_text().replace("ROOTDIR=/usr/lib/erlang", f"ROOTDIR={root}/usr/lib/erlang"))


def _not_installed(names: Sequence[str]) -> list[str]:
    """These packages and all they depend on, without those that are on this machine: what apt would install."""
    command = ("apt-get", "--simulate", "--no-install-recommends", "install", *names)
    try:
        plan = _run(command, HERE)
    except StackFailed:
        _run(("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "update"), HERE)
        plan = _run(command, HERE)
    return [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
