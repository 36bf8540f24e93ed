"""What follows from what is known of a server or a port: each reason by itself, for admins and for owners."""

from typing import Any

import pytest

from berthline.domain.compute import Fault, ServerAction
from berthline.domain.dataplane import PortState
from berthline.domain.ids import (
    HostName,
    NetworkId,
    PortId,
    ProjectId,
    RequestId,
    SagaId,
    SecurityGroupId,
    SubnetId,
    UserId,
)
from berthline.domain.network import FixedIp, Port
from berthline.saga import Failure, SagaRecord
from berthline.workflows.explaining.reasons import IS_WELL, age, reasons
from berthline.workflows.explaining.stories import PortStory, Postponement, ServerStory, Story, Work
from tests.unit.store.compute.values import make_host, make_server

SECOND = 1_000_000
NOW = 1_800_000_000 * SECOND
UP = PortState(present=True, up=True, chassis="chassis-host-1")


def port(**changes: Any) -> Port:
    """A NIC of a server on host-1."""
    fields: dict[str, Any] = {
        "id": PortId("p"),
        "network_id": NetworkId("n"),
        "project_id": ProjectId("red"),
        "name": "",
        "description": "",
        "mac_address": "fa:16:3e:00:00:01",
        "admin_state_up": True,
        "status": "ACTIVE",
        "device_id": "s",
        "device_owner": "compute:nova",
        "port_security_enabled": True,
        "dns_name": "",
        "binding_host": HostName("host-1"),
        "binding_vnic_type": "normal",
        "binding_vif_type": "ovs",
        "binding_profile": {},
        "allowed_address_pairs": (),
        "extra_dhcp_opts": (),
        "fixed_ips": (FixedIp(subnet_id=SubnetId("s"), ip_address="10.0.0.5"),),
        "security_group_ids": (SecurityGroupId("g"),),
        "revision": 1,
        "created_at": 1,
        "updated_at": 1,
    }
    return Port(**(fields | changes))


def port_story(state: PortState | None = UP, *, projected: bool = True, runs: bool = True, **changes: Any) -> PortStory:
    return PortStory(
        port=port(**changes), projected=projected, state=state, chassis="chassis-host-1", is_nic=runs, server_runs=runs
    )


def server_story(**changes: Any) -> ServerStory:
    """A server that runs on host-1 and is as it should be, but for what is said."""
    told: dict[str, Any] = {
        "server": {"vm_state": "active", "task_state": None, "power_state": 1, "host": HostName("host-1")},
        "work": (),
        "actions": (),
        "ports": (port_story(),),
        "host": make_host("host-1"),
    }
    told["server"] |= changes.pop("server", {})
    told |= changes
    return ServerStory(**(told | {"server": make_server(**told["server"])}))


def saga(**changes: Any) -> Work:
    fields: dict[str, Any] = {
        "id": SagaId("saga"),
        "kind": "server_create",
        "subject_id": "s",
        "project_id": "red",
        "input": b"{}",
        "state": "forward",
        "position": 2,
        "attempts": 0,
        "wake_at": NOW,
        "deadline_at": None,
        "cancel_requested": False,
        "failure": None,
        "undo_error": None,
        "created_at": NOW - 90 * SECOND,
        "updated_at": NOW,
    }
    return Work(saga=SagaRecord(**(fields | changes)), step="guest")


def of_server(*, admin: bool = True, **changes: Any) -> tuple[str, ...]:
    return reasons(Story(at=NOW, changes=3, server=server_story(**changes)), admin=admin)


def of_port(told: PortStory, *, admin: bool = True) -> tuple[str, ...]:
    return reasons(Story(at=NOW, changes=3, port=told), admin=admin)


