"""What of a host's disk a server takes."""

from tests.api.compute.conftest import Ground
from tests.api.compute.world import World
from tests.api.image.qcow2 import qcow2

SERVERS = "/compute/v2.1/servers"
WITH_FLAVORS = {"OpenStack-API-Version": "compute 2.53"}


async def test_a_flavor_without_disk_takes_what_its_image_takes(ground: Ground, world: World) -> None:
    """Hosts have 100 GiB each. A disk of 2 GiB and a byte is 3; one of 16 TiB fits nowhere."""
    flavor = {"name": "free", "id": "0", "ram": 64, "vcpus": 1, "disk": 0}
    await ground.admin.post("/compute/v2.1/flavors", json={"flavor": flavor})
    images = {}
    for size in (2 * 1024**3 + 1, 16 * 1024**4):
        made = await ground.red.post("/image/v2/images", json={"disk_format": "qcow2", "container_format": "bare"})
        images[size] = made.json()["id"]
        stream = {"Content-Type": "application/octet-stream"}
        path = f"/image/v2/images/{images[size]}/file"
        assert (await ground.red.put(path, content=qcow2(virtual_size=size), headers=stream)).status_code == 204
    small, absurd = images.values()

    async def used() -> int:
        hosts = await ground.admin.get("/compute/v2.1/os-hypervisors/detail", headers=WITH_FLAVORS)
        return sum(host["local_gb_used"] for host in hosts.json()["hypervisors"])

    server = await ground.boot(world, flavorRef="0", imageRef=small)
    assert await used() == 3
    assert await world.leaks() == ()
    shown = (await ground.red.get(f"{SERVERS}/{server}", headers=WITH_FLAVORS)).json()["server"]
    assert (shown["status"], shown["flavor"]["disk"]) == ("ACTIVE", 0)
    refused = await ground.boot(world, flavorRef="0", imageRef=absurd)
    shown = (await ground.red.get(f"{SERVERS}/{refused}")).json()["server"]
    assert (shown["status"], shown["fault"]["message"][:25]) == ("ERROR", "No valid host was found. ")
    await ground.red.delete(f"{SERVERS}/{server}")
    await world.settle()
    assert await used() == 0
