"""The private host with real daemons: it starts, runs a guest that answers, mends, and leaves nothing."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from lxml import etree
from lxml.builder import E

from berthline.hypervisor.config_drive import build_config_drive
from berthline.localhost import CommandFailed, Endpoints, InvalidSetting, LocalHost, Settings
from berthline.localhost.commands import run
from berthline.localhost.namespaces import NAMESPACE_FOLDER, members

from .conftest import remains

pytestmark = pytest.mark.dataplane

PORT = "00000000-0000-4000-8000-000000000001"
MAC = "fa:16:3e:00:00:11"
FLOATING = "203.0.113.101"
FETCH_PAGE = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=5).read().decode())"


def eventually(look: Callable[[], bool], what: str) -> None:
    """Look again until it is so; the limit only keeps a broken run from hanging."""
    limit = time.monotonic() + 60
    while not look():
        if time.monotonic() > limit:
            pytest.fail(f"never seen: {what}")
        time.sleep(0.05)


def northbound(host: Endpoints, *arguments: str) -> str:
    return run(("ovn-nbctl", f"--db={host.northbound}", "--timeout=20", *arguments))


def virsh(host: Endpoints, *arguments: str) -> str:
    return run(("virsh", "--connect", host.libvirt_uri, *arguments))


def answers(host: Endpoints) -> bool:
    """Whether libvirtd does: a process that runs does not listen yet."""
    try:
        virsh(host, "version")
    except CommandFailed:
        return False
    return True


def test_starting_again_finds_everything_running(local_services: LocalHost, local_host: Endpoints) -> None:
    before = members(local_host.network_namespace, local_services.layout.private)
    assert local_services.start() == local_host
    assert members(local_host.network_namespace, local_services.layout.private) == before
    assert local_services.status().stopped == ()


def make_topology(host: Endpoints) -> None:
    """A network with DHCP, and a router to the outside that gives the port a floating IP."""
    northbound(host, "ls-add", "net", "--", "ls-add", "public", "--", "lr-add", "router")
    options = {
        "server_id": "10.0.0.1",
        "server_mac": "00:00:00:00:00:01",
        "lease_time": "3600",
        "router": "10.0.0.1",
        "mtu": "1442",
    }
    pairs = [f'options:{key}="{value}"' for key, value in options.items()]
    dhcp = northbound(host, "create", "DHCP_Options", "cidr=10.0.0.0/24", *pairs).strip()
    for switch, port, mac, address in (
        ("net", "inner", "00:00:00:00:00:01", "10.0.0.1/24"),
        ("public", "outer", "00:00:00:00:00:02", "203.0.113.10/24"),
    ):
        northbound(host, "lrp-add", "router", port, mac, address)
        northbound(host, "lsp-add", switch, f"to-{port}", "--", "lsp-set-type", f"to-{port}", "router")
        northbound(host, "lsp-set-addresses", f"to-{port}", "router")
        northbound(host, "lsp-set-options", f"to-{port}", f"router-port={port}")
    northbound(host, "lrp-set-gateway-chassis", "outer", host.chassis)
    northbound(host, "lsp-add", "public", "wire", "--", "lsp-set-type", "wire", "localnet")
    northbound(host, "lsp-set-addresses", "wire", "unknown")
    northbound(host, "lsp-set-options", "wire", f"network_name={host.external_bridge_mapping}")
    northbound(host, "lsp-add", "net", PORT, "--", "lsp-set-addresses", PORT, f"{MAC} 10.0.0.11")
    northbound(host, "lsp-set-dhcpv4-options", PORT, dhcp)
    northbound(host, "lr-nat-add", "router", "dnat_and_snat", FLOATING, "10.0.0.11")
    northbound(host, "--wait=hv", "sync")


def domain(disk: Path, config_drive: Path, console: Path, virt_type: str) -> bytes:
    """A guest with one interface in br-int; offloads are off, as the switch is a program."""
    off = {"csum": "off", "tso4": "off", "tso6": "off", "ecn": "off", "ufo": "off"}
    return etree.tostring(
        E.domain(
            E.name("one"),
            E.memory("128", unit="MiB"),
            E.vcpu("1"),
            E.os(E.type("hvm", arch="x86_64", machine="q35")),
            E.features(E.acpi()),
            E.devices(
                E.disk(
                    E.driver(name="qemu", type="qcow2", cache="unsafe"),
                    E.source(file=str(disk)),
                    E.target(dev="vda", bus="virtio"),
                    type="file",
                    device="disk",
                ),
                E.disk(
                    E.driver(name="qemu", type="raw"),
                    E.source(file=str(config_drive)),
                    E.target(dev="vdb", bus="virtio"),
                    E.readonly(),
                    type="file",
                    device="disk",
                ),
                E.interface(
                    E.mac(address=MAC),
                    E.source(bridge="br-int"),
                    E.virtualport(E.parameters(interfaceid=PORT), type="openvswitch"),
                    E.model(type="virtio"),
                    E.driver(E.host(gso="off", mrg_rxbuf="off", **off), E.guest(**off)),
                    E.mtu(size="1442"),
                    E.rom(enabled="no"),
                    type="bridge",
                ),
                E.serial(E.source(path=str(console)), E.target(port="0"), type="file"),
                E.rng(E.backend("/dev/urandom", model="random"), model="virtio"),
                E.memballoon(model="none"),
            ),
            type=virt_type,
        )
    )


def config_drive() -> bytes:
    return build_config_drive(
        {
            "openstack/latest/meta_data.json": json.dumps({"hostname": "one.example"}).encode(),
            "openstack/latest/user_data": b"#!/bin/sh\necho user data of $(hostname)\nexit 3\n",
        }
    )


def test_guest_boots_and_answers(local_host: Endpoints, guest_image: Path, tmp_path: Path) -> None:
    make_topology(local_host)
    disk, drive, console = (local_host.instances / name for name in ("one.qcow2", "one.iso", "one.log"))
    run(("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", guest_image, disk))
    drive.write_bytes(config_drive())
    definition = tmp_path / "one.xml"
    definition.write_bytes(domain(disk, drive, console, local_host.virt_type))
    virsh(local_host, "define", str(definition))
    virsh(local_host, "start", "one")

    def printed() -> str:
        return console.read_text(errors="replace") if console.exists() else ""

    eventually(lambda: "berthline-guest: user-data status=3" in printed(), "the end of the user data")
    text = printed()
    assert "berthline-guest: ipv4 eth0 10.0.0.11/24 mtu=1442" in text
    assert "berthline-guest: metadata source=config-drive host=one.example keys=0" in text
    assert "berthline-guest: ready host=one.example" in text
    assert "user data of one.example" in text
    assert northbound(local_host, "lsp-get-up", PORT).strip() == "up"
    taps = run(("ip", "-n", local_host.network_namespace, "-brief", "link", "show"))
    assert "vnet" in taps

    outside = ("nsenter", f"--net={NAMESPACE_FOLDER / str(local_host.external_namespace)}", "--")

    def page() -> str:
        with suppress(CommandFailed):
            return run((*outside, sys.executable, "-c", FETCH_PAGE, f"http://{FLOATING}/"))
        return ""

    eventually(lambda: "one.example is a Berthline guest" in page(), "its page by the floating IP")

    virsh(local_host, "shutdown", "one")
    eventually(lambda: virsh(local_host, "domstate", "one").strip() == "shut off", "the guest shut off")
    assert "berthline-guest: power button" in printed()
    # Left running for the session's end, which must end guests too.
    virsh(local_host, "start", "one")


def test_commands_enter_by_the_process_that_stays(local_services: LocalHost, local_host: Endpoints) -> None:
    """Not by the lowest number: once the machine's numbers begin anew, that may be a process about to end."""
    assert f"--mount=/proc/{local_host.anchor_pid}/ns/mnt" in local_services.enter_command()


