"""What a fence logs in with: a file of the operator's, read at each use, so that it changes while the cloud runs."""

import os
import stat
import tomllib
from pathlib import Path
from typing import Final, NamedTuple

from berthline.domain.errors import Refused
from berthline.domain.ids import HostName

USUAL: Final = "default"
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Credentials(NamedTuple):
    """Never shown, by neither ``repr`` nor ``str``."""

    user: str
    password: str

    def __repr__(self) -> str:
        return "Credentials(...)"


def credentials_for(path: Path, host: HostName) -> Credentials:
    """What the file has in the table of the host's name, or else in ``default``.

    Raises Refused, without a word of what is in it, where it cannot be read, others than its owner may, or it has none.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & OTHERS:
                raise Refused(f"{path} is not used: others than its owner may read it (chmod 600)")
            found = tomllib.load(file)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from None
    except tomllib.TOMLDecodeError:
        raise Refused(f"{path} is no TOML") from None
    table = found.get(host, found.get(USUAL))
    if not isinstance(table, dict) or not all(isinstance(table.get(name), str) for name in ("user", "password")):
        raise Refused(f"{path} has no user and password for {host}, nor a table [{USUAL}]")
    return Credentials(table["user"], table["password"])
