"""A cloud that runs on after the command that started it: its process, its log, its end."""

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import httpx

from berthline.bootstrap.clouds_file import ADMIN_CLOUD, read
from berthline.bootstrap.data_folder import DataFolder
from berthline.cli.errors import CommandFailed

READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 10.0
LOG_NAME: Final = "berthline.log"


def start(folder: DataFolder) -> str:
    """Start `berthline up` on the folder, or find the one that runs; returns the cloud's address once it is ready.

    Raises CommandFailed with the end of its log when it ends instead.
    """
    process: subprocess.Popen[bytes] | None = None
    if folder.owner() is None:
        process = _spawn(folder)
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            raise CommandFailed(f"the cloud ended with status {process.returncode}: {_log_end(folder)}")
        if address := ready_address(folder):
            return address
        time.sleep(0.05)
    raise CommandFailed(f"the cloud is not ready after {READY_SECONDS:g} s; its log is {folder.path / LOG_NAME}")


def ready_address(folder: DataFolder) -> str | None:
    """The address of the cloud that runs on the folder, when it is ready."""
    if folder.owner() is None:
        return None
    try:
        auth_url = read(folder.clouds).clouds[ADMIN_CLOUD].auth.auth_url
        address = auth_url.removesuffix("/v3").removesuffix("/identity")
        reply = httpx.get(f"{address}/healthz", timeout=5, trust_env=False)
    except (FileNotFoundError, httpx.TransportError):
        return None
    except (OSError, ValueError, KeyError) as error:
        raise CommandFailed(f"{folder.clouds} cannot be read: {' '.join(str(error).split())}; put it right") from None
    return address if reply.is_success else None


def stop(folder: DataFolder) -> bool:
    """End the process that uses the folder; False when there is none. Raises CommandFailed when it does not end."""
    process = folder.owner()
    if process is None:
        return False
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return False
    try:
        for sent in (signal.SIGTERM, signal.SIGKILL):
            signal.pidfd_send_signal(handle, sent)
            if select.select([handle], [], [], STOP_SECONDS)[0]:
                return True
    except ProcessLookupError:
        return True
    finally:
        os.close(handle)
    raise CommandFailed(f"process {process} does not end")


def _spawn(folder: DataFolder) -> subprocess.Popen[bytes]:
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = {name: value for name, value in os.environ.items() if not name.startswith("BERTHLINE_")}
    with (folder.path / LOG_NAME).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "berthline", "up", "--data", str(folder.path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=own,
            start_new_session=True,
        )


def _log_end(folder: DataFolder, lines: int = 8) -> str:
    text = Path(folder.path / LOG_NAME).read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])
