"""Builds what Berthline is installed from: a wheel, a source archive, and a Debian package with its own environment.

Two builds of one commit on one machine are the same, byte for byte. Usage: python tools/packages.py [FOLDER]
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGING: Final = ROOT / "packaging"
PYTHON: Final = "/usr/bin/python3"
"""Debian's interpreter: its libvirt binding is built for that one."""
LIBRARY: Final = "usr/lib/berthline"
BINDING: Final = ("libvirt.py", "libvirt_qemu.py", "libvirtaio.py")
MONITORING: Final = {
    PACKAGING / "prometheus" / "berthline.rules.yml": "usr/share/berthline/prometheus/berthline.rules.yml",
    PACKAGING / "grafana" / "berthline.json": "usr/share/berthline/grafana/berthline.json",
}
"""For Prometheus and Grafana, wherever those run."""
LAUNCHER: Final = """\
#!/usr/lib/berthline/bin/python3 -I
from berthline.cli.main import main

main()
"""


def run(*command: str | Path, environment: dict[str, str] | None = None) -> str:
    """Run a command to its end; what it said. Raises CalledProcessError with the command's own words shown."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def moment() -> str:
    """The time that everything in the packages bears, in seconds: the commit's, where there is one."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return given
    told = subprocess.run(
        ("git", "log", "-1", "--format=%ct"), cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return told or str(int((ROOT / "pyproject.toml").stat().st_mtime))


def build_python(folder: Path) -> Path:
    """Have the wheel and the source archive in ``folder``; the wheel."""
    before = set(folder.glob("*.whl"))
    run(sys.executable, "-m", "hatchling", "build", "-d", folder, environment={"SOURCE_DATE_EPOCH": moment()})
    wheels = sorted(set(folder.glob("*.whl")) - before) or sorted(before)
    return wheels[-1]


def build_debian(wheel: Path, folder: Path) -> Path:
    """Have the Debian package of this wheel, with the libraries of the lock, in ``folder``; the package."""
    version = wheel.name.split("-")[1]
    architecture = run("dpkg", "--print-architecture")
    package = folder / f"berthline_{version}_{architecture}.deb"
    with tempfile.TemporaryDirectory() as temporary:
        tree = Path(temporary)
        _environment(tree, wheel)
        _files(tree)
        _control(tree, version, architecture)
        _settle(tree)
        run(
            *("dpkg-deb", "--root-owner-group", "-Zzstd", "-z3", "--build", tree, package),
            environment={"SOURCE_DATE_EPOCH": moment()},
        )
    return package


def _environment(tree: Path, wheel: Path) -> None:
    """A virtual environment, as ``python3 -m venv`` would make it where the package puts it."""
    library = tree / LIBRARY
    version = run(PYTHON, "-c", "import sys; print('{}.{}'.format(*sys.version_info))")
    packages = library / "lib" / f"python{version}" / "site-packages"
    packages.mkdir(parents=True)
    (library / "bin").mkdir()
    (library / "bin" / "python3").symlink_to(f"/usr/bin/python{version}")
    (library / "pyvenv.cfg").write_text(f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {version}\n")
    pip = (sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--no-compile", "--target", packages)
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "SOURCE_DATE_EPOCH": moment()}
    locked = ("--require-hashes", "--no-build-isolation", "--requirement", ROOT / "requirements.lock")
    run(*pip, *locked, environment=quiet)
    run(*pip, "--no-index", wheel, environment=quiet)
    shutil.rmtree(packages / "bin", ignore_errors=True)  # commands of the libraries: nobody calls them
    for record in packages.glob("*.dist-info/direct_url.json"):
        record.unlink()  # where the archive lay when this was built
        recorded = record.with_name("RECORD")
        lines = recorded.read_text(encoding="utf-8").splitlines(keepends=True)
        recorded.write_text("".join(line for line in lines if "/direct_url.json," not in line), encoding="utf-8")
    for name in (*BINDING, *_compiled_binding()):
        (packages / name).symlink_to(f"/usr/lib/python3/dist-packages/{name}")


def _compiled_binding() -> tuple[str, ...]:
    """The names of libvirt's compiled modules in Debian's package for this interpreter."""
    suffix = run(PYTHON, "-c", "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))")
    return tuple(f"{name}{suffix}" for name in ("libvirtmod", "libvirtmod_qemu"))


def _files(tree: Path) -> None:
    """What the package puts beside the environment: the command, units, and what Debian's tools read."""
    debian = PACKAGING / "debian"
    placed = {
        **{unit: f"lib/systemd/system/{unit.name}" for unit in sorted((PACKAGING / "systemd").glob("*.service"))},
        debian / "berthline.logrotate": "etc/logrotate.d/berthline",
        debian / "berthline.tmpfiles": "usr/lib/tmpfiles.d/berthline.conf",
        debian / "copyright": "usr/share/doc/berthline/copyright",
        **MONITORING,
        ROOT / "CHANGELOG.md": "usr/share/doc/berthline/CHANGELOG.md",
    }
    for source, place in placed.items():
        target = tree / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o644)
    command = tree / "usr/bin/berthline"
    command.parent.mkdir(parents=True)
    command.write_text(LAUNCHER)
    command.chmod(0o755)


def _control(tree: Path, version: str, architecture: str) -> None:
    """The package's own description and its scripts."""
    folder = tree / "DEBIAN"
    folder.mkdir()
    size = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file() and not path.is_symlink()) // 1024
    text = (PACKAGING / "debian" / "control").read_text(encoding="utf-8")
    for name, value in {"VERSION": version, "ARCHITECTURE": architecture, "SIZE": str(size)}.items():
        text = text.replace(f"@{name}@", value)
    (folder / "control").write_text(text, encoding="utf-8")
    (folder / "conffiles").write_text("/etc/logrotate.d/berthline\n")
    for script in ("postinst", "prerm", "postrm"):
        shutil.copyfile(PACKAGING / "debian" / script, folder / script)
        (folder / script).chmod(0o755)


def _settle(tree: Path) -> None:
    """Give everything the rights and the time that it has wherever this is built."""
    time = int(moment())
    for path in sorted(tree.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
        os.utime(path, (time, time), follow_symlinks=False)


def main() -> int:
    """Build all of them; print where each is."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    wheel = build_python(folder)
    print(wheel, *sorted(folder.glob("*.tar.gz")), sep="\n")
    if shutil.which("dpkg-deb") is None:
        print("packages: there is no dpkg-deb here: no Debian package is built", file=sys.stderr)
        return 0
    print(build_debian(wheel, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
