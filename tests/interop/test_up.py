"""`berthline up --network-endpoint`: the real process on the real Neutron, killed at each request of a boot."""

import asyncio
import contextlib
import io
import signal
from typing import Any

import msgspec
import pytest

from bench.openstack import Stack
from berthline.bootstrap.clouds_file import ADMIN_CLOUD, USER_CLOUD, read
from berthline.cli.client import Client
from berthline.cli.errors import CommandFailed
from tests.cli.conftest import Starter, Up, start  # noqa: F401 - a fixture
from tests.interop.proxy import Fault, FaultProxy
from tests.interop.raw import RawNeutron

HOST = "simulated-1"
NICS = 2
FOREVER = 3600.0
MOST_REQUESTS = 12
END_LIMIT = 120.0


class Server(msgspec.Struct):
    """What is looked at of a server."""

    id: str
    status: str


def begin(start: Starter, proxy: FaultProxy, **more: Any) -> Up:  # noqa: F811
    """A process on the Neutron behind the proxy."""
    words = ("--simulated", "1", "--network-endpoint", proxy.url, "--set", "network.wait_for_ports=false")
    return start(*words, **more)


def client(cloud: Up, name: str = USER_CLOUD) -> Client:
    return Client(read(cloud.clouds).clouds[name])


def project_of(cloud: Up) -> str:
    """The id of the user's project."""
    with client(cloud, ADMIN_CLOUD) as admin:
        found = admin.list("identity", "/projects", "projects", dict)
    return next(str(project["id"]) for project in found if project["name"] == "demo")


def prepare(cloud: Up, networks: list[str]) -> dict[str, Any]:
    """The body of a request for a server with a NIC on each network."""
    with client(cloud) as user, client(cloud, ADMIN_CLOUD) as admin:
        image = user.create_image({"name": "tiny", "disk_format": "raw", "container_format": "bare"}, dict)
        user.upload(image["id"], io.BytesIO(bytes(4096)))
        flavor = admin.create("compute", "/flavors", "flavor", {"name": "t", "vcpus": 1, "ram": 64, "disk": 1}, dict)
    asked = [{"uuid": network} for network in networks]
    return {"name": "boot", "imageRef": image["id"], "flavorRef": flavor["id"], "networks": asked}


def boot(cloud: Up, body: dict[str, Any]) -> None:
    """Ask for a server; the process may be killed before it answers."""
    with contextlib.suppress(CommandFailed), client(cloud) as user:
        user.create("compute", "/servers", "server", body, dict)


async def servers(cloud: Up) -> tuple[Server, ...]:
    """The servers, once none of them is being built."""

    def look() -> tuple[Server, ...]:
        with client(cloud) as user:
            return user.list("compute", "/servers/detail", "servers", Server)

    async with asyncio.timeout(END_LIMIT):
        while "BUILD" in {server.status for server in await asyncio.to_thread(look)}:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        return await asyncio.to_thread(look)


async def look_on(cloud: Up) -> None:
    """``servers``, of a process that may be killed meanwhile."""
    with contextlib.suppress(CommandFailed):
        await servers(cloud)


async def delete_all(cloud: Up) -> None:
    """Delete every server, and wait until there is none."""

    def delete() -> None:
        with client(cloud) as user:
            for server in user.list("compute", "/servers/detail", "servers", Server):
                user.delete("compute", f"/servers/{server.id}")

    await asyncio.to_thread(delete)
    async with asyncio.timeout(END_LIMIT):
        while await servers(cloud):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("when", [Fault.DELAYED, Fault.LATE], ids=["before delivery", "before the reply"])
async def test_a_boot_ends_though_the_process_is_killed_at_a_request(
    start: Starter,  # noqa: F811
    neutron: Stack,
    proxy: FaultProxy,
    when: Fault,
) -> None:
    neutron.pretend_host(HOST)
    cloud = await asyncio.to_thread(begin, start, proxy)
    raw = RawNeutron(neutron, await asyncio.to_thread(project_of, cloud))
    body = await asyncio.to_thread(prepare, cloud, [raw.network(f"10.{n}.0.0/24")["id"] for n in range(NICS)])
    proxy.delay = FOREVER
    for number in range(1, MOST_REQUESTS):
        proxy.clear({number: when})
        asking = asyncio.create_task(asyncio.to_thread(boot, cloud, body))
        held = asyncio.create_task(proxy.holding.wait())
        await asyncio.wait({asking, held}, return_when=asyncio.FIRST_COMPLETED)
        asked = {asking}
        if not held.done():
            looking = asyncio.create_task(look_on(cloud))
            asked.add(looking)
            await asyncio.wait({held, looking}, return_when=asyncio.FIRST_COMPLETED)
        if not held.done():
            held.cancel()
            break
        assert await asyncio.to_thread(cloud.end, signal.SIGKILL) == -signal.SIGKILL
        await asyncio.gather(*asked)  # whoever asked the process that is gone has ended before there is another
        cloud = await asyncio.to_thread(begin, start, proxy, data=cloud.data)
        proxy.release.set()
        there = await servers(cloud)
        assert {server.status for server in there} <= {"ACTIVE"}
        await proxy.settled()
        ports = [(port.device_id, port.host, port.vif_type) for port in raw.stored_ports().values()]
        assert sorted(ports) == sorted((server.id, HOST, "ovs") for server in there for _ in range(NICS))
        await delete_all(cloud)
        assert raw.stored_ports() == {}
    else:
        pytest.fail("a boot does not need so many requests")
    await servers(cloud)
    await delete_all(cloud)
    assert raw.stored_ports() == {}
    raw.clear()
