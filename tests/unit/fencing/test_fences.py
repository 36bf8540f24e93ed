"""Fences, against a simulated controller and commands of the test's own: off is what they say is off, and no secret is
in what they say.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from berthline.domain.errors import OutsideError, Refused, Transient
from berthline.domain.hosts.enrolment import EnrolledHost, HostOptions
from berthline.domain.ids import HostName
from berthline.fencing.command import CommandFence
from berthline.fencing.credentials import Credentials, credentials_for
from berthline.fencing.redfish import RedfishFence
from tests.unit.fencing.simulated_controller import SimulatedController

PATIENT = 30.0


def host(url: str = "") -> EnrolledHost:
    return EnrolledHost(
        name=HostName("host-1"),
        kind="libvirt",
        options=HostOptions(fence_url=url),
        revision=1,
        enrolled_at=1,
        updated_at=1,
    )


@pytest.fixture
def controller() -> Iterator[SimulatedController]:
    with SimulatedController().running() as running:
        yield running


@pytest.fixture
def file(tmp_path: Path, controller: SimulatedController) -> Path:
    path = tmp_path / "fence.toml"
    path.write_text(f'[default]\nuser = "{controller.user}"\npassword = "{controller.password}"\n')
    path.chmod(0o600)
    return path


async def refused(fence: RedfishFence, wanted: EnrolledHost, error: type[OutsideError]) -> str:
    """What the fence says where it fails; neither that nor a log has the password."""
    with structlog.testing.capture_logs() as logs, pytest.raises(error) as caught:
        await fence.cut(wanted)
    assert "hunter2" not in f"{caught.value!r} {caught.value.__cause__!r} {logs}"
    return caught.value.message


async def test_a_system_is_forced_off_and_looked_at_until_it_is(controller: SimulatedController, file: Path) -> None:
    controller.lags = 2
    fence = RedfishFence(file, "", PATIENT)
    await fence.cut(host(controller.url))
    assert (controller.power, controller.resets) == ("Off", [{"ResetType": "ForceOff"}])
    await fence.cut(host(controller.url))
    assert len(controller.resets) == 1, "one that is off is left so"


async def test_one_that_says_it_is_on_is_not_off(controller: SimulatedController, file: Path) -> None:
    controller.lags = 10_000
    assert "says On" in await refused(RedfishFence(file, "", 0.01), host(controller.url), Transient)


async def test_what_is_wrong_is_told_without_the_password(controller: SimulatedController, file: Path) -> None:
    fence = RedfishFence(file, "", PATIENT)
    assert "has no fence_url" in await refused(fence, host(), Refused)
    assert "404" in await refused(fence, host(controller.url + "0"), Refused)
    for status, error in ((500, Transient), (403, Refused), (302, Refused)):
        controller.answers = status
        assert str(status) in await refused(fence, host(controller.url), error)
    controller.answers, controller.allowed = None, ["On"]
    assert "cannot be told ForceOff" in await refused(fence, host(controller.url), Refused)
    controller.allowed = None
    for target in ("//elsewhere/x", "http://elsewhere/x"):
        controller.target = target
        assert "no action" in await refused(fence, host(controller.url), Refused)
    controller.password = "another"
    assert "refuses our user" in await refused(fence, host(controller.url), Refused)
    silent = await refused(fence, host("http://127.0.0.1:1/redfish/v1/Systems/1"), Transient)
    assert silent == "the controller of host host-1 does not answer: ConnectError"
    assert controller.power == "On"


def test_credentials_are_those_of_the_host_and_of_a_file_that_only_we_read(tmp_path: Path) -> None:
    path = tmp_path / "fence.toml"
    with pytest.raises(Refused, match="cannot be read"):
        credentials_for(path, HostName("host-1"))
    path.write_text('[default]\nuser = "a"\npassword = "b"\n["host-1"]\nuser = "c"\npassword = "d"\n')
    path.chmod(0o640)
    with pytest.raises(Refused, match="others than its owner"):
        credentials_for(path, HostName("host-1"))
    path.chmod(0o600)
    assert credentials_for(path, HostName("host-1")) == ("c", "d")
    assert credentials_for(path, HostName("host-2")) == ("a", "b")
    assert f"{Credentials('a', 'b')} {Credentials('a', 'b')!r}" == "Credentials(...) Credentials(...)"
    for text in ("no = toml = at all", 'user = "a"', '[default]\nuser = "a"\n'):
        path.write_text(text)
        with pytest.raises(Refused) as caught:
            credentials_for(path, HostName("host-2"))
        assert text not in caught.value.message


async def test_a_command_says_by_its_exit_code_that_the_host_is_off(tmp_path: Path) -> None:
    written = tmp_path / "cut"
    program = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(' '.join(sys.argv[2:]))"
    await CommandFence([sys.executable, "-c", program, str(written), "off", "{host}; rm -rf /"], PATIENT).cut(host())
    assert written.read_text() == "off host-1; rm -rf /", "no shell reads it"
    with pytest.raises(Transient, match="ended with 3"):
        await CommandFence([sys.executable, "-c", "import sys; print('hunter2'); sys.exit(3)"], PATIENT).cut(host())
    with pytest.raises(Refused, match="could not be run"):
        await CommandFence([str(tmp_path / "nothing")], PATIENT).cut(host())
    with pytest.raises(Transient, match="did not end"):
        await CommandFence([sys.executable, "-c", "import time; time.sleep(600)"], 0.05).cut(host())