def test_killed_database_starts_again_with_its_rows(local_services: LocalHost, local_host: Endpoints) -> None:
    northbound(local_host, "ls-add", "kept")
    local_services.signal_daemon("northbound", signal.SIGKILL)
    eventually(lambda: local_services.status().stopped == ("northbound",), "the database down")
    with pytest.raises(CommandFailed):
        run(("ovn-nbctl", f"--db={local_host.northbound}", "--timeout=1", "ls-list"))
    local_services.start_daemon("northbound")
    assert "kept" in northbound(local_host, "ls-list")
    northbound(local_host, "ls-del", "kept")


def test_libvirtd_is_started_again_when_it_crashed_and_not_when_it_was_killed(
    local_services: LocalHost, local_host: Endpoints
) -> None:
    """Its own error is SIGSEGV; the guest that runs is found again."""
    pidfile = local_services.layout.inside("/run/libvirt") / "libvirtd.pid"
    guests = virsh(local_host, "list", "--uuid").split()
    for _ in range(2):
        before = pidfile.read_text()
        local_services.signal_daemon("libvirtd", signal.SIGSEGV)
        eventually(lambda before=before: pidfile.read_text().strip() not in ("", before.strip()), "another libvirtd")  # type: ignore[misc]
        eventually(lambda: answers(local_host), "it answers")
    assert "libvirtd" in local_services.status().running
    assert virsh(local_host, "list", "--uuid").split() == guests
    local_services.signal_daemon("libvirtd", signal.SIGKILL)
    eventually(lambda: local_services.status().stopped == ("libvirtd",), "libvirtd down")
    time.sleep(1)
    assert local_services.status().stopped == ("libvirtd",)
    local_services.start_daemon("libvirtd")
    assert virsh(local_host, "list", "--uuid").split() == guests


