"""What the bench of real boots reads and writes without a host: consoles, definitions, steps, rounds."""

import threading
import time
import tomllib
from pathlib import Path

import pytest

from bench.api import Failed
from bench.real import BARE, MORE, STEPS, WORK, Boot, record, runs_after
from bench.real_guest import BarePort, copied, wait_ready
from bench.real_host import obstacles, settings
from bench.results import Recorder, Step
from bench.targets import TARGETS
from berthline.domain.ids import PortId
from berthline.hypervisor.libvirt import xml
from berthline.hypervisor.libvirt.settings import LibvirtSettings
from berthline.localhost.layout import Layout, Settings
from tests.unit.hypervisor.samples import PORT, SERVER, make_spec, make_vif

BEFORE = b"berthline-guest: init kernel=6.1 t=0.94\r\nberthline-guest: ipv4 eth0 10.30.0.5/24 t=2.10\r\n"
READY = b"berthline-guest: ready host=one t=2.55\r\n"
FILES = xml.GuestFiles(
    disks={"root": f"/d/{SERVER}.root"}, config_drive=f"/d/{SERVER}.config", console=f"/c/{SERVER}.console"
)
BARE_PORT = BarePort("0a1b2c3d-4e5f-4a1b-8c2d-3e4f5a6b7c8d", "fa:16:3e:99:99:99")


def test_a_guest_is_ready_when_all_of_its_line_is_there(tmp_path: Path) -> None:
    console = tmp_path / "console"
    writes = (BEFORE, BEFORE + READY[:-3], BEFORE + READY)

    def write() -> None:
        for text in writes:
            time.sleep(0.02)
            console.write_bytes(text)

    writer = threading.Thread(target=write)
    begun = time.perf_counter()
    writer.start()
    ready = wait_ready(console)
    writer.join()
    assert ready.inside_seconds == 2.55
    assert ready.at > begun


def test_a_guest_that_never_is_ready_fails_with_the_end_of_its_console(tmp_path: Path) -> None:
    console = tmp_path / "console"
    console.write_bytes(BEFORE)
    with pytest.raises(Failed, match="ipv4 eth0"):
        wait_ready(console, limit=0.02)
    with pytest.raises(Failed):
        wait_ready(tmp_path / "none", limit=0.02)


def test_a_copied_guest_differs_in_nothing_but_who_it_is() -> None:
    ours = xml.domain_xml(make_spec(make_vif()), FILES, "qemu", LibvirtSettings())
    bare = copied(ours, SERVER, "bare-1", BARE_PORT)
    assert SERVER not in bare
    assert PORT not in bare
    assert xml.server_of("bare-1") is None  # Berthline would take what bears its name for its own
    for file in ("/d/bare-1.root", "/d/bare-1.config", "/c/bare-1.console"):
        assert f'"{file}"' in bare
    assert xml.ports_of(bare) == {PortId(BARE_PORT.id)}
    renamed = bare.partition("<uuid>")[2].partition("<")[0]
    back = bare.replace("<name>bare-1<", f"<name>berthline-{SERVER}<").replace("bare-1.", f"{SERVER}.")
    vif = make_vif()
    for one, other in (
        (renamed, SERVER),
        (BARE_PORT.tap, vif.devname),
        (BARE_PORT.id, PORT),
        (BARE_PORT.mac, vif.address),
    ):
        back = back.replace(one, other)
    assert back == ours


def test_only_a_guest_with_one_nic_is_copied() -> None:
    two = xml.domain_xml(make_spec(make_vif(), make_vif(PortId("second"))), FILES, "qemu", LibvirtSettings())
    with pytest.raises(Failed, match="2 NICs"):
        copied(two, SERVER, "bare-1", BARE_PORT)


def test_a_processor_runs_when_the_guest_was_resumed() -> None:
    steps = (Step(name="guest", offset_ms=50, duration_ms=300), Step(name="resume", offset_ms=351, duration_ms=9))
    assert runs_after(steps) == pytest.approx(0.36)
    with pytest.raises(Failed):
        runs_after(steps[:1])


def test_a_round_is_the_difference_of_two_medians() -> None:
    recorder = Recorder()
    bare = [Boot(ready, 0.4, 2.5, 4.9, {"disks": 0.02}) for ready in (4.0, 9.0, 4.1)]
    ours = [Boot(ready, 0.5, 2.6, 5.0, {"answer": 0.005, "disks": 0.03}) for ready in (4.3, 4.2, 4.1)]
    record(recorder, bare, ours)
    found = recorder.results()
    (target,) = (each for each in TARGETS if each.work == WORK)
    more = found.find(target.work, target.where, target.quantity)
    assert more is not None
    assert more.median == pytest.approx(0.1)
    assert target.met(more.median)
    runs = found.find(WORK, "until the guest's processor runs", MORE)
    assert runs is not None
    assert runs.median == pytest.approx(0.1)
    medians = {who: found.find(STEPS, "disks", "ms", who) for who in ("berthline", BARE)}
    assert {who: series and series.median for who, series in medians.items()} == {"berthline": 30, BARE: 20}


def test_the_cloud_is_told_of_the_host(tmp_path: Path) -> None:
    host = Layout(tmp_path, "bench").endpoints(Settings(), 1)
    told = tomllib.loads(settings(host))
    assert told["dataplane"]["northbound"] == host.northbound
    assert told["hypervisors"][0] == {
        "name": host.chassis,
        "uri": host.libvirt_uri,
        "chassis": host.chassis,
        "virt_type": "qemu",
        "userspace_datapath": True,
        "folder": str(host.instances),
    }


def test_what_stands_in_the_way_is_told() -> None:
    why = obstacles(("sh", "no-such-program"), user=1000)
    assert why[0] == "it does not run as root"
    assert why[1].startswith("not installed: no-such-program (")
    assert len(obstacles(("sh",), user=0)) == len(why) - 2
