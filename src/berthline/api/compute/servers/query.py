"""The query of GET /servers: Nova's filters, who may use which, and the order of the list."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from berthline.api.compute import times
from berthline.api.compute.context import Context, forbid
from berthline.api.compute.fields import asked_boolean
from berthline.api.compute.patterns import safe_pattern
from berthline.api.compute.queries import Query, QuerySchema, read_query
from berthline.api.compute.servers import states as server_states
from berthline.api.compute.servers.view import ROOT_DEVICE
from berthline.domain.errors import BadRequest, Forbidden
from berthline.domain.ids import ProjectId
from berthline.store.compute.servers.listing import NEWEST_FIRST, PATTERNS, SORT_KEYS, ServerFilter, SortBy

ADMINS_SORT_BY: Final = frozenset({"host", "node"})
CONSTANT: Final[Mapping[str, str]] = {
    "kernel_id": "",
    "ramdisk_id": "",
    "progress": "0",
    "root_device_name": ROOT_DEVICE,
}
"""What is the same for all servers here: to sort by it changes nothing, and a filter finds all of them or none."""

SORTS_NOTHING: Final = frozenset(
    {
        "architecture", "cell_name", "cleaned", "default_ephemeral_device", "default_swap_device", "deleted",
        "deleted_at", "disable_terminate", "ephemeral_gb", "ephemeral_key_uuid", "id", "key_data", "launched_on",
        "memory_mb", "os_type", "reservation_id", "root_gb", "shutdown_terminate", "user_data", "vcpus", "vm_mode",
    }
)  # fmt: skip
"""Sort keys that Nova takes and ignores, with their directions, before 2.75; ``locked`` was one before 2.73."""

STRICT_SINCE: Final = 75
LOCKED_SORTS_SINCE: Final = 73
STATUS_CHECKED_SINCE: Final = 38

EVERYBODY: Final[Mapping[str, int]] = {
    "all_tenants": 1,
    "changes-since": 1,
    "flavor": 1,
    "image": 1,
    "ip": 1,
    "name": 1,
    "reservation_id": 1,
    "status": 1,
    "ip6": 5,
    "tags": 26,
    "tags-any": 26,
    "not-tags": 26,
    "not-tags-any": 26,
    "changes-before": 66,
    "locked": 73,
    "availability_zone": 83,
    "config_drive": 83,
    "key_name": 83,
    "created_at": 83,
    "launched_at": 83,
    "terminated_at": 83,
    "power_state": 83,
    "task_state": 83,
    "vm_state": 83,
    "progress": 83,
    "user_id": 83,
    "hostname": 90,
}
"""Filters of any user, and the microversion from which they are."""

ADMINS: Final = frozenset(
    {
        "access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone", "config_drive", "created_at",
        "deleted", "description", "display_description", "display_name", "host", "hostname", "image_ref", "ip6",
        "kernel_id", "key_name", "launch_index", "launched_at", "locked_by", "node", "power_state",
        "progress", "project_id", "ramdisk_id", "root_device_name", "soft_deleted", "task_state", "tenant_id",
        "terminated_at", "user_id", "uuid", "vm_state",
    }
)  # fmt: skip
"""Filters that admins may use in every microversion; to others those of later ones mean nothing."""

JOINED: Final = frozenset(
    {"block_device_mapping", "services", "metadata", "system_metadata", "info_cache", "security_groups", "pci_devices"}
)
"""Tables of Nova's that its filters may not name: 400 for admins, and nothing for others."""

PAGING: Final = ("limit", "marker", "sort_key", "sort_dir")
SCHEMA: Final = QuerySchema(
    known={**EVERYBODY, **dict.fromkeys((*ADMINS, *JOINED, *PAGING), 1)},
    strict_since=STRICT_SINCE,
    patterns=frozenset(
        {
            "kernel_id", "ramdisk_id", "hostname", "key_name", "power_state", "node", "flavor", "reservation_id",
            "launched_at", "terminated_at", "availability_zone", "name", "display_name", "description",
            "display_description", "locked_by", "root_device_name", "config_drive", "access_ip_v4", "access_ip_v6",
            "auto_disk_config", "progress", "ip", "ip6", "created_at", "tags", "tags-any", "not-tags", "not-tags-any",
        }
    ),
)  # fmt: skip

_FIELDS: Final[Mapping[str, tuple[str, Callable[[str, str], Any]]]] = {
    "changes-since": ("changes_since", lambda name, text: times.parse(text, name)),
    "changes-before": ("changes_before", lambda name, text: times.parse(text, name)),
    "ip": ("ip", safe_pattern),
    "ip6": ("ip6", safe_pattern),
    "image": ("image_id", lambda _, text: text.rpartition("/")[2]),
    "image_ref": ("image_id", lambda _, text: text.rpartition("/")[2]),
    "flavor": ("flavor_id", lambda _, text: text.rpartition("/")[2]),
    "host": ("host", lambda _, text: text),
    "user_id": ("user_id", lambda _, text: text),
    "uuid": ("ids", lambda _, text: (text,)),
    "vm_state": ("vm_states", lambda _, text: (text.lower(),)),
    "task_state": ("task_states", lambda _, text: (text.lower(),)),
    "locked": ("locked", asked_boolean),
    "tags": ("tags", lambda _, text: tuple(text.split(","))),
    "tags-any": ("tags_any", lambda _, text: tuple(text.split(","))),
    "not-tags": ("not_tags", lambda _, text: tuple(text.split(","))),
    "not-tags-any": ("not_tags_any", lambda _, text: tuple(text.split(","))),
}
"""Each filter's field of ServerFilter and how its text is read."""

