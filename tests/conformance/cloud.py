"""The cloud that is judged: `berthline up` on simulated hosts, laid out as one who deploys it would."""

import io
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openstack

from berthline.bootstrap import clouds_file
from berthline.bootstrap.clouds_file import ADMIN_CLOUD
from tests.conformance.environment import Broken

HOSTS = 2
READY_SECONDS = 120.0
END_SECONDS = 60.0
MIB = 1024 * 1024
ROLES = ("admin", "member", "reader", "manager", "service")


@dataclass(frozen=True)
class Prepared:
    """What a suite has to be told of a cloud."""

    url: str
    password: str
    images: tuple[str, str]
    flavors: tuple[str, str]
    public_network: str
    extensions: tuple[str, ...]
    newest: str
    """The newest microversion of the Compute API."""


@contextmanager
def running(folder: Path) -> Iterator[Prepared]:
    """A prepared cloud whose data and log are in the folder, while the block runs. Raises Broken."""
    with (folder / "cloud.log").open("w") as log:
        process = subprocess.Popen(
            (
                *(sys.executable, "-m", "berthline", "up", "--simulated", str(HOSTS)),
                *("--listen", "127.0.0.1:0", "--data", str(folder / "data")),
            ),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith(("BERTHLINE_", "OS_"))},
        )
    try:
        url = _ready(process, folder / "cloud.log").split()[1]
        yield prepare(url, folder)
    finally:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _ready(process: "subprocess.Popen[str]", log: Path) -> str:
    """The line that it prints when it is ready."""
    assert process.stdout is not None
    deadline = time.monotonic() + READY_SECONDS
    while not select.select([process.stdout], [], [], 0.5)[0]:
        if time.monotonic() > deadline:
            raise Broken(f"the cloud is not ready after {READY_SECONDS:g} s; its log is {log}")
    line = process.stdout.readline()
    if not line:
        raise Broken(f"the cloud did not start; its log ends with {log.read_text(errors='replace')[-1000:]}")
    return line


def prepare(url: str, folder: Path) -> Prepared:
    """Roles, two flavors, two images and the external network, made by the public APIs."""
    entry = clouds_file.read(folder / "data" / "clouds.yaml").clouds[ADMIN_CLOUD]
    with openstack.connect(
        auth_url=f"{url}/identity",
        username=entry.auth.username,
        password=entry.auth.password,
        project_name=entry.auth.project_name,
        user_domain_id="default",
        project_domain_id="default",
        region_name="RegionOne",
        load_yaml_config=False,
        load_envvars=False,
    ) as typed:
        admin: Any = typed  # the SDK types its proxies as a union over versions of APIs
        there = {role.name for role in admin.identity.roles()}
        for name in ROLES:
            if name not in there:
                admin.identity.create_role(name=name)
        flavors = tuple(
            admin.compute.create_flavor(name=name, ram=ram, vcpus=1, disk=1).id
            for name, ram in (("conformance.small", 128), ("conformance.large", 192))
        )
        images = tuple(_image(admin, name) for name in ("conformance-1", "conformance-2"))
        network = admin.network.create_network(name="public", is_router_external=True, is_default=True)
        admin.network.create_subnet(
            name="public", network_id=network.id, ip_version=4, cidr="172.24.4.0/22", is_dhcp_enabled=False
        )
        extensions = tuple(sorted(each.alias for each in admin.network.extensions()))
    newest = httpx.get(f"{url}/compute/v2.1", trust_env=False).json()["version"]["version"]
    return Prepared(
        url,
        entry.auth.password,
        (images[0], images[1]),
        (flavors[0], flavors[1]),
        network.id,
        extensions,
        newest,
    )


def _image(admin: Any, name: str) -> str:
    """A public image whose bytes are a disk without anything on it, and whose guests have an agent; its id."""
    image = admin.image.create_image(
        name=name,
        data=io.BytesIO(bytes(MIB)),
        disk_format="raw",
        container_format="bare",
        visibility="public",
        hw_qemu_guest_agent="yes",
    )
    return str(image.id)
