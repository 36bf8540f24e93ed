"""Run other programs: always an argument list, never a shell string."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from berthline.localhost.errors import CommandFailed, MissingPrograms

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where Debian keeps daemons: a user's PATH often lacks the sbin folders."""


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment programs get: none of the caller's variables (OVN_NB_DB and the like would redirect them)."""
    return {"PATH": SYSTEM_PATH, "LC_ALL": "C", "HOME": "/root", **(extra or {})}


def run(
    argv: Sequence[str | Path],
    *,
    timeout: float = 60.0,
    environment: Mapping[str, str] | None = None,
    output: Path | None = None,
    directory: Path | None = None,
) -> str:
    """Run one program to its end and return what it printed.

    Args:
        argv: program and arguments.
        timeout: seconds after which the program is killed and CommandFailed raised.
        environment: variables beside the clean ones.
        output: a file to collect what it prints; needed for programs that leave a daemon behind, which could
            hold a pipe open for ever. Without it the output comes back through a pipe.
        directory: the working directory.

    Raises:
        CommandFailed: it ended with another status than 0, or not in time.
        MissingPrograms: there is no such program.
    """
    arguments = tuple(str(part) for part in argv)
    variables = clean_environment(environment)
    program = shutil.which(arguments[0], path=SYSTEM_PATH)
    if program is None:
        raise MissingPrograms((arguments[0],))
    command = (program, *arguments[1:])
    try:
        if output is None:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=variables,
                timeout=timeout,
                check=False,
                cwd=directory,
            )
            printed = done.stdout.decode(errors="replace")
        else:
            with output.open("wb") as sink:
                done = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    env=variables,
                    timeout=timeout,
                    check=False,
                    cwd=directory,
                )
            printed = output.read_text(errors="replace")
    except subprocess.TimeoutExpired as expired:
        raise CommandFailed(arguments, -9, f"not finished after {timeout:g} s") from expired
    if done.returncode != 0:
        raise CommandFailed(arguments, done.returncode, printed)
    return printed


def missing(programs: Sequence[str]) -> tuple[str, ...]:
    """The programs among these that are not installed (an absolute path is looked for as a file)."""
    return tuple(
        name
        for name in programs
        if not (Path(name).exists() if name.startswith("/") else shutil.which(name, path=SYSTEM_PATH))
    )
