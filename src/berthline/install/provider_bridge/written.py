"""How the bridge has its addresses after the next start: files for systemd-networkd, or for ifupdown."""

import re
from pathlib import PurePosixPath
from typing import Final, Literal

from berthline.install.errors import InstallError
from berthline.install.machine import Machine
from berthline.install.provider_bridge.moving import Way

Manager = Literal["ifupdown", "networkd", "nobody"]
INTERFACES: Final = "/etc/network/interfaces"
MARK: Final = "#berthline# "


def manager_of(machine: Machine, nic: str) -> Manager:
    """Who gives the NIC its addresses at a start. Raises InstallError for one that is not known here."""
    if machine.ask("systemctl", "is-active", "NetworkManager.service").said.strip() == "active":
        raise InstallError(
            f"NetworkManager manages this machine's NICs: have it leave {nic} alone, and give {nic} its addresses by "
            "ifupdown or systemd-networkd"
        )
    if machine.ask("systemctl", "is-active", "systemd-networkd.service").said.strip() == "active":
        return "networkd"
    return "ifupdown" if _stanza_in(machine, nic) else "nobody"


def _interface_files(machine: Machine) -> list[str]:
    folder = machine.place(f"{INTERFACES}.d")
    named = [f"{INTERFACES}.d/{path.name}" for path in sorted(folder.iterdir())] if folder.is_dir() else []
    return [INTERFACES, *named]


def _stanza_in(machine: Machine, nic: str) -> str:
    """The file that says how ifupdown brings the NIC up; "" for none."""
    pattern = re.compile(rf"^(?:{re.escape(MARK)})?iface\s+{re.escape(nic)}\s+inet", re.MULTILINE)
    return next((file for file in _interface_files(machine) if pattern.search(machine.read(file) or "")), "")


def files_of(machine: Machine, way: Way, manager: Manager) -> dict[str, str]:
    """What each file is to say from the next start on."""
    if manager == "networkd":
        return networkd_files(way)
    if manager == "nobody":
        return {}
    file = _stanza_in(machine, way.nic)
    return {
        file: left_to_bridge(machine.read(file) or "", way.nic),
        f"{INTERFACES}.d/{way.bridge}": bridge_stanzas(way),
    }


def networkd_files(way: Way) -> dict[str, str]:
    """Files that come before the machine's own, so that those count no more and need no change."""
    addresses = "".join(f"Address={address}\n" for address in way.addresses)
    routes = "".join(_networkd_route(words) for _, words in way.routes)
    own = f"[Match]\nName={way.bridge}\n\n[Network]\n{addresses}{routes}"
    nic = f"[Match]\nName={way.nic}\n\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
    folder = PurePosixPath("/etc/systemd/network")
    return {str(folder / f"05-{way.nic}.network"): nic, str(folder / f"05-{way.bridge}.network"): own}


def _networkd_route(words: tuple[str, ...]) -> str:
    given = dict(zip(words[1::2], words[2::2], strict=True))
    lines = ["\n[Route]"]
    if words[0] != "default":
        lines.append(f"Destination={words[0]}")
    elif "via" not in given:
        lines.append("Destination=0.0.0.0/0")
    names = {"via": "Gateway", "metric": "Metric", "src": "PreferredSource"}
    return "\n".join(lines + [f"{names[word]}={value}" for word, value in given.items()]) + "\n"


def left_to_bridge(text: str, nic: str) -> str:
    """A file of ifupdown in which the NIC has no addresses: its stanzas are behind a mark, one without stands first."""
    lines: list[str] = []
    inside = placed = False
    for line in text.splitlines():
        word = (line.split() or [""])[0]
        if word in {"iface", "auto", "mapping", "source", "source-directory", "no-auto-down"} or word.startswith(
            "allow-"
        ):
            inside = word == "iface" and line.split()[1:2] == [nic] and line.split()[3:4] != ["manual"]
            if inside and not placed:
                lines.append(f"iface {nic} inet manual")
                placed = True
        lines.append(f"{MARK}{line}" if inside and line.strip() else line)
    return "".join(f"{line}\n" for line in lines)


def bridge_stanzas(way: Way) -> str:
    """How ifupdown brings the bridge up; the switch keeps its ports itself."""
    lines = [f"auto {way.bridge}", f"iface {way.bridge} inet manual", f"    pre-up ip link set {way.nic} up"]
    lines.append(f"    up ip link set {way.bridge} up")
    lines += [f"    up ip address replace {address} dev {way.bridge}" for address in way.addresses]
    lines += [f"    up ip {version} route replace {' '.join(words)} dev {way.bridge}" for version, words in way.routes]
    return "".join(f"{line}\n" for line in lines)


def write(machine: Machine, files: dict[str, str]) -> dict[str, str | None]:
    """Have the files say this; what they said before."""
    before = {path: machine.read(path) for path in files}
    for path, text in files.items():
        machine.write(path, text)
    return before


def put_back(machine: Machine, before: dict[str, str | None]) -> None:
    """Have the files say what they said."""
    for path, text in before.items():
        if text is None:
            machine.remove(path)
        else:
            machine.write(path, text)
