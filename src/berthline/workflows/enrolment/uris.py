"""libvirt URIs as an admin may name them: what libvirt would run for one is not the admin's to say.

An admin of the cloud is not root beside Berthline, and still less on its hosts: `command` and `netcat` in a URI's query
name a program that libvirt runs, here and, for the URI of a migration, as root on the host that a guest leaves.
"""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

SCHEMES: Final = ("qemu", "qemu+unix", "qemu+tls", "qemu+ssh", "qemu+tcp")
REMOTE: Final = frozenset({"qemu+tls", "qemu+ssh", "qemu+tcp"})
PARAMETERS: Final = frozenset(
    {"socket", "pkipath", "keyfile", "proxy", "known_hosts", "known_hosts_verify", "sshauth", "no_tty", "mode"}
)
"""What may stand in the query; libvirt knows their names in any case."""


def fault_of(uri: str) -> str | None:
    """What is wrong with a libvirt URI, as far as can be told without asking; None where nothing is."""
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in SCHEMES:
        return f"it begins with one of {', '.join(scheme + ':' for scheme in SCHEMES)}"
    if parts.password:
        return "a password has no place in it"
    if parts.scheme in REMOTE and not parts.hostname:
        return "it names no machine"
    if (parts.hostname or "").startswith("-") or (parts.username or "").startswith("-"):
        return "neither a machine nor a user begins with -"
    if parts.path not in {"/system", "/session"}:
        return "it ends with /system"
    # libvirt parts a query at ; as well as at &
    names = (unquote(each.partition("=")[0]).lower() for each in re.split("[&;]", parts.query) if each)
    if refused := sorted(set(names) - PARAMETERS):
        return f"it may say {', '.join(sorted(PARAMETERS))}, and not {', '.join(refused)}"
    return None
