"""The extra DHCP options of a port: each is one that OVN can send, with a value of its kind, and is there once."""

from collections.abc import Iterable, Sequence
from typing import Final

from berthline.domain.errors import DhcpOptionTwice, InvalidInput
from berthline.domain.guest_services import dhcp
from berthline.domain.network import DhcpOption
from berthline.network.requests import AskedDhcpOption
from berthline.network.values import repeated

_SHOWN: Final = 64

_WANTED: Final = {
    "addresses": "one or more IPv{version} addresses with commas between them",
    "flag": "true or false",
    "mac": "a MAC address as six pairs with colons",
    "routes": "prefixes and next hops in turn, with commas between them",
    "text": "printable text without double quotes and backslashes",
    "uint8": "a number up to 255",
    "uint16": "a number up to 65535",
    "uint32": "a number up to 4294967295",
}


def changed(present: Iterable[DhcpOption], asked: Sequence[AskedDhcpOption]) -> tuple[DhcpOption, ...]:
    """What a port has after a request: an option takes the place of one of its name and IP version, null takes it away.

    Raises InvalidInput for an option that is unknown, empty, or has a value of another kind; DhcpOptionTwice.
    """
    for each in asked:
        _check(each)
    renewed = [(each.opt_name, each.ip_version) for each in asked]
    if twice := repeated(renewed):
        raise DhcpOptionTwice(f"The DHCP option {twice[0][0]} for IPv{twice[0][1]} is asked for twice: send it once.")
    new = tuple(
        DhcpOption(each.opt_name, each.opt_value, each.ip_version) for each in asked if each.opt_value is not None
    )
    kept = tuple(each for each in present if (each.opt_name, each.ip_version) not in renewed)
    _check_once((*kept, *new))
    return (*kept, *new)


def _check(asked: AskedDhcpOption) -> None:
    """Raise InvalidInput unless the option is known and its value is null or one of its kind."""
    name, value, version = asked.opt_name, asked.opt_value, asked.ip_version
    if not name.strip() or not name.isprintable():
        raise _invalid("an option needs a name in opt_name")
    if name == dhcp.DISABLED:
        if value is not None and value.lower() not in {"true", "false"}:
            raise _invalid(f"{name} is true or false, not '{value[:_SHOWN]}'")
        return
    option = dhcp.OPTIONS[version].get(name)
    if option is None:
        known = ", ".join(each for each in dhcp.OPTIONS[version] if not each.isdigit())
        raise _invalid(f"the DHCP option '{name}' is unknown for IPv{version}; known are {dhcp.DISABLED}, {known}")
    if value is None or (value == "" and name in dhcp.MAY_BE_EMPTY):
        return
    if not value.strip():
        raise _invalid(f"the DHCP option {name} needs a value: null on update takes it away")
    if dhcp.value(option, value, version) is None:
        wanted = _WANTED[option.kind].format(version=version)
        raise _invalid(f"the DHCP option {name} is {wanted}, not '{value[:_SHOWN]}'")


def _check_once(options: Iterable[DhcpOption]) -> None:
    """Raise DhcpOptionTwice when two names, or a name and a number, mean one option of OVN's."""
    seen: dict[tuple[str, int], str] = {}
    for each in options:
        option = dhcp.OPTIONS[each.ip_version].get(each.opt_name)
        if option is None:
            continue
        other = seen.setdefault((option.name, each.ip_version), each.opt_name)
        if other != each.opt_name:
            raise DhcpOptionTwice(f"The DHCP options {other} and {each.opt_name} are one for IPv{each.ip_version}.")


def _invalid(why: str) -> InvalidInput:
    return InvalidInput(f"Invalid input for extra_dhcp_opts. Reason: {why}.")
