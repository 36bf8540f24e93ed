"""Names in the DNS: how ports, networks and floating IPs are called, checked and lowered wherever a name comes in.

RFC 1123, 2.1 (letters, digits and hyphens), RFC 1034, 3.1 (63 octets a label, none empty, 255 in all); as Neutron's
validators of its extension dns-integration. Names are the same in capitals, so they are kept in lower case.
"""

import re
from typing import Final

from berthline.domain.errors import InvalidInput

CLOUD_DOMAIN: Final = "openstacklocal."
"""Where names are whose network names no domain, Neutron's default of dns_domain."""

MAX_NAME: Final = 255
_ROOM_FOR_DOMAIN: Final = 3
_ROOM_FOR_HOST: Final = 2
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def port_name(text: str, domain: str = CLOUD_DOMAIN) -> str:
    """The dns_name of a port, in lower case: relative to ``domain``, its network's, or complete with a final dot.

    Raises InvalidInput for what is no such name, or makes one of more than 255 octets with the domain behind it.
    """
    name = _checked("dns_name", text)
    if len(fqdn(name, domain)) > MAX_NAME:
        raise _invalid("dns_name", text, f"with the domain {domain} behind it, it has more than {MAX_NAME} characters")
    return name


def domain_name(text: str) -> str:
    """The dns_domain of a network or of a floating IP, in lower case; "" is none. Raises InvalidInput."""
    if text and not text.endswith("."):
        raise _invalid("dns_domain", text, "a domain ends with a dot, as example.org. does")
    return _checked("dns_domain", text, MAX_NAME - _ROOM_FOR_HOST)


def relative_name(text: str) -> str:
    """The dns_name of a floating IP, in lower case: relative, for its dns_domain is its own. Raises InvalidInput."""
    if text.endswith("."):
        raise _invalid("dns_name", text, "it has to be relative, without a dot at its end: the domain is in dns_domain")
    return _checked("dns_name", text, MAX_NAME - _ROOM_FOR_DOMAIN)


def fqdn(name: str, domain: str) -> str:
    """The complete name, with its final dot, of a name that is relative to ``domain``, or complete itself."""
    return name if name.endswith(".") else f"{name}.{domain}"


def is_name(text: str) -> bool:
    """Whether it is a name, relative or complete, in lower case."""
    return bool(text) and _fault(text, MAX_NAME) is None


def _checked(attribute: str, text: str, longest: int = MAX_NAME) -> str:
    name = text.lower()
    if not name:
        return ""
    fault = _fault(name, longest)
    if fault is not None:
        raise _invalid(attribute, text, fault)
    return name


def _fault(name: str, longest: int) -> str | None:
    """Why it is no name in lower case; None when it is one."""
    if len(name) > longest:
        return f"it has more than {longest} characters"
    labels = name.removesuffix(".").split(".")
    for label in labels:
        if not label:
            return "it has an empty label"
        if _LABEL.fullmatch(label) is None:
            return f"'{label[:64]}' is no label: 1 to 63 letters, digits and hyphens, with no hyphen at either end"
    if len(labels) > 1 and labels[-1].isdigit():
        return f"its last label '{labels[-1]}' is all digits"
    return None


def _invalid(attribute: str, text: str, why: str) -> InvalidInput:
    return InvalidInput(f"Invalid input for {attribute}. Reason: '{text[:64]}' is not a valid PQDN or FQDN: {why}.")
