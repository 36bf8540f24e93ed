"""A fence by a command of the operator's: whatever takes a host's power away, from ipmitool to a switched plug."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from berthline.domain.errors import Refused, Transient
from berthline.domain.hosts.enrolment import EnrolledHost
from berthline.domain.hosts.fencing import FenceKind

HOST: Final = "{host}"
"""What stands for the host's name in a word of the command."""
ENVIRONMENT: Final = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


class CommandFence:
    """The command says by exit code 0 that the host has no power. No shell reads it, and what it prints is not kept:
    it may hold a password.
    """

    def __init__(self, words: Sequence[str], timeout_seconds: float) -> None:
        self._words = tuple(words)
        self._timeout = timeout_seconds

    @property
    def kind(self) -> FenceKind:
        return "command"

    async def cut(self, host: EnrolledHost) -> None:
        """See Fence."""
        words = [word.replace(HOST, host.name) for word in self._words]
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env=ENVIRONMENT,
                start_new_session=True,
            )
        except OSError as error:
            raise Refused(f"the fence's command could not be run: {error.strerror}") from None
        try:
            async with asyncio.timeout(self._timeout):
                code = await process.wait()
        except TimeoutError:
            raise Transient(f"the fence's command did not end in {self._timeout:g} s") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if code != 0:
            raise Transient(f"the fence's command ended with {code}, which says that host {host.name} may still run")
