"""`berthline install`: makes a control plane, a hypervisor, or both of this machine."""

import os
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from berthline.cli.errors import CommandFailed

Switch = Annotated[bool, Parameter(negative=())]


def install(
    role: Literal["control", "hypervisor", "both"] | None = None,
    /,
    *,
    check: Switch = False,
    renew: Switch = False,
    remove: Switch = False,
    name: str | None = None,
    address: str | None = None,
    provider_nic: str | None = None,
    provider_bridge: str | None = None,
    physical_network: str | None = None,
    central: str | None = None,
    certificates: Path | None = None,
    certificates_for: str | None = None,
    certificate: Path | None = None,
    private_key: Path | None = None,
    authorities: Path | None = None,
    authority_certificate: Path | None = None,
    authority_key: Path | None = None,
    port: int | None = None,
) -> None:
    """Make a control plane, a hypervisor, or both of this Debian machine; without a role what it was made before.

    It says what it does, does only what is missing, and notes what it made. A second run changes nothing.

    Parameters
    ----------
    role
        control (OVN's databases and Berthline), hypervisor (libvirt, Open vSwitch and OVN's controller), or both.
    check
        Only say what is there and what is missing, with exit status 1 if anything is.
    renew
        Make all certificates of ours anew, and have whoever shows them read them.
    remove
        Take back what was made, newest first, and only that. The cloud's data stays.
    name
        What OVN and the cloud call this machine; its host name unless given.
    address
        Where other machines reach it; that of its way out unless given.
    provider_nic
        NIC that leads to the outside of the cloud: it is put into a bridge, with its addresses and routes.
    provider_bridge
        Name of that bridge, br-provider.
    physical_network
        What networks of the cloud call the outside, public.
    central
        Address of the control plane, for a hypervisor.
    certificates
        Folder that --certificates-for made on the control plane, for a hypervisor.
    certificates_for
        Make certificates for a hypervisor of this name, with its --address, and say where they are.
    certificate
        File of a certificate for the APIs, with what leads to its authority; else the cloud's own authority signs one.
    private_key
        File of its key, which the account berthline has to be able to read.
    authorities
        File of authorities by which clients know that certificate; those they know anyway unless given.
    authority_certificate
        File of an authority that is to sign all other certificates; else one is made.
    authority_key
        File of its key.
    port
        Where the APIs answer, 8774.
    """
    if (check, renew, remove, bool(certificates_for)).count(True) > 1:
        raise CommandFailed("one of --check, --renew, --remove and --certificates-for at a time")
    if os.geteuid() != 0:
        raise CommandFailed("an installation changes the machine: run it as root")
    if certificates_for is not None:
        _hand_out(certificates_for, address)
        return
    given: dict[str, str | int | None] = {
        "role": role,
        "name": name,
        "address": address,
        "provider_nic": provider_nic,
        "provider_bridge": provider_bridge,
        "physical_network": physical_network,
        "central": central,
        "port": port,
        **_files(
            certificates=certificates,
            certificate=certificate,
            private_key=private_key,
            authorities=authorities,
            authority_certificate=authority_certificate,
            authority_key=authority_key,
        ),
    }
    _work(given, "check" if check else "renew" if renew else "remove" if remove else "install")


def _work(given: dict[str, str | int | None], verb: Literal["check", "renew", "remove", "install"]) -> None:
    """Do it, with what is chosen."""
    from berthline.install import choices, facts, roles, step
    from berthline.install.machine import Machine

    machine = Machine()
    found = facts.look(machine)
    if verb == "remove" and not machine.record.made:
        print("nothing was made by an installation, and nothing is changed")
        return
    chosen = choices.chosen(given, machine.record.choices, found)
    steps = roles.steps_of(chosen, found)
    print(facts.told(found))
    if verb == "check":
        if missing := step.check(machine, steps, print):
            raise CommandFailed(f"{missing} of {len(steps)} are missing; nothing was changed")
        print(f"all {len(steps)} are there")
        return
    if verb == "remove":
        print(f"taken back: {step.remove(machine, steps, print)}")
        return
    if found.system != f"debian {facts.RELEASE}":
        raise CommandFailed(f"this is {found.system}, and an installation knows Debian {facts.RELEASE} alone")
    machine.record.choose(choices.kept(chosen))
    if verb == "renew":
        print(f"renewed: {step.renew(machine, steps, print)}")
        return
    changed = step.install(machine, steps, print)
    print(f"changed: {changed} of {len(steps)}" if changed else f"nothing changed: all {len(steps)} are there")


def _files(**given: Path | None) -> dict[str, str | None]:
    return {name: None if path is None else str(path.absolute()) for name, path in given.items()}


def _hand_out(host: str, address: str | None) -> None:
    from berthline.install.certificates.handing_out import hand_out
    from berthline.install.machine import Machine

    if address is None:
        raise CommandFailed("say by --address where the hypervisor is reached")
    print(f"bring this folder to {host}, and remove it here: {hand_out(Machine(), host, address)}")
