"""Certificates as steps: an authority that is made or given, what it signs, and what came from elsewhere."""

from dataclasses import dataclass

from berthline.install.certificates.authority import Pair, fault_of
from berthline.install.errors import InstallError
from berthline.install.files import Command
from berthline.install.machine import Machine

FOLDER = "/etc/berthline/tls"
AUTHORITY = f"{FOLDER}/ca.pem"
AUTHORITY_KEY = f"{FOLDER}/ca.key"


@dataclass(frozen=True)
class Authority:
    """The authority of this cloud. ``given``: files of one that is there already, else one is made."""

    given: tuple[str, str] | None = None

    name = "authority of the cloud's certificates"

    def lacking(self, machine: Machine) -> str:
        """See Step."""
        certificate, key = machine.read(AUTHORITY), machine.read(AUTHORITY_KEY)
        if certificate is None or key is None:
            return "there is none"
        if self.given is not None and certificate != machine.read(self.given[0]):
            return "another one is given"
        return ""

    def before(self, machine: Machine) -> str | None:
        """Nothing that would be put back: it is in files of ours."""

    def do(self, machine: Machine) -> None:
        """See Step."""
        if self.given is None:
            pair = Pair.new_authority("Berthline's own authority", machine.now())
        else:
            texts = [machine.read(path) for path in self.given]
            for path, text in zip(self.given, texts, strict=True):
                if text is None:
                    raise InstallError(f"{path} is not there")
            pair = Pair(*(text or "" for text in texts))
        machine.write(AUTHORITY_KEY, pair.key, mode=0o600)
        machine.write(AUTHORITY, pair.certificate, mode=0o644)

    def undo(self, machine: Machine, before: str | None) -> None:
        """See Step."""
        for path in (AUTHORITY, AUTHORITY_KEY):
            machine.remove(path)


@dataclass(frozen=True)
class Certificate:
    """A certificate for ``subject``, valid for the names and addresses ``names``, signed by the cloud's authority.

    It is made anew when it ends within a month, when a name is added, and when the authority is another one. ``owner``
    alone reads the key. ``after`` runs when it changed.
    """

    subject: str
    names: tuple[str, ...]
    certificate: str
    key: str
    authority: str = ""
    owner: str = "root"
    group: str = "root"
    after: tuple[Command, ...] = ()

    @property
    def name(self) -> str:
        """See Step."""
        return f"certificate {self.certificate}"

    def lacking(self, machine: Machine) -> str:
        """See Step."""
        found, signer = machine.read(self.certificate), machine.read(AUTHORITY)
        if found is None or signer is None or machine.read(self.key) is None:
            return "it is not there"
        if self.authority and machine.read(self.authority) != signer:
            return "the authority is another one"
        if not machine.has_rights(self.key, mode=0o600, owner=self.owner, group=self.group):
            return f"its key is not {self.owner}'s alone"
        return fault_of(found, signer, self.names, machine.now())

    def before(self, machine: Machine) -> str | None:
        """Nothing that would be put back."""

    def do(self, machine: Machine) -> None:
        """See Step."""
        pair = authority_of(machine).signs(self.subject, self.names, machine.now())
        machine.write(self.key, pair.key, mode=0o600, owner=self.owner, group=self.group)
        machine.write(self.certificate, pair.certificate)
        if self.authority:
            machine.write(self.authority, machine.read(AUTHORITY) or "")
        for command in self.after:
            machine.ask(*command)

    def undo(self, machine: Machine, before: str | None) -> None:
        """See Step."""
        for path in filter(None, (self.certificate, self.key, self.authority)):
            machine.remove(path)


@dataclass(frozen=True)
class Brought:
    """A certificate that another machine's authority signed, from files in ``folder``, to where it is used."""

    folder: str
    certificate: str
    key: str
    authority: str
    after: tuple[Command, ...] = ()

    @property
    def name(self) -> str:
        """See Step."""
        return f"certificate {self.certificate}"

    @property
    def _places(self) -> dict[str, str]:
        return {"cert.pem": self.certificate, "key.pem": self.key, "cacert.pem": self.authority}

    def lacking(self, machine: Machine) -> str:
        """See Step."""
        found, signer = machine.read(self.certificate), machine.read(self.authority)
        if found is None or signer is None or machine.read(self.key) is None:
            return "it is not there"
        for name, place in self._places.items():
            brought = machine.read(f"{self.folder}/{name}")
            if brought is not None and brought != machine.read(place):
                return f"{self.folder}/{name} is another one"
        return fault_of(found, signer, (), machine.now())

    def before(self, machine: Machine) -> str | None:
        """Nothing that would be put back."""

    def do(self, machine: Machine) -> None:
        """See Step."""
        texts = {name: machine.read(f"{self.folder}/{name}") for name in self._places}
        for name, text in texts.items():
            if text is None:
                raise InstallError(
                    f"{self.folder}/{name} is not there: have it made by `berthline install --certificates-for NAME` "
                    "on the control plane, and bring the folder here"
                )
        for name, place in self._places.items():
            machine.write(place, texts[name] or "", mode=0o600 if name == "key.pem" else 0o644)
        for command in self.after:
            machine.ask(*command)

    def undo(self, machine: Machine, before: str | None) -> None:
        """See Step."""
        for path in self._places.values():
            machine.remove(path)


def authority_of(machine: Machine) -> Pair:
    """The cloud's authority on this machine. Raises InstallError."""
    certificate, key = machine.read(AUTHORITY), machine.read(AUTHORITY_KEY)
    if certificate is None or key is None:
        raise InstallError("the cloud's authority is not on this machine: it is where the control plane was installed")
    return Pair(certificate, key)
