"""Tags of any noun: a set of words that a user puts on a thing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

from berthline.domain.auth import Caller
from berthline.domain.errors import FloatingIPNotFound, InvalidInput, RouterNotFound, TagNotFound
from berthline.network import networks, policy, security_groups, subnet_pools
from berthline.network.ports import ports
from berthline.network.subnets import subnets
from berthline.store import Connection
from berthline.store.network import tags as network_tags
from berthline.store.network.tags import TagsOf

Tagged = Literal["networks", "subnets", "ports", "security-groups", "routers", "floatingips", "subnetpools"]
MAX_LENGTH: Final = 255

_FIND: Final[Mapping[str, Callable[[Connection, Caller, str], Any]]] = {
    "networks": networks.find,
    "subnets": subnets.find,
    "ports": ports.find,
    "security-groups": security_groups.find,
    "subnetpools": subnet_pools.find,
}


def of(connection: Connection, caller: Caller, noun: Tagged, object_id: str) -> tuple[str, ...]:
    """The tags of one thing, sorted. Raises the noun's NotFound."""
    return _find(connection, caller, noun, object_id).tags


def change(
    connection: Connection,
    caller: Caller,
    noun: Tagged,
    object_id: str,
    how: Literal["replace", "add", "remove"],
    wanted: Sequence[str],
    at: int,
) -> tuple[str, ...]:
    """Replace all tags by ``wanted``, add them, or remove them (TagNotFound when one is not there)."""
    network_tags.lock(connection, noun, object_id)
    held = _find(connection, caller, noun, object_id)
    policy.check_owner(caller, held.project_id, f"update_{noun}_tags")
    for tag in wanted:
        if not 0 < len(tag) <= MAX_LENGTH:
            raise InvalidInput(f"Invalid input for tags. Reason: '{tag[:64]}' must have 1 to {MAX_LENGTH} characters.")
    before = set(held.tags)
    if how == "remove":
        missing = sorted(set(wanted) - before)
        if missing:
            raise TagNotFound(f"Tag {missing[0]} could not be found.")
    after = {"replace": set(wanted), "add": before | set(wanted), "remove": before - set(wanted)}[how]
    tags = tuple(sorted(after))
    if after != before:
        network_tags.replace(connection, noun, object_id, tags, at)
    return tags


def _find(connection: Connection, caller: Caller, noun: Tagged, object_id: str) -> TagsOf:
    if noun in _FIND:
        found = _FIND[noun](connection, caller, object_id)
        return TagsOf(found.project_id, found.tags)
    held = network_tags.get(connection, noun, object_id)
    if held is not None and (caller.is_admin or held.project_id == caller.project_id != ""):
        return held
    if noun == "routers":
        raise RouterNotFound(f"Router {object_id} could not be found")
    raise FloatingIPNotFound(f"Floating IP {object_id} could not be found")
