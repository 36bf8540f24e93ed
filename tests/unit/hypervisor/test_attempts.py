"""Attempts that get stuck, without a host."""

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from berthline.hypervisor.libvirt.attempts import Attempts, Closed, Silent


class Peer:
    """Answers when it is told to; remembers what was discarded."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.begun = 0
        self.discarded: list[int] = []
        self.discards = threading.Semaphore(0)
        self.now = 0.0

    def open_one(self) -> int:
        self.begun += 1
        number = self.begun
        self.answers.wait(60)
        return number

    def discard(self, number: int) -> None:
        self.discarded.append(number)
        self.discards.release()


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.answers.set()


def attempts_at(peer: Peer, seconds: float = 0.01) -> Attempts[int]:
    return Attempts(peer.open_one, peer.discard, seconds, lambda: peer.now)


def test_an_answer_is_handed_over(peer: Peer) -> None:
    peer.answers.set()
    attempts = attempts_at(peer, 60)
    assert [attempts.opened(), attempts.opened()] == [1, 2]
    assert peer.discarded == []


def test_what_the_attempt_raised_is_raised_and_the_next_begins_at_once() -> None:
    def refuse() -> int:
        raise ConnectionRefusedError

    attempts = Attempts(refuse, lambda _number: None, 60)
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            attempts.opened()


def test_stuck_attempts_make_the_next_ones_rarer(peer: Peer) -> None:
    attempts = attempts_at(peer, 0.01)
    begun = []
    for step in range(100):
        peer.now = step * 0.01
        with pytest.raises(Silent):
            attempts.opened()
        begun.append(peer.begun)
    assert begun[0] == 1, "the control: the first begins at once"
    assert begun[1] == 1, "the second is not due yet"
    assert begun[2] == 2
    assert begun[-1] == 6, "at 0, 2, 6, 14, 30 and 62 hundredths"


def test_what_comes_late_is_discarded_and_the_next_begins_at_once(peer: Peer) -> None:
    attempts = attempts_at(peer)
    with pytest.raises(Silent):
        attempts.opened()
    peer.answers.set()
    assert peer.discards.acquire(timeout=60)
    assert attempts.opened() == 2
    assert peer.discarded == [1]


def test_closing_lets_whoever_waits_go(peer: Peer) -> None:
    def open_one() -> int:
        closer.start()
        return peer.open_one()

    attempts = Attempts(open_one, peer.discard, 3600)
    closer = threading.Thread(target=attempts.close)
    with pytest.raises(Closed):
        attempts.opened()
    peer.answers.set()
    assert peer.discards.acquire(timeout=60)
    with pytest.raises(Closed):
        attempts.opened()
    assert peer.begun == 1


def test_a_stuck_attempt_does_not_keep_the_process_from_ending() -> None:
    program = (
        "import time\n"
        "from berthline.hypervisor.libvirt.attempts import Attempts, Silent\n"
        "try:\n"
        "    Attempts(lambda: time.sleep(3600), lambda _: None, 0.01).opened()\n"
        "except Silent:\n"
        "    print('silent')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True, text=True)
    assert done.stdout == "silent\n"