RESUMED = ServerAction(
    server_id=make_server().id,
    request_id=RequestId("r"),
    action="resume_after_want_of_room",
    user_id=UserId("u"),
    project_id=ProjectId("red"),
    saga_id=None,
    message=None,
    started_at=1,
    updated_at=1,
)
NO_DISKS = Failure(status=500, type="Refused", message="no", step="disks")
BUSY = {"task_state": "spawning", "vm_state": "building", "power_state": 0}
SERVERS: dict[str, tuple[dict[str, Any], str]] = {
    "fault": (
        {"server": {"vm_state": "error", "fault": Fault(code=500, message="no room", details="", created_at=1)}},
        "it is in ERROR: no room",
    ),
    "under way": (
        {"server": BUSY, "work": (saga(attempts=4),)},
        "server_create is under way since 90 s, at guest, which was tried 4 times",
    ),
    "undone": (
        {
            "server": BUSY,
            "work": (saga(state="unwinding", failure=NO_DISKS, undo_error="still no"),),
        },
        "is being undone since 90 s, at guest; it turned back at disks: no; it cannot be undone yet: still no",
    ),
    "task without work": ({"server": {"task_state": "powering-on"}}, "its task is powering-on and no work on it"),
    "host down": ({"host": make_host("host-1", up=False, answers=False)}, "its host host-1 does not answer"),
    "host set down": ({"host": make_host("host-1", up=False, forced_down=True)}, "host-1 was set down by an admin"),
    "host lost": ({"lost": True}, "its host host-1 is lost: the servers on it are brought to others"),
    "host removed": ({"removed": True}, "its host host-1 is not one of the cloud's any more"),
    "no host": ({"server": {"host": None, "power_state": 0, "vm_state": "stopped"}, "ports": ()}, "it is on no host"),
    "crashed": ({"server": {"vm_state": "stopped", "power_state": 6}}, "its guest crashed"),
    "no room": ({"server": {"power_state": 3}, "actions": (RESUMED,)}, "its host had no room on its disk"),
    "paused by others": ({"server": {"power_state": 3}}, "its guest was paused at its host, by nobody who asked"),
    "otherwise than wanted": (
        {"server": {"vm_state": "stopped", "power_state": 4}},
        "its owner wants it running, and its guest is shut down",
    ),
    "postponed": (
        {"postponed": Postponement(tries=3, until=NOW + 240 * SECOND)},
        "it is left for another 4 min: what was overdue was begun 3 times in vain",
    ),
    "elsewhere": ({"elsewhere": True, "ports": ()}, "its ports are at another network service"),
}
NOT_BOUND = PortState(present=True, up=False)
PORTS: dict[str, tuple[PortStory, str]] = {
    "admin state": (port_story(admin_state_up=False), "its admin state is down"),
    "not projected": (port_story(projected=False), "has yet to get its newest change: 3 changes wait"),
    "no group": (port_story(security_group_ids=()), "it is in no security group, so nothing gets in or out"),
    "no address": (port_story(fixed_ips=()), "it has no address"),
    "binding failed": (port_story(binding_vif_type="binding_failed"), "it could not be bound"),
    "silent": (port_story(None), "the data plane does not answer"),
    "absent": (port_story(PortState(present=False, up=False)), "does not have it, though it was told of it"),
    "unclaimed": (port_story(NOT_BOUND), "no host's controller has claimed it; it is bound to host-1"),
    "elsewhere": (
        port_story(PortState(present=True, up=True, chassis="other")),
        "it is up at another host than its server's: at chassis other, and not chassis-host-1",
    ),
    "not yet": (
        port_story(PortState(present=True, up=False, chassis="chassis-host-1")),
        "has claimed it and not set it up yet: chassis chassis-host-1",
    ),
    "unused": (port_story(NOT_BOUND, runs=False, device_id="", device_owner="", binding_host=""), "nothing uses it"),
}


@pytest.mark.parametrize("name", SERVERS)
def test_a_servers_reason_is_told_and_no_other(name: str) -> None:
    changes, expected = SERVERS[name]
    (told,) = of_server(**changes)
    assert expected in told


@pytest.mark.parametrize("name", PORTS)
def test_a_ports_reason_is_told_and_no_other(name: str) -> None:
    story, expected = PORTS[name]
    (told,) = of_port(story)
    assert expected in told
    (of_its_server,) = of_server(ports=(story,))
    assert of_its_server == f"port p: {told}"


def test_what_is_well_is_said_to_be() -> None:
    assert of_server() == of_port(port_story()) == (IS_WELL,)
    assert of_server(server={"vm_state": "paused", "power_state": 3, "wanted": "paused"}) == (IS_WELL,)
    assert of_server(server={"vm_state": "shelved_offloaded", "power_state": 4, "host": None}, ports=()) == (IS_WELL,)


def test_owners_are_told_no_names_of_hosts_and_no_words_of_an_undo() -> None:
    told = " ".join(line for changes, _ in SERVERS.values() for line in of_server(admin=False, **changes)) + " ".join(
        line for story, _ in PORTS.values() for line in of_port(story, admin=False)
    )
    for secret in ("host-1", "chassis", "still no", "disks: no"):
        assert secret not in told.replace("it is in ERROR: no room", "")
    assert "it cannot be undone yet" in told
    assert "its host does not answer" in told


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (200_000, "2 d"), (-5, "0 s")]
)
def test_how_long_is_told_in_the_largest_unit_that_fits(seconds: int, words: str) -> None:
    assert age(seconds * SECOND) == words
