"""`berthline simulate`: a world in a process of its own, and clouds that use it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Starter, berthline, environment


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running world of two hosts, and its address."""
    at = f"unix:{tmp_path / 'world'}"
    words = [sys.executable, "-m", "berthline", "simulate", "2", "--at", at, "--set", "simulated.vcpus=8"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == f"ready: 2 hosts at {at}\n"
            yield process, at
        finally:
            process.kill()


def test_a_cloud_uses_it_and_comes_back_to_it_and_nothing_is_left(
    world: tuple[subprocess.Popen[str], str], start: Starter
) -> None:
    process, at = world
    cloud = start("--simulated", at)
    assert cloud.get("/healthz").json()["parts"]["hosts"]["up"] == 2
    other = berthline("up", "--simulated", at, "--data", str(cloud.data.with_name("other")), "--listen", "127.0.0.1:0")
    assert (other.returncode, other.stderr.count("\n")) == (1, 1)
    assert "cloud" in other.stderr
    assert cloud.end() == 0
    assert start("--simulated", at, data=cloud.data).end() == 0
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert not os.path.lexists(at.removeprefix("unix:"))


def test_what_a_killed_one_left_is_in_nobodys_way(world: tuple[subprocess.Popen[str], str]) -> None:
    process, at = world
    refused = berthline("simulate", "--at", at)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "another world" in refused.stderr
    process.kill()
    process.wait(30)
    words = [sys.executable, "-m", "berthline", "simulate", "--at", at]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment()) as again:
        assert again.stdout is not None
        assert again.stdout.readline() == f"ready: 3 hosts at {at}\n"
        again.send_signal(signal.SIGINT)
        assert again.wait(30) == 0


@pytest.mark.parametrize(
    "words",
    [
        ("simulate", "--at", "tcp:0.0.0.0:0"),
        ("simulate", "--at", "world"),
        ("simulate", "--at", "unix:/no/such/folder/world"),
        ("up", "--listen", "127.0.0.1:0", "--simulated", "unix:/no/such/folder/world"),
        ("up", "--listen", "127.0.0.1:0", "--simulated", "tcp:192.0.2.1:80"),
    ],
)
def test_an_address_that_cannot_be_is_refused_in_one_line(words: tuple[str, ...], tmp_path: Path) -> None:
    more = ("--data", str(tmp_path / "data")) if words[0] == "up" else ()
    refused = berthline(*words, *more)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr
    assert refused.stderr.startswith("berthline: ")


def test_the_size_of_the_hosts_is_the_worlds_to_say(tmp_path: Path) -> None:
    words = ("up", "--data", str(tmp_path), "--simulated", "unix:/x", "--set", "simulated.vcpus=4")
    refused = berthline(*words)
    assert refused.returncode == 2
    assert "simulated.vcpus: the world at unix:/x has its own" in refused.stderr
