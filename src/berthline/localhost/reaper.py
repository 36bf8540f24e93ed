"""The parent of one daemon and of whatever it leaves behind; run as a script by `services.py`, never imported.

    python -I reaper.py PIDFILE PROGRAM ARGUMENT...

It starts a program that puts itself into the background, returns with that program's exit status, and stays in
the background as the one who collects the ended descendants, until the last has ended. libvirt believes a
QEMU alive until its parent has collected it; the first process of a container often does so late or never, which
makes libvirt wait half a minute for each QEMU that has long ended.

When the daemon, whose process id is in PIDFILE, crashed by an error of its own, it is started again, as systemd does
for a service with Restart=on-failure and with its limits; when it was killed or ended, it is not.
"""

import ctypes
import os
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL})
"""What a program does to itself. SIGKILL and SIGTERM are others' will."""
RESTART_SECONDS = 0.1
MOST_RESTARTS, RESTARTS_WITHIN_SECONDS = 5, 10.0


class Keeper:
    """Collects the daemon's descendants and starts it again after a crash.

    Args:
        program: the command that starts it.
        pidfile: where it writes its process id; the file of one that crashed stays.
    """

    def __init__(self, program: list[str], pidfile: str) -> None:
        self._program = program
        self._pidfile = pidfile
        self._restarts: list[float] = []
        self._ending = False

    def start(self) -> int:
        """The process id of the program, which puts itself into the background and ends."""
        child = os.fork()
        if child == 0:
            os.execvp(self._program[0], self._program)  # noqa: S606 - becomes that program, no shell in between
        return child

    def end(self) -> None:
        """Start nothing any more."""
        self._ending = True

    def collect_until_alone(self) -> None:
        """Wait for descendants until there is none."""
        while True:
            try:
                pid, status = os.waitpid(-1, 0)
            except ChildProcessError:
                return
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) in CRASHES and self._is_daemon(pid):
                time.sleep(RESTART_SECONDS)
                if self._may_start():
                    self.start()

    def _is_daemon(self, pid: int) -> bool:
        try:
            with open(self._pidfile) as file:  # noqa: PTH123 - pathlib is as large as all of this
                return int(file.read()) == pid
        except (OSError, ValueError):
            return False

    def _may_start(self) -> bool:
        now = time.monotonic()
        self._restarts = [when for when in self._restarts if when > now - RESTARTS_WITHIN_SECONDS]
        if self._ending or len(self._restarts) >= MOST_RESTARTS:
            return False
        self._restarts.append(now)
        return True


def stand_by(pidfile: str, program: list[str], answer: int) -> None:
    """Start the program, write its exit status to `answer` when it has gone into the background, and collect."""
    os.setsid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    keeper = Keeper(program, pidfile)
    child = keeper.start()
    # It outlives a request to end, so that whoever is asked beside it is collected too.
    signal.signal(signal.SIGTERM, lambda _number, _frame: keeper.end())
    _, status = os.waitpid(child, 0)
    os.write(answer, bytes([min(255, abs(os.waitstatus_to_exitcode(status)))]))
    os.close(answer)
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    keeper.collect_until_alone()


def main(pidfile: str, program: list[str]) -> int:
    """Start the program; its exit status, or 1 when it could not be started."""
    receive, answer = os.pipe()
    if os.fork() == 0:
        os.close(receive)
        stand_by(pidfile, program, answer)
        return 0
    os.close(answer)
    status = os.read(receive, 1)
    return status[0] if status else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
