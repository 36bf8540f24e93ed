"""Rules that fields of several requests share, with Nova's words when they are broken.

Nova reads numbers and booleans from text too, so these do; anything else is 400 with the name of the field.
"""

import base64
import binascii
import ipaddress
import re
import unicodedata
from collections.abc import Mapping
from typing import Final

import msgspec

from berthline.domain.errors import BadRequest, QuotaExceeded

NAME_LENGTH: Final = 255
METADATA_KEY: Final = re.compile(r"[a-zA-Z0-9\-_:. ]{1,255}")
TAG_LENGTH: Final = 60
TAG_COUNT: Final = 50
USER_DATA_LENGTH: Final = 65_535
HOSTNAME: Final = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
FQDN_LENGTH: Final = 255
SHORTEST_HOSTNAME: Final = 2
HOST: Final = re.compile(r"[a-zA-Z0-9._-]{1,255}")

ANY_LENGTH: Final = 10**18 - 1
"""The largest number that is read: of 18 digits."""

TRUE: Final = frozenset({"True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes"})
FALSE: Final = frozenset({"False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"})

Flexible = bool | int | str
"""A number or a boolean as clients write it: plain, or as text."""


def invalid(field: str, value: object, why: str) -> BadRequest:
    """The error for a field that is not as it should be, in Nova's form."""
    return BadRequest(f"Invalid input for field/attribute {field}. Value: {str(value)[:256]}. {why}")


def check_name(field: str, name: str) -> str:
    """A display name: 1 to 255 printable characters, no blank at either end."""
    if not 1 <= len(name) <= NAME_LENGTH:
        raise invalid(field, name, f"A name has 1 to {NAME_LENGTH} characters.")
    if name != name.strip() or not is_printable(name):
        raise invalid(field, name, "A name is printable and neither begins nor ends with a blank.")
    return name


def is_printable(text: str) -> bool:
    """Whether all is letters, marks, numbers, punctuation, symbols and blanks of any width, as Nova sees it."""
    categories = (unicodedata.category(character) for character in text)
    return all(category == "Zs" or category[0] not in "CZ" for category in categories)


def check_description(description: str | None, most: int = NAME_LENGTH) -> str | None:
    """A description: so many printable characters at most, line ends among them."""
    if description is None:
        return None
    if len(description) > most:
        raise invalid("description", description, f"It is too long: at most {most} characters.")
    if not all(is_printable(character) or character in "\t\r\n" for character in description):
        raise invalid("description", description, "It has characters that cannot be printed.")
    return description


def check_metadata(metadata: Mapping[str, str], limit: int | None) -> dict[str, str]:
    """Keys and values of metadata; ``limit`` is the most items a server may have (None: any number)."""
    for key, value in metadata.items():
        if METADATA_KEY.fullmatch(key) is None:
            raise invalid("metadata", key, "A key has 1 to 255 letters, digits, blanks or any of - _ : .")
        if len(value) > NAME_LENGTH:
            raise invalid(key, value, f"It is too long: at most {NAME_LENGTH} characters.")
    if limit is not None and len(metadata) > limit:
        raise QuotaExceeded(f"Maximum number of metadata items exceeds {limit}")
    return dict(metadata)


def check_tag(tag: str) -> str:
    """A tag of a server or a NIC: 1 to 60 characters without slash and comma."""
    if not 1 <= len(tag) <= TAG_LENGTH or "/" in tag or "," in tag:
        raise invalid("tag", tag, f"A tag has 1 to {TAG_LENGTH} characters, and neither '/' nor ','.")
    return tag


def check_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """The tags of a server: at most 50, each once, in order."""
    unique = tuple(dict.fromkeys(check_tag(tag) for tag in tags))
    if len(unique) > TAG_COUNT:
        raise BadRequest(f"The number of tags exceeded the per-server limit {TAG_COUNT}")
    return unique


def check_user_data(user_data: str | None) -> str | None:
    """User data as base64 text of at most 65,535 characters."""
    if user_data is None:
        return None
    if len(user_data) > USER_DATA_LENGTH:
        raise invalid("user_data", "…", f"It is too long: at most {USER_DATA_LENGTH} characters of base64.")
    try:
        base64.b64decode("".join(user_data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise invalid("user_data", "…", "It is not base64.") from None
    return "".join(user_data.split())


def check_hostname(hostname: str, *, fully_qualified: bool) -> str:
    """A host name (RFC 1123 label); a dotted one where ``fully_qualified`` names are allowed."""
    labels = hostname.split(".") if fully_qualified else [hostname]
    if not fully_qualified and len(hostname) < SHORTEST_HOSTNAME:
        raise invalid("hostname", hostname, f"It is too short: it has at least {SHORTEST_HOSTNAME} characters.")
    if len(hostname) > FQDN_LENGTH or not all(HOSTNAME.fullmatch(label) for label in labels):
        raise invalid("hostname", hostname, "It is no valid host name (letters, digits and inner hyphens, at most 63).")
    return hostname


def check_host(field: str, name: str) -> str:
    """The name of a hypervisor host, as far as its signs tell."""
    if HOST.fullmatch(name) is None:
        raise invalid(field, name, "A host's name has 1 to 255 letters, digits or any of - . _")
    return name


def check_fixed_ip(address: str) -> str:
    """An address of either IP version, in its shortest form."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        raise invalid("fixed_ip", address, "It is not an IP address.") from None


def check_address(field: str, address: str | msgspec.UnsetType, version: int) -> str:
    """An access address of the given IP version; "" where none was sent."""
    if address is msgspec.UNSET:
        return ""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        parsed = None
    if parsed is None or parsed.version != version:
        raise invalid(field, address, f"It is no IPv{version} address.")
    return str(parsed)


def as_boolean(field: str, value: Flexible) -> bool:
    """A boolean of a body, also written as one of the texts that Nova takes; a number is none."""
    if value is True or value in TRUE:
        return True
    if value is False or value in FALSE:
        return False
    raise invalid(field, value, "It is neither true nor false.")


def asked_boolean(field: str, value: Flexible) -> bool:
    """A boolean of a query: 'true', 'on', 'yes', '1' and their opposites, in any case."""
    text = str(value).strip().lower()
    if text in {"1", "t", "true", "on", "y", "yes"}:
        return True
    if text in {"0", "f", "false", "off", "n", "no"}:
        return False
    raise invalid(field, value, "It is neither true nor false.")


def as_integer(field: str, value: Flexible, minimum: int, maximum: int = 2**31 - 1) -> int:
    """A whole number between the bounds, also written as digits in text."""
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise invalid(field, value, "It is no whole number.")
    number = int(text)
    if not minimum <= number <= maximum:
        raise invalid(field, value, f"It must be between {minimum} and {maximum}.")
    return number


def last_segment(reference: str | int) -> str:
    """The id in an id or in a URL that ends with it, as Nova reads flavorRef."""
    return str(reference).rstrip("/").rpartition("/")[2]
