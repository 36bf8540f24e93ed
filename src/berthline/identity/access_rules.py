"""Access rules: whether one allows a request. Pure, and in a time that a pattern cannot make long.

In a path ``*`` and ``{anything}`` are one or more characters without a slash, ``**`` any number of any; all else is
itself, and the whole path has to match. A pattern is followed as a set of places in it, one bit each, so that a
character of the path costs the same however many wildcards there are.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from berthline.domain.identity import AccessRule

LONGEST_PATH: Final = 2048
"""Of a request that a rule is held against; a longer one is allowed by none."""

PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "identity": "/identity",
        "image": "/image",
        "network": "/network",
        "compute": "/compute",
        "berthline": "/berthline",
    }
)
"""Where each service's paths begin here; rules begin behind it, as they do where each service has a host of its own."""


class _Pattern(NamedTuple):
    """``literals``: by character, the places that it leads on from. ``segment``: where any but a slash does.

    ``again`` and ``again_segment``: the places that such a character leads back to. ``empty``: those that may be
    passed without any.
    """

    literals: Mapping[str, int]
    segment: int
    again: int
    again_segment: int
    empty: int
    end: int


def allows(rules: Iterable[AccessRule], method: str, path: str) -> bool:
    """Whether one of the rules allows the request; ``path`` is the whole path, with the service's prefix."""
    if len(path) > LONGEST_PATH:
        return False
    service, below = _service_of(path)
    return any(rule.service == service and rule.method == method and matches(rule.path, below) for rule in rules)


def matches(pattern: str, path: str) -> bool:
    """Whether the whole path matches."""
    compiled = _compiled(pattern)
    places = _passed(1, compiled.empty)
    for character in path:
        on = places & compiled.literals.get(character, 0)
        back = places & compiled.again
        if character != "/":
            on |= places & compiled.segment
            back |= places & compiled.again_segment
        places = _passed(on << 1 | back, compiled.empty)
        if not places:
            return False
    return bool(places & compiled.end)


def _service_of(path: str) -> tuple[str, str]:
    """The service that a path belongs to, "" for none, and the path below the service's prefix."""
    for service, prefix in PREFIXES.items():
        if path == prefix or path.startswith(f"{prefix}/"):
            return service, path[len(prefix) :] or "/"
    return "", path


def _passed(places: int, empty: int) -> int:
    """With the places that are reached without a character."""
    while (more := places | (places & empty) << 1) != places:
        places = more
    return places


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> _Pattern:
    literals: dict[str, int] = {}
    segment = again = again_segment = empty = 0
    place, at = 1, 0
    while at < len(pattern):
        character = pattern[at]
        closing = pattern.find("}", at) if character == "{" else -1
        if pattern.startswith("**", at):
            again |= place
            empty |= place
            at += 2
        elif character == "*" or closing >= 0:
            segment |= place
            place <<= 1
            again_segment |= place
            empty |= place
            at = at + 1 if closing < 0 else closing + 1
        else:
            literals[character] = literals.get(character, 0) | place
            at += 1
        place <<= 1
    return _Pattern(literals, segment, again, again_segment, empty, place)
