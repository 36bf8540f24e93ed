"""Runs ovn-trace on the southbound database: a program of OVN's own that only reads, with an end to its time."""

import asyncio
import contextlib
import shutil
from typing import Final

import structlog

from berthline.dataplane.ovn.tracing.microflow import microflow
from berthline.dataplane.ovn.tracing.passages import passages
from berthline.dataplane.ovsdb import Tls
from berthline.domain.errors import Refused, Transient, Unavailable
from berthline.domain.tracing import Packet, Passage

PROGRAM: Final = "ovn-trace"
SECONDS: Final = 15.0
"""It reads all logical flows first, which takes seconds of a large cloud."""
AT_ONCE: Final = 2
TRANSLATIONS: Final = 12
"""For so many looks into connection tracking on its way the packet is the first of its connection."""

log = structlog.get_logger("berthline.ovn.tracing")


class OvnTracer:
    """Fits ``domain.tracing.Tracer``."""

    def __init__(self, southbound: str, tls: Tls | None = None) -> None:
        """``southbound``: a remote of that database, as OVN writes it."""
        self._options = [f"--db={southbound}", "--no-friendly-names", *["--ct=new"] * TRANSLATIONS]
        if tls is not None:
            self._options += [f"--private-key={tls.private_key}", f"--certificate={tls.certificate}"]
            self._options += [f"--ca-cert={tls.authorities}"]
        self._running = 0

    async def trace(self, packet: Packet) -> tuple[Passage, ...]:
        """See Tracer.trace."""
        if self._running >= AT_ONCE:
            raise Unavailable("Other packets are being traced now: try again in a moment.")
        self._running += 1
        try:
            return passages(await self._said(microflow(packet)))
        finally:
            self._running -= 1

    async def _said(self, flow: str) -> str:
        """What the program says of this microflow."""
        program = shutil.which(PROGRAM)
        if program is None:
            raise Refused(f"{PROGRAM} is not on the machine that answers: an admin installs OVN's package ovn-common")
        process = await asyncio.create_subprocess_exec(
            program,
            *self._options,
            flow,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(SECONDS):
                told, wrong = await process.communicate()
        except TimeoutError:
            raise Transient(f"{PROGRAM} has not ended in {SECONDS:.0f} s: OVN's southbound database is slow") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode:
            log.warning("a packet could not be traced", why=wrong.decode(errors="replace")[:500])
            raise Transient(f"{PROGRAM} could not trace the packet; the log has its words")
        return told.decode(errors="replace")