_FLAGS: Final = frozenset({"config_drive", "auto_disk_config"})
"""Columns of two values; Nova compares their text, so that a word which is neither finds nothing."""

_FALSE: Final = frozenset({"", "0", "f", "false", "off", "n", "no"})
_TRUE: Final = frozenset({"1", "t", "true", "on", "y", "yes"})


def query_of(context: Context) -> Query:
    """The parameters that Nova knows at this microversion. Raises BadRequest."""
    query = read_query(context, SCHEMA)
    if not context.caller.is_admin:
        return query
    for name in context.request.query_params:
        if name in JOINED or name.startswith("_"):
            raise BadRequest(f"Invalid filter field: {name[:64]}.")
    return query


def order_of(context: Context, query: Query) -> tuple[SortBy, ...]:
    """The order of the list. Raises BadRequest; Forbidden for a key that is for admins."""
    keys = [key.strip() for key in query.values.get("sort_key", ())]
    directions = [text.strip().lower() for text in query.values.get("sort_dir", ())]
    if len(directions) > max(1, len(keys)):
        raise BadRequest("there are more sort_dir than sort_key")
    for direction in directions:
        if direction not in ("asc", "desc"):
            raise BadRequest(f"Unknown sort direction, must be one of: asc, desc; not '{direction[:32]}'.")
    last = directions[-1] if len(directions) == 1 else "desc"
    order: dict[str, SortBy] = {}
    for place, key in enumerate(keys):
        direction = directions[place] if place < len(directions) else last
        if _sorts(context, key):
            order.setdefault(key, SortBy(key, direction == "desc"))  # a key that comes again sorts nothing
    if order or keys or not directions:
        return tuple(order.values()) or NEWEST_FIRST
    return tuple(SortBy(sort.key, last == "desc") for sort in NEWEST_FIRST)


def _sorts(context: Context, key: str) -> bool:
    """Whether the key orders servers; some do not. Raises BadRequest for one that there is not."""
    if key == "locked" and not context.since(LOCKED_SORTS_SINCE):
        return False
    if key in SORTS_NOTHING and not context.since(STRICT_SINCE):
        return False
    if key not in SORT_KEYS and key not in CONSTANT:
        known = ", ".join(sorted({*SORT_KEYS, *CONSTANT}))
        raise BadRequest(f"Invalid input for query parameters sort_key. Value: {key[:64]}. It is one of {known}.")
    if key in ADMINS_SORT_BY and not context.caller.is_admin:
        raise Forbidden(f"Only administrators can sort servers by {key}")
    return key not in CONSTANT


def filter_of(context: Context, query: Query) -> ServerFilter | None:
    """The filter that the query asks for; None when it asks for what cannot be, so that nothing is found.

    Filters that the caller may not use are left out, as Nova does.
    """
    wanted: dict[str, Any] = {}
    matching: dict[str, str] = {}
    for name, texts in query.values.items():
        if not _usable(context, name):
            continue
        column = _ALIASES.get(name, name)
        if name in _FIELDS:
            field, read = _FIELDS[name]
            wanted[field] = read(name, texts[-1])
        elif name in _FLAGS:
            word = texts[-1].strip().lower()
            if word not in _TRUE | _FALSE:
                return None
            wanted[name] = word in _TRUE
        elif column in PATTERNS:
            matching[column] = safe_pattern(name, texts[-1])
        elif name in CONSTANT and re.search(safe_pattern(name, texts[-1]), CONSTANT[name]) is None:
            return None
        elif name == "deleted":
            wanted["deleted"] = texts[-1].strip().lower() in _TRUE
    if wanted.get("changes_before", 2**62) < wanted.get("changes_since", 0):
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    if "changes_since" not in wanted and "changes_before" not in wanted:
        wanted.setdefault("deleted", False)
    if "status" in query.values and not _add_states(context, query.values["status"], wanted):
        return None
    return ServerFilter(project_id=_project(context, query), matching=matching, **({"deleted": None} | wanted))


_ALIASES: Final[Mapping[str, str]] = {"display_name": "name", "display_description": "description"}


def _add_states(context: Context, statuses: tuple[str, ...], wanted: dict[str, Any]) -> bool:
    """Ask for the states that show one of the statuses; False when no server here can be in one."""
    if context.since(STATUS_CHECKED_SINCE) and not server_states.any_is_known(statuses):
        raise BadRequest("Invalid status value")
    vm_states, task_states = server_states.states_of(statuses)
    wanted["vm_states"] = vm_states
    if task_states is not None:
        wanted["task_states"] = task_states
    if vm_states == ("deleted",):
        if not context.caller.is_admin:
            raise Forbidden("Only administrators may list deleted instances")
        wanted["deleted"] = True
    return bool(vm_states)


def _usable(context: Context, name: str) -> bool:
    """Whether the filter means something to this caller at this microversion."""
    if name in EVERYBODY and context.since(EVERYBODY[name]):
        return True
    return name in ADMINS and context.caller.is_admin


def _project(context: Context, query: Query) -> ProjectId | None:
    """Whose servers: the caller's own, or for admins of one project or of all."""
    everywhere = query.get("all_tenants")
    if everywhere is None or not (everywhere == "" or asked_boolean("all_tenants", everywhere)):
        return context.caller.project_id
    if not context.caller.is_admin:
        forbid("os_compute_api:servers:index:get_all_tenants")
    named = query.get("tenant_id") or query.get("project_id")
    return ProjectId(named) if named else None
