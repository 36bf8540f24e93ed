"""Build the tiny guest: Debian's cloud kernel, busybox and dropbear in one bootable qcow2 of about 15 MB.

Nothing is mounted and no loop device is needed, so building needs no root: mtools writes the boot partition into
a file, syslinux its loader, mke2fs an empty second partition. The packages' archives are downloaded by apt into a
cache once for the machine, and are unpacked, not installed.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from berthline.localhost.commands import missing, run
from berthline.localhost.cpio import Archive
from berthline.localhost.errors import CommandFailed, LocalHostError, MissingPrograms

IMAGE_NAME = "tiny.qcow2"
RECIPE = "1"
"""Raised when the image must be built again though none of the files it is made of changed."""

GUEST_FILES = Path(__file__).with_name("guest")
KERNEL_PACKAGE = "linux-image-cloud-amd64"
PACKAGES = ("busybox", "busybox-static", "dropbear-bin", "libtomcrypt1", "libtommath1")
REQUIRED_PROGRAMS = ("apt-get", "apt-cache", "dpkg-deb", "mformat", "mcopy", "syslinux", "mke2fs", "qemu-img")

LOADER = "/lib64/ld-linux-x86-64.so.2"
BOOT_SECTOR = Path("/usr/lib/syslinux/mbr/mbr.bin")
SECTOR = 512
BOOT_START, BOOT_SECTORS = 2048, 26 * 2048
DATA_START, DATA_SECTORS = BOOT_START + BOOT_SECTORS, 12 * 2048
FAT16_LBA, LINUX = 0x0E, 0x83
# Without the kernel's tests of its ciphers and clocks an emulated guest is up half a second sooner.
KERNEL_COMMAND_LINE = (
    "console=tty0 console=ttyS0 panic=-1 quiet mitigations=off nokaslr random.trust_cpu=on"
    " cryptomgr.notests=1 tsc=reliable no_timer_check rcupdate.rcu_expedited=1"
)

BASE_MODULES = (
    "virtio_ring",
    "virtio",
    "virtio_pci_modern_dev",
    "virtio_pci_legacy_dev",
    "virtio_pci",
    "failover",
    "net_failover",
    "virtio_net",
    "virtio_blk",
    "virtio-rng",
    "cdrom",
    "isofs",
    "button",
    "evdev",
)
SCSI_MODULES = ("scsi_common", "scsi_mod", "virtio_scsi", "sr_mod", "sd_mod")
# The static busybox starts in half the time, which is most of an emulated guest's boot; those that look up names
# stay with the dynamic one, as the C library cannot do that well when linked statically.
DYNAMIC_BUSYBOX = "usr/bin/busybox"
DYNAMIC_APPLETS = frozenset(
    {"wget", "ping", "ping6", "nc", "nslookup", "telnet", "tftp", "ftpget", "ftpput", "traceroute", "traceroute6"}
)
SCRIPTS = ("say", "start", "dhcp-clients", "dhcp-event", "metadata", "network", "power-button", "user-data")


def default_cache() -> Path:
    """Where downloads are kept: $XDG_CACHE_HOME/berthline/guest, or ~/.cache/berthline/guest."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "berthline" / "guest"


def fetch(cache: Path | None = None) -> tuple[Path, ...]:
    """Download the archives of the guest's packages that the cache lacks; may run beside other preparations.

    Args:
        cache: folder for them, made when missing.

    Returns:
        the archives: the kernel's first, then those of PACKAGES in their order.

    Raises:
        CommandFailed: apt could not download one.
        MissingPrograms: there is no apt.
    """
    folder = cache or default_cache()
    folder.mkdir(parents=True, exist_ok=True)
    absent = missing(("apt-get", "apt-cache"))
    with _locked(folder):
        found = _archives(folder)
        if found is None:
            if absent:
                raise MissingPrograms(absent)
            _download(folder)
            found = _archives(folder)
    if found is None:
        raise LocalHostError(f"the downloads in {folder} are incomplete; remove that folder and try again")
    return found


def build(directory: Path, cache: Path | None = None) -> Path:
    """Make the image, unless the one there was made from the same files.

    Args:
        directory: where the image goes, as `tiny.qcow2`.
        cache: where downloads are kept; `default_cache()` when None.

    Returns:
        the image's path.

    Raises:
        MissingPrograms: a tool is not installed.
        CommandFailed: a tool refused.
    """
    directory.mkdir(parents=True, exist_ok=True)
    image, stamp_file = directory / IMAGE_NAME, directory / f"{IMAGE_NAME}.stamp"
    with _locked(directory):
        if image.exists() and stamp_file.exists() and stamp_file.read_text() == _stamp():
            return image
        absent = missing((*REQUIRED_PROGRAMS, str(BOOT_SECTOR)))
        if absent:
            raise MissingPrograms(absent)
        archives = fetch(cache)
        with tempfile.TemporaryDirectory(prefix="build-", dir=directory) as name:
            work = Path(name)
            _unpack(archives, work / "root")
            disk = _make_disk(work)
            run(
                (
                    "qemu-img",
                    "convert",
                    "-c",
                    "-o",
                    "compression_type=zstd",
                    "-f",
                    "raw",
                    "-O",
                    "qcow2",
                    disk,
                    work / IMAGE_NAME,
                )
            )
            stamp_file.unlink(missing_ok=True)
            (work / IMAGE_NAME).replace(image)
        stamp_file.write_text(_stamp())
    return image


