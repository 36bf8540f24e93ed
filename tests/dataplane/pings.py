"""Pings to a guest all the time, each ten milliseconds, and what became of them."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

ANSWER = re.compile(r"bytes from .*icmp_seq=(\d+)")
SENT = re.compile(r"(\d+) packets transmitted")


@dataclass
class Pings:
    """How many were sent, were answered twice, and were lost between two answers; known at the end."""

    sent: int = 0
    twice: int = 0
    gaps: list[int] = field(default_factory=list)

    @property
    def lost(self) -> int:
        return sum(self.gaps)


@contextmanager
def pinged(namespace: str, address: str) -> Iterator[Pings]:
    """Ping it from there while the block runs."""
    command = ("nsenter", f"--net=/run/netns/{namespace}", "--", "ping", "-n", "-i", "0.01", "-W", "1", address)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found = Pings()
    try:
        yield found
    finally:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
        answered = sorted(int(number) for number in ANSWER.findall(said))
        found.twice = len(answered) - len(set(answered))
        found.gaps = [after - before - 1 for before, after in pairwise(answered) if after > before + 1]
        sent = SENT.search(said)
        found.sent = int(sent[1]) if sent else 0
