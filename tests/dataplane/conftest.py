"""Real daemons for the tests marked ``dataplane``: one private host for the whole run, and the tiny guest image."""

import asyncio
import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from berthline.dataplane.ovn.northbound import OvnDataplane
from berthline.localhost import Endpoints, LocalHost, Settings
from berthline.localhost.commands import run
from berthline.localhost.guest_image import build, default_cache
from berthline.localhost.namespaces import NAMESPACE_FOLDER

from .cloud import EMPTY, NOWHERE, RealCloud
from .ground import Ground


def remains(host: LocalHost) -> list[str]:
    """What is left of a host: processes, namespaces, interfaces, mounts and files; empty after a clean stop."""
    needle = str(host.directory)
    left: list[str] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if needle in command:
            left.append(f"process {entry.name}: {command}")
    layout = host.layout
    names = (layout.network_namespace, layout.external_namespace)
    left += [f"namespace {name}" for name in names if (NAMESPACE_FOLDER / name).exists()]
    links = run(("ip", "-brief", "link", "show"))
    left += [f"interface {line}" for line in links.splitlines() if layout.external_interface in line]
    mounts = Path("/proc/self/mountinfo").read_text()
    left += [f"mount {line}" for line in mounts.splitlines() if needle in line or layout.network_namespace in line]
    left += [f"file {path}" for path in host.directory.rglob("*")]
    return left


@pytest.fixture(scope="session")
def local_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHost]:
    """A started host, with verbs to stop and start its daemons; at the end nothing of it may be left.

    Its external side is in a network namespace of its own, so that several runs do not meet.
    """
    directory = tmp_path_factory.mktemp("host")
    host = LocalHost(directory, f"t{os.getpid()}", Settings(isolated=True))
    try:
        host.start()
        yield host
    finally:
        host.stop()
    assert remains(host) == []


@pytest.fixture(scope="session")
def local_host(local_services: LocalHost) -> Endpoints:
    """How to reach the started host's OVN, switch and libvirt."""
    endpoints = local_services.status().endpoints
    assert endpoints is not None
    return endpoints


@pytest.fixture(scope="session")
def guest_image() -> Path:
    """The tiny guest image, built once for the machine."""
    return build(default_cache() / "image")


@pytest.fixture(scope="module")
def ground(local_host: Endpoints, guest_image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A running cloud on the private host, with networks, a router, an image and a key; at the end nothing is left.

    It has OVN to itself meanwhile: what is not its own there, and says that it is Berthline's, it takes away.
    """
    with opened(local_host, guest_image, tmp_path_factory.mktemp("cloud")) as made:
        yield made


@contextlib.contextmanager
def opened(
    host: Endpoints,
    guest_image: Path,
    folder: Path,
    others: Mapping[str, Endpoints] = EMPTY,
    addresses: Mapping[str, str] = NOWHERE,
) -> Iterator[Ground]:
    """A running cloud over this host and others, while the block runs; at its end nothing is left."""
    cloud = RealCloud(host, folder / "data", others=others, addresses=addresses)
    try:
        cloud.start()
        made = Ground(cloud, guest_image, folder)
        yield made
        made.remove()
        assert cloud.leaks() == ()
        assert not made.logical_ports()
    finally:
        cloud.stop()
        asyncio.run(empty(host))


async def empty(host: Endpoints) -> None:
    """Take the rest out of OVN, the projects' default groups, so that the next test begins with nothing."""
    plane = OvnDataplane(host.northbound, host.southbound)
    try:
        await plane.apply(dict.fromkeys(await plane.observe(), ()))
    finally:
        await plane.close()
