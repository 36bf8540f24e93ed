"""The tiny guest with Debian's own guest agent in it: QEMU's qemu-ga, as it comes, with the libraries it needs.

The kernel unpacks several archives behind each other into one file system, and what comes later stays: the agent is an
archive behind the guest's own.
"""

import fcntl
import gzip
import hashlib
import tempfile
from pathlib import Path
from typing import Final

from berthline.localhost import guest_image
from berthline.localhost.commands import run
from berthline.localhost.cpio import Archive

PACKAGE: Final = "qemu-guest-agent"
MODULE: Final = "virtio_console"
PROGRAM: Final = "usr/sbin/qemu-ga"

AGENT: Final = f"""#!/bin/sh
# The agent, once its port is there; the name of a port comes a little after its driver.
insmod /{MODULE}.ko
tries=0
while [ $tries -lt 100 ]; do
    for port in /sys/class/virtio-ports/*; do
        name=
        read -r name 2>/dev/null <"$port/name"
        [ "$name" = org.qemu.guest_agent.0 ] || continue
        say agent
        exec /{PROGRAM} -p "/dev/${{port##*/}}" -t /run -F/etc/berthline/frozen
    done
    usleep 50000
    tries=$((tries + 1))
done
"""
HOOK: Final = """#!/bin/sh
# Called by the agent before its guest is frozen and after it is thawed. Nothing is synced here: what is written before
# is on the disk if the file system is really made quiet, what is written after is not before it may write again.
echo "$1" >>/persist/told
say "agent $1"
[ "$1" = freeze ] && [ -e /run/slowly ] && sleep 2
exit 0
"""
# The agent calls it with a line of user and password on its input; Debian's busybox has none.
CHPASSWD: Final = """#!/bin/sh
IFS=: read -r user password
hash=$(mkpasswd -m sha512 "$password")
sed -i "s|^$user:[^:]*:|$user:$hash:|" /etc/shadow
"""


def build(directory: Path, plain: Path) -> Path:
    """Make the image of the ``plain`` one, unless the one there was made of the same; returns its path."""
    directory.mkdir(parents=True, exist_ok=True)
    image, stamp_file = directory / "agent.qcow2", directory / "agent.qcow2.stamp"
    stamp = hashlib.sha256(Path(__file__).read_bytes() + plain.read_bytes()).hexdigest()
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if image.exists() and stamp_file.exists() and stamp_file.read_text() == stamp:
            return image
        with tempfile.TemporaryDirectory(prefix="agent-", dir=directory) as name:
            made = _made(Path(name), plain)
            stamp_file.unlink(missing_ok=True)
            made.replace(image)
        stamp_file.write_text(stamp)
    return image


def _made(work: Path, plain: Path) -> Path:
    raw, initial, made = work / "disk.raw", work / "initrd.gz", work / "agent.qcow2"
    run(("qemu-img", "convert", "-f", "qcow2", "-O", "raw", plain, raw))
    boot = f"{raw}@@{guest_image.BOOT_START * guest_image.SECTOR}"
    run(("mcopy", "-i", boot, "::initrd.gz", initial))
    with initial.open("ab") as file:
        file.write(gzip.compress(_archive(work).to_bytes(), 6, mtime=0))
    run(("mcopy", "-o", "-i", boot, initial, "::"))
    run(("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, made))
    return made


def _archive(work: Path) -> Archive:
    root = work / "root"
    root.mkdir()
    run(("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", PACKAGE), timeout=600, directory=work)
    (agent,) = work.glob(f"{PACKAGE}_*.deb")
    for package in (guest_image.fetch()[0], agent):
        run(("dpkg-deb", "--extract", package, root))
    archive = Archive()
    (module,) = root.glob(f"lib/modules/*/kernel/**/{MODULE}.ko")
    archive.file(f"{MODULE}.ko", module.read_bytes())
    archive.file(PROGRAM, (root / PROGRAM).read_bytes(), 0o755)
    for target, path in guest_image._libraries(root / PROGRAM, root).items():
        archive.file(target, path.read_bytes(), 0o755)
    for target, text in (
        ("etc/berthline/agent", AGENT),
        ("etc/berthline/frozen", HOOK),
        ("usr/sbin/chpasswd", CHPASSWD),
    ):
        archive.file(target, text.encode(), 0o755)
    own = (guest_image.GUEST_FILES / "inittab").read_text()
    archive.file("etc/inittab", f"{own}::once:/etc/berthline/agent\n".encode())
    return archive
