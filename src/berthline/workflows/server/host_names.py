"""The name that a guest gives itself: made from the server's name as Nova makes it, for each server of a request."""

import re
from typing import Final

from berthline.domain.ids import ServerId

LONGEST: Final = 63
"""Octets of one label of the DNS (RFC 1035, 2.3.4)."""

_BETWEEN_WORDS: Final = re.compile(r"[ _.]")
_UNFIT: Final = re.compile(r"[^a-z0-9-]")


def host_name(name: str, server_id: ServerId, number: int | None = None) -> str:
    """The host name of a server called ``name``; of several in one request it ends in ``number``, which is never cut.

    Nova's ``sanitize_hostname``: what is not Latin-1 goes, the rest is cut to 63, blanks, ``_`` and ``.`` become
    hyphens, and what no label may hold goes (RFC 1123, 2.1; Nova keeps accented letters, which no DNS name may have).
    A name of which nothing is left gives ``Server-ID``, as Nova's.
    """
    known = "".join(character for character in name if ord(character) < 256)[:LONGEST]
    made = _UNFIT.sub("", _BETWEEN_WORDS.sub("-", known).lower()).strip("-")
    if not made:
        return f"Server-{server_id}"
    if number is None:
        return made
    ending = f"-{number}"
    return made[: LONGEST - len(ending)].rstrip("-") + ending
