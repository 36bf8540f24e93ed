"""What the process asks of its allocator: in a process of its own, for it is asked once and for all."""

import subprocess
import sys

SCRIPT = """
import gc
from pathlib import Path
from berthline.bootstrap import memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

memory.prepare()
assert not gc.isenabled()
cycle = []
cycle.append(cycle)
del cycle
memory.settle()
assert gc.isenabled()
assert gc.get_freeze_count() > 0
size = 19 * 1024 * 1024
before = resident()
for _ in range(4):
    block = bytearray(b"x") * size
    pin = bytearray(100_000)  # lies behind the block, so that a heap could not shrink below it
    assert resident() - before > size // 2
    del block
    assert resident() - before < size // 2, "a large block that was freed is still held"
"""


def test_large_blocks_are_given_back_when_they_are_freed() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
