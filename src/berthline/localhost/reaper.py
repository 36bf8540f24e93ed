"""The parent of one daemon and of whatever it leaves behind; run as a script by `services.py`, never imported.

    python -I reaper.py PROGRAM ARGUMENT...

It starts a program that puts itself into the background, returns with that program's exit status, and stays in
the background as the one who collects the ended descendants, until the last has ended. libvirt believes a
QEMU alive until its parent has collected it; the first process of a container often does so late or never, which
makes libvirt wait half a minute for each QEMU that has long ended.
"""

import ctypes
import os
import signal
import sys

PR_SET_CHILD_SUBREAPER = 36


def collect_until_alone() -> None:
    """Wait for descendants until there is none."""
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def stand_by(program: list[str], answer: int) -> None:
    """Start the program, write its exit status to `answer` when it has gone into the background, and collect."""
    os.setsid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    child = os.fork()
    if child == 0:
        os.execvp(program[0], program)  # noqa: S606 - becomes that program, no shell in between
    # It outlives a request to end, so that whoever is asked beside it is collected too.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _, status = os.waitpid(child, 0)
    os.write(answer, bytes([min(255, abs(os.waitstatus_to_exitcode(status)))]))
    os.close(answer)
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    collect_until_alone()


def main(program: list[str]) -> int:
    """Start the program; its exit status, or 1 when it could not be started."""
    receive, answer = os.pipe()
    if os.fork() == 0:
        os.close(receive)
        stand_by(program, answer)
        return 0
    os.close(answer)
    status = os.read(receive, 1)
    return status[0] if status else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
