"""What each role consists of, as steps in the order in which they are done."""

import json
from collections.abc import Iterator
from typing import Final

from berthline.install.certificates.steps import AUTHORITY, FOLDER, Authority, Brought, Certificate
from berthline.install.choices import Choices
from berthline.install.enrolment import DATA, Answering, Enrolled
from berthline.install.facts import Facts
from berthline.install.files import Block, Command, File, signed
from berthline.install.ovsdb import Keys, Listening, Switch
from berthline.install.packages import Packages
from berthline.install.provider_bridge.step import ProviderBridge
from berthline.install.services import Off, Running
from berthline.install.step import Step

NORTHBOUND: Final = 6641
SOUTHBOUND: Final = 6642
SWITCH: Final = 6640
ACCOUNT: Final = "berthline"
SETTINGS: Final = "/etc/berthline/berthline.toml"
COMPUTE: Final = "/etc/berthline/compute"
"""Where libvirt's client finds our certificate (``pkipath``)."""
SWITCH_KEYS: Final = "/etc/openvswitch"
LIBVIRT: Final = "/etc/pki/libvirt"
QEMU: Final = "/etc/pki/qemu"
RESTART_API: Final = (
    ("systemctl", "try-restart", "berthline.service", "berthline-worker.service", "berthline-api.service"),
)
RESTART_LIBVIRT: Final = (("systemctl", "try-restart", "libvirtd.service"),)


def steps_of(choices: Choices, facts: Facts) -> tuple[Step, ...]:
    """Everything that makes the machine what is chosen."""
    return tuple(_steps(choices, facts))


def _steps(choices: Choices, facts: Facts) -> Iterator[Step]:
    if choices.is_control:
        yield from _central(choices)
    if choices.is_hypervisor:
        yield from _host(choices, facts)
    if choices.is_control:
        yield from _cloud(choices)
    if choices.role == "both":
        yield Enrolled(choices.name, uri_of(choices.address), userspace=not facts.kernel_switch)


def uri_of(address: str) -> str:
    """How the cloud reaches the libvirt of a host at this address."""
    return f"qemu+tls://{f'[{address}]' if ':' in address else address}/system?pkipath={COMPUTE}"


def _central(choices: Choices) -> Iterator[Step]:
    """OVN's databases, by TLS, and the authority that all trust."""
    yield Packages(
        "the control plane", ("ovn-central", "openvswitch-switch", "iproute2", "iputils-ping", "ca-certificates")
    )
    given = (choices.authority_certificate, choices.authority_key) if choices.authority_certificate else None
    yield Authority(given)
    yield Running("openvswitch-switch.service")
    yield Running("ovn-central.service")
    key, certificate = f"{FOLDER}/ovn.key", f"{FOLDER}/ovn.pem"
    yield Certificate("ovn", _names(choices), certificate, key)
    yield Keys("ovn-nbctl", key, certificate, AUTHORITY)
    yield Listening("ovn-nbctl", f"pssl:{NORTHBOUND}:127.0.0.1")
    yield Keys("ovn-sbctl", key, certificate, AUTHORITY)
    yield Listening("ovn-sbctl", f"pssl:{SOUTHBOUND}")


def _names(choices: Choices) -> tuple[str, ...]:
    return tuple(dict.fromkeys((choices.name, choices.address, "localhost", "127.0.0.1")))


def _host(choices: Choices, facts: Facts) -> Iterator[Step]:
    """Stock libvirt, Open vSwitch and OVN's controller; nothing of ours."""
    yield Packages(
        "a hypervisor",
        (
            *(
                "qemu-system-x86",
                "qemu-utils",
                "libvirt-daemon-system",
                "libvirt-clients",
                "openvswitch-switch",
                "ovn-host",
            ),
            *("ovmf", "swtpm", "swtpm-tools", "iproute2", "iputils-ping"),
        ),
    )
    yield Running("openvswitch-switch.service")
    key, certificate = f"{SWITCH_KEYS}/berthline.key", f"{SWITCH_KEYS}/berthline.pem"
    authority = f"{SWITCH_KEYS}/berthline-ca.pem"
    yield _certificate(choices, certificate, key, authority)
    yield Keys("ovs-vsctl", key, certificate, authority)
    ids = {
        "system-id": choices.name,
        "hostname": choices.name,
        "ovn-remote": f"ssl:{choices.central}:{SOUTHBOUND}",
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": choices.address,
    }
    if not facts.kernel_switch:
        ids["ovn-bridge-datapath-type"] = "netdev"
    if choices.provider_nic:
        ids["ovn-bridge-mappings"] = f"{choices.physical_network}:{choices.provider_bridge}"
        datapath = "" if facts.kernel_switch else "netdev"
        yield ProviderBridge(choices.provider_nic, choices.provider_bridge, datapath)
    # Debian's start script would name the chassis anew at each start; this file is where it looks first.
    yield File("/etc/openvswitch/system-id.conf", f"{choices.name}\n")
    yield Switch(tuple(ids.items()))
    yield Running("ovn-host.service")
    yield from _libvirt(choices)


