"""The URL of a PostgreSQL as libpq reads it, looked at before anything is connected to. No complaint quotes it."""

import re
from typing import Final
from urllib.parse import quote, unquote

PARAMETERS: Final = frozenset(
    {
        "application_name", "channel_binding", "dbname", "gssencmode", "gsslib", "host", "hostaddr", "keepalives",
        "keepalives_count", "keepalives_idle", "keepalives_interval", "krbsrvname", "load_balance_hosts", "passfile",
        "password", "port", "require_auth", "requirepeer", "service", "sslcert", "sslcertmode", "sslcompression",
        "sslcrl", "sslcrldir", "sslkey", "sslmode", "sslnegotiation", "sslpassword", "sslrootcert", "sslsni",
        "ssl_max_protocol_version", "ssl_min_protocol_version", "target_session_attrs", "tcp_user_timeout", "user",
    }
)  # fmt: skip
"""What may follow the question mark. ``options``, ``connect_timeout`` and the encoding are Berthline's own."""

_SECRETS: Final = ("password", "sslpassword")
_URL: Final = re.compile(
    r"postgres(?:ql)?://"
    r"(?:(?P<user>[^@:/?#\s]*)(?::(?P<password>[^@/?#\s]*))?@)?"
    r"(?P<hosts>(?:\[[0-9A-Fa-f:.%]+\]|[^@/?#\s\[\]])*)"
    r"(?:/(?P<name>[^/?#\s]*))?"
    r"(?:\?(?P<query>[^?#\s]*))?"
)
_WRONG_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def fault_of(url: str) -> str | None:
    """Why libpq could not read the URL, or would not do as it says; None for a good one."""
    match = _URL.fullmatch(url)
    if match is None:
        return (
            "write it as postgresql://USER@HOST/NAME?PARAMETER=VALUE, with / : ? # @ and spaces in a user, password or "
            "value as %2F %3A %3F %23 %40 and %20"
        )
    if _WRONG_PERCENT.search(url):
        return "a % is not followed by two hexadecimal digits: write %25 for the sign itself"
    names = [pair.partition("=")[0] for pair in _pairs(match)]
    for name in names:
        if name not in PARAMETERS:
            return f"there is no parameter {name!r}; there are {', '.join(sorted(PARAMETERS))}"
        if names.count(name) > 1:
            return f"the parameter {name} is there twice"
    return None


def has_password(url: str) -> bool:
    """Whether a password is written in it."""
    match = _URL.fullmatch(url)
    return match is None or bool(match["password"]) or any(pair.partition("=")[0] in _SECRETS for pair in _pairs(match))


def with_password(url: str, password: str) -> str:
    """The URL with a password that is not written in it."""
    return f"{url}{'&' if '?' in url else '?'}password={quote(password, safe='')}"


def without_password(url: str) -> str:
    """The URL for people."""
    match = _URL.fullmatch(url)
    if match is None:
        return "(cannot be read)"
    user = f"{match['user']}@" if match["user"] else ""
    shown = [pair for pair in _pairs(match) if pair.partition("=")[0] not in _SECRETS]
    name = f"/{unquote(match['name'])}" if match["name"] else ""
    return f"postgresql://{user}{match['hosts']}{name}{'?' if shown else ''}{'&'.join(shown)}"


def _pairs(match: re.Match[str]) -> list[str]:
    return [pair for pair in (match["query"] or "").split("&") if pair]