def test_libvirtd_starts_again_after_a_package_wrote_the_accounts_anew(
    local_services: LocalHost, local_host: Endpoints
) -> None:
    """The kernel takes what is mounted on a file away with the file that another one replaces."""
    run((*local_services.enter_command(), "umount", "/etc/passwd"))
    seen = Path(f"/proc/{local_host.anchor_pid}/root/etc/passwd")
    own = local_services.layout.inside("/etc/passwd")
    assert not seen.samefile(own)
    local_services.signal_daemon("libvirtd", signal.SIGKILL)
    eventually(lambda: local_services.status().stopped == ("libvirtd",), "libvirtd down")
    local_services.start_daemon("libvirtd")
    assert seen.samefile(own)
    virsh(local_host, "version")


def test_stop_after_a_start_that_failed(tmp_path: Path) -> None:
    host = LocalHost(tmp_path / "half", f"h{os.getpid()}", Settings(isolated=True))
    host.layout.central.mkdir(parents=True)
    host.layout.claim_file.write_text(f"{host.name}\n")
    (host.layout.central / "nb.db").write_text("no database\n")
    with pytest.raises(CommandFailed):
        host.start()
    assert members(host.layout.network_namespace, host.layout.private) != []
    host.stop()
    assert remains(host) == []
    host.stop()


def test_a_name_in_use_is_refused_and_its_holder_goes_on(local_services: LocalHost, tmp_path: Path) -> None:
    second = LocalHost(tmp_path / "second", local_services.name, Settings(isolated=True))
    with pytest.raises(InvalidSetting, match="use another name"):
        second.start()
    second.stop()
    assert not second.directory.exists()
    assert local_services.status().stopped == ()


def test_a_directory_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    host = LocalHost(tmp_path, f"o{os.getpid()}", Settings(isolated=True))
    with pytest.raises(InvalidSetting, match="other files"):
        host.start()
    host.stop()
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def test_stop_spares_processes_that_only_look_alike(tmp_path: Path) -> None:
    """Whatever lives in the namespaces is ended; a stranger elsewhere that names the same folder goes on."""
    host = LocalHost(tmp_path / "host", f"s{os.getpid()}", Settings(isolated=True))
    host.start()
    run((*host.enter_command(), "setsid", "--fork", "sleep", "60"), output=tmp_path / "output")
    assert len(members(host.layout.network_namespace, host.layout.private)) == len(host.status().running) + 3
    stranger = os.posix_spawn("/bin/sleep", [f"stranger:{host.directory}", "60"], {})
    try:
        host.stop()
        assert os.waitpid(stranger, os.WNOHANG) == (0, 0)
    finally:
        os.kill(stranger, signal.SIGKILL)
        os.waitpid(stranger, 0)
    assert remains(host) == []
