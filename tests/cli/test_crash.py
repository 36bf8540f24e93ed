"""The process is killed in the middle of many boots; the next one brings every one of them to an end."""

import io
import signal
import time
from typing import Any

import msgspec
import pytest

from berthline.bootstrap.clouds_file import ADMIN_CLOUD, USER_CLOUD, read
from berthline.cli.client import Client

from .conftest import Starter, Up, berthline

BOOTS = 200
REQUESTS = 4
END_LIMIT = 120.0


class Server(msgspec.Struct):
    """What is looked at of a server."""

    id: str
    status: str


def client(cloud: Up, name: str) -> Client:
    return Client(read(cloud.clouds).clouds[name])


def prepare(user: Client, admin: Client) -> dict[str, Any]:
    """Room for many servers, and what each is made of; the body of a request for some of them."""
    network = user.create("network", "/networks", "network", {"name": "net"}, dict)
    project = network["project_id"]
    limits = {"instances": -1, "cores": -1, "ram": -1}
    admin.change("compute", f"/os-quota-sets/{project}", "quota_set", limits, dict)
    admin.change("network", f"/quotas/{project}", "quota", {"port": -1}, dict)
    subnet = {"network_id": network["id"], "ip_version": 4, "cidr": "10.0.0.0/16"}
    user.create("network", "/subnets", "subnet", subnet, dict)
    image = user.create_image({"name": "tiny", "disk_format": "raw", "container_format": "bare"}, dict)
    user.upload(image["id"], io.BytesIO(bytes(4096)))
    flavor = admin.create("compute", "/flavors", "flavor", {"name": "t", "vcpus": 1, "ram": 64, "disk": 1}, dict)
    return {
        "name": "boot",
        "imageRef": image["id"],
        "flavorRef": flavor["id"],
        "networks": [{"uuid": network["id"]}],
        "min_count": BOOTS // REQUESTS,
        "max_count": BOOTS // REQUESTS,
    }


def servers(user: Client) -> tuple[Server, ...]:
    return user.list("compute", "/servers/detail", "servers", Server)


@pytest.mark.slow
@pytest.mark.parametrize("finished", [1, BOOTS // 4, BOOTS // 2])
def test_every_boot_ends_though_the_process_was_killed(start: Starter, finished: int) -> None:
    """Killed once ``finished`` of the boots are done, so at different places of the others."""
    cloud = start("--simulated", "4")
    with client(cloud, USER_CLOUD) as user, client(cloud, ADMIN_CLOUD) as admin:
        body = prepare(user, admin)
        for _ in range(REQUESTS):
            user.create("compute", "/servers", "server", body, dict)
        while sum(server.status == "ACTIVE" for server in servers(user)) < finished:
            time.sleep(0.01)
    assert cloud.end(signal.SIGKILL) == -signal.SIGKILL

    again = start("--simulated", "4", data=cloud.data)
    with client(again, USER_CLOUD) as user:
        deadline = time.monotonic() + END_LIMIT
        while {server.status for server in servers(user)} - {"ACTIVE", "ERROR"}:
            assert time.monotonic() < deadline, "a server is still being built"
            time.sleep(0.1)
        ended = servers(user)
        assert len(ended) == BOOTS
        assert [server for server in ended if server.status == "ERROR"] == []
        doctor = berthline("doctor", "--data", str(again.data))
        assert (doctor.returncode, doctor.stdout) == (0, "0 leaks\n")
