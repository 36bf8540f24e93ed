"""A guest with Debian's guest agent: passwords it changes, and file systems it makes quiet while the disk is copied."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from berthline.cli.errors import CloudRefused
from berthline.localhost import guest_image
from berthline.localhost.commands import run

from . import agent_guest
from .cloud import eventually
from .ground import Ground

pytestmark = [pytest.mark.dataplane, pytest.mark.slow]

PASSWORD: Final = "Brünn 1928 &c."


class Agent:
    """A server with an agent that answers, whose image requires a quiet file system of each copy."""

    def __init__(self, ground: Ground, image: Path, folder: Path) -> None:
        self._ground, self._folder = ground, folder
        self.cloud = ground.cloud
        properties = {"hw_qemu_guest_agent": "yes", "os_require_quiesce": "yes"}
        self.image = ground.upload(file=image, properties=properties)
        self.server = ground.boot("agent", imageRef=self.image)
        self.cloud.active(self.server)
        self._address = self.cloud.interfaces(self.server)[0].address
        self.seen("ready host=agent", 1)
        self.seen("agent", 1)

    def seen(self, line: str, times: int) -> None:
        """Wait until the guest has said this on its console so many times."""
        said = f"berthline-guest: {line} t="
        eventually(lambda: self.cloud.console(self.server).count(said) >= times, f"{line}, {times} times")

    def inside(self, command: str) -> str:
        """What a shell of the guest says."""
        done = self._ground.inside(self._address, "sh", "-c", f"'{command}'")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def act(self, name: str, argument: Any) -> None:
        """POST an action."""
        self.cloud.user._send("POST", "compute", f"/servers/{self.server}/action", json={name: argument})

    def told(self, name: str) -> str:
        """What lies in an image of the server of that which the agent's hook wrote, once the image is there."""
        image = eventually(lambda: self._active(name), f"image {name}")
        assert image is not None
        copy, raw, partition = (self._folder / f"{name}.{kind}" for kind in ("qcow2", "raw", "ext4"))
        with copy.open("wb") as file:
            file.write(self.cloud.user._send("GET", "image", f"/images/{image}/file").content)
        run(("qemu-img", "convert", "-O", "raw", copy, raw))
        with raw.open("rb") as disk:
            disk.seek(guest_image.DATA_START * guest_image.SECTOR)
            partition.write_bytes(disk.read(guest_image.DATA_SECTORS * guest_image.SECTOR))
        self.cloud.user.delete("image", f"/images/{image}")
        run(("e2fsck", "-f", "-n", partition))
        look = ("debugfs", "-R", "cat /told", str(partition))
        return subprocess.run(look, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout

    def _active(self, name: str) -> str | None:
        found = self.cloud.user.list("image", "/images", "images", dict, name=name)
        return next((str(image["id"]) for image in found if image["status"] == "active"), None)


@pytest.fixture(scope="module")
def agent(ground: Ground, guest_image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    image = agent_guest.build(guest_image.parent, guest_image)
    made = Agent(ground, image, tmp_path_factory.mktemp("agent"))
    yield made
    ground.cloud.delete_server(made.server)
    assert ground.traces(made.server) == []


def test_the_password_of_root_is_another_one(agent: Agent) -> None:
    shadow = "grep ^root: /etc/shadow"
    assert agent.inside(shadow).startswith("root:*:")
    agent.act("changePassword", {"adminPass": PASSWORD})
    found = re.match(r"root:(\$6\$([^$]+)\$[^:]+):", agent.inside(shadow))
    assert found is not None
    assert run(("openssl", "passwd", "-6", "-salt", found[2], PASSWORD)).strip() == found[1]


def test_a_running_disk_is_copied_while_it_is_quiet(agent: Agent) -> None:
    agent.inside("rm -f /persist/told; sync; echo dirty >/persist/told")
    agent.act("createImage", {"name": "quiet"})
    assert agent.told("quiet") == "dirty\nfreeze\n"
    agent.seen("agent thaw", 1)
    assert agent.inside("sync; cat /persist/told").split() == ["dirty", "freeze", "thaw"]


def test_a_guest_is_thawed_though_the_process_died_while_it_was_frozen(agent: Agent) -> None:
    agent.inside("rm -f /persist/told; sync; touch /run/slowly")
    agent.act("createImage", {"name": "torn"})
    agent.seen("agent freeze", 2)
    agent.cloud.kill()
    agent.cloud.start()
    # Copied anew: it was thawed and frozen once more.
    assert agent.told("torn") == "freeze\nthaw\nfreeze\n"
    told = eventually(lambda: agent.inside("sync; cat /persist/told").split()[3:], "a guest that is thawed again")
    assert told == ["thaw"]
    assert agent.cloud.leaks() == ()


def test_an_agent_that_has_ended_is_said_to_be(agent: Agent) -> None:
    agent.inside("killall qemu-ga")

    def refused() -> CloudRefused | None:
        try:
            agent.act("changePassword", {"adminPass": PASSWORD})
        except CloudRefused as error:
            return error
        return None

    error = eventually(refused, "a refused password")
    assert error is not None
    assert error.status == 409
    assert "The agent of guest" in str(error)
    agent.act("createImage", {"name": "never"})
    eventually(lambda: not agent.cloud.user.list("image", "/images", "images", dict, name="never"), "the image is gone")
    assert agent.cloud.active(agent.server).status == "ACTIVE"
