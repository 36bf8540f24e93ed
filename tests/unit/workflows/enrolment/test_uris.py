"""Which libvirt URIs an admin may name: none that has libvirt run a program of his."""

import re

import msgspec
import pytest

from berthline.domain.auth import Caller
from berthline.domain.errors import BadRequest
from berthline.domain.hosts.enrolment import EnrolledHost, HostOptions
from berthline.domain.ids import HostName
from berthline.store import Store
from berthline.store.compute import enrolled
from berthline.workflows.enrolment.hosts import Enrolling, Hosts, Seen
from berthline.workflows.enrolment.uris import fault_of
from tests.workflows.server.test_resize import admin
from tests.workflows.world import World

GOOD = (
    "qemu:///system",
    "qemu+unix:///system?socket=/run/libvirt/libvirt-sock",
    "qemu+tls://compute-1.example.net/system?pkipath=/etc/berthline/compute",
    "qemu+tls://[2001:db8::1]:16514/system",
    "qemu+ssh://root@compute-1/system?keyfile=/etc/berthline/key&proxy=native&no_tty=1",
)
BAD = (
    ("qemu+ssh://h/system?command=/tmp/mine", "command"),
    ("qemu+ssh://h/system?keyfile=/k&Command=/tmp/mine", "command"),
    ("qemu+ssh://h/system?keyfile=/k;command=/tmp/mine", "command"),
    ("qemu+ssh://h/system?%63ommand=/tmp/mine", "command"),
    ("qemu+ssh://h/system?netcat=/tmp/mine", "netcat"),
    ("qemu+tls://h/system?no_verify=1", "no_verify"),
    ("qemu+ssh://-oProxyCommand=x/system", "begins with -"),
    ("qemu+ssh://-l@h/system", "begins with -"),
    ("qemu+ext://h/system?command=/tmp/mine", "begins with one of"),
    ("qemu+ssh://u:secret@h/system", "password"),
    ("qemu+tls:///system", "no machine"),
    ("qemu+tls://h/elsewhere", "/system"),
    ("qemu+tls://h:port/system", "[Pp]ort"),
)


@pytest.mark.parametrize("uri", GOOD)
def test_what_a_host_is_reached_by(uri: str) -> None:
    assert fault_of(uri) is None


@pytest.mark.parametrize(("uri", "why"), BAD)
def test_what_names_a_program_or_no_host(uri: str, why: str) -> None:
    assert re.search(why, fault_of(uri) or "")


@pytest.mark.parametrize("field", ["uri", "migration_uri"])
async def test_neither_uri_of_a_host_may_name_one(store: Store, field: str) -> None:
    """And nothing is looked at before."""
    looked: list[EnrolledHost] = []

    async def look(host: EnrolledHost) -> Seen:
        looked.append(host)
        raise AssertionError

    async with World(store).process() as process:
        hosts = Hosts(process.outside, process.engine, Enrolling("libvirt", look))
        options = msgspec.convert({"uri": GOOD[0], field: BAD[0][0]}, HostOptions)
        caller: Caller = admin()
        with pytest.raises(BadRequest, match=f"The {field} .* command"):
            await hosts.add(caller, HostName("mine"), options)
    assert looked == []
    assert store.read_now(lambda connection: enrolled.get(connection, HostName("mine"))) is None
