"""The bridge to the outside: what moves, what is written for the next start, and that it comes back when it fails."""

import json
import tomllib
from pathlib import Path

import msgspec
import pytest

from berthline.install import step
from berthline.install.errors import InstallError
from berthline.install.machine import Done
from berthline.install.provider_bridge import guard, moving, written
from berthline.install.provider_bridge.moving import Way
from berthline.install.provider_bridge.step import PENDING, ProviderBridge

from .scripted import Answer, machine_of

WAY = Way(
    nic="lan0",
    bridge="br-x",
    mac="02:00:00:00:00:01",
    datapath="",
    addresses=("192.0.2.10/24", "2001:db8::10/64"),
    routes=(
        ("-4", ("198.51.100.0/24",)),
        ("-4", ("default", "via", "192.0.2.1", "metric", "5")),
        ("-6", ("default", "via", "fe80::1")),
    ),
    gateway="192.0.2.1",
)
ADDRESSES = {
    "-4": [{"local": "192.0.2.10", "prefixlen": 24, "dynamic": True}],
    "-6": [{"local": "2001:db8::10", "prefixlen": 64}, {"local": "2001:db8::77", "prefixlen": 64, "dynamic": True}],
}
ROUTES = {
    "-4": [
        {"dst": "default", "gateway": "192.0.2.1", "metric": 5},
        {"dst": "192.0.2.0/24", "protocol": "kernel"},
        {"dst": "198.51.100.0/24", "protocol": "static"},
    ],
    "-6": [{"dst": "default", "gateway": "fe80::1"}, {"dst": "fe80::/64", "protocol": "kernel"}],
}
INTERFACES = """\
auto lo lan0
iface lo inet loopback
iface lan0 inet static
    address 192.0.2.10/24

    gateway 192.0.2.1
iface lan0 inet6 auto
allow-hotplug other
iface other inet dhcp
"""
LEFT = """\
auto lo lan0
iface lo inet loopback
iface lan0 inet manual
#berthline# iface lan0 inet static
#berthline#     address 192.0.2.10/24

#berthline#     gateway 192.0.2.1
#berthline# iface lan0 inet6 auto
allow-hotplug other
iface other inet dhcp
"""


def shown(gateway_answers: list[bool]) -> Answer:
    """A machine with a NIC as above; each ping is answered by the next of these, the last one for ever."""
    ports: list[str] = []

    def answer(words: tuple[str, ...]) -> str | Done:
        if words[0] == "ping":
            answers = gateway_answers.pop(0) if len(gateway_answers) > 1 else gateway_answers[0]
            return Done(0 if answers else 1, "")
        if words[:2] == ("ip", "-json"):
            version = words[2] if words[2].startswith("-") else ""
            if "route" in words:
                return json.dumps(ROUTES[version])
            return json.dumps([{"address": WAY.mac, "addr_info": ADDRESSES.get(version, [])}, {}])
        if words[0] == "systemctl":
            return Done(3, "inactive")
        if "add-port" in words:
            ports.append("lan0")
        if "del-br" in words:
            ports.clear()
        if "list-ports" in words:
            return Done(0 if ports else 1, "\n".join(ports))
        return ""

    return answer


def silent(_words: str) -> None:
    """Tell nobody."""


def test_what_moves_is_read_of_the_machine(tmp_path: Path) -> None:
    machine, _ = machine_of(tmp_path, shown([True]))
    assert moving.way_of(machine, "lan0", "br-x", "") == WAY


def test_forward_and_back_mirror_each_other() -> None:
    forward, back = (
        [" ".join(words) for words in moving.forward(WAY)],
        [" ".join(words) for words in moving.back(WAY)],
    )
    assert forward[0].startswith("ovs-vsctl --timeout=20 --may-exist add-br br-x -- set bridge br-x")
    assert forward[0].endswith('hwaddr="02:00:00:00:00:01" fail_mode=standalone -- --may-exist add-port br-x lan0')
    assert forward[2:] == [
        "ip address del 192.0.2.10/24 dev lan0",
        "ip address replace 192.0.2.10/24 dev br-x",
        "ip address del 2001:db8::10/64 dev lan0",
        "ip address replace 2001:db8::10/64 dev br-x",
        "ip -4 route replace 198.51.100.0/24 dev br-x",
        "ip -4 route replace default via 192.0.2.1 metric 5 dev br-x",
        "ip -6 route replace default via fe80::1 dev br-x",
    ]
    swapped = [line.replace("lan0", "?").replace("br-x", "lan0").replace("?", "br-x") for line in forward[2:]]
    assert back == [*swapped, "ovs-vsctl --timeout=20 --if-exists del-br br-x"]


