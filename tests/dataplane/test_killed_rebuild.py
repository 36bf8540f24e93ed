"""The process is killed at every stage of a rebuild, a rescue and the way back: the guest answers at its address."""

from typing import Any, Final

import pytest

from .cloud import Server, eventually
from .ground import Ground
from .kills import SEED, Moment, Traces, killed

pytestmark = [pytest.mark.dataplane, pytest.mark.slow]


class Then:
    """A moment that comes after another one."""

    def __init__(self, first: Moment, second: Moment) -> None:
        self._first, self._second = first, second
        self._seen = False

    def __call__(self, traces: Traces) -> bool:
        self._seen = self._seen or self._first(traces)
        return self._seen and self._second(traces)


def is_off(traces: Traces) -> bool:
    return not traces.state()


def is_on(traces: Traces) -> bool:
    return bool(traces.state())


def is_gone(traces: Traces) -> bool:
    return not traces.is_defined()


REBUILD: Final[dict[str, Moment]] = {
    "claimed": lambda _: True,
    "old guest gone": is_gone,
    "new guest defined": Then(is_gone, lambda traces: traces.is_defined()),
    "new guest on": Then(is_gone, is_on),
}


class Anew:
    """A server with a guest that answers, and what is done to it."""

    def __init__(self, ground: Ground, name: str) -> None:
        print(f"seed {SEED}, replayed by BERTHLINE_KILL_SEED={SEED}")
        self._ground, self._cloud = ground, ground.cloud
        self.server = ground.boot(name)
        self._cloud.active(self.server)
        (self._nic,) = self._cloud.interfaces(self.server)
        self._answers("its boot")

    def killed(self, action: str, argument: Any, label: str, moment: Moment, status: str) -> None:
        """Ask for the action, kill the process at the moment, and see the server through to the status."""

        def act() -> None:
            body = {action: argument}
            self._cloud.user._send("POST", "compute", f"/servers/{self.server}/action", json=body)

        killed(self._cloud, f"server_{action}", moment, act, f"{action} {label}")

        def look() -> Server | None:
            found = self._cloud.server(self.server)
            return found if found is not None and found.status in {status, "ERROR"} else None

        found = eventually(look, f"{status} after {action}, {label}")
        assert found is not None
        assert found.status == status, (action, label, found.fault)
        assert self._cloud.interfaces(self.server) == (self._nic,)
        assert self._ground.domain_ports(self.server) == (self._nic.port_id,)
        self._answers(f"{action}, {label}")
        assert self._cloud.leaks() == ()

    def delete(self) -> None:
        """Delete it; nothing of it is left outside."""
        self._cloud.delete_server(self.server)
        assert self._ground.traces(self.server, self._nic) == []

    def _answers(self, what: str) -> None:
        eventually(lambda: self._ground.pings(self._nic.address), f"an answer from {self._nic.address} after {what}")


@pytest.mark.timeout(600)
def test_a_killed_process_loses_no_server_that_is_rebuilt(ground: Ground) -> None:
    anew = Anew(ground, "killed-anew")
    for number, (label, moment) in enumerate(REBUILD.items()):
        image = ground.upload(label.encode()) if number == 0 else ground.image
        anew.killed("rebuild", {"imageRef": image}, label, moment, "ACTIVE")
    anew.delete()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("label", ["claimed", "guest off", "other guest on"])
def test_a_killed_process_loses_no_server_that_is_rescued(ground: Ground, label: str) -> None:
    anew = Anew(ground, "killed-in-rescue")
    moments: dict[str, tuple[Moment, Moment]] = {
        "claimed": (lambda _: True, lambda _: True),
        "guest off": (is_off, is_off),
        "other guest on": (Then(is_off, is_on), Then(is_off, is_on)),
    }
    there, back = moments[label]
    anew.killed("rescue", None, label, there, "RESCUE")
    anew.killed("unrescue", None, label, back, "ACTIVE")
    anew.delete()