def _libvirt(choices: Choices) -> Iterator[Step]:
    """libvirt takes whom the authority signed as Berthline or as a host of it, by TLS, and nobody else."""
    yield _certificate(
        choices,
        f"{LIBVIRT}/servercert.pem",
        f"{LIBVIRT}/private/serverkey.pem",
        "/etc/pki/CA/cacert.pem",
        RESTART_LIBVIRT,
    )
    # What this host shows to others, when a guest moves there while it runs.
    yield _certificate(choices, f"{LIBVIRT}/clientcert.pem", f"{LIBVIRT}/private/clientkey.pem", "", RESTART_LIBVIRT)
    yield Block(
        "/etc/libvirt/libvirtd.conf",
        ('tls_allowed_dn_list = [ "CN=berthline", "CN=host *" ]',),
        after=RESTART_LIBVIRT,
    )
    yield Off(
        "libvirt-guests.service", "it would shut guests down as if their owners had, before a start of the machine"
    )
    yield Running("libvirtd-tls.socket", stopped_first="libvirtd.service")
    yield Running("libvirtd.service")


def _certificate(choices: Choices, certificate: str, key: str, authority: str, after: tuple[Command, ...] = ()) -> Step:
    if choices.is_control:
        return Certificate(f"host {choices.name}", _names(choices), certificate, key, authority, after=after)
    return Brought(choices.certificates, certificate, key, authority, after=after)


def _cloud(choices: Choices) -> Iterator[Step]:
    """Berthline itself: certificates of its own, settings, and its service."""
    certificate, key, authorities = f"{FOLDER}/api.pem", f"{FOLDER}/api.key", AUTHORITY
    if choices.certificate:
        certificate, key, authorities = choices.certificate, choices.private_key, choices.authorities
    else:
        yield Certificate(
            choices.name, _names(choices), certificate, key, owner=ACCOUNT, group=ACCOUNT, after=RESTART_API
        )
    yield Certificate(
        "berthline",
        ("berthline",),
        f"{COMPUTE}/clientcert.pem",
        f"{COMPUTE}/clientkey.pem",
        f"{COMPUTE}/cacert.pem",
        owner=ACCOUNT,
        group=ACCOUNT,
        after=RESTART_API,
    )
    switch = choices.is_hypervisor
    if switch:
        # Metadata is answered where a switch is. Its database lets our account in by TLS, at this machine alone.
        yield Listening("ovs-vsctl", f"pssl:{SWITCH}:127.0.0.1")
    text = signed(settings_text(choices, certificate, key, authorities, switch=switch))
    yield File(SETTINGS, text, mode=0o640, group=ACCOUNT, after=RESTART_API, edited=True)
    yield Running("berthline.service")
    yield Answering()


def settings_text(choices: Choices, certificate: str, key: str, authorities: str, *, switch: bool) -> str:
    """The settings of the cloud, in TOML."""
    shown = f"[{choices.address}]" if ":" in choices.address else choices.address
    top = {"listen": f"{'[::]' if ':' in choices.address else '0.0.0.0'}:{choices.port}", "data": DATA}  # noqa: S104
    top["public_url"] = f"https://{shown}:{choices.port}"
    tables: dict[str, dict[str, str | list[str]]] = {
        "tls": {"certificate": certificate, "private_key": key, "authorities": authorities},
        "dataplane": {
            "northbound": f"ssl:127.0.0.1:{NORTHBOUND}",
            "southbound": f"ssl:127.0.0.1:{SOUTHBOUND}",
            **({"ovs_db": f"ssl:127.0.0.1:{SWITCH}"} if switch else {}),
            "private_key": f"{COMPUTE}/clientkey.pem",
            "certificate": f"{COMPUTE}/clientcert.pem",
            "authorities": f"{COMPUTE}/cacert.pem",
            "physical_networks": [choices.physical_network],
        },
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in top.items()]
    for table, values in tables.items():
        lines += ["", f"[{table}]", *(f"{name} = {json.dumps(value)}" for name, value in values.items())]
    return "".join(f"{line}\n" for line in lines)
