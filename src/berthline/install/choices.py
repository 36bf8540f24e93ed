"""What is chosen for a machine: given now, else at its last installation, else found out."""

import ipaddress
import re
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from berthline.install.errors import InstallError
from berthline.install.facts import Facts

RoleName = Literal["control", "hypervisor", "both"]
NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?")
NIC: Final = re.compile(r"[^\s/:\x00]{1,15}")
WORD: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """Of one machine.

    ``name``: as OVN and the cloud call it. ``address``: where others reach it. ``central``: the address of the control
    plane. ``certificates``: a folder that was brought from there. ``provider_nic``: what leads outside; "": nothing.
    ``certificate`` and ``private_key``: files of the APIs' certificate, else the cloud's authority signs one.
    ``authority_certificate`` and ``authority_key``: files of an authority that is there already.
    """

    role: RoleName
    name: str
    address: str
    central: str = ""
    certificates: str = ""
    provider_nic: str = ""
    provider_bridge: str = "br-provider"
    physical_network: str = "public"
    certificate: str = ""
    private_key: str = ""
    authorities: str = ""
    authority_certificate: str = ""
    authority_key: str = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 8774

    @property
    def is_control(self) -> bool:
        """Whether the control plane is here."""
        return self.role in {"control", "both"}

    @property
    def is_hypervisor(self) -> bool:
        """Whether guests are here."""
        return self.role in {"hypervisor", "both"}


def chosen(given: dict[str, str | int | None], kept: dict[str, str], facts: Facts) -> Choices:
    """What holds. Raises InstallError for what cannot be, or is not known."""
    found = {"name": facts.hostname, "address": facts.address}
    fields = {**{key: value for key, value in found.items() if value}, **kept}
    fields |= {key: str(value) for key, value in given.items() if value is not None}
    if "role" not in fields:
        raise InstallError("say what this machine is to be: berthline install control, hypervisor or both")
    if not fields.get("address"):
        raise InstallError("this machine has no address by itself: give the one that others reach it at, by --address")
    if fields["role"] != "hypervisor":
        fields["central"] = fields["address"]
    try:
        made = msgspec.convert(fields, Choices, strict=False)
    except msgspec.ValidationError as error:
        raise InstallError(f"that cannot be chosen: {error}") from None
    _check(made)
    return made


def _check(choices: Choices) -> None:
    for option in ("address", "central"):
        try:
            ipaddress.ip_address(getattr(choices, option))
        except ValueError:
            value = getattr(choices, option) or "nothing"
            raise InstallError(f"--{option}: an IP address is needed, and {value} is none") from None
    for option, pattern in (
        ("name", NAME),
        ("provider_bridge", NIC),
        ("physical_network", WORD),
        *((("provider_nic", NIC),) if choices.provider_nic else ()),
    ):
        if not pattern.fullmatch(getattr(choices, option)):
            raise InstallError(f"--{option.replace('_', '-')}: {getattr(choices, option)!r} cannot be one")
    for one, other in (
        ("certificate", "private_key"),
        ("private_key", "certificate"),
        ("authority_certificate", "authority_key"),
        ("authority_key", "authority_certificate"),
    ):
        if getattr(choices, one) and not getattr(choices, other):
            raise InstallError(f"--{one.replace('_', '-')} needs --{other.replace('_', '-')} beside it")
    if choices.role == "hypervisor" and not choices.certificates:
        raise InstallError(
            "--certificates: a hypervisor shows a certificate of the control plane's authority; have it made there by "
            f"`berthline install --certificates-for {choices.name} --address {choices.address}`, bring the folder "
            "here, and name it"
        )


def kept(choices: Choices) -> dict[str, str]:
    """The choices as texts, for the record."""
    return {name: str(value) for name, value in msgspec.structs.asdict(choices).items()}
