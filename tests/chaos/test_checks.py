"""The judge finds what is wrong: each check, on a small world that is right but for one thing."""

from collections.abc import Callable
from typing import Any

import pytest

from berthline.domain.ids import HostName, PortId, ServerId
from berthline.simulated.world import Content
from tests.chaos.checks import Found, Uses, violations
from tests.chaos.journal import Journal, Thing


class Case:
    """One server with a NIC, a port, and a floating IP that leads to it; all of them acknowledged."""

    def __init__(self) -> None:
        nic, port = self.port("nic", "10.0.0.1", device="s", owner="compute:nova"), self.port("p", "10.0.0.2")
        server = {"id": "s", "name": "c-1", "status": "ACTIVE", "tenant_id": "project", "OS-EXT-SRV-ATTR:host": "h"}
        floating: dict[str, Any] = {
            "id": "f",
            "description": "c-3",
            "port_id": "p",
            "floating_ip_address": "203.0.113.1",
        }
        floating |= {"project_id": "project", "revision_number": 3}
        self.found = Found({"s": server}, {"nic": nic, "p": port}, {"f": floating})
        self.journal = Journal("project")
        self.server = Thing("server", "s", "project", nics={"nic"})
        self.floating = Thing("floatingip", "f", "project", port="p", revision=3)
        for thing in (self.server, Thing("port", "p", "project", revision=1), self.floating):
            self.journal.things[thing.id] = thing
        self.uses: Uses = {"server": (1, 5), "port": (2, 5), "floatingip": (1, 5)}
        self.powers: dict[HostName, dict[ServerId, Any]] = {HostName("h"): {ServerId("s"): "running"}}
        self.plugged = {PortId("nic"): "h"}

    @staticmethod
    def port(name: str, address: str, *, device: str = "", owner: str = "") -> dict[str, Any]:
        return {
            "id": name,
            "name": name,
            "network_id": "n",
            "project_id": "project",
            "mac_address": f"mac of {name}",
            "fixed_ips": [{"ip_address": address}],
            "device_id": device,
            "device_owner": owner,
            "binding:host_id": "h",
            "revision_number": 2,
        }

    def violations(self) -> list[str]:
        content = Content(
            powers=self.powers, disks={}, nics={ServerId("s"): (PortId("nic"),)}, plugged=dict(self.plugged)
        )
        return violations([self.journal], self.found, {"project": self.uses}, content)


def test_what_is_right_is_right() -> None:
    assert Case().violations() == []


def _second_guest(case: Case) -> None:
    case.powers[HostName("other")] = {ServerId("s"): "running"}


def _strange_port(case: Case) -> None:
    case.found.ports["x"] = Case.port("x", "10.0.0.9")
    case.uses["port"] = (3, 5)


WRONG: dict[str, tuple[Callable[[Case], object], str]] = {
    "lost": (lambda case: case.found.floating.clear(), "is lost"),
    "came back": (lambda case: setattr(case.floating, "standing", "gone"), "is there"),
    "older": (lambda case: setattr(case.floating, "revision", 9), "revision 3 after 9"),
    "stranger": (_strange_port, "nobody was told"),
    "detached": (lambda case: case.server.nics.add("q"), "was attached"),
    "led astray": (lambda case: case.found.floating["f"].update(port_id="nic"), "leads to nic"),
    "address": (lambda case: case.found.ports["p"].update(fixed_ips=[{"ip_address": "10.0.0.1"}]), "address"),
    "mac": (lambda case: case.found.ports["p"].update(mac_address="mac of nic"), "MAC"),
    "ownerless": (lambda case: case.found.ports["p"].update(device_id="s"), "no owner"),
    "owner gone": (lambda case: case.found.ports["nic"].update(device_id="t"), "which is not there"),
    "elsewhere": (lambda case: case.found.ports["nic"].update({"binding:host_id": "i"}), "its server is elsewhere"),
    "miscounted": (lambda case: case.uses.update({"port": (3, 5)}), "3 are counted"),
    "too many": (lambda case: case.uses.update({"port": (2, 1)}), "may have 1"),
    "no guest": (lambda case: case.powers[HostName("h")].clear(), "has no guest"),
    "two guests": (_second_guest, "has 2 guests"),
    "tap": (lambda case: case.plugged.update({PortId("x"): "h"}), "taps without"),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_each_wrong_is_found(name: str) -> None:
    harm, says = WRONG[name]
    case = Case()
    harm(case)
    assert any(says in one for one in case.violations()), case.violations()


def test_what_was_never_answered_may_be_there_once() -> None:
    case = Case()
    _strange_port(case)
    case.journal.unanswered.append(("port", "x"))
    assert case.violations() == []
    case.found.ports["y"] = Case.port("y", "10.0.0.10") | {"name": "x"}
    case.uses["port"] = (4, 5)
    assert any("2 times" in one for one in case.violations())
