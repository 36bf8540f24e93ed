"""The Debian package is installed in a bare Debian, runs there, is removed, and leaves nothing when it is purged."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.machines import debian
from tests.machines.overlaid import Machine

OURS: Final = ("/usr/lib/berthline", "/usr/bin/berthline", "/lib/systemd/system/berthline.service")
KEPT: Final = ("/var/lib/berthline/cloud", "/etc/berthline", "/var/log/berthline", "/etc/logrotate.d/berthline")
DEPENDENCIES: Final = ("python3", "python3-libvirt", "adduser")

pytestmark = [pytest.mark.slow, pytest.mark.dataplane, pytest.mark.timeout(600)]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A Debian with nothing but what the package depends on."""
    if lacking := debian.lacking():
        pytest.fail(f"a bare Debian cannot be made: {', '.join(lacking)}: run scripts/host-packages --test as root")
    made = Machine(debian.root(*DEPENDENCIES), tmp_path)
    try:
        yield made
    finally:
        made.end()


def there(machine: Machine, places: tuple[str, ...]) -> list[str]:
    """Those of the places where something is."""
    return [place for place in places if machine.path(place).exists()]


def test_it_is_installed_runs_and_leaves_nothing(machine: Machine, package: Path) -> None:
    files_before = machine.run("find", "/etc", "/usr", "/var/lib", "-xdev", "-not", "-path", "/var/lib/dpkg/*")
    machine.path("/root/berthline.deb").write_bytes(package.read_bytes())

    machine.run("dpkg", "--install", "/root/berthline.deb")
    assert there(machine, (*OURS, *KEPT)) == [*OURS, *KEPT]
    assert machine.run("stat", "--format=%U %a", "/var/lib/berthline/cloud") == "berthline 700\n"
    assert machine.run("stat", "--format=%U:%G %a", "/etc/berthline") == "root:berthline 750\n"
    assert machine.run("dpkg", "--audit") == ""
    version = machine.run("dpkg-query", "--show", "--showformat=${Version}", "berthline")
    assert machine.run("berthline", "--version").strip() == version
    binding = ("/usr/lib/berthline/bin/python3", "-I", "-c", "import libvirt, lxml, psycopg; print(libvirt.__file__)")
    assert "/usr/lib/berthline/" in machine.run(*binding)
    as_account = ("setpriv", "--reuid=berthline", "--regid=berthline", "--init-groups")
    up = ("timeout", "--signal=TERM", "20", "berthline", "up", "--simulated", "1", "--listen", "127.0.0.1:0")
    started = machine.done(*as_account, *up, "--data", "/var/lib/berthline/cloud")
    assert "ready: http://127.0.0.1:" in started.stdout, started.stdout

    machine.run("dpkg", "--install", "/root/berthline.deb")  # as an upgrade does
    assert machine.path("/var/lib/berthline/cloud/berthline.db").exists()

    machine.run("dpkg", "--remove", "berthline")
    assert there(machine, (*OURS, *KEPT)) == [*KEPT]
    assert machine.path("/var/lib/berthline/cloud/berthline.db").exists()

    machine.run("dpkg", "--purge", "berthline")
    assert there(machine, (*OURS, *KEPT)) == []
    assert "berthline" not in machine.path("/etc/passwd").read_text()
    assert "berthline" not in machine.path("/etc/group").read_text()
    files_after = machine.run("find", "/etc", "/usr", "/var/lib", "-xdev", "-not", "-path", "/var/lib/dpkg/*")
    changed = set(files_after.splitlines()) ^ set(files_before.splitlines())
    assert {path for path in changed if "__pycache__" not in path and not path.endswith("-")} == set()
