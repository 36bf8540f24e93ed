"""Values that the compute tests share."""

from typing import Any

from berthline.domain.compute import Flavor, Host, Server
from berthline.domain.ids import FlavorId, HostName, ImageId, ProjectId, ServerId, UserId, new_id

FLAVOR = Flavor(id=FlavorId("42"), name="tiny", vcpus=1, ram=64, disk=1, extra_specs={"hw:cpu_policy": "shared"})


def make_server(**changes: Any) -> Server:
    """A server as it is written first."""
    fields: dict[str, Any] = {
        "id": ServerId(new_id()),
        "project_id": ProjectId("project-1"),
        "user_id": UserId("user-1"),
        "name": "web",
        "hostname": "web",
        "description": None,
        "vm_state": "building",
        "task_state": "scheduling",
        "power_state": 0,
        "host": None,
        "availability_zone": "nova",
        "image_id": ImageId("image-1"),
        "flavor": FLAVOR,
        "key_name": None,
        "key_data": None,
        "user_data": None,
        "config_drive": False,
        "metadata": {},
        "security_group_names": ("default",),
        "tags": (),
        "locked": False,
        "reservation_id": "r-abcdefgh",
        "launch_index": 0,
        "fault": None,
        "access_ip_v4": "",
        "access_ip_v6": "",
        "nics": (),
        "launched_at": None,
        "created_at": 1_000,
        "updated_at": 1_000,
        "revision": 0,
    }
    return Server(**(fields | changes))


def make_host(name: str = "host-1", **changes: Any) -> Host:
    """An empty host with room for four vCPUs, 1 GiB and 10 GiB."""
    fields: dict[str, Any] = {
        "name": HostName(name),
        "chassis": f"chassis-{name}",
        "hypervisor_type": "QEMU",
        "vcpus": 4,
        "memory_mb": 1024,
        "disk_gb": 10,
        "vcpus_used": 0,
        "memory_mb_used": 0,
        "disk_gb_used": 0,
        "running_vms": 0,
        "enabled": True,
        "up": True,
    }
    return Host(**(fields | changes))