def test_it_stays_where_the_gateway_answers(tmp_path: Path) -> None:
    machine, _ = machine_of(tmp_path, shown([True, False, True]))
    machine.write("/etc/network/interfaces", INTERFACES)
    steps = (ProviderBridge("lan0", "br-x", "", seconds=30),)
    assert step.install(machine, steps, silent) == 1
    assert machine.read("/etc/network/interfaces") == LEFT
    assert "192.0.2.10/24 dev br-x" in (machine.read("/etc/network/interfaces.d/br-x") or "")
    assert machine.read(PENDING) is None
    assert step.install(machine, steps, silent) == 0
    assert step.remove(machine, steps, silent) == 1
    assert machine.read("/etc/network/interfaces") == INTERFACES
    assert machine.read("/etc/network/interfaces.d/br-x") is None


def test_it_is_taken_back_where_the_gateway_falls_silent(tmp_path: Path) -> None:
    machine, commands = machine_of(tmp_path, shown([True, False]))
    machine.write("/etc/network/interfaces", INTERFACES)
    steps = (ProviderBridge("lan0", "br-x", "", seconds=0),)
    with pytest.raises(InstallError, match=r"the gateway 192\.0\.2\.1 did not answer over br-x"):
        step.install(machine, steps, silent)
    assert commands.run_so_far[-8:] == [" ".join(words) for words in moving.back(WAY)]
    assert machine.read("/etc/network/interfaces") == INTERFACES
    assert machine.read(PENDING) is None
    assert machine.record.made == ()


def test_the_guard_takes_back_what_nobody_confirmed(tmp_path: Path) -> None:
    machine, commands = machine_of(tmp_path)
    machine.write(PENDING, msgspec.json.encode(WAY).decode())
    assert guard.watch(machine, machine.place(PENDING), 0)
    assert commands.run_so_far == [" ".join(words) for words in moving.back(WAY)]
    assert machine.read(PENDING) is None
    assert not guard.watch(machine, machine.place(PENDING), 600)  # confirmed: it ends at once
    assert len(commands.run_so_far) == len(moving.back(WAY))


def test_networkd_is_told_by_files_before_its_own() -> None:
    files = written.networkd_files(WAY)
    assert list(files) == ["/etc/systemd/network/05-lan0.network", "/etc/systemd/network/05-br-x.network"]
    nic, bridge = files.values()
    assert "Address=" not in nic
    assert bridge == (
        "[Match]\nName=br-x\n\n[Network]\nAddress=192.0.2.10/24\nAddress=2001:db8::10/64\n"
        "\n[Route]\nDestination=198.51.100.0/24\n"
        "\n[Route]\nGateway=192.0.2.1\nMetric=5\n"
        "\n[Route]\nGateway=fe80::1\n"
    )


def test_a_machine_of_networkmanager_is_refused(tmp_path: Path) -> None:
    machine, _ = machine_of(tmp_path, lambda words: "active" if words[-1].startswith("NetworkManager") else "inactive")
    with pytest.raises(InstallError, match="NetworkManager manages"):
        written.manager_of(machine, "lan0")


def test_settings_are_toml_that_the_cloud_takes(tmp_path: Path) -> None:
    from berthline.config import load
    from berthline.install.choices import Choices
    from berthline.install.roles import settings_text

    choices = Choices(role="both", name="one", address="192.0.2.10", central="192.0.2.10")
    file = tmp_path / "berthline.toml"
    file.write_text(settings_text(choices, "/c", "/k", "/a", switch=True))
    assert tomllib.loads(file.read_text())["public_url"] == "https://192.0.2.10:8774"
    settings = load({}, {}, file)
    assert settings.dataplane.ovs_db == "ssl:127.0.0.1:6640"
    assert settings.tls.certificate == "/c"
