"""What is chosen: given now, else before, else found out; and what cannot be is refused by its option."""

import json
from pathlib import Path

import pytest

from berthline.install import facts, roles
from berthline.install.choices import chosen, kept
from berthline.install.errors import InstallError
from berthline.install.facts import Facts
from berthline.install.machine import Done

from .scripted import machine_of

FOUND = Facts("debian 12", "found", "192.0.2.10", "lan0", 4096, kvm=True, kernel_switch=True)
HYPERVISOR = {"role": "hypervisor", "central": "192.0.2.1", "certificates": "/root/two"}


def test_what_is_given_counts_before_what_was_and_what_is_found() -> None:
    made = chosen({"role": "both", "name": None}, {}, FOUND)
    assert (made.name, made.address, made.central, made.port) == ("found", "192.0.2.10", "192.0.2.10", 8774)
    again = chosen({"port": 443}, kept(made) | {"name": "kept"}, FOUND)
    assert (again.role, again.name, again.port) == ("both", "kept", 443)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "say what this machine is to be"),
        ({"role": "all"}, "that cannot be chosen"),
        ({"role": "both", "address": "one.example.net"}, "--address: an IP address is needed"),
        ({"role": "both", "name": "a b"}, "--name: 'a b' cannot be one"),
        ({"role": "both", "provider_nic": "a/b"}, "--provider-nic"),
        ({"role": "both", "port": "0"}, "that cannot be chosen"),
        ({"role": "both", "certificate": "/c"}, "--certificate needs --private-key"),
        ({"role": "both", "authority_key": "/k"}, "--authority-key needs --authority-certificate"),
        ({"role": "hypervisor", "central": "192.0.2.1"}, "--certificates-for found --address 192.0.2.10"),
        ({"role": "hypervisor", "certificates": "/root/x"}, "--central: an IP address is needed, and nothing is none"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, str | int | None], words: str) -> None:
    with pytest.raises(InstallError) as refused:
        chosen(given, {}, FOUND)
    assert words in str(refused.value)


def test_a_machine_without_an_address_has_to_be_told_one() -> None:
    nowhere = Facts("debian 12", "found", "", "", 4096, kvm=False, kernel_switch=False)
    with pytest.raises(InstallError, match="by --address"):
        chosen({"role": "both"}, {}, nowhere)
    assert chosen({"role": "both", "address": "192.0.2.9"}, {}, nowhere).address == "192.0.2.9"


def test_a_hypervisor_has_nothing_of_ours() -> None:
    names = [step.name for step in roles.steps_of(chosen(dict(HYPERVISOR), {}, FOUND), FOUND)]
    assert not [name for name in names if "/etc/berthline" in name or "berthline.service" in name]
    assert len(names) == len(set(names))


def test_each_name_of_a_step_is_there_once_but_for_what_two_roles_share() -> None:
    made = chosen({"role": "both", "provider_nic": "lan0"}, {}, FOUND)
    names = [step.name for step in roles.steps_of(made, FOUND)]
    assert {name for name in names if names.count(name) > 1} == {"service openvswitch-switch.service"}


def test_a_switch_outside_the_kernel_is_told_so() -> None:
    outside = Facts("debian 12", "found", "192.0.2.10", "lan0", 4096, kvm=False, kernel_switch=False)
    (switch,) = [
        step for step in roles.steps_of(chosen(dict(HYPERVISOR), {}, outside), outside) if "switch: " in step.name
    ]
    assert ("ovn-bridge-datapath-type", "netdev") in switch.ids  # type: ignore[attr-defined]
    (kernel,) = [step for step in roles.steps_of(chosen(dict(HYPERVISOR), {}, FOUND), FOUND) if "switch: " in step.name]
    assert "ovn-bridge-datapath-type" not in dict(kernel.ids)  # type: ignore[attr-defined]


def test_facts_are_found_out(tmp_path: Path) -> None:
    def answer(words: tuple[str, ...]) -> str | Done:
        if words[0] == "hostname":
            return "one.example.net\n"
        if "route" in words:
            return json.dumps([{"dst": "default", "dev": "lan0", "gateway": "192.0.2.1"}])
        if "address" in words:
            return json.dumps([{"ifname": "lan0", "addr_info": [{"local": "192.0.2.10", "prefixlen": 24}]}])
        return Done(1, "")

    machine, _ = machine_of(tmp_path, answer)
    machine.write("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    machine.write("/proc/meminfo", "MemTotal:        8388608 kB\n")
    found = facts.look(machine)
    assert found == Facts("debian 12", "one", "192.0.2.10", "lan0", 8192, kvm=False, kernel_switch=False)
    assert facts.told(found) == (
        "one: debian 12, 8192 MiB, no KVM: guests are emulated, no Open vSwitch in the kernel: it forwards itself, "
        "192.0.2.10 at lan0"
    )
