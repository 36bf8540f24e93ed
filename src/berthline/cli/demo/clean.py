"""`berthline demo --clean`: everything the demonstration made goes, newest first, and nothing else."""

import asyncio
import shutil
from ipaddress import IPv4Network

from berthline.bootstrap.clouds_file import ADMIN_CLOUD, USER_CLOUD
from berthline.bootstrap.metadata import remove_metadata
from berthline.cli import background
from berthline.cli.client import Client, open_cloud
from berthline.cli.demo import host, plan, snapshot
from berthline.cli.demo.outside import External
from berthline.cli.demo.progress import Progress
from berthline.cli.demo.resources import FloatingIp, Port, Subnet, remove_servers
from berthline.cli.errors import CommandFailed
from berthline.cli.things import Thing, find
from berthline.config import load


def clean(folder: plan.DemoFolder, progress: Progress) -> None:
    """Remove it through the cloud's APIs while it runs, then the cloud, the private services and the files."""
    if not folder.path.exists():
        progress.say(f"nothing to remove: there is no {folder.path}")
        return
    mark = host.read_mark(folder)
    if mark is None:
        raise CommandFailed(f"{folder.path} was not made by `berthline demo`, so it is left alone")
    if background.ready_address(folder.data) is not None:
        with progress.step("Remove what was made") as note:
            try:
                note.result = _remove_resources(folder)
            except CommandFailed as failed:
                # What follows removes it all the same, with the cloud that it is in.
                note.result = f"not all of it through the APIs: {failed}"
    with progress.step("Stop the cloud") as note:
        note.result = "stopped" if background.stop(folder.data) else "it did not run"
    if not mark.simulated:
        with progress.step("Stop OVN and libvirt") as note:
            _stop_services(folder, External(IPv4Network(mark.external)))
            note.result = "processes, namespaces and interfaces are gone"
    with progress.step("Remove the files") as note:
        shutil.rmtree(folder.path)
        note.result = str(folder.path)


def _stop_services(folder: plan.DemoFolder, external: External) -> None:
    """Metadata namespaces first: they are plugged into the switch, which has to be told."""
    services = host.local_host(folder, external)
    if folder.settings.exists() and not services.status().stopped:
        asyncio.run(remove_metadata(load({"data": ("--data", str(folder.path))}, {})))
    services.stop()


def _remove_resources(folder: plan.DemoFolder) -> str:
    clouds = folder.data.clouds
    with open_cloud(clouds, USER_CLOUD) as user, open_cloud(clouds, ADMIN_CLOUD) as admin:
        count = remove_servers(user)
        for address in user.list("network", "/floatingips", "floatingips", FloatingIp, description=plan.PREFIX):
            count += user.delete("network", f"/floatingips/{address.id}")
        count += _remove_router(user)
        for client, names in ((user, {plan.NETWORK}), (admin, {plan.EXTERNAL})):
            for network in client.list("network", "/networks", "networks", Thing):
                if network.name in names:
                    count += client.delete("network", f"/networks/{network.id}")
        if group := find(user, "/security-groups", plan.GROUP, Thing):
            count += user.delete("network", f"/security-groups/{group.id}")
        count += user.delete("compute", f"/os-keypairs/{plan.KEYPAIR}")
        for flavor in admin.list("compute", "/flavors", "flavors", Thing):
            if flavor.name == plan.FLAVOR:
                count += admin.delete("compute", f"/flavors/{flavor.id}")
        count += snapshot.remove(user)
        for image in user.list("image", "/images", "images", Thing, name=plan.IMAGE):
            count += user.delete("image", f"/images/{image.id}")
    return f"{count} things, through the APIs"


def _remove_router(client: Client) -> int:
    router = find(client, "/routers", plan.ROUTER, Thing)
    if router is None:
        return 0
    path = f"/routers/{router.id}"
    subnets = {subnet.gateway_ip: subnet for subnet in client.list("network", "/subnets", "subnets", Subnet)}
    for port in client.list("network", "/ports", "ports", Port, device_id=router.id):
        for ip in port.fixed_ips:
            if subnet := subnets.get(ip.ip_address):
                client.put("network", f"{path}/remove_router_interface", {"subnet_id": subnet.id})
    return int(client.delete("network", path))
