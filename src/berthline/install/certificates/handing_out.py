"""Certificates for a machine elsewhere, in a folder that is brought there."""

from typing import Final

from berthline.install.certificates.steps import AUTHORITY, authority_of
from berthline.install.choices import NAME
from berthline.install.errors import InstallError
from berthline.install.machine import Machine

FOLDER: Final = "/etc/berthline/hosts"


def hand_out(machine: Machine, host: str, address: str) -> str:
    """Have a new certificate of the hypervisor ``host``, its key, and the authority, in a folder; where that is.

    Raises InstallError.
    """
    if not NAME.fullmatch(host):
        raise InstallError(f"{host!r} cannot be the name of a host")
    folder = f"{FOLDER}/{host}"
    pair = authority_of(machine).signs(f"host {host}", (host, address), machine.now())
    machine.write(f"{folder}/key.pem", pair.key, mode=0o600)
    machine.write(f"{folder}/cert.pem", pair.certificate)
    machine.write(f"{folder}/cacert.pem", machine.read(AUTHORITY) or "")
    machine.place(folder).chmod(0o700)
    return folder
