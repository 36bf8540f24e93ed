"""Takes the bridge back by itself: runs beside the installation, in a session of its own, and outlives its terminal.

Run as ``python -m berthline.install.provider_bridge.guard FILE SECONDS``. The file says what moved. Whoever has seen
the way out work removes it; when it is there still after so many seconds, everything is put back.
"""

import os
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from berthline.install.machine import Machine
from berthline.install.provider_bridge.moving import Way, back

LOOK_SECONDS: Final = 0.2
MARGIN_SECONDS: Final = 15.0
"""So much longer than the installation itself waits: it takes back what it can itself."""


def start(machine: Machine, file: Path, seconds: float) -> None:
    """Have it run from now on. Raises InstallError."""
    command = (sys.executable, "-I", "-m", __name__, str(file), str(seconds + MARGIN_SECONDS))
    machine.run("setsid", "--fork", *command)


def take_back(machine: Machine, way: Way) -> None:
    """Put everything back, as far as it is not."""
    for command in back(way):
        machine.ask(*command)


def watch(machine: Machine, file: Path, seconds: float) -> bool:
    """Wait until the file is gone, at most so long, and take back what it says then; whether that was done."""
    deadline = time.monotonic() + seconds
    while file.exists():
        if time.monotonic() > deadline:
            take_back(machine, msgspec.json.decode(file.read_bytes(), type=Way))
            file.unlink(missing_ok=True)
            return True
        time.sleep(LOOK_SECONDS)
    return False


if __name__ == "__main__":
    # Whoever started it reads until nobody writes any more.
    with Path(os.devnull).open("r+b", buffering=0) as nowhere:
        for number in (0, 1, 2):
            os.dup2(nowhere.fileno(), number)
    watch(Machine(), Path(sys.argv[1]), float(sys.argv[2]))