def _stamp() -> str:
    """Changes whenever the image would: the recipe, this builder and the guest's files."""
    digest = hashlib.sha256(RECIPE.encode())
    for path in (Path(__file__), Path(__file__).with_name("cpio.py"), *sorted(GUEST_FILES.iterdir())):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _archives(folder: Path) -> tuple[Path, ...] | None:
    """The newest archive of each package, or None when one is not there."""
    patterns = ("linux-image-*-cloud-amd64_*.deb", *(f"{package}_*.deb" for package in PACKAGES))
    found = [sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime) for pattern in patterns]
    return tuple(paths[-1] for paths in found) if all(found) else None


def _download(folder: Path) -> None:
    """Fetch all archives; apt's lists are brought up to date when they name what is no longer served."""
    try:
        _download_listed(folder)
    except CommandFailed:
        if os.geteuid() != 0:
            raise
        run(("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "update"), timeout=300)
        _download_listed(folder)


def _download_listed(folder: Path) -> None:
    kernel = _kernel_package()
    with tempfile.TemporaryDirectory(prefix="download-", dir=folder) as name:
        options = ("-q", "-o", "APT::Sandbox::User=root")
        run(("apt-get", *options, "download", kernel, *PACKAGES), timeout=600, directory=Path(name))
        for archive in Path(name).glob("*.deb"):
            archive.replace(folder / archive.name)


def _kernel_package() -> str:
    """The package of the newest cloud kernel, which the metapackage depends on."""
    command = ("apt-cache", "depends", "--important", KERNEL_PACKAGE)
    printed = run(command)
    for line in printed.splitlines():
        words = line.split()
        if len(words) == 2 and words[0] == "Depends:":
            return words[1]
    raise CommandFailed(command, 0, f"{KERNEL_PACKAGE} depends on nothing: run apt-get update")


def _unpack(archives: tuple[Path, ...], root: Path) -> None:
    """Unpack all; the two packages of busybox bring the same path, so the dynamic one, first in order, moves aside."""
    root.mkdir()
    for archive in archives:
        busybox = root / "bin/busybox"
        if archive.name.startswith("busybox-static") and busybox.exists():
            busybox.replace(busybox.with_name("busybox-dynamic"))
        run(("dpkg-deb", "--extract", archive, root))


def _find(root: Path, pattern: str) -> Path:
    found = sorted(root.glob(pattern))
    if not found:
        raise LocalHostError(f"the guest's packages hold no {pattern}; remove the cache and build again")
    return found[0]


def _libraries(program: Path, root: Path) -> dict[str, Path]:
    """Where each shared library of the program is: the unpacked packages' first, then the machine's."""
    folder = root / "usr/lib/x86_64-linux-gnu"
    printed = run((LOADER, "--library-path", folder, "--list", program))
    libraries: dict[str, Path] = {LOADER.lstrip("/"): Path(LOADER)}
    for line in printed.splitlines():
        words = line.split()
        if len(words) >= 3 and words[1] == "=>":
            libraries[f"lib/x86_64-linux-gnu/{words[0]}"] = Path(words[2])
    return libraries


def _initial_ram_disk(root: Path) -> bytes:
    """The guest's whole file system, as the kernel unpacks it into memory."""
    archive = Archive()
    archive.folder(".")
    archive.folder("root", 0o700)
    archive.folder("root/.ssh", 0o700)
    archive.folder("tmp", 0o1777)
    for folder in ("proc", "sys", "dev", "run", "mnt", "persist", "www", "var/log"):
        archive.folder(folder)
    _add_programs(archive, root)
    archive.link("etc/dropbear", "/persist/dropbear")
    for name in ("reboot", "poweroff", "halt"):
        archive.link(f"sbin/{name}", "/bin/busybox")
    archive.link("init", "/bin/busybox")
    _add_configuration(archive)
    _add_modules(archive, root)
    return archive.to_bytes()


def _add_programs(archive: Archive, root: Path) -> None:
    """busybox twice, dropbear, their shared libraries, and a link for each of busybox's commands."""
    dynamic, static = root / "bin/busybox-dynamic", root / "bin/busybox"
    programs = {
        DYNAMIC_BUSYBOX: dynamic,
        "usr/sbin/dropbear": root / "usr/sbin/dropbear",
        "usr/bin/dropbearkey": root / "usr/bin/dropbearkey",
    }
    libraries = {target: path for program in programs.values() for target, path in _libraries(program, root).items()}
    for target, path in {**programs, **libraries, "bin/busybox": static}.items():
        archive.file(target, path.read_bytes(), 0o755)
    fast = set(run((static, "--list")).split()) - DYNAMIC_APPLETS - {"busybox"}
    for applet in sorted(fast):
        archive.link(f"bin/{applet}", "/bin/busybox")
    for applet in sorted(set(run((LOADER, dynamic, "--list")).split()) - fast - {"busybox"}):
        archive.link(f"bin/{applet}", f"/{DYNAMIC_BUSYBOX}")


def _add_configuration(archive: Archive) -> None:
    for name in SCRIPTS:
        archive.file(f"etc/berthline/{name}", (GUEST_FILES / name).read_bytes(), 0o755)
        archive.link(f"bin/{name}", f"/etc/berthline/{name}")
    for name in ("inittab", "profile"):
        archive.file(f"etc/{name}", (GUEST_FILES / name).read_bytes())
    # "*" matches no password: only keys open the door.
    archive.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    archive.file("etc/shadow", b"root:*:19000:0:99999:7:::\n", 0o600)
    archive.file("etc/group", b"root:x:0:\n")
    archive.file("etc/shells", b"/bin/sh\n")
    archive.file("etc/nsswitch.conf", b"passwd: files\nhosts: files dns\n")


def _add_modules(archive: Archive, root: Path) -> None:
    """The drivers, and the order to load them in; one built into the kernel is not there and not needed."""
    release = _find(root, "lib/modules/*").name
    folder = f"lib/modules/{release}"
    known: list[str] = []
    for order, names in (("modules", BASE_MODULES), ("modules-scsi", SCSI_MODULES)):
        found = [path for name in names for path in sorted(root.glob(f"{folder}/kernel/**/{name}.ko"))[:1]]
        for path in found:
            archive.file(f"{folder}/{path.name}", path.read_bytes())
        archive.file(f"etc/berthline/{order}", "".join(f"{path.stem}\n" for path in found).encode())
        known += [path.name for path in found]
    # No dependencies are told: the lists name each driver after those it needs.
    archive.file(f"{folder}/modules.dep", "".join(f"{name}:\n" for name in known).encode())


def _make_disk(work: Path) -> Path:
    """A raw disk: the boot sector, a FAT partition with kernel and loader, and an empty ext4 partition."""
    disk = work / "disk.raw"
    with disk.open("wb") as file:
        file.truncate((DATA_START + DATA_SECTORS) * SECTOR)
        file.write(_master_boot_record())
    shutil.copyfile(_find(work / "root", "boot/vmlinuz-*"), work / "vmlinuz")
    (work / "initrd.gz").write_bytes(gzip.compress(_initial_ram_disk(work / "root"), 9, mtime=0))
    (work / "syslinux.cfg").write_text(
        "DEFAULT guest\nPROMPT 0\nTIMEOUT 0\nLABEL guest\n"
        f" KERNEL vmlinuz\n INITRD initrd.gz\n APPEND {KERNEL_COMMAND_LINE}\n"
    )
    boot = f"{disk}@@{BOOT_START * SECTOR}"
    geometry = ("-T", str(BOOT_SECTORS), "-h", "64", "-s", "32", "-H", str(BOOT_START))
    run(("mformat", "-i", boot, *geometry, "-v", "BOOT", "::"))
    run(("mcopy", "-i", boot, work / "vmlinuz", work / "initrd.gz", work / "syslinux.cfg", "::"))
    run(("syslinux", "--offset", str(BOOT_START * SECTOR), "--install", disk))
    offset = f"offset={DATA_START * SECTOR}"
    kilobytes = f"{DATA_SECTORS // 2}k"
    features = ("-O", "^has_journal,^huge_file,^metadata_csum", "-m", "0", "-L", "persist")
    run(("mke2fs", "-q", "-F", "-t", "ext4", *features, "-E", f"{offset},nodiscard", disk, kilobytes))
    return disk


def _master_boot_record() -> bytes:
    """syslinux's boot code, the partitions and the mark at the end."""
    return BOOT_SECTOR.read_bytes()[:440].ljust(446, b"\0") + _partition_table() + b"\x55\xaa"


def _partition_table() -> bytes:
    """Two partitions, of which the first boots, and two empty entries."""
    # Cylinder, head and sector at their largest: everything reads the 32-bit addresses.
    entries = b"".join(
        struct.pack("<B3sB3sII", flag, b"\xfe\xff\xff", kind, b"\xfe\xff\xff", start, sectors)
        for flag, kind, start, sectors in (
            (0x80, FAT16_LBA, BOOT_START, BOOT_SECTORS),
            (0x00, LINUX, DATA_START, DATA_SECTORS),
        )
    )
    return entries.ljust(64, b"\0")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One build or download at a time in this folder."""
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
