"""When the certificates end that this process shows, or knows others by: its own, OVN's and those for hosts' libvirts.

libvirt reads them from the folder that a URI names by ``pkipath``, or else from its own below /etc/pki.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec

CLIENT: Final = "libvirt_client"
AUTHORITY: Final = "libvirt_ca"
KEPT_SECONDS: Final = 60.0

_OWN: Final = {CLIENT: Path("/etc/pki/libvirt/clientcert.pem"), AUTHORITY: Path("/etc/pki/CA/cacert.pem")}
_IN_FOLDER: Final = {CLIENT: "clientcert.pem", AUTHORITY: "cacert.pem"}


class Ends(msgspec.Struct, frozen=True):
    """When the first of each kind ends, in seconds since the epoch, and of which kinds one cannot be read."""

    ends: Mapping[str, float] = {}
    unreadable: tuple[str, ...] = ()


class Certificates:
    """Looks at them at most once a minute, in a thread."""

    def __init__(self, uris: Callable[[], Iterable[str]], own: Mapping[str, str] | None = None) -> None:
        """``uris``: those of the hosts that there are now. ``own``: files of other kinds, "" for none."""
        self._uris = uris
        self._own = [(kind, Path(file)) for kind, file in (own or {}).items() if file]
        self._kept: tuple[float, Ends] | None = None

    async def look(self) -> Ends:
        """When they end; nothing of it is raised."""
        now = asyncio.get_running_loop().time()
        if self._kept is None or now - self._kept[0] > KEPT_SECONDS:
            files = [*self._own, *sorted({file for uri in self._uris() for file in files_of(uri)})]
            self._kept = now, (await asyncio.to_thread(ends_of, files) if files else Ends())
        return self._kept[1]


def files_of(uri: str) -> Iterator[tuple[str, Path]]:
    """The certificates by which libvirt connects to this URI: their kinds and files. None but for TLS."""
    parts = urlsplit(uri)
    if not parts.scheme.endswith("+tls"):
        return
    folders = parse_qs(parts.query).get("pkipath", [])
    for kind, own in _OWN.items():
        yield kind, Path(folders[-1]) / _IN_FOLDER[kind] if folders else own


def ends_of(files: Iterable[tuple[str, Path]]) -> Ends:
    """Read them. A file may hold several certificates, of which the first to end counts."""
    from cryptography import x509  # takes a while to import

    ends: dict[str, float] = {}
    unreadable: set[str] = set()
    for kind, file in files:
        try:
            found = x509.load_pem_x509_certificates(file.read_bytes())
        except (OSError, ValueError):
            unreadable.add(kind)
            continue
        first = min(each.not_valid_after_utc.timestamp() for each in found)
        ends[kind] = min(first, ends.get(kind, first))
    return Ends(ends, tuple(sorted(unreadable)))
